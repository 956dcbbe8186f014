//! Evaluates a template: computes the value of every expression for one set of parameters.
//!
//! Takes a [`Template`], a [`ParameterSet`] and the known [`State`] of the deployed
//! stack, and returns an [`Evaluation`]: conditions, resources with resolved properties, and outputs. Comparing two evaluations is left to
//! [`plan`](crate::plan).

mod budget;
mod conditions;
mod convert;
mod counterfactual;
mod cycles;
mod evaluator;
mod expected;
mod for_each;
mod functions;
mod limits;
mod literals;
mod operands;
mod outputs;
mod pseudo;
mod reduce;
mod resources;
mod rules;
mod taint;
mod text;
mod unvisited;
mod value;
mod zones;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

pub(crate) use convert::{MaskedValue, substitution_with_variables};
pub(crate) use counterfactual::{Assumption, Counterfactual};
pub(crate) use limits::RULE as LIMIT_RULE;
pub use reduce::{Reduced, ReducedRule, reduce};
pub(crate) use taint::{Taint, is_custom};
pub use value::{Residual, Value, ValueKind};
pub use zones::availability_zones;

use crate::diagnostic::Diagnostics;
use crate::parameters::ParameterSet;
use crate::template::{Arena, Document, Entry, Format, Template};

/// A map by name that keeps document order.
pub type Named<'a, T> = IndexMap<&'a str, T, FxBuildHasher>;

/// Values that the template does not contain: pseudo parameters, and the deployed stack.
///
/// This is the format of a state file. Every member is optional.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Pseudo parameters by name, such as `AWS::Region`.
    pub pseudo: IndexMap<String, serde_json::Value>,
    /// Physical IDs, which `Ref` of a deployed resource returns, by logical ID.
    pub physical_ids: IndexMap<String, String>,
    /// Attributes of deployed resources: logical ID, then attribute name.
    pub attributes: IndexMap<String, IndexMap<String, serde_json::Value>>,
    /// Values of SSM parameters by their name in Parameter Store. If present, it holds every parameter that exists.
    pub ssm: Option<IndexMap<String, serde_json::Value>>,
    /// Whether SSM parameters that `ssm` does not hold may exist nevertheless; not part of the file format.
    #[serde(skip)]
    pub ssm_is_partial: bool,
    /// Pseudo parameters in `pseudo` whose value is assumed, since nothing gives it; not part of the file format.
    #[serde(skip)]
    pub assumed: Vec<String>,
    /// Values of exports of other stacks by export name.
    pub exports: IndexMap<String, serde_json::Value>,
    /// The names of exports whose value depends on a secret of its stack; not part of the file format.
    #[serde(skip)]
    pub secret_exports: Vec<String>,
}

/// The value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionValue {
    /// True or false.
    Known(bool),
    /// Depends on a value known only to AWS.
    Unknown,
}

/// An evaluated resource that exists with the given parameters.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// The logical ID, its place and the declaration.
    pub entry: Entry<'a>,
    /// `Type`.
    pub resource_type: &'a str,
    /// The name of `Condition` and its value.
    pub condition: Option<(&'a str, ConditionValue)>,
    /// `DependsOn`, without resources whose condition is false.
    pub depends_on: Vec<&'a str>,
    /// `Properties`; an empty map if absent.
    pub properties: Value<'a>,
    /// `Metadata`.
    pub metadata: Option<Value<'a>>,
    /// `DeletionPolicy`.
    pub deletion_policy: Option<Value<'a>>,
    /// `UpdateReplacePolicy`.
    pub update_replace_policy: Option<Value<'a>>,
    /// `CreationPolicy`.
    pub creation_policy: Option<Value<'a>>,
    /// `UpdatePolicy`.
    pub update_policy: Option<Value<'a>>,
}

/// An evaluated output that exists with the given parameters.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// The name, its place and the declaration.
    pub entry: Entry<'a>,
    /// `Value`, as the finished stack returns it where the template determines it: `Ref` of a resource with an explicit name is that name.
    pub value: Value<'a>,
    /// `Export.Name`.
    pub export: Option<Value<'a>>,
    /// `Description`.
    pub description: Option<&'a str>,
}

