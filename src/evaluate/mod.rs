//! Gives every expression of a template its value under given parameters.
//!
//! Takes a [`Template`], a [`ParameterSet`] and what is known of the deployed stack
//! ([`State`]), gives an [`Evaluation`]: conditions, resources with resolved properties, outputs. What a value changes is for [`plan`](crate::plan).

mod conditions;
mod convert;
mod counterfactual;
mod cycles;
mod evaluator;
mod expected;
mod for_each;
mod functions;
mod outputs;
mod pseudo;
mod resources;
mod rules;
mod text;
mod value;
mod zones;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

pub(crate) use convert::{MaskedValue, members_of};
pub(crate) use counterfactual::{Assumption, Counterfactual};
pub use value::{Residual, Value, ValueKind};
pub use zones::availability_zones;

use crate::parameters::ParameterSet;
use crate::template::{Arena, Diagnostics, Document, Entry, Format, Template};

/// A map that keeps its order and is found by name quickly.
pub type Named<'a, T> = IndexMap<&'a str, T, FxBuildHasher>;

/// What cannot be known from the template: pseudo parameters, and the stack as it is deployed.
///
/// The shape of `--state FILE`; every part may be left out.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Pseudo parameters by name, such as `AWS::Region`.
    pub pseudo: IndexMap<String, serde_json::Value>,
    /// What `Ref` of a deployed resource gives, by logical ID.
    pub physical_ids: IndexMap<String, String>,
    /// Attributes of deployed resources: logical ID, then attribute name.
    pub attributes: IndexMap<String, IndexMap<String, serde_json::Value>>,
    /// Values of SSM parameters by their name in SSM; when the map is there, it holds all that are.
    pub ssm: Option<IndexMap<String, serde_json::Value>>,
    /// Whether SSM parameters that `ssm` does not have may be there all the same; not for files.
    #[serde(skip)]
    pub ssm_is_partial: bool,
    /// Values of exports of other stacks by export name.
    pub exports: IndexMap<String, serde_json::Value>,
}

/// A condition's value; unknown when it rests on something that only AWS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionValue {
    /// True or false.
    Known(bool),
    /// Rests on something that only AWS knows.
    Unknown,
}

/// A resource that exists under the parameters given, evaluated.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// The logical ID and where it stands.
    pub entry: Entry<'a>,
    /// `Type`.
    pub resource_type: &'a str,
    /// `Condition` by name, and whether it is known to be true.
    pub condition: Option<(&'a str, ConditionValue)>,
    /// `DependsOn`, resources whose condition is false left out.
    pub depends_on: Vec<&'a str>,
    /// `Properties`; an absent block is an empty map.
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

/// An output that exists under the parameters given, evaluated.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// The name and where it stands.
    pub entry: Entry<'a>,
    /// `Value`, as the finished stack shows it where the template tells: `Ref` of a resource with a name of its own is that name.
    pub value: Value<'a>,
    /// `Export.Name`.
    pub export: Option<Value<'a>>,
    /// `Description`.
    pub description: Option<&'a str>,
}

/// A template's meaning under given parameters.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The template as it was read.
    pub template: &'a Template<'a>,
    /// The template with `Fn::ForEach` written out, when it has any; see [`Evaluation::sections`].
    expanded: Option<Template<'a>>,
    /// Where texts that the template does not hold as one are kept.
    pub(crate) arena: &'a Arena,
    /// The parameters, as given and as defaulted.
    pub parameters: &'a ParameterSet<'a>,
    /// What was known of the deployed stack.
    pub state: &'a State,
    /// Every condition.
    pub conditions: Named<'a, ConditionValue>,
    /// The resources that exist, or may.
    pub resources: Named<'a, Resource<'a>>,
    /// The outputs that exist, or may.
    pub outputs: Named<'a, Output<'a>>,
    /// Which resource needs which: pairs of logical IDs by `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`, sorted, each once.
    pub dependencies: Vec<(&'a str, &'a str)>,
    /// Status reasons that AWS would attach as `[WARN]`, and remarks of ours.
    pub warnings: Diagnostics,
}

impl<'a> Evaluation<'a> {
    /// Returns the template whose sections were evaluated: with every `Fn::ForEach` written out.
    pub fn sections(&self) -> &Template<'a> {
        self.expanded.as_ref().unwrap_or(self.template)
    }

    /// Returns the resources that one resource needs, sorted.
    pub fn needs(&self, id: &str) -> impl Iterator<Item = &'a str> + '_ {
        let start = self.dependencies.partition_point(|(from, _)| *from < id);
        let rest = self.dependencies.get(start..).unwrap_or_default();
        let end = rest.partition_point(|(from, _)| *from <= id);
        rest.get(..end).unwrap_or_default().iter().map(|(_, to)| *to)
    }

    /// Returns what a condition was found to be.
    pub fn condition(&self, name: &str) -> Option<ConditionValue> {
        self.conditions.get(name).copied()
    }
}

/// Evaluates a template.
///
/// Pure: the same input gives the same evaluation. Everything in the result lives as long as `arena`.
///
/// # Errors
///
/// Returns every problem of the template under these parameters, each at its place.
pub fn evaluate<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<Evaluation<'a>, Diagnostics> {
    let (evaluation, problems) = evaluate_in_part(template, parameters, state, arena)?;
    problems.into_result(evaluation)
}

/// Evaluates a template as far as it goes: what has a value has it, beside every problem of what has none.
///
/// For showing only: a plan wants the whole, which [`evaluate`] gives or refuses.
///
/// # Errors
///
/// Returns the problems of a template whose loops cannot be written out, of which nothing can be said.
pub fn evaluate_in_part<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<(Evaluation<'a>, Diagnostics), Diagnostics> {
    let expanded = expand(template, parameters, state, arena)?;
    let mut evaluator = evaluator::Evaluator::new(expanded.as_ref().unwrap_or(template), parameters, state, arena);
    evaluator.whole_transforms();
    evaluator.all_rules();
    let conditions = evaluator.all_conditions();
    let resources = evaluator.all_resources();
    let outputs = evaluator.all_outputs(&resources);
    let dependencies = evaluator.all_dependencies();
    let (problems, warnings) = evaluator.finish();
    Ok((Evaluation { template, expanded, arena, parameters, state, conditions, resources, outputs, dependencies, warnings }, problems))
}

/// Writes out every `Fn::ForEach`, for a template that has any.
fn expand<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<Option<Template<'a>>, Diagnostics> {
    if !template.has_language_extensions() || !for_each::is_used(template.source.text()) {
        return Ok(None);
    }
    let mut evaluator = evaluator::Evaluator::new(template, parameters, state, arena);
    let root = for_each::expand(&mut evaluator, template.root);
    let (problems, _) = evaluator.finish();
    problems.into_result(())?;
    Template::from_document(&Document { source: template.source, format: Format::Json, alias: None, may_hold_null: true, root }).map(Some)
}
