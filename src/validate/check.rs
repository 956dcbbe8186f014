//! The shared state of all rules: the template, its references, the solver and the findings.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::clause::{Clause, Literal};
use super::formula::Formulas;
use super::solver::{Answer, Assignment, Freedom, Solver};
use super::variables::Variables;
use super::walk::{self, Guards, Use};
use super::{Finding, Options};
use crate::diagnostic::{Diagnostic, MOST_PROBLEMS, Severity, Span};
use crate::parameters::{ParameterSet, ParameterType, Patterns, Provenance};
use crate::schema::{self, ResourceType};
use crate::secret::{MASKED, is_no_echo};
use crate::template::{Entry, Intrinsic, KeyCache, Node, Template};
use crate::text::{MOST_SUGGESTIONS, did_you_mean};

/// Rules whose violation can make a condition impossible to evaluate.
const BREAKS_CONDITIONS: &[&str] =
    &["circular-condition", "malformed-function", "unknown-function", "unresolved-condition", "unresolved-mapping"];

/// The state of a validation.
pub(super) struct Check<'t, 'a> {
    pub(super) template: &'t Template<'a>,
    /// Every reference; empty while a rule iterates over them.
    pub(super) uses: Vec<Use<'a>>,
    /// The facts of each resource's type, by the resource's index.
    pub(super) types: Vec<Option<ResourceType>>,
    solver: Solver<'a>,
    findings: Vec<Finding>,
    /// Whether a finding makes a condition impossible to evaluate.
    undecided: bool,
    /// The comparisons of two parts of the template that are left.
    comparisons: usize,
    /// The keys of large mappings.
    pub(super) keys: KeyCache<'a>,
    /// Whether an include inside a mapping supplies keys, by the mapping's name.
    pub(super) includes: FxHashMap<&'a str, bool>,
    /// The misspelled names that were compared with all candidates.
    looked_up: Cell<usize>,
    /// Whether problems that only other parameter values cause are left out.
    only_in_force: bool,
    options: Options<'t>,
}

/// Most comparisons of two parts of one template, such as two subnets; a template with 500 resources requires fewer.
const MAX_COMPARISONS: usize = 500_000;

/// Most possible values of one property that are checked; the branches of nested `Fn::If` have as many.
const MAX_ALTERNATIVES: usize = 64;

/// The parameter values with which a problem occurs.
#[derive(Clone, Debug, Default)]
pub(super) struct When {
    /// Whether it occurs with the current parameter values.
    pub(super) in_force: bool,
    /// Whether it occurs whenever the affected resources exist.
    pub(super) unavoidable: bool,
    assignment: Assignment,
}

impl<'t, 'a> Check<'t, 'a> {
    pub(super) fn new(template: &'t Template<'a>, options: Options<'t>) -> Self {
        let variables = Variables::new(template, options.parameters, options.region);
        Self {
            template,
            uses: walk::uses(template),
            types: template.resources.iter().map(|entry| schema::resource_type(type_name(entry))).collect(),
            solver: Solver::new(Formulas::new(template, variables)),
            findings: Vec::new(),
            undecided: false,
            comparisons: MAX_COMPARISONS,
            keys: KeyCache::default(),
            includes: FxHashMap::default(),
            looked_up: Cell::new(0),
            only_in_force: false,
            options,
        }
    }

    /// Leaves out problems that only other parameter values than the current ones cause.
    pub(super) fn only_in_force(mut self) -> Self {
        self.only_in_force = true;
        self
    }

    /// Returns the patterns of parameters, with their budget.
    pub(super) fn patterns(&mut self) -> &mut Patterns {
        &mut self.solver.formulas.variables.patterns
    }

