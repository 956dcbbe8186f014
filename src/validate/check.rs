//! What the rules share: the template, its references, the solver, and the findings so far.

use super::formula::Formulas;
use super::solver::{Answer, Assignment, Clause, Freedom, Literal, Solver};
use super::variables::Variables;
use super::walk::{self, Guards, Use};
use super::{Finding, Options};
use crate::parameters::Provenance;
use crate::schema::{self, ResourceType};
use crate::secret::{MASKED, is_no_echo};
use crate::template::{Diagnostic, Entry, Intrinsic, Node, Severity, Span, Template};

/// Rules whose violation may leave a condition without a value.
const BREAKS_CONDITIONS: &[&str] =
    &["circular-condition", "malformed-function", "unknown-function", "unresolved-condition", "unresolved-mapping"];

/// A validation under way.
pub(super) struct Check<'t, 'a> {
    pub(super) template: &'t Template<'a>,
    /// Every reference; taken out while a rule walks them.
    pub(super) uses: Vec<Use<'a>>,
    /// The facts of each resource's type, by the resource's number.
    pub(super) types: Vec<Option<ResourceType>>,
    solver: Solver<'a>,
    findings: Vec<Finding>,
    options: Options<'t>,
}

/// Under which parameters something shows.
#[derive(Clone, Debug, Default)]
pub(super) struct When {
    /// Whether it shows under the parameters in force.
    pub(super) in_force: bool,
    /// Whether it shows whenever the resources that it is about exist.
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
            options,
        }
    }

    /// Returns the region that the stack is in, where it was given.
    pub(super) fn given_region(&self) -> Option<&'t str> {
        self.options.region
    }

    /// Returns what holds where the stack is in the region that was given.
    pub(super) fn region_in_force(&self) -> Option<Literal> {
        self.options.region?;
        self.solver.formulas.variables.position("AWS::Region").map(|region| Literal::Value(region, 0))
    }

    /// Tells whether the same was said already.
    pub(super) fn is_told(&self, diagnostic: &Diagnostic) -> bool {
        self.findings.iter().any(|finding| finding.diagnostic.rule == diagnostic.rule && finding.diagnostic.message == diagnostic.message)
    }

    /// Returns the resources with their facts.
    pub(super) fn resources(&self) -> impl Iterator<Item = (usize, &'t Entry<'a>, Option<ResourceType>)> + use<'t, 'a> {
        let (template, types) = (self.template, self.types.clone());
        template.resources.iter().zip(types).enumerate().map(|(index, (entry, facts))| (index, entry, facts))
    }

    /// Returns the guard that a resource's own `Condition` is.
    pub(super) fn exists(&self, entry: &Entry<'a>) -> Guards {
        let name = entry.body.get("Condition").and_then(|name| name.as_str());
        name.and_then(|name| walk::condition(self.template, name, true)).into_iter().collect()
    }

    /// Tells whether guards plainly imply that a condition is true.
    pub(super) fn implies(&self, guards: &[Literal], condition: usize) -> bool {
        let formulas = &self.solver.formulas;
        guards.iter().any(|guard| matches!(guard, Literal::Condition(other, true) if formulas.implies(*other, condition)))
    }

    /// Returns under which parameters every clause holds, those in force first.
    pub(super) fn when(&mut self, clauses: Vec<Clause>) -> Option<When> {
        if let Some(assignment) = self.solver.satisfy(clauses.clone(), Freedom::InForce).found()
            && assignment.iter().all(|(variable, _)| self.solver.formulas.variables.all[*variable].in_force)
        {
            return Some(When { in_force: true, unavoidable: false, assignment });
        }
        let found = self.solver.satisfy(clauses.clone(), Freedom::Any).found()?;
        let assignment = self.solver.nearest(&clauses, found);
        Some(When { in_force: false, unavoidable: false, assignment })
    }

    /// Returns under which parameters every clause holds, and whether that is so whenever `exists` does.
    pub(super) fn when_of(&mut self, exists: &[Literal], clauses: Vec<Clause>) -> Option<When> {
        let given: Vec<Clause> = exists.iter().map(|guard| vec![*guard]).collect();
        let mut when = self.when(given.iter().cloned().chain(clauses.iter().cloned()).collect())?;
        // A free text may always be something else, though no other value of it was tried.
        let variables = &self.solver.formulas.variables.all;
        let free = |literal: &Literal| matches!(literal, Literal::Value(variable, _) if !variables[*variable].closed);
        // Where a condition cannot be decided, that nothing else was found says nothing.
        let undecided = self.findings.iter().any(|finding| BREAKS_CONDITIONS.contains(&finding.diagnostic.rule));
        when.unavoidable = !undecided
            && !clauses.iter().flatten().any(free)
            && clauses.iter().all(|clause| {
                let otherwise = given.iter().cloned().chain(clause.iter().map(|literal| vec![literal.negated()]));
                self.solver.satisfy(otherwise.collect(), Freedom::Any) == Answer::Never
            });
        Some(when)
    }

    /// Returns under which parameters a place counts.
    pub(super) fn reached(&mut self, guards: &[Literal]) -> Option<When> {
        self.when(guards.iter().map(|guard| vec![*guard]).collect())
    }

    /// Reports a problem of a resource that `exists` under its own guards, wherever all of `guards` can hold.
    pub(super) fn report_where(&mut self, diagnostic: Diagnostic, exists: &[Literal], guards: &[Literal]) -> bool {
        let inner = guards.iter().filter(|guard| !exists.contains(guard)).map(|guard| vec![*guard]).collect();
        let Some(when) = self.when_of(exists, inner) else { return false };
        self.report_when(diagnostic, &when);
        true
    }

    /// Returns the values that a parameter is known to take, the one in force and the allowed ones, with what must hold for each.
    pub(super) fn parameter_values(&self, name: &str) -> Vec<(Literal, String)> {
        let variables = &self.solver.formulas.variables;
        let Some(index) = variables.position(name) else { return Vec::new() };
        if self.is_secret(name) {
            return Vec::new();
        }
        let variable = &variables.all[index];
        let known = if variable.closed { variable.candidates.len() } else { usize::from(variable.in_force) };
        let candidates = variable.candidates.iter().take(known).enumerate();
        candidates.map(|(candidate, text)| (Literal::Value(index, candidate), Variables::told(name, text).to_owned())).collect()
    }

    /// Tells whether a parameter has, in force, the value that a literal asks for.
    pub(super) fn is_in_force(&self, literal: Literal) -> bool {
        matches!(literal, Literal::Value(variable, 0) if self.solver.formulas.variables.all[variable].in_force)
    }

    /// Tells whether a parameter's value was given, or is one of those that it allows, rather than a free default.
    pub(super) fn is_chosen(&self, name: &str) -> bool {
        let variables = &self.solver.formulas.variables;
        let closed = variables.position(name).is_some_and(|index| variables.all[index].closed);
        let given = self.options.parameters.and_then(|parameters| parameters.get(name));
        closed || given.is_some_and(|parameter| parameter.provenance != Provenance::Default)
    }

    fn is_secret(&self, name: &str) -> bool {
        self.template.parameters.get(name).is_some_and(|entry| is_no_echo(entry.body))
    }

    /// Returns an error of a rule at a place.
    pub(super) fn error(&self, rule: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(rule, message).at(self.template.source, span, label)
    }

    /// Reports a problem that shows whatever the parameters are.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.findings.push(Finding { diagnostic, assignment: Vec::new() });
    }

    /// Reports a problem that shows under some parameters; one that those in force do not expose, and that can be avoided, is a warning.
    pub(super) fn report_when(&mut self, diagnostic: Diagnostic, when: &When) {
        let severity = if when.in_force || when.unavoidable { diagnostic.severity } else { Severity::Warning };
        self.report_reached(Diagnostic { severity, ..diagnostic }, when);
    }

    /// Reports a problem that shows under some parameters, as bad as it is.
    pub(super) fn report_reached(&mut self, mut diagnostic: Diagnostic, when: &When) {
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
        if !when.in_force && !changed.is_empty() {
            diagnostic.message = format!("{} when {}", diagnostic.message, changed.join(", "));
        }
        self.findings.push(Finding { diagnostic, assignment });
    }

    /// Returns the findings in the order of the document.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        if self.solver.gave_up {
            let diagnostic = Diagnostic::warning("search-limit", "the conditions rest on too many values for all to be tried")
                .at(self.template.source, self.template.source.first_character(self.template.root.span), "")
                .hinted("what shows only under some values may be missing here; give the values that matter with `-p`");
            findings.push(Finding { diagnostic, assignment: Vec::new() });
        }
        for Finding { diagnostic, .. } in &mut findings {
            diagnostic.hint = diagnostic.hint.take().or_else(|| super::rules::usual_hint(diagnostic.rule).map(str::to_owned));
        }
        findings.sort_by_key(|finding| finding.diagnostic.labels.first().map_or(0, |label| label.span.start));
        findings
    }
}

