//! The evaluator: computes the value of every expression.

use std::borrow::Cow;
use std::cell::OnceCell;

use bumpalo::collections::Vec as ArenaVec;

use super::taint::{SecretTexts, Taint, address};
use super::text::MOST_BUILT;
use super::value::{Residual, Value, ValueKind};
use super::{ConditionValue, State};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::parameters::ParameterSet;
use crate::template::{Arena, Intrinsic, KeyCache, Kind, Node, Template, section_rank};
use crate::text::MOST_SUGGESTIONS;

/// The section that is being evaluated. CloudFormation words the same problem differently per section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Conditions,
    Resources,
    Outputs,
}

/// The progress of evaluating a condition.
#[derive(Clone, Copy, Debug)]
pub(super) enum Progress {
    New,
    Running,
    Done(ConditionValue),
}

/// An unresolved reference.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnresolvedReference<'a> {
    pub block: Block,
    pub name: &'a str,
    pub span: Span,
    /// The condition that keeps the resource of that name from existing.
    pub condition: Option<&'a str>,
    /// CloudFormation's message for this reference alone; references without one share a message per section.
    pub aws: Option<&'a str>,
}

/// Evaluates one template with one set of parameters, and collects problems.
///
/// An expression that cannot be evaluated becomes an unknown value, so that one mistake is reported once and evaluation continues.
pub(super) struct Evaluator<'t, 'a> {
    pub template: &'t Template<'a>,
    pub parameters: &'a ParameterSet<'a>,
    /// A parameter with another text than in `parameters`, in a counterfactual evaluation.
    pub assumed_parameter: Option<(&'a str, Option<&'a str>)>,
    pub state: &'a State,
    pub arena: &'a Arena,
    /// Whether `AWS::LanguageExtensions` is on.
    pub extensions: bool,
    /// Whether the template has another transform, which may add resources and functions that are unknown offline.
    pub macros: bool,
    /// Whether a macro rewrites the whole template before CloudFormation checks its functions.
    pub rewritten: bool,
    /// Whether values stay unknown that a plan assumes: the zones of a region, and no notification topics.
    pub keeps_deployment_values: bool,
    pub block: Block,
    /// Whether a rule is being evaluated; its functions are those of conditions and more.
    pub in_rules: bool,
    pub progress: Vec<Progress>,
    /// Conditions being evaluated, outermost first.
    pub condition_path: Vec<usize>,
    /// The bytes of texts and lists that were built so far.
    pub built: usize,
    /// The keys of large mappings.
    pub keys: KeyCache<'a>,
    pub problems: Diagnostics,
    pub warnings: Diagnostics,
    pub unresolved: Vec<UnresolvedReference<'a>>,
    /// The resource or output being evaluated.
    pub subject: &'a str,
    /// The dependencies between resources found so far.
    pub dependencies: Vec<(&'a str, &'a str)>,
    /// The resources that refer to a `NoEcho` parameter themselves.
    pub secret_users: Vec<&'a str>,
    /// Literals that are items of a secret list.
    pub secret_texts: SecretTexts,
    /// What depends on secrets, for messages; computed for the first message that quotes a value.
    taint: OnceCell<Taint<'a>>,
}

impl<'t, 'a> Evaluator<'t, 'a> {
    pub(super) fn new(template: &'t Template<'a>, parameters: &'a ParameterSet<'a>, state: &'a State, arena: &'a Arena) -> Self {
        Self {
            template,
            parameters,
            assumed_parameter: None,
            state,
            arena,
            extensions: template.has_language_extensions(),
            macros: has_macros(template),
            rewritten: template.is_rewritten(),
            keeps_deployment_values: false,
            block: Block::Conditions,
            in_rules: false,
            progress: vec![Progress::New; template.conditions.len()],
            condition_path: Vec::new(),
            built: 0,
            keys: KeyCache::default(),
            problems: Diagnostics::default(),
            warnings: Diagnostics::default(),
            unresolved: Vec::new(),
            subject: "",
            dependencies: Vec::new(),
            secret_users: Vec::new(),
            secret_texts: SecretTexts::default(),
            taint: OnceCell::new(),
        }
    }

