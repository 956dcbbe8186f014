//! Property values: a literal of the property's type, or an intrinsic function that returns one.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::json::json;
use super::name::ConditionName;

/// The member that stands for the text of a template source until [`render`](crate::render) inserts it: `[source, variables]`.
pub const TEXT_OF: &str = "Rackform::TextOf";

/// A `T`, or an intrinsic function that returns one.
///
/// Only the constructors here and the typed names in [`reference`](super::reference) build functions, so a
/// `Value<Id<FileSystem>>` is always the ID of a file system.
#[derive(Clone, Debug, PartialEq)]
pub struct Value<T>(Inner<T>);

#[derive(Clone, Debug, PartialEq)]
enum Inner<T> {
    Literal(T),
    If(ConditionName, Box<Value<T>>, Box<Value<T>>),
    /// Any other function as JSON; the constructor has checked its type.
    Function(Box<Json>),
}

impl<T> Value<T> {
    /// Returns a literal.
    pub fn literal(value: T) -> Self {
        Self(Inner::Literal(value))
    }

    /// Returns `Fn::If` with a `T` in both branches. For an optional property see [`OrNoValue::only_if`].
    pub fn if_else(condition: &ConditionName, then: impl Into<Self>, otherwise: impl Into<Self>) -> Self {
        Self(Inner::If(condition.clone(), Box::new(then.into()), Box::new(otherwise.into())))
    }

    /// Returns `Fn::Select` of a list item; the first has index 0.
    pub fn select(index: usize, list: &Value<Vec<T>>) -> Self
    where
        T: Serialize,
    {
        Self::function("Fn::Select", &(index, list))
    }

    /// Returns `Fn::FindInMap`, which looks up `second` under `first` in a mapping.
    pub fn find_in_map(mapping: &str, first: impl Into<Value<String>>, second: impl Into<Value<String>>) -> Self {
        Self::function("Fn::FindInMap", &(mapping, first.into(), second.into()))
    }

    /// Returns `Fn::ImportValue` of an export.
    pub fn import_value(export: impl Into<Value<String>>) -> Self {
        Self::function("Fn::ImportValue", &export.into())
    }

    /// Returns the value as a string, for `Fn::Join` or an output.
    pub fn to_text(&self) -> Value<String>
    where
        T: Serialize,
    {
        match json(self) {
            Json::String(text) => Value::literal(text),
            function @ Json::Object(_) => Value(Inner::Function(Box::new(function))),
            other => Value::literal(other.to_string()),
        }
    }

