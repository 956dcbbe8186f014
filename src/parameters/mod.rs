//! Parameters: what a template declares, what was given, and what holds in the end, with where it came from.
//!
//! Takes a [`Template`](crate::template::Template)'s declarations and values from `rack.yaml`, parameter files, flags and the deployed stack; gives
//! a [`ParameterSet`]. What they do to the template is for [`evaluate`](crate::evaluate).

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::template::Entry;

/// Where a parameter's value came from, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The template's `Default`.
    Default,
    /// The deployed stack, kept as `UsePreviousValue` does.
    Deployed,
    /// `rack.yaml` or a parameter file.
    File,
    /// A flag on the command line.
    Flag,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType<'a> {
    /// `String`, or a resource type such as `AWS::EC2::VPC::Id` that is a string to the template.
    String,
    /// `Number`.
    Number,
    /// `CommaDelimitedList`, or `List<AWS::...>`.
    List,
    /// `List<Number>`.
    NumberList,
    /// `AWS::SSM::Parameter::Value<T>`: the value names an SSM parameter, and the text inside the brackets is its type.
    Ssm {
        /// The type inside the brackets.
        inner: &'a str,
        /// Whether the inner type is a list.
        list: bool,
    },
}

/// A parameter as the template declares it.
#[derive(Clone, Debug)]
pub struct Declaration<'a> {
    /// The name and where it stands.
    pub entry: Entry<'a>,
    /// `Type`, understood.
    pub parameter_type: ParameterType<'a>,
    /// `Type`, as written.
    pub type_name: &'a str,
    /// `Default` as the text that CloudFormation makes of it.
    pub default: Option<String>,
    /// `Description`.
    pub description: Option<&'a str>,
    /// `AllowedValues` as text.
    pub allowed_values: Vec<&'a str>,
    /// `AllowedPattern`, a regular expression that the whole value must match.
    pub allowed_pattern: Option<&'a str>,
    /// `ConstraintDescription`.
    pub constraint_description: Option<&'a str>,
    /// `MinValue`.
    pub min_value: Option<f64>,
    /// `MaxValue`.
    pub max_value: Option<f64>,
    /// `MinLength`, in characters.
    pub min_length: Option<u64>,
    /// `MaxLength`, in characters.
    pub max_length: Option<u64>,
    /// `NoEcho`: the value must not be shown or stored anywhere.
    pub no_echo: bool,
}

/// A parameter's value in force.
#[derive(Clone, Debug)]
pub struct Parameter<'a> {
    /// Its declaration.
    pub declaration: Declaration<'a>,
    /// The text in force; `None` for a `NoEcho` value that only the deployed stack knows.
    pub value: Option<String>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// Every declared parameter with its value in force, in the order of the template.
#[derive(Clone, Debug, Default)]
pub struct ParameterSet<'a> {
    /// By name.
    pub parameters: IndexMap<&'a str, Parameter<'a>, FxBuildHasher>,
}

/// Values that were given, before a template is asked what it declares.
///
/// Each keeps the node it was read from, when it came from a file, so that an error can point there.
#[derive(Clone, Debug, Default)]
pub struct GivenParameters {
    /// By name, in the order given; a later, stronger source has replaced a weaker one.
    pub values: IndexMap<String, GivenValue>,
}

/// One value that was given.
#[derive(Clone, Debug)]
pub struct GivenValue {
    /// The text; a list is joined with commas, a boolean is `true` or `false`. `None` is `UsePreviousValue`.
    pub text: Option<String>,
    /// Where it came from.
    pub provenance: Provenance,
    /// The place in a file.
    pub place: Option<(crate::template::Source, crate::template::Span)>,
}
