//! Views of the comparison of AWS's own change set with the prediction.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::layout::Layout;
use super::super::markdown::prose;
use super::super::styles::styled;
use super::drift::Drifted;
use super::value::plural;
use crate::backend::ChangeSetDescription;
use crate::cloudformation::ChangeSetStatus;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Disagreement, Plan, disagreements};

/// The comparison of AWS's own change set with the prediction.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Confirmation {
    /// The change set's status in CloudFormation's spelling.
    status: ChangeSetStatus,
    /// The reason if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    /// The number of changes that AWS lists.
    changes: usize,
    /// The differences between AWS's list and the prediction.
    disagreements: Vec<Disagreement>,
    /// What CloudFormation's checks warn about, with the place in the template.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A plan with AWS's confirmation and drift, for JSON output.
#[derive(Serialize)]
pub struct Confirmed<'p> {
    #[serde(flatten)]
    plan: &'p Plan,
    #[serde(rename = "Confirmation", skip_serializing_if = "Option::is_none")]
    confirmation: Option<&'p Confirmation>,
    #[serde(rename = "Drift", skip_serializing_if = "Option::is_none")]
    drift: Option<&'p [Drifted]>,
}

impl<'p> Confirmed<'p> {
    /// Combines a plan with its confirmation and drift.
    pub fn new(plan: &'p Plan, confirmation: Option<&'p Confirmation>, drift: Option<&'p [Drifted]>) -> Self {
        Self { plan, confirmation, drift }
    }
}

impl Confirmation {
    /// Compares a change set with a plan; `hide` masks secrets in what AWS reports.
    pub fn new(plan: &Plan, change_set: &ChangeSetDescription, warnings: &Diagnostics, hide: &dyn Fn(String) -> String) -> Self {
        let warning = |warning: &Diagnostic| match warning.labels.first() {
            Some(label) => format!("{} ({}:{})", warning.message, label.source.name(), label.start()),
            None => warning.message.clone(),
        };
        Self {
            status: change_set.status,
            status_reason: change_set.status_reason.clone().map(hide),
            changes: change_set.changes.len(),
            disagreements: disagreements(plan, &change_set.changes, hide),
            warnings: warnings.0.iter().map(warning).map(hide).collect(),
        }
    }

    /// Returns whether the change set and the prediction are equal.
    pub fn agrees(&self) -> bool {
        self.disagreements.is_empty()
    }
}

/// Returns the comparison for a terminal.
pub fn confirmation(confirmation: &Confirmation, layout: Layout) -> String {
    let count = confirmation.disagreements.len();
    if count == 0 {
        return format!("AWS's change set agrees with the prediction ({}).\n", changes(confirmation.changes));
    }
    let title = format!("AWS's change set differs from the prediction ({}):", differences(count));
    let mut text = format!("{}\n", styled(layout.styles.strong, title));
    for disagreement in &confirmation.disagreements {
        let _ = writeln!(text, "  {disagreement}");
    }
    text
}

/// Returns the comparison for a pull request.
pub fn confirmation_markdown(confirmation: &Confirmation) -> String {
    let mut text = disagreements_markdown(confirmation);
    if !confirmation.warnings.is_empty() {
        text.push_str("\n**CloudFormation's checks before the deployment warn:**\n\n");
    }
    for warning in &confirmation.warnings {
        let _ = writeln!(text, "- {}", prose(warning));
    }
    text
}

fn disagreements_markdown(confirmation: &Confirmation) -> String {
    let count = confirmation.disagreements.len();
    if count == 0 {
        return format!("\nAWS's change set agrees with the prediction ({}).\n", changes(confirmation.changes));
    }
    let mut text = format!("\n**AWS's change set differs from the prediction ({}):**\n\n", differences(count));
    for disagreement in &confirmation.disagreements {
        let _ = writeln!(text, "- {}", prose(&disagreement.to_string()));
    }
    text
}

fn changes(count: usize) -> String {
    plural(count, "change")
}

fn differences(count: usize) -> String {
    plural(count, "difference")
}