/// Returns a value as it would be written on a command line.
fn shown(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) { value.to_owned() } else { format!("'{value}'") }
}

/// Returns a resource's `Type`, or nothing.
pub(super) fn type_name<'a>(entry: &Entry<'a>) -> &'a str {
    entry.body.get("Type").and_then(|name| name.as_str()).unwrap_or_default()
}

/// Tells whether a node is `{"Ref": "AWS::NoValue"}`.
pub(super) fn is_no_value(node: &Node<'_>) -> bool {
    node.members().len() == 1 && node.get("Ref").and_then(|name| name.as_str()) == Some("AWS::NoValue")
}

/// One thing that a value may be, and what must hold for it; `None` is `AWS::NoValue`.
pub(super) type Alternative<'a> = (Guards, Option<&'a Node<'a>>);

/// Returns what a value may be: itself, or what the branches of its `Fn::If` may be.
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
        return all;
    }
    vec![(guards.clone(), (!is_no_value(node)).then_some(node))]
}

/// Returns what a member may be, absence among it.
pub(super) fn member<'a>(template: &Template<'a>, node: &'a Node<'a>, name: &str, guards: &Guards) -> Vec<Alternative<'a>> {
    node.get(name).map_or_else(|| vec![(guards.clone(), None)], |value| alternatives(template, value, guards))
}

/// Returns what is written of a member, absence left out.
pub(super) fn written<'a>(template: &Template<'a>, node: &'a Node<'a>, name: &str, guards: &Guards) -> Vec<(Guards, &'a Node<'a>)> {
    member(template, node, name, guards).into_iter().filter_map(|(guards, value)| Some((guards, value?))).collect()
}

/// Returns the items of a list that may itself be, or hold, `Fn::If`.
pub(super) fn items<'a>(template: &Template<'a>, list: Option<&'a Node<'a>>, guards: &Guards) -> Vec<(Guards, &'a Node<'a>)> {
    let lists = list.map(|list| alternatives(template, list, guards)).unwrap_or_default();
    let each = lists
        .into_iter()
        .flat_map(|(guards, list)| list.map(|list| list.items()).unwrap_or_default().iter().map(move |item| (guards.clone(), item)));
    each.flat_map(|(guards, item)| alternatives(template, item, &guards)).filter_map(|(guards, item)| Some((guards, item?))).collect()
}