    /// Discards the problems, warnings and dependencies found so far.
    pub(super) fn discard_findings(&mut self) {
        self.problems.0.clear();
        self.warnings.0.clear();
        self.unresolved.clear();
        self.dependencies.clear();
    }

    /// Returns a text that came from an expression for a message: masked if the expression depends on a secret.
    pub(super) fn shown<'s>(&self, node: &'a Node<'a>, text: &'s str) -> Cow<'s, str> {
        let taint = self.taint.get_or_init(|| {
            let secrets = self.parameters.parameters.iter().filter(|(_, parameter)| parameter.declaration.no_echo);
            Taint::new(self.template, secrets.map(|(name, _)| *name).collect(), self.secret_texts.clone(), self.state)
        });
        taint.shown(node, text)
    }

    /// Remembers a literal that is an item of a secret list.
    pub(super) fn add_secret_text(&mut self, text: &str) {
        self.secret_texts.insert(address(text));
        self.taint = OnceCell::new();
    }

    /// Returns whether an expression depends on a secret.
    pub(super) fn is_secret(&self, node: &'a Node<'a>) -> bool {
        matches!(self.shown(node, ""), Cow::Borrowed(text) if !text.is_empty())
    }

    /// Records that the resource being evaluated depends on another.
    pub(super) fn note_dependency(&mut self, on: &'a str) {
        if self.block == Block::Resources {
            self.dependencies.push((self.subject, on));
        }
    }

    /// Records that the resource being evaluated refers to a `NoEcho` parameter.
    pub(super) fn note_secret(&mut self) {
        if self.block == Block::Resources && self.secret_users.last() != Some(&self.subject) {
            self.secret_users.push(self.subject);
        }
    }

    /// Returns the dependencies between resources, after reporting circular ones.
    pub(super) fn all_dependencies(&mut self) -> Vec<(&'a str, &'a str)> {
        self.dependencies.sort_unstable();
        self.dependencies.dedup();
        self.report_cycles();
        std::mem::take(&mut self.dependencies)
    }

    /// Returns all problems and all warnings.
    pub(super) fn finish(mut self) -> (Diagnostics, Diagnostics) {
        self.report_unresolved();
        let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map_or(0, |label| label.span.start);
        let root = self.template.root;
        // CloudFormation reports the first problem only; problems are sorted in the order in which it would find them.
        self.problems.0.sort_by_cached_key(|problem| (section_rank(root, place(problem)), stage(problem.rule), place(problem)));
        self.warnings.0.sort_by_key(place);
        (self.problems, self.warnings)
    }

    /// Reports a problem at a node.
    pub(super) fn problem(&mut self, rule: &'static str, node: &Node<'_>, message: impl Into<String>, aws: impl Into<String>) {
        self.problem_at(rule, node.span, message, aws);
    }

    /// Reports a problem at a span.
    pub(super) fn problem_at(&mut self, rule: &'static str, span: Span, message: impl Into<String>, aws: impl Into<String>) {
        self.push_problem(Diagnostic::error(rule, message).at(self.template.source, span, "").with_aws_message(aws));
    }

    /// Reports a problem; a macro that rewrites the template may remove it, so that it is only a warning then.
    pub(super) fn push_problem(&mut self, diagnostic: Diagnostic) {
        if self.rewritten {
            let severity = crate::diagnostic::Severity::Warning;
            self.warnings.push(Diagnostic { severity, aws_message: None, ..diagnostic });
        } else {
            self.problems.push(diagnostic);
        }
    }

    /// Returns the value of an expression; `None` is `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &'a Node<'a>) -> Option<Value<'a>> {
        let kind = match node.kind {
            Kind::Null => ValueKind::Null,
            Kind::Bool(value) => ValueKind::Bool(value),
            Kind::Number(text) => ValueKind::Number(text),
            Kind::String(text) => ValueKind::String(text),
            Kind::Array(items) => {
                let mut values = ArenaVec::with_capacity_in(items.len(), self.arena.bump());
                for item in items {
                    values.extend(self.value(item));
                }
                ValueKind::List(values.into_bump_slice())
            }
            Kind::Object(members) => {
                if let Some(function) = Intrinsic::of(node) {
                    return self.function(node, function);
                }
                let mut values = ArenaVec::with_capacity_in(members.len(), self.arena.bump());
                for member in members {
                    if member.key == "Fn::Transform" {
                        self.transform(node);
                    }
                    if let Some(value) = self.value(&member.value) {
                        values.push((member.key, value));
                    }
                }
                ValueKind::Map(values.into_bump_slice())
            }
        };
        Some(Value::new(kind, node))
    }

    fn function(&mut self, node: &'a Node<'a>, function: Intrinsic<'a>) -> Option<Value<'a>> {
        if self.built > MOST_BUILT {
            return Some(self.unevaluated(node));
        }
        if let Some(operands) = self.operands_of_a_macro(node) {
            return Some(operands);
        }
        if self.is_misused(node, function) {
            return Some(self.unevaluated(node));
        }
        Some(match function {
            Intrinsic::Ref(operand) => return self.reference(node, operand),
            Intrinsic::If(operand) => return self.choose(node, operand),
            Intrinsic::GetAtt(operand) => self.get_att(node, operand),
            Intrinsic::Sub(operand) => self.sub(node, operand),
            Intrinsic::Join(operand) => self.join(node, operand),
            Intrinsic::Split(operand) => self.split(node, operand),
            Intrinsic::Select(operand) => self.select(node, operand),
            Intrinsic::FindInMap(operand) => return self.find_in_map(node, operand),
            Intrinsic::Base64(operand) => self.base64(node, operand),
            Intrinsic::Cidr(operand) => self.cidr(node, operand),
            Intrinsic::GetAzs(operand) => self.get_azs(node, operand),
            Intrinsic::ImportValue(operand) => self.import_value(node, operand),
            Intrinsic::GetStackOutput(operand) => self.get_stack_output(node, operand),
            Intrinsic::Transform(_) => self.transform(node),
            Intrinsic::Equals(_) | Intrinsic::And(_) | Intrinsic::Or(_) | Intrinsic::Not(_) => match self.truth(node) {
                ConditionValue::Known(value) => Value::new(ValueKind::Bool(value), node),
                ConditionValue::Unknown => self.unevaluated(node),
            },
            Intrinsic::Condition(_) => self.unevaluated(node),
            Intrinsic::Length(operand) if self.extensions => self.length(node, operand),
            Intrinsic::ToJsonString(operand) if self.extensions => self.json_string(node, operand),
            Intrinsic::Length(_) => self.needs_extensions(node, "Fn::Length"),
            Intrinsic::ToJsonString(_) => self.needs_extensions(node, "Fn::ToJsonString"),
            Intrinsic::Rule(name, _) | Intrinsic::Other(name, _) => self.unsupported(node, name),
        })
    }

    /// Returns an unknown value.
    pub(super) fn unknown(&self, residual: Residual<'a>, origin: &'a Node<'a>) -> Value<'a> {
        Value::new(ValueKind::Unknown(residual), origin)
    }

    /// Returns an unknown value for an expression that is invalid or that only a macro can process.
    pub(super) fn unevaluated(&self, node: &'a Node<'a>) -> Value<'a> {
        self.unknown(Residual::Transform(node), node)
    }

    /// Returns a string value.
    pub(super) fn string(&self, text: &str, origin: &'a Node<'a>) -> Value<'a> {
        Value::new(ValueKind::String(self.arena.str(text)), origin)
    }

    /// Returns the operands of a function, if they are a list with an allowed number of items.
    pub(super) fn operands(node: &'a Node<'a>, counts: std::ops::RangeInclusive<usize>) -> Option<&'a [Node<'a>]> {
        match node.kind {
            Kind::Array(items) if counts.contains(&items.len()) => Some(items),
            _ => None,
        }
    }

    /// Evaluates an operand; `AWS::NoValue` counts as an empty string.
    pub(super) fn operand(&mut self, node: &'a Node<'a>) -> Value<'a> {
        self.value(node).unwrap_or(Value::new(ValueKind::String(""), node))
    }

    /// Records an unresolved reference.
    pub(super) fn note_unresolved(&mut self, name: &'a str, span: Span, condition: Option<&'a str>) {
        self.unresolved.push(UnresolvedReference { block: self.block, name, span, condition, aws: None });
    }

    /// Records an attribute of an undeclared resource, which CloudFormation reports in a message of its own.
    pub(super) fn note_undefined(&mut self, name: &'a str, span: Span, aws: &str) {
        let aws = Some(self.arena.str(aws));
        self.unresolved.push(UnresolvedReference { block: self.block, name, span, condition: None, aws });
    }

    fn report_unresolved(&mut self) {
        for block in [Block::Conditions, Block::Resources, Block::Outputs] {
            let found: Vec<UnresolvedReference<'a>> = self.unresolved.iter().filter(|one| one.block == block).copied().collect();
            let mut seen = rustc_hash::FxHashSet::default();
            let listed = found.iter().filter(|one| one.aws.is_none());
            let names: Vec<&str> = listed.map(|one| one.name).filter(|name| seen.insert(*name)).take(MOST_SUGGESTIONS).collect();
            let names = names.join(", ");
            let aws = match block {
                Block::Conditions => {
                    format!(
                        "Template format error: Unresolved dependencies [{names}]. Cannot reference resources in the Conditions block of the template"
                    )
                }
                Block::Resources => {
                    format!("Template format error: Unresolved resource dependencies [{names}] in the Resources block of the template")
                }
                Block::Outputs => format!("Unresolved resource dependencies [{names}] in the Outputs block of the template"),
            };
            for (index, one) in found.iter().enumerate() {
                let diagnostic = self.unresolved_diagnostic(one, index < MOST_SUGGESTIONS);
                // CloudFormation's message lists all names; repeating it for very many references would exceed the template many times.
                let aws = one.aws.or((index < MOST_SUGGESTIONS).then_some(aws.as_str()));
                self.problems.push(match aws {
                    Some(aws) => diagnostic.with_aws_message(aws),
                    None => diagnostic,
                });
            }
        }
    }

    fn unresolved_diagnostic(&self, one: &UnresolvedReference<'a>, is_looked_up: bool) -> Diagnostic {
        let name = one.name;
        let source = self.template.source;
        if let Some(condition) = one.condition {
            let mut diagnostic = Diagnostic::error(
                "reference-to-absent-resource",
                format!("resource `{name}` does not exist here: its condition `{condition}` is false"),
            )
            .at(source, one.span, "");
            if let Some(entry) = self.template.resources.get(name) {
                diagnostic = diagnostic.at(source, entry.name_span, format!("exists only when `{condition}` is true"));
            }
            return diagnostic.hinted(format!("refer to it inside an `Fn::If` on `{condition}`"));
        }
        if one.block == Block::Conditions {
            let what = if self.template.resources.contains(name) { "is a resource" } else { "is not a parameter" };
            return Diagnostic::error("unresolved-reference", format!("a condition can refer to parameters only, and `{name}` {what}"))
                .at(source, one.span, "");
        }
        let names = self.template.resources.iter().chain(&self.template.parameters).map(|entry| entry.name);
        Diagnostic::error("unresolved-reference", format!("`{name}` is neither a parameter nor a resource of the template"))
            .at(source, one.span, "")
            .suggesting(name, names.filter(|_| is_looked_up))
    }
}

/// Returns the stage at which CloudFormation finds a problem within its section: malformed functions first, then unresolved references,
/// then circular dependencies.
fn stage(rule: &str) -> u8 {
    match rule {
        "too-many-problems" => 3,
        "circular-dependency" => 2,
        "unresolved-reference" | "reference-to-absent-resource" => 1,
        _ => 0,
    }
}

/// Returns whether a macro may add resources, parameters or functions: a transform of the template or inside a section.
fn has_macros(template: &Template<'_>) -> bool {
    let within = |node: &Node<'_>| node.get("Fn::Transform").is_some();
    template.is_rewritten() || template.root.members().iter().any(|section| within(&section.value))
}
