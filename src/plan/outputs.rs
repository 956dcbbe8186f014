//! Changes of outputs and exports.

use serde::{Deserialize, Serialize};

use super::compare::{Comparison, Viewpoint, text};
use super::redact::Secrets;
use crate::evaluate::{Evaluation, Output, Value};

/// An output that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputChange {
    /// The output.
    pub name: String,
    /// The value before, absent for a new output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// The value after, absent for a removed output; [`KNOWN_AFTER_APPLY`](crate::cloudformation::KNOWN_AFTER_APPLY) where only the update
    /// shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// The export's name, where the output has one before or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
}

/// Returns the outputs that differ, in the order of the new template, followed by the removed ones.
pub(super) fn output_changes<'a>(comparison: Comparison<'_, '_, 'a>, secrets: &Secrets<'a>) -> Vec<OutputChange> {
    let after = &comparison.context.after.outputs;
    let old = comparison.context.before.map(|before| &before.outputs);
    let mut changes = Vec::new();
    for (name, output) in after {
        let before = old.and_then(|old| old.get(name));
        if before.is_none_or(|before| differs(comparison, before, output)) {
            changes.push(change(comparison, secrets, name, before, Some(output)));
        }
    }
    for (name, output) in old.into_iter().flatten().filter(|(name, _)| !after.contains_key(*name)) {
        changes.push(change(comparison, secrets, name, Some(output), None));
    }
    changes
}

fn differs<'a>(comparison: Comparison<'_, '_, 'a>, before: &Output<'a>, after: &Output<'a>) -> bool {
    let differs = |old, new| comparison.compare(old, new).is_actual();
    differs(&before.value, &after.value)
        || before.description != after.description
        || match (&before.export, &after.export) {
            (Some(old), Some(new)) => differs(old, new),
            (None, None) => false,
            _ => true,
        }
}

fn change<'a>(
    comparison: Comparison<'_, '_, 'a>,
    secrets: &Secrets<'a>,
    name: &str,
    before: Option<&Output<'a>>,
    after: Option<&Output<'a>>,
) -> OutputChange {
    let context = comparison.context;
    let show = |evaluation: Option<&Evaluation<'a>>, value: Value<'a>, viewpoint| {
        let json = comparison.resolver(viewpoint).json(&value);
        evaluation.map(|evaluation| secrets.json(evaluation, &value, json))
    };
    let export = after.and_then(|output| output.export).or_else(|| before.and_then(|output| output.export));
    OutputChange {
        name: name.to_owned(),
        before: before.and_then(|output| show(context.before, output.value, Viewpoint::Deployed)),
        after: after.and_then(|output| show(Some(context.after), output.value, Viewpoint::Executed)),
        export: export.and_then(|value| show(Some(context.after), value, Viewpoint::Executed)).map(text),
    }
}
