//! Gives every expression of a template its value under given parameters.
//!
//! Takes a [`Template`](crate::template::Template), a [`ParameterSet`](crate::parameters::ParameterSet) and what is known of the deployed stack
//! ([`State`]), gives an [`Evaluation`]: conditions, resources with resolved properties, outputs. What a value changes is for [`plan`](crate::plan).

mod value;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

pub use value::{Residual, Value, ValueKind};

use crate::parameters::ParameterSet;
use crate::template::{Diagnostics, Entry, Node, Template};

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
    /// Values of SSM parameters by their name in SSM.
    pub ssm: IndexMap<String, serde_json::Value>,
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
    /// `Value`.
    pub value: Value<'a>,
    /// `Export.Name`.
    pub export: Option<Value<'a>>,
    /// `Description`.
    pub description: Option<&'a str>,
}

/// A template's meaning under given parameters.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The template.
    pub template: &'a Template<'a>,
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
    /// Status reasons that AWS would attach as `[WARN]`, and remarks of ours.
    pub warnings: Diagnostics,
}

/// An expression and the name of the section it stands in, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// `Resources`, `Outputs`, ...
    pub section: &'static str,
    /// The expression.
    pub node: &'a Node<'a>,
}
