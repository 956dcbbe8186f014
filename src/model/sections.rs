//! The sections of a template, in the order in which things were declared.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;

use super::condition::Condition;
use super::json;
use super::parameter::Parameter;
use super::reference::{ConditionName, LogicalId, ParameterName};
use super::resource::{Declared, Resource};
use super::value::{OrNoValue, Value};

/// Named entries, each as the JSON that the template holds.
pub type Entries = IndexMap<String, Json>;

/// Parameters, conditions, resources and outputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sections {
    /// `Parameters`.
    pub parameters: Entries,
    /// `Conditions`.
    pub conditions: Entries,
    /// `Resources`.
    pub resources: Entries,
    /// `Outputs`.
    pub outputs: Entries,
}

impl Sections {
    /// Declares a parameter.
    pub fn parameter<T>(&mut self, name: &ParameterName<T>, parameter: &Parameter) {
        self.parameters.insert(name.name().to_owned(), json(parameter));
    }

    /// Declares a condition.
    pub fn condition(&mut self, name: &ConditionName, condition: &Condition) {
        self.conditions.insert(name.name().to_owned(), json(condition));
    }

    /// Declares a resource under a logical ID of its type.
    pub fn resource<R: Resource>(&mut self, logical_id: &LogicalId<R>, resource: &Declared<R>) {
        self.resources.insert(logical_id.name().to_owned(), json(resource));
    }

    /// Declares an output, which exists only under `condition` where one is given.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>
    pub fn output(&mut self, name: &str, condition: Option<&ConditionName>, description: &str, value: &Value<String>) {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            condition: Option<&'a ConditionName>,
            description: &'a str,
            value: &'a Value<String>,
        }
        self.outputs.insert(name.to_owned(), json(&Output { condition, description, value }));
    }

    /// Takes over everything of another one, after what is here.
    pub fn extend(&mut self, other: Self) {
        let Self { parameters, conditions, resources, outputs } = other;
        self.parameters.extend(parameters);
        self.conditions.extend(conditions);
        self.resources.extend(resources);
        self.outputs.extend(outputs);
    }
}

/// Returns values as entries of a list that are always there.
pub fn list<T>(values: impl IntoIterator<Item = Value<T>>) -> Vec<OrNoValue<T>> {
    values.into_iter().map(OrNoValue::from).collect()
}