    /// Returns the stack's region, if given.
    pub(super) fn given_region(&self) -> Option<&'t str> {
        self.options.region
    }

    /// Returns the current parameter values, if given.
    pub(super) fn given_parameters(&self) -> Option<&'t ParameterSet<'t>> {
        self.options.parameters
    }

    /// Returns the literal that is true in the given region.
    pub(super) fn region_in_force(&self) -> Option<Literal> {
        self.options.region?;
        self.solver.formulas.variables.position("AWS::Region").map(|region| Literal::Value(region, 0))
    }

    /// Returns whether an equal finding exists already.
    pub(super) fn is_told(&self, diagnostic: &Diagnostic) -> bool {
        self.findings.iter().any(|finding| finding.diagnostic.rule == diagnostic.rule && finding.diagnostic.message == diagnostic.message)
    }

    /// Makes a finding of the same rule and message an error. Returns whether there is one, or an error of the same rule at the same place.
    pub(super) fn confirm(&mut self, error: &Diagnostic) -> bool {
        let same = self.findings.iter_mut().map(|finding| &mut finding.diagnostic).filter(|known| is_same(known, error));
        let mut is_known = false;
        for known in same {
            if known.message == error.message {
                known.severity = Severity::Error;
            }
            is_known |= known.severity == Severity::Error;
        }
        is_known
    }

    /// Returns whether a finding of the same rule, or another error, exists at the same place.
    ///
    /// A cycle or a missing key of a mapping is one problem wherever it is reported.
    pub(super) fn is_reported(&self, diagnostic: &Diagnostic) -> bool {
        let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.span);
        self.findings.iter().map(|finding| &finding.diagnostic).any(|known| {
            let is_same = known.rule == diagnostic.rule;
            let is_once = matches!(diagnostic.rule, "circular-condition" | "circular-dependency")
                || diagnostic.rule == "unresolved-mapping" && known.message == diagnostic.message;
            let overlaps = place(known).zip(place(diagnostic)).is_some_and(|(a, b)| a.start <= b.end && b.start <= a.end);
            is_same && (is_once || overlaps) || known.severity == Severity::Error && overlaps
        })
    }

    /// Returns the resources with the facts of their types.
    pub(super) fn resources(&self) -> impl Iterator<Item = (usize, &'t Entry<'a>, Option<ResourceType>)> + use<'t, 'a> {
        let (template, types) = (self.template, self.types.clone());
        template.resources.iter().zip(types).enumerate().map(|(index, (entry, facts))| (index, entry, facts))
    }

    /// Returns whether there are so many findings that further ones are dropped.
    fn is_full(&self) -> bool {
        self.findings.len() > MOST_PROBLEMS
    }

    /// Adds a finding, unless there are [`MOST_PROBLEMS`] already: then one finding says so, and the others are dropped.
    fn push(&mut self, mut finding: Finding) {
        self.undecided |= BREAKS_CONDITIONS.contains(&finding.diagnostic.rule);
        if self.is_full() {
            return;
        }
        if self.findings.len() == MOST_PROBLEMS {
            let message = format!("more than {MOST_PROBLEMS} problems; the others are not listed");
            finding.diagnostic = Diagnostic { rule: "too-many-problems", message, aws_message: None, hint: None, ..finding.diagnostic };
        }
        self.findings.push(finding);
    }

    /// Pays for the comparison of two parts of the template, and returns whether that was possible.
    pub(super) fn may_compare(&mut self) -> bool {
        let is_left = self.comparisons > 0 && !self.is_full();
        self.comparisons = self.comparisons.saturating_sub(1);
        self.solver.gave_up |= !is_left;
        is_left
    }

    /// Returns ``did you mean `Name`?`` for a misspelled name; only for the first of very many, since each takes a look at every candidate.
    pub(super) fn did_you_mean<'c>(&self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
        self.looked_up.set(self.looked_up.get() + 1);
        if self.looked_up.get() <= MOST_SUGGESTIONS { did_you_mean(name, candidates) } else { None }
    }

    /// Returns the guard from a resource's own `Condition`.
    pub(super) fn exists(&self, entry: &Entry<'a>) -> Guards {
        let name = entry.body.get("Condition").and_then(|name| name.as_str());
        name.and_then(|name| walk::condition(self.template, name, true)).into_iter().collect()
    }

    /// Returns whether guards imply that a condition is true, as far as this is visible without a search.
    pub(super) fn implies(&self, guards: &[Literal], condition: usize) -> bool {
        let formulas = &self.solver.formulas;
        guards.iter().any(|guard| matches!(guard, Literal::Condition(other, true) if formulas.implies(*other, condition)))
    }

    /// Returns the parameter values that satisfy every clause; prefers the current values.
    pub(super) fn when(&mut self, clauses: Vec<Clause>) -> Option<When> {
        if self.is_full() {
            return None;
        }
        if let Some(assignment) = self.solver.satisfy(clauses.clone(), Freedom::InForce).found()
            && assignment.iter().all(|(variable, _)| self.solver.formulas.variables.all[*variable].in_force)
        {
            let is_certain = !assignment.iter().any(|(variable, _)| self.solver.formulas.variables.all[*variable].assumed);
            return Some(When { in_force: is_certain, unavoidable: false, assignment });
        }
        let found = self.solver.satisfy(clauses.clone(), Freedom::Any).found()?;
        let assignment = self.solver.nearest(&clauses, found);
        Some(When { in_force: false, unavoidable: false, assignment })
    }

    /// Returns the parameter values that satisfy every clause, and whether every value that satisfies `exists` does so.
    pub(super) fn when_of(&mut self, exists: &[Literal], clauses: Vec<Clause>) -> Option<When> {
        let given: Vec<Clause> = exists.iter().map(|guard| vec![*guard]).collect();
        let mut when = self.when(given.iter().cloned().chain(clauses.iter().cloned()).collect())?;
        // A string without constraints can have other values than the candidates.
        let variables = &self.solver.formulas.variables.all;
        let free = |literal: &Literal| matches!(literal, Literal::Value(variable, _) if !variables[*variable].closed);
        // If a condition cannot be evaluated, a search without a result proves nothing.
        when.unavoidable = !self.undecided
            && !clauses.iter().flatten().any(free)
            && clauses.iter().all(|clause| {
                let otherwise = given.iter().cloned().chain(clause.iter().map(|literal| vec![literal.negated()]));
                self.solver.satisfy(otherwise.collect(), Freedom::Any) == Answer::Never
            });
        Some(when)
    }

    /// Returns the parameter values that reach a position in the template.
    pub(super) fn reached(&mut self, guards: &[Literal]) -> Option<When> {
        self.when(guards.iter().map(|guard| vec![*guard]).collect())
    }

    /// Reports a problem of a resource if all `guards` can be true together; `exists` are the resource's own guards.
    pub(super) fn report_where(&mut self, diagnostic: Diagnostic, exists: &[Literal], guards: &[Literal]) -> bool {
        let inner = guards.iter().filter(|guard| !exists.contains(guard)).map(|guard| vec![*guard]).collect();
        let Some(when) = self.when_of(exists, inner) else { return false };
        self.report_when(diagnostic, &when);
        true
    }

    /// Returns the known values of a parameter (the current one and the allowed ones), each with its literal.
    pub(super) fn parameter_values(&self, name: &str) -> Vec<(Literal, String)> {
        let variables = &self.solver.formulas.variables;
        let Some(index) = variables.position(name) else { return Vec::new() };
        if self.is_secret(name) {
            return Vec::new();
        }
        let variable = &variables.all[index];
        let known = if variable.closed { variable.candidates.len() } else { usize::from(variable.in_force) };
        let candidates = variable.candidates.iter().take(known).enumerate();
        candidates.map(|(candidate, text)| (Literal::Value(index, candidate), Variables::derived_text(name, text).to_owned())).collect()
    }

    /// Returns whether a parameter is a list.
    pub(super) fn is_list(&self, name: &str) -> bool {
        let kind = self.template.parameters.get(name).and_then(|entry| entry.body.get("Type")?.as_str());
        kind.and_then(ParameterType::of).is_some_and(ParameterType::is_list)
    }

    /// Returns whether a literal is true with the current value of its parameter.
    pub(super) fn is_in_force(&self, literal: Literal) -> bool {
        matches!(literal, Literal::Value(variable, 0) if self.solver.formulas.variables.all[variable].in_force)
    }

    /// Returns whether a parameter's value was given or is an allowed value, as opposed to a default without `AllowedValues`.
    pub(super) fn is_chosen(&self, name: &str) -> bool {
        let variables = &self.solver.formulas.variables;
        let closed = variables.position(name).is_some_and(|index| variables.all[index].closed);
        let given = self.options.parameters.and_then(|parameters| parameters.get(name));
        closed || given.is_some_and(|parameter| parameter.provenance != Provenance::Default)
    }

    fn is_secret(&self, name: &str) -> bool {
        self.template.parameters.get(name).is_some_and(|entry| is_no_echo(entry.body))
    }

    /// Returns an error of a rule at a position.
    pub(super) fn error(&self, rule: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(rule, message).at(self.template.source, span, label)
    }

    /// Reports a problem that occurs with all parameter values.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.push(Finding { diagnostic, assignment: Vec::new() });
    }

    /// Reports a problem that occurs with some parameter values; it is a warning if the current values avoid it and others can too.
    pub(super) fn report_when(&mut self, diagnostic: Diagnostic, when: &When) {
        let severity = if when.in_force || when.unavoidable { diagnostic.severity } else { Severity::Warning };
        self.report_reached(Diagnostic { severity, ..diagnostic }, when);
    }

    /// Reports a problem that occurs with some parameter values, without a change of its severity.
    pub(super) fn report_reached(&mut self, mut diagnostic: Diagnostic, when: &When) {
        if self.only_in_force && !when.in_force {
            return;
        }
        let variables = &self.solver.formulas.variables.all;
        let mut assignment = Vec::with_capacity(when.assignment.len());
        let mut changed = Vec::new();
        for (variable, candidate) in &when.assignment {
            let name = variables[*variable].name;
            let value = if self.is_secret(name) { MASKED } else { variables[*variable].candidates[*candidate].as_str() };
            assignment.push((name.to_owned(), value.to_owned()));
            if *candidate != 0 || !variables[*variable].in_force {
                changed.push(format!("{name}={}", shown(value)));
            }
        }
        if !when.in_force && changed.is_empty() {
            let assumed = when.assignment.iter().filter(|(variable, _)| variables[*variable].assumed);
            changed.extend(assumed.map(|(variable, candidate)| {
                format!("{}={}", variables[*variable].name, shown(&variables[*variable].candidates[*candidate]))
            }));
        }
        if !when.in_force && !changed.is_empty() {
            diagnostic.message = format!("{} when {}", diagnostic.message, changed.join(", "));
        }
        self.push(Finding { diagnostic, assignment });
    }

    /// Returns the findings in document order.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        if self.solver.gave_up {
            let diagnostic = Diagnostic::warning("search-limit", "too many combinations of parameter values to check all of them")
                .at(self.template.source, self.template.source.first_character(self.template.root.span), "")
                .hinted("problems that occur only with some values may be missing from the findings; set the parameters of the stack to check their values");
            findings.push(Finding { diagnostic, assignment: Vec::new() });
        }
        for Finding { diagnostic, .. } in &mut findings {
            diagnostic.hint = diagnostic.hint.take().or_else(|| super::rules::usual_hint(diagnostic.rule).map(str::to_owned));
        }
        findings.sort_by_key(|finding| finding.diagnostic.labels.first().map_or(0, |label| label.span.start));
        findings
    }
}