/// The result of evaluating a template.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The template as it was read.
    pub template: &'a Template<'a>,
    /// The template with every `Fn::ForEach` expanded, if it has any; see [`Evaluation::sections`].
    expanded: Option<Template<'a>>,
    /// Literals of the expanded template that are items of a secret list.
    pub(crate) secret_texts: taint::SecretTexts,
    /// Holds texts that are not part of the template.
    pub(crate) arena: &'a Arena,
    /// The parameters with their values.
    pub parameters: &'a ParameterSet<'a>,
    /// The known state of the deployed stack.
    pub state: &'a State,
    /// All conditions.
    pub conditions: Named<'a, ConditionValue>,
    /// The resources that exist or may exist.
    pub resources: Named<'a, Resource<'a>>,
    /// The outputs that exist or may exist.
    pub outputs: Named<'a, Output<'a>>,
    /// Dependencies between resources through `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`: pairs of logical IDs, sorted, without
    /// duplicates.
    pub dependencies: Vec<(&'a str, &'a str)>,
    /// The resources that refer to a `NoEcho` parameter themselves.
    pub(crate) secret_users: Vec<&'a str>,
    /// Warnings, including the `[WARN]` status reasons that AWS would report.
    pub warnings: Diagnostics,
}

impl<'a> Evaluation<'a> {
    /// Returns the template whose sections were evaluated, with every `Fn::ForEach` expanded.
    pub fn sections(&self) -> &Template<'a> {
        self.expanded.as_ref().unwrap_or(self.template)
    }

    /// Returns the resources that a resource depends on, sorted.
    pub fn needs(&self, id: &str) -> impl Iterator<Item = &'a str> + '_ {
        let start = self.dependencies.partition_point(|(from, _)| *from < id);
        let rest = self.dependencies.get(start..).unwrap_or_default();
        let end = rest.partition_point(|(from, _)| *from <= id);
        rest.get(..end).unwrap_or_default().iter().map(|(_, to)| *to)
    }

    /// Returns the value of a condition.
    pub fn condition(&self, name: &str) -> Option<ConditionValue> {
        self.conditions.get(name).copied()
    }
}

/// Evaluates a template.
///
/// This is a pure function. The result borrows from `arena`.
///
/// # Errors
///
/// Returns an error with every problem found, if the template cannot be evaluated with these parameters.
pub fn evaluate<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<Evaluation<'a>, Diagnostics> {
    let (evaluation, problems) = evaluate_in_part(template, parameters, state, arena)?;
    problems.into_result(evaluation)
}

/// Evaluates as much of a template as possible, and returns it with every problem found.
///
/// For display only. A plan requires a complete evaluation; see [`evaluate`].
///
/// # Errors
///
/// Returns an error if an `Fn::ForEach` cannot be expanded, or if a section has far more entries than CloudFormation allows.
pub fn evaluate_in_part<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<(Evaluation<'a>, Diagnostics), Diagnostics> {
    let (expanded, secret_texts) = expand(template, parameters, state, arena)?.unzip();
    let secret_texts = secret_texts.unwrap_or_default();
    limits::check(expanded.as_ref().unwrap_or(template))?;
    let mut evaluator = evaluator::Evaluator::new(expanded.as_ref().unwrap_or(template), parameters, state, arena);
    evaluator.secret_texts.clone_from(&secret_texts);
    evaluator.whole_transforms();
    evaluator.warnings.0.extend(template.number_warnings());
    evaluator.all_rules();
    let conditions = evaluator.all_conditions();
    let resources = evaluator.all_resources();
    let outputs = evaluator.all_outputs(&resources);
    let dependencies = evaluator.all_dependencies();
    let secret_users = std::mem::take(&mut evaluator.secret_users);
    let (problems, warnings) = evaluator.finish();
    Ok((
        Evaluation {
            template,
            expanded,
            secret_texts,
            arena,
            parameters,
            state,
            conditions,
            resources,
            outputs,
            dependencies,
            secret_users,
            warnings,
        },
        problems,
    ))
}

/// Returns the problems of functions that need no values, without expanding loops.
pub(crate) fn misused_functions<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Diagnostics {
    let mut evaluator = evaluator::Evaluator::new(template, parameters, state, arena);
    evaluator.check_all_functions();
    evaluator.finish().0
}

/// Returns whether evaluating a template expands loops.
pub(crate) fn has_loops(template: &Template<'_>) -> bool {
    template.has_language_extensions() && template.mentions("Fn::ForEach")
}

/// Returns the template with every `Fn::ForEach` expanded, and its texts that are items of a secret list; `None` if it has no loops.
fn expand<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<Option<(Template<'a>, taint::SecretTexts)>, Diagnostics> {
    if !has_loops(template) {
        return Ok(None);
    }
    let mut evaluator = evaluator::Evaluator::new(template, parameters, state, arena);
    let (root, secret_texts) = for_each::expand(&mut evaluator, template.root);
    let (problems, _) = evaluator.finish();
    problems.into_result(())?;
    let (source, conversions) = (template.source, template.conversions);
    let document = Document { source, format: Format::Json, alias: None, may_hold_null: true, root, conversions, keys: &[] };
    Ok(Some((Template::from_document(&document)?, secret_texts)))
}
