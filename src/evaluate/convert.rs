//! Values as JSON; how a change set shows them is the planner's.

use serde_json::{Map, Value as Json, json};

use super::value::{Residual, Value, ValueKind};

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
