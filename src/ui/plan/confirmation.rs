//! What AWS's own change set says beside the prediction.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::layout::Layout;
use super::super::styles::styled;
use super::drift::Drifted;
use crate::backend::ChangeSetDescription;
use crate::cloudformation::ChangeSetStatus;
use crate::plan::{Disagreement, Plan, disagreements};

/// What AWS's own change set says beside the prediction.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Confirmation {
    /// The change set's status in CloudFormation's words.
    status: ChangeSetStatus,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    /// How many changes AWS lists.
    changes: usize,
    /// Where AWS's list and the prediction disagree.
    disagreements: Vec<Disagreement>,
}

/// A plan with what AWS says of it, as JSON.
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
    /// Puts them together.
    pub fn new(plan: &'p Plan, confirmation: Option<&'p Confirmation>, drift: Option<&'p [Drifted]>) -> Self {
        Self { plan, confirmation, drift }
    }
}

impl Confirmation {
    /// Holds a change set against a plan; `hide` takes secrets out of what AWS says.
    pub fn new(plan: &Plan, change_set: &ChangeSetDescription, hide: &dyn Fn(String) -> String) -> Self {
        Self {
            status: change_set.status,
            status_reason: change_set.status_reason.clone().map(hide),
            changes: change_set.changes.len(),
            disagreements: disagreements(plan, &change_set.changes, hide),
        }
    }

    /// Tells whether the two say the same.
    pub fn agrees(&self) -> bool {
        self.disagreements.is_empty()
    }
}

/// Returns the comparison for a terminal.
pub fn confirmation(confirmation: &Confirmation, layout: Layout) -> String {
    let count = confirmation.disagreements.len();
    if count == 0 {
        return format!("AWS's change set agrees with the prediction ({} listed).\n", changes(confirmation.changes));
    }
    let title = format!("AWS's change set and the prediction disagree in {}:", places(count));
    let mut text = format!("{}\n", styled(layout.styles.strong, title));
    for disagreement in &confirmation.disagreements {
        let _ = writeln!(text, "  {disagreement}");
    }
    text
}

/// Returns the comparison for a pull request.
pub fn confirmation_markdown(confirmation: &Confirmation) -> String {
    let count = confirmation.disagreements.len();
    if count == 0 {
        return format!("\nAWS's change set agrees with the prediction ({} listed).\n", changes(confirmation.changes));
    }
    let mut text = format!("\n**AWS's change set and the prediction disagree in {}:**\n\n", places(count));
    for disagreement in &confirmation.disagreements {
        let _ = writeln!(text, "- {disagreement}");
    }
    text
}

fn changes(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

fn places(count: usize) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}