/// Returns whether two errors are one: of the same rule, with the same message or at the same place.
pub(super) fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.span);
    a.rule == b.rule && (a.message == b.message || place(a) == place(b))
}

/// Returns a value in the form of a command line argument.
fn shown(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) { value.to_owned() } else { format!("'{value}'") }
}

/// Returns a resource's `Type`, or an empty string.
pub(super) fn type_name<'a>(entry: &Entry<'a>) -> &'a str {
    entry.body.get("Type").and_then(|name| name.as_str()).unwrap_or_default()
}

/// Returns whether a node is `{"Ref": "AWS::NoValue"}`.
pub(super) fn is_no_value(node: &Node<'_>) -> bool {
    node.members().len() == 1 && node.get("Ref").and_then(|name| name.as_str()) == Some("AWS::NoValue")
}

/// One possible value and its guards; `None` is `AWS::NoValue`.
pub(super) type Alternative<'a> = (Guards, Option<&'a Node<'a>>);

/// Returns the possible values of a node: the node itself, or the possible values of its `Fn::If` branches.
pub(super) fn alternatives<'a>(template: &Template<'a>, node: &'a Node<'a>, guards: &Guards) -> Vec<Alternative<'a>> {
    if let Some(Intrinsic::If(operand)) = Intrinsic::of(node)
        && let [name, yes, no] = operand.items()
        && let Some(name) = name.as_str()
    {
        let mut all = Vec::new();
        for (branch, holds) in [(yes, true), (no, false)] {
            let mut guards = guards.clone();
            guards.extend(walk::condition(template, name, holds));
            all.extend(alternatives(template, branch, &guards));
        }
        all.truncate(MAX_ALTERNATIVES);
        return all;
    }
    vec![(guards.clone(), (!is_no_value(node)).then_some(node))]
}

