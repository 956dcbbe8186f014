//! How carrying something out on a stack ended.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::events::status_style;
use super::layout::{Layout, visible, width};
use super::stack::meaning;
use super::styles::styled;
use crate::apply::{Outcome, RootCause};
use crate::cloudformation::{StackEvent, StackStatus};

/// Returns how carrying something out ended: what happened, why, and what to do next.
pub fn outcome(outcome: &Outcome, stack: &str, layout: Layout) -> String {
    let shown = |status: StackStatus| styled(status_style(status.as_str(), layout.styles), status).to_string();
    let next = |status: StackStatus| meaning(status).1.map(|next| format!("\n  next: {next}")).unwrap_or_default();
    match outcome {
        Outcome::Unchanged { .. } => "nothing to do".to_owned(),
        Outcome::Complete { status, outputs, left_behind } => {
            let mut text = format!("{stack} is {}", shown(*status));
            for event in left_behind {
                let _ = write!(
                    text,
                    "\n  {} could not be deleted and is left behind: {}",
                    event.logical_id,
                    event.physical_id.as_deref().unwrap_or_default()
                );
            }
            pairs_below(&mut text, outputs);
            text
        }
        Outcome::RolledBack { status, root_cause } => {
            format!(
                "{stack} is {}: {}{}{}",
                shown(*status),
                meaning(*status).0,
                because("first failure", root_cause.as_ref()),
                next(*status)
            )
        }
        Outcome::Failed { status, root_cause, rollback_cause } => {
            format!(
                "{stack} is {}: {}{}{}{}",
                shown(*status),
                meaning(*status).0,
                because("first failure", root_cause.as_ref()),
                because("on the way back", rollback_cause.as_deref()),
                next(*status)
            )
        }
        Outcome::Deleted { retained } => {
            let mut text = format!("{stack} is deleted");
            for event in retained {
                let _ = write!(text, "\n  {} stays in the account: {}", event.logical_id, event.physical_id.as_deref().unwrap_or_default());
            }
            text
        }
        Outcome::Interrupted { status, goes_on } => {
            let command = if *status == StackStatus::DeleteInProgress { "rackform delete" } else { "rackform apply" };
            let mut text = format!("interrupted: {stack} is {}", shown(*status));
            if !status.is_in_progress() {
                let _ = write!(text, ", with the import done; the same command again goes on with the update");
            } else if *goes_on {
                let _ = write!(text, ", and that goes on\n  `rackform events --follow` watches it, `{command}` takes it up where it is");
            } else {
                let _ = write!(text, "; `{command}` takes it up where it is");
            }
            text
        }
    }
}

/// Returns a root cause below a heading: what failed, why, where in nested stacks, and how much followed from it.
pub fn because(heading: &str, cause: Option<&RootCause>) -> String {
    let Some(cause) = cause else { return String::new() };
    if cause.event.is_of_stack() && cause.event.is_user_initiated() {
        return "\n  it was cancelled by hand".to_owned();
    }
    let mut text = format!("\n  {heading}: {}", failure(&cause.event));
    for (depth, event) in cause.nested.iter().enumerate() {
        let _ = write!(text, "\n  {:indent$}inside that stack: {}", "", failure(event), indent = 2 * (depth + 1));
    }
    match cause.followers {
        0 => {}
        1 => text.push_str("\n  1 other resource failed or was cancelled after it"),
        count => {
            let _ = write!(text, "\n  {count} other resources failed or were cancelled after it");
        }
    }
    text
}

fn failure(event: &StackEvent) -> String {
    let reason = event.status_reason.as_deref().map(|reason| visible(&reason.replace('\n', " ")).into_owned());
    format!("{} {}: {}", event.logical_id, event.status, reason.as_deref().unwrap_or("no reason given"))
}

fn pairs_below(text: &mut String, pairs: &IndexMap<String, String>) {
    let longest = pairs.keys().map(|name| width(name)).max().unwrap_or(0);
    for (name, value) in pairs {
        let _ = write!(text, "\n  {name:longest$}  {value}");
    }
}
