//! Values as JSON: as the evaluator means them, and as change sets show them.

use serde_json::{Map, Value as Json, json};

use super::value::{Residual, Value, ValueKind};

/// The text that AWS puts where a value is known only after the change set is executed.
pub const UNKNOWN_TOKEN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

impl Value<'_> {
    /// Returns the value as JSON; what is unknown stands as the intrinsic function that is left of it, in its long form.
    pub fn to_json(&self) -> Json {
        match self.kind {
            ValueKind::Null => Json::Null,
            ValueKind::Bool(value) => Json::Bool(value),
            ValueKind::Number(text) => number(text),
            ValueKind::String(text) => Json::String(text.to_owned()),
            ValueKind::List(items) => items.iter().map(Self::to_json).collect(),
            ValueKind::Map(members) => {
                members.iter().map(|(key, value)| ((*key).to_owned(), value.to_json())).collect::<Map<_, _>>().into()
            }
            ValueKind::Unknown(residual) => residual.to_json(),
        }
    }

    /// Returns the value as a change set's context shows it: every scalar a string, everything unknown [`UNKNOWN_TOKEN`].
    pub fn to_context(&self) -> Json {
        match self.kind {
            ValueKind::Null => Json::Null,
            ValueKind::Bool(value) => Json::String(value.to_string()),
            ValueKind::Number(text) | ValueKind::String(text) => Json::String(text.to_owned()),
            ValueKind::List(items) => items.iter().map(Self::to_context).collect(),
            ValueKind::Map(members) => {
                members.iter().map(|(key, value)| ((*key).to_owned(), value.to_context())).collect::<Map<_, _>>().into()
            }
            ValueKind::Unknown(_) => Json::String(UNKNOWN_TOKEN.to_owned()),
        }
    }
}

/// A number that JSON cannot hold stays the text it was.
fn number(text: &str) -> Json {
    text.parse::<serde_json::Number>().map_or_else(|_| Json::String(text.to_owned()), Json::Number)
}

impl Residual<'_> {
    /// Returns the intrinsic function that would give the value.
    pub fn to_json(&self) -> Json {
        let list = |items: &[Value<'_>]| -> Json { items.iter().map(Value::to_json).collect() };
        match self {
            Self::Ref(name) | Self::PseudoParameter(name) | Self::Parameter(name) | Self::SsmParameter { parameter: name, .. } => {
                json!({"Ref": name})
            }
            Self::GetAtt(id, attribute) => json!({"Fn::GetAtt": [id, attribute]}),
            Self::ImportValue(name) => json!({"Fn::ImportValue": name.to_json()}),
            Self::AvailabilityZones(region) => json!({"Fn::GetAZs": region.to_json()}),
            Self::Transform(node) => serde_json::to_value(node).unwrap_or(Json::Null),
            Self::Concat(parts) => json!({"Fn::Join": ["", list(parts)]}),
            Self::Join(delimiter, value) => json!({"Fn::Join": [delimiter, value.to_json()]}),
            Self::Split(delimiter, value) => json!({"Fn::Split": [delimiter, value.to_json()]}),
            Self::Select(index, value) => json!({"Fn::Select": [index.to_json(), value.to_json()]}),
            Self::Base64(value) => json!({"Fn::Base64": value.to_json()}),
            Self::Cidr(operands) => json!({"Fn::Cidr": list(operands)}),
            Self::If(condition, yes, no) => {
                let branch = |value: &Option<&Value<'_>>| value.map_or_else(|| json!({"Ref": "AWS::NoValue"}), |value| value.to_json());
                json!({"Fn::If": [condition, branch(yes), branch(no)]})
            }
            Self::FindInMap(operands) => json!({"Fn::FindInMap": list(operands)}),
            Self::Function(name, value) => json!({ *name: value.to_json() }),
        }
    }
}