/// Returns the possible values of a member; `None` if it can be absent.
pub(super) fn member<'a>(template: &Template<'a>, node: &'a Node<'a>, name: &str, guards: &Guards) -> Vec<Alternative<'a>> {
    node.get(name).map_or_else(|| vec![(guards.clone(), None)], |value| alternatives(template, value, guards))
}

/// Returns the possible values of a member without absence.
pub(super) fn written<'a>(template: &Template<'a>, node: &'a Node<'a>, name: &str, guards: &Guards) -> Vec<(Guards, &'a Node<'a>)> {
    member(template, node, name, guards).into_iter().filter_map(|(guards, value)| Some((guards, value?))).collect()
}

/// Returns the items of a list; the list or its items can be `Fn::If`.
pub(super) fn items<'a>(template: &Template<'a>, list: Option<&'a Node<'a>>, guards: &Guards) -> Vec<(Guards, &'a Node<'a>)> {
    let lists = list.map(|list| alternatives(template, list, guards)).unwrap_or_default();
    let each = lists
        .into_iter()
        .flat_map(|(guards, list)| list.map(|list| list.items()).unwrap_or_default().iter().map(move |item| (guards.clone(), item)));
    each.flat_map(|(guards, item)| alternatives(template, item, &guards)).filter_map(|(guards, item)| Some((guards, item?))).collect()
}

/// Adds a hint, if there is one.
pub(super) fn hinted(diagnostic: Diagnostic, hint: Option<String>) -> Diagnostic {
    Diagnostic { hint: hint.or(diagnostic.hint), ..diagnostic }
}
