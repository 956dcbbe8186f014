//! The sections of a template; entries keep the order of their declaration.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value as Json, json as json_literal};

use super::condition::Condition;
use super::declared::Declared;
use super::json::json;
use super::name::{ConditionName, LogicalId, ParameterName};
use super::parameter::{Group, Parameter};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// Entries by name, each as JSON.
pub type Entries = IndexMap<String, Json>;

/// Parameters and their groups, conditions, resources and outputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sections {
    /// `Parameters`.
    pub parameters: Entries,
    /// `Conditions`.
    pub conditions: Entries,
    /// `Resources`.
    pub resources: Entries,
    /// `Outputs`.
    pub outputs: Entries,
    /// The parameters of each group, in the order of their declaration.
    groups: IndexMap<Group, Vec<String>>,
}

impl Sections {
    /// Declares a parameter in a group.
    pub fn parameter<T>(&mut self, group: Group, name: &ParameterName<T>, parameter: &Parameter) {
        self.groups.entry(group).or_default().push(name.name().to_owned());
        self.parameters.insert(name.name().to_owned(), json(parameter));
    }

    /// Declares a condition.
    pub fn condition(&mut self, name: &ConditionName, condition: &Condition) {
        self.conditions.insert(name.name().to_owned(), json(condition));
    }

    /// Declares a resource; the logical ID has the resource's type.
    pub fn resource<R: Resource>(&mut self, logical_id: &LogicalId<R>, resource: &Declared<R>) {
        self.resources.insert(logical_id.name().to_owned(), json(resource));
    }

    /// Declares an output, perhaps with a condition; returns it, so that it can be exported.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>
    pub fn output(&mut self, name: &str, condition: Option<&ConditionName>, description: &str, value: &Value<String>) -> Output<'_> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Serialized<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            condition: Option<&'a ConditionName>,
            description: &'a str,
            value: &'a Value<String>,
        }
        let entry = self.outputs.entry(name.to_owned()).or_default();
        *entry = json(&Serialized { condition, description, value });
        Output(entry)
    }

    /// Returns `Metadata`: the parameter groups for the console and `rackform params`.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-interface.html>
    pub fn metadata(&self) -> Json {
        let group = |(group, parameters): (&Group, &Vec<String>)| json_literal!({ "Label": { "default": group.label() }, "Parameters": parameters });
        let mut by_group: Vec<(&Group, &Vec<String>)> = self.groups.iter().collect();
        by_group.sort_unstable_by_key(|(group, _)| **group);
        let groups: Vec<Json> = by_group.into_iter().map(group).collect();
        json_literal!({ "AWS::CloudFormation::Interface": { "ParameterGroups": groups } })
    }

    /// Appends the entries of other sections.
    pub fn extend(&mut self, other: Self) {
        let Self { parameters, conditions, resources, outputs, groups } = other;
        for (group, names) in groups {
            self.groups.entry(group).or_default().extend(names);
        }
        self.parameters.extend(parameters);
        self.conditions.extend(conditions);
        self.resources.extend(resources);
        self.outputs.extend(outputs);
    }
}

/// A declared output.
#[derive(Debug)]
pub struct Output<'s>(&'s mut Json);

impl Output<'_> {
    /// Exports the output as `<stack>:<name>`, so that other stacks can import it.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html>
    pub fn export(self, name: &str) {
        if let Some(output) = self.0.as_object_mut() {
            output.insert("Export".to_owned(), json_literal!({ "Name": Value::sub(format!("${{AWS::StackName}}:{name}")) }));
        }
    }
}

/// Returns values as unconditional list items.
pub fn list<T>(values: impl IntoIterator<Item = Value<T>>) -> Vec<OrNoValue<T>> {
    values.into_iter().map(OrNoValue::from).collect()
}