    /// Returns the literal, or `None` for a function.
    pub fn as_literal(&self) -> Option<&T> {
        match &self.0 {
            Inner::Literal(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn reference_to(name: &str) -> Self {
        Self::function("Ref", &name)
    }

    pub(super) fn attribute_of(logical_id: &str, attribute: &str) -> Self {
        Self::function("Fn::GetAtt", &(logical_id, attribute))
    }

    /// Returns the name in a `Ref`, or `None` for any other value.
    pub(super) fn as_reference(&self) -> Option<&str> {
        match &self.0 {
            Inner::Function(function) => function.get("Ref").and_then(Json::as_str),
            _ => None,
        }
    }

    fn function(name: &str, operands: &impl Serialize) -> Self {
        Self(Inner::Function(Box::new(Json::Object(Map::from_iter([(name.to_owned(), json(operands))])))))
    }
}

impl Value<String> {
    /// Returns `Fn::Sub` of a string with `${Name}` variables.
    pub fn sub(text: impl Into<String>) -> Self {
        Self::function("Fn::Sub", &text.into())
    }

    /// Returns `Fn::Sub` of a string with `${Name}` variables, some of which have their values here.
    pub fn sub_with(text: impl Into<Self>, variables: &[(&str, Self)]) -> Self {
        let variables: Map<String, Json> = variables.iter().map(|(name, value)| ((*name).to_owned(), json(value))).collect();
        Self::function("Fn::Sub", &(text.into(), variables))
    }

    /// Returns the text of a template source, which [`render`](crate::render) inserts; the source can use the variables.
    pub fn text_of(source: &str, variables: &[(&str, &str)]) -> Self {
        let variables: Map<String, Json> = variables.iter().map(|(name, value)| ((*name).to_owned(), json(value))).collect();
        Self::function(TEXT_OF, &(source, variables))
    }

    /// Returns `Fn::Join`.
    pub fn join(delimiter: &str, parts: Vec<OrNoValue<String>>) -> Self {
        Self::function("Fn::Join", &(delimiter, parts))
    }

    /// Returns `Fn::Join` of a list.
    pub fn join_list(delimiter: &str, list: &Value<Vec<String>>) -> Self {
        Self::function("Fn::Join", &(delimiter, list))
    }

    /// Returns `Fn::Base64`.
    pub fn base64(text: impl Into<Self>) -> Self {
        Self::function("Fn::Base64", &text.into())
    }
}

impl Value<Vec<String>> {
    /// Returns `Fn::Split`.
    pub fn split(delimiter: &str, text: impl Into<Value<String>>) -> Self {
        Self::function("Fn::Split", &(delimiter, text.into()))
    }

    /// Returns `Fn::GetAZs` of the stack's own region.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html>
    pub fn availability_zones() -> Self {
        Self::function("Fn::GetAZs", &"")
    }

    /// Returns `Fn::Cidr`: `count` CIDR blocks with `bits` host bits, taken from `block`.
    pub fn cidr(block: impl Into<Value<String>>, count: u16, bits: u8) -> Self {
        Self::function("Fn::Cidr", &(block.into(), count, bits))
    }
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Self {
        Self::literal(value)
    }
}

impl From<&str> for Value<String> {
    fn from(value: &str) -> Self {
        Self::literal(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Value<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Inner::Literal(value) => value.serialize(serializer),
            Inner::If(condition, then, otherwise) => serialize_if(serializer, condition, then, otherwise),
            Inner::Function(function) => function.serialize(serializer),
        }
    }
}

/// A value that a condition can omit: the only type that writes `AWS::NoValue`.
///
/// An optional property is an `Option<OrNoValue<T>>`, and a list item can be an `OrNoValue<T>`. A required property is a [`Value`], so
/// that no condition can omit it by mistake.
///
/// ```compile_fail,E0308
/// use rackform::model::{ConditionName, OrNoValue, efs};
/// // A mount target whose subnet a condition omits does not compile.
/// let cached = ConditionName::new("BuildCache");
/// let subnet = OrNoValue::only_if(&cached, rackform::model::rack::SUBNETS[0].reference());
/// efs::MountTarget::new(rackform::model::build_cache::FILE_SYSTEM.reference(), subnet, vec![]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OrNoValue<T> {
    when: When<T>,
    value: Value<T>,
}

#[derive(Clone, Debug, PartialEq)]
enum When<T> {
    Always,
    If(ConditionName),
    Unless(ConditionName),
    Else(ConditionName, Box<OrNoValue<T>>),
}

impl<T> OrNoValue<T> {
    /// Returns the value if a condition is true, and `AWS::NoValue` otherwise.
    pub fn only_if(condition: &ConditionName, value: impl Into<Value<T>>) -> Self {
        Self { when: When::If(condition.clone()), value: value.into() }
    }

    /// Returns `AWS::NoValue` if a condition is true, and the value otherwise.
    pub fn unless(condition: &ConditionName, value: impl Into<Value<T>>) -> Self {
        Self { when: When::Unless(condition.clone()), value: value.into() }
    }

    /// Returns the value if a condition is true, and otherwise another one, which can be `AWS::NoValue`.
    pub fn if_else(condition: &ConditionName, value: impl Into<Value<T>>, otherwise: Self) -> Self {
        Self { when: When::Else(condition.clone(), Box::new(otherwise)), value: value.into() }
    }

    /// Returns the value unconditionally.
    pub fn always(value: impl Into<Value<T>>) -> Self {
        Self { when: When::Always, value: value.into() }
    }
}

impl<T> OrNoValue<T> {
    /// Returns the literal that contains the value, under the same condition.
    pub fn map<U>(self, make: &impl Fn(Value<T>) -> U) -> OrNoValue<U> {
        let when = match self.when {
            When::Always => When::Always,
            When::If(condition) => When::If(condition),
            When::Unless(condition) => When::Unless(condition),
            When::Else(condition, otherwise) => When::Else(condition, Box::new(otherwise.map(make))),
        };
        OrNoValue { when, value: Value::literal(make(self.value)) }
    }
}

impl<T> From<Value<T>> for OrNoValue<T> {
    fn from(value: Value<T>) -> Self {
        Self { when: When::Always, value }
    }
}

impl From<&str> for OrNoValue<String> {
    fn from(value: &str) -> Self {
        Self::always(value)
    }
}

impl<T: Serialize> Serialize for OrNoValue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.when {
            When::Always => self.value.serialize(serializer),
            When::If(condition) => serialize_if(serializer, condition, &self.value, &NoValue),
            When::Unless(condition) => serialize_if(serializer, condition, &NoValue, &self.value),
            When::Else(condition, otherwise) => serialize_if(serializer, condition, &self.value, otherwise),
        }
    }
}

/// `{"Ref": "AWS::NoValue"}`.
struct NoValue;

impl Serialize for NoValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("Ref", "AWS::NoValue")?;
        map.end()
    }
}

fn serialize_if<S: Serializer>(
    serializer: S,
    condition: &ConditionName,
    then: &impl Serialize,
    otherwise: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    struct Operands<'a, A, B>(&'a ConditionName, &'a A, &'a B);
    impl<A: Serialize, B: Serialize> Serialize for Operands<'_, A, B> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut operands = serializer.serialize_seq(Some(3))?;
            operands.serialize_element(self.0)?;
            operands.serialize_element(self.1)?;
            operands.serialize_element(self.2)?;
            operands.end()
        }
    }
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry("Fn::If", &Operands(condition, then, otherwise))?;
    map.end()
}
