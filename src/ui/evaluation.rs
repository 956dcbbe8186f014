//! An evaluated template, shown: conditions, resources with their properties, outputs.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;

use super::findings::{FindingAnswer, problem};
use super::layout::{Layout, clip, width};
use super::styles::styled;
use crate::evaluate::{ConditionValue, Evaluation, Output, Resource, Value};
use crate::plan::redact::Secrets;
use crate::template::Diagnostics;

#[derive(Serialize)]
struct Answer<'e> {
    conditions: IndexMap<&'e str, Option<bool>>,
    resources: IndexMap<&'e str, ResourceAnswer<'e>>,
    outputs: IndexMap<&'e str, OutputAnswer<'e>>,
    /// What has no value, and why; absent where everything has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FindingAnswer<'e>>,
}

/// A resource as a template spells it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceAnswer<'e> {
    #[serde(rename = "Type")]
    resource_type: &'e str,
    /// Only where it is not known whether the resource exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'e str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    depends_on: &'e [&'e str],
    properties: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_policy: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_replace_policy: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_policy: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_policy: Option<Json>,
}

/// An output as a template spells it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OutputAnswer<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'e str>,
    value: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    export: Option<Export>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Export {
    name: Json,
}

impl<'e> Answer<'e> {
    fn of<'a: 'e>(evaluation: &'e Evaluation<'a>, problems: &'e Diagnostics) -> Self {
        let shown = Shown { evaluation, secrets: Secrets::of(None, evaluation) };
        Self {
            conditions: evaluation.conditions.iter().map(|(name, value)| (*name, known(*value))).collect(),
            resources: evaluation.resources.iter().map(|(id, resource)| (*id, shown.resource(resource))).collect(),
            outputs: evaluation.outputs.iter().map(|(name, output)| (*name, shown.output(output))).collect(),
            errors: problems.0.iter().map(problem).collect(),
        }
    }
}

fn known(value: ConditionValue) -> Option<bool> {
    match value {
        ConditionValue::Known(value) => Some(value),
        ConditionValue::Unknown => None,
    }
}

/// Turns values into what may be shown of them.
struct Shown<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    secrets: Secrets<'a>,
}

impl<'e, 'a: 'e> Shown<'e, 'a> {
    fn json(&self, value: &Value<'a>) -> Json {
        self.secrets.json(self.evaluation, value, value.to_json())
    }

    fn resource(&self, resource: &'e Resource<'a>) -> ResourceAnswer<'e> {
        let optional = |value: &Option<Value<'a>>| value.as_ref().map(|value| self.json(value));
        ResourceAnswer {
            resource_type: resource.resource_type,
            condition: resource.condition.and_then(|(name, value)| (value == ConditionValue::Unknown).then_some(name)),
            depends_on: &resource.depends_on,
            properties: self.json(&resource.properties),
            metadata: optional(&resource.metadata),
            deletion_policy: optional(&resource.deletion_policy),
            update_replace_policy: optional(&resource.update_replace_policy),
            creation_policy: optional(&resource.creation_policy),
            update_policy: optional(&resource.update_policy),
        }
    }

    fn output(&self, output: &'e Output<'a>) -> OutputAnswer<'e> {
        OutputAnswer {
            description: output.description,
            value: self.json(&output.value),
            export: output.export.as_ref().map(|name| Export { name: self.json(name) }),
        }
    }
}

/// Returns the evaluation as JSON: conditions (`null` is not known), resources and outputs as a template spells them, and problems.
///
/// # Errors
///
/// Returns the serialiser's error.
pub fn json(evaluation: &Evaluation<'_>, problems: &Diagnostics) -> Result<String, serde_json::Error> {
    super::json(&Answer::of(evaluation, problems))
}

/// Returns the evaluation for a terminal, one line a property.
pub fn human(evaluation: &Evaluation<'_>, layout: Layout) -> String {
    let none = Diagnostics::default();
    let answer = Answer::of(evaluation, &none);
    let styles = layout.styles;
    let mut text = String::new();
    if !answer.conditions.is_empty() {
        let _ = writeln!(text, "{}", styled(styles.strong, format!("Conditions ({})", answer.conditions.len())));
        let names = answer.conditions.keys().map(|name| width(name)).max().unwrap_or(0);
        for (name, value) in &answer.conditions {
            let (style, word) = match value {
                Some(true) => (styles.add, "true"),
                Some(false) => (styles.dim, "false"),
                None => (styles.warning, "not known offline"),
            };
            let _ = writeln!(text, "  {name:names$}  {}", styled(style, word));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", styled(styles.strong, format!("Resources ({})", answer.resources.len())));
    for (id, resource) in &answer.resources {
        let doubt = resource.condition.map(|name| format!("  may exist (condition {name} is not known offline)")).unwrap_or_default();
        let _ = writeln!(text, "\n  {}  {}{doubt}", styled(styles.strong, id), resource.resource_type);
        if let Json::Object(properties) = &resource.properties {
            for (name, value) in properties {
                draw_value(&mut text, name, value, layout);
            }
        }
        for (name, value) in [("DeletionPolicy", &resource.deletion_policy), ("UpdateReplacePolicy", &resource.update_replace_policy)] {
            if let Some(value) = value {
                draw_value(&mut text, name, value, layout);
            }
        }
    }
    if !answer.outputs.is_empty() {
        let _ = writeln!(text, "\n{}", styled(styles.strong, format!("Outputs ({})", answer.outputs.len())));
        for (name, output) in &answer.outputs {
            draw_value(&mut text, name, &output.value, layout);
        }
    }
    text
}

fn draw_value(text: &mut String, name: &str, value: &Json, layout: Layout) {
    let shown = value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\n', "\\n"));
    let room = layout.width.saturating_sub(width(name) + 6).max(20);
    let _ = writeln!(text, "    {name}: {}", clip(&shown, room));
}
