//! Views of an evaluated template: conditions, resources with their properties, outputs.

use std::fmt::Write as _;
use std::io::Write;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::findings::{FindingAnswer, problem};
use super::layout::{Layout, clip, width};
use super::styles::styled;
use super::visible::visible;
use crate::diagnostic::Diagnostics;
use crate::evaluate::{ConditionValue, Evaluation, Output, Resource};
use crate::plan::redact::{Secrets, Shown};

#[derive(Serialize)]
struct Answer<'e, 'a> {
    conditions: InOrder<'e, Option<bool>>,
    resources: InOrder<'e, ResourceAnswer<'e, 'a>>,
    outputs: InOrder<'e, OutputAnswer<'e, 'a>>,
    /// Problems that prevented values from being evaluated; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FindingAnswer<'e>>,
}

/// A map that keeps its order; the names are unique.
struct InOrder<'e, T>(Vec<(&'e str, T)>);

impl<T: Serialize> Serialize for InOrder<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A resource in the form of a template.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceAnswer<'e, 'a> {
    #[serde(rename = "Type")]
    resource_type: &'e str,
    /// The condition, if its value is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'e str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    depends_on: &'e [&'e str],
    properties: Shown<'e, 'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Shown<'e, 'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_policy: Option<Shown<'e, 'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_replace_policy: Option<Shown<'e, 'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_policy: Option<Shown<'e, 'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_policy: Option<Shown<'e, 'a>>,
}

/// An output in the form of a template.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OutputAnswer<'e, 'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'e str>,
    value: Shown<'e, 'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    export: Option<Export<'e, 'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Export<'e, 'a> {
    name: Shown<'e, 'a>,
}

impl<'e, 'a: 'e> Answer<'e, 'a> {
    fn of(evaluation: &'e Evaluation<'a>, secrets: &'e Secrets<'a>, problems: &'e Diagnostics) -> Self {
        let resource = |id: &'e str, resource: &'e Resource<'a>| {
            let shown = |value| Shown { secrets, evaluation, value, resource: Some(id) };
            ResourceAnswer {
                resource_type: resource.resource_type,
                condition: resource.condition.and_then(|(name, value)| (value == ConditionValue::Unknown).then_some(name)),
                depends_on: &resource.depends_on,
                properties: shown(&resource.properties),
                metadata: resource.metadata.as_ref().map(shown),
                deletion_policy: resource.deletion_policy.as_ref().map(shown),
                update_replace_policy: resource.update_replace_policy.as_ref().map(shown),
                creation_policy: resource.creation_policy.as_ref().map(shown),
                update_policy: resource.update_policy.as_ref().map(shown),
            }
        };
        let shown = |value| Shown { secrets, evaluation, value, resource: None };
        let output = |output: &'e Output<'a>| OutputAnswer {
            description: output.description,
            value: shown(&output.value),
            export: output.export.as_ref().map(|name| Export { name: shown(name) }),
        };
        Self {
            conditions: InOrder(evaluation.conditions.iter().map(|(name, value)| (*name, known(*value))).collect()),
            resources: InOrder(evaluation.resources.iter().map(|(id, value)| (*id, resource(id, value))).collect()),
            outputs: InOrder(evaluation.outputs.iter().map(|(name, value)| (*name, output(value))).collect()),
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

/// Writes the problems of a template that cannot be evaluated.
///
/// # Errors
///
/// Returns an error if serialization or writing fails.
pub fn write_problems(problems: &Diagnostics, out: impl Write) -> Result<(), serde_json::Error> {
    let (conditions, resources, outputs) = (InOrder(Vec::new()), InOrder(Vec::new()), InOrder(Vec::new()));
    let errors = problems.0.iter().map(problem).collect();
    super::write_json(&Answer { conditions, resources, outputs, errors }, out)
}

/// Writes the evaluation as JSON: conditions (`null` means unknown), resources and outputs in the form of a template, and problems.
///
/// # Errors
///
/// Returns an error if serialization or writing fails.
pub fn write_json(evaluation: &Evaluation<'_>, problems: &Diagnostics, out: impl Write) -> Result<(), serde_json::Error> {
    super::write_json(&Answer::of(evaluation, &Secrets::of_values(evaluation), problems), out)
}

/// Returns the evaluation as text, one line for each property.
pub fn human(evaluation: &Evaluation<'_>, layout: Layout) -> String {
    let none = Diagnostics::default();
    let secrets = Secrets::of_values(evaluation);
    let answer = Answer::of(evaluation, &secrets, &none);
    let styles = layout.styles;
    let mut text = String::new();
    if !answer.conditions.0.is_empty() {
        let _ = writeln!(text, "{}", styled(styles.strong, format!("Conditions ({})", answer.conditions.0.len())));
        let names = answer.conditions.0.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (name, value) in &answer.conditions.0 {
            let (style, word) = match value {
                Some(true) => (styles.add, "true"),
                Some(false) => (styles.dim, "false"),
                None => (styles.warning, "unknown offline"),
            };
            let _ = writeln!(text, "  {name:names$}  {}", styled(style, word));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", styled(styles.strong, format!("Resources ({})", answer.resources.0.len())));
    for (id, resource) in &answer.resources.0 {
        let uncertain = resource.condition.map(|name| format!("  may exist (condition {name} is unknown offline)")).unwrap_or_default();
        let _ = writeln!(text, "\n  {}  {}{uncertain}", styled(styles.strong, id), resource.resource_type);
        if let Json::Object(properties) = resource.properties.json() {
            for (name, value) in &properties {
                draw_value(&mut text, name, value, layout);
            }
        }
        for (name, value) in [("DeletionPolicy", &resource.deletion_policy), ("UpdateReplacePolicy", &resource.update_replace_policy)] {
            if let Some(value) = value {
                draw_value(&mut text, name, &value.json(), layout);
            }
        }
    }
    if !answer.outputs.0.is_empty() {
        let _ = writeln!(text, "\n{}", styled(styles.strong, format!("Outputs ({})", answer.outputs.0.len())));
        for (name, output) in &answer.outputs.0 {
            draw_value(&mut text, name, &output.value.json(), layout);
        }
    }
    text
}

fn draw_value(text: &mut String, name: &str, value: &Json, layout: Layout) {
    let shown = value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\n', "\\n"));
    let room = layout.width.saturating_sub(width(name) + 6).max(20);
    let shown = if layout.whole { visible(&shown).into_owned() } else { clip(&shown, room) };
    let _ = writeln!(text, "    {name}: {shown}");
}
