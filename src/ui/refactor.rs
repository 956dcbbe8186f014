//! Views of a stack refactoring: what it moves, and how it ended.

use std::fmt::Write as _;

use serde::Serialize;

use super::layout::Layout;
use super::styles::styled;
use super::visible::visible;
use crate::apply::RefactorOutcome;
use crate::cloudformation::ResourceMapping;
use crate::operation::{PlannedMove, PreparedRefactor};
use crate::refactor::AmbiguousMove;

/// A stack refactoring, for JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RefactorView<'r> {
    stack_name: &'r str,
    moves: &'r [PlannedMove],
    new_stacks: &'r [String],
    ambiguous: &'r [AmbiguousMove],
}

impl<'r> RefactorView<'r> {
    /// Returns the view of a prepared refactoring.
    pub fn of(stack_name: &'r str, prepared: &'r PreparedRefactor<'_>, ambiguous: &'r [AmbiguousMove]) -> Self {
        Self { stack_name, moves: &prepared.moves, new_stacks: &prepared.new_stacks, ambiguous }
    }
}

/// Returns what a refactoring moves, for a terminal.
pub fn refactor(stack: &str, prepared: &PreparedRefactor<'_>, layout: Layout) -> String {
    let styles = layout.styles;
    let count = prepared.moves.len();
    if count == 0 {
        return format!("Nothing to refactor in `{stack}`.\n");
    }
    let plural = if count == 1 { "" } else { "s" };
    let title = format!("Stack refactoring of {stack} (predicted offline, {count} resource{plural})");
    let mut text = format!("{}\n\n", styled(styles.strong, title));
    for one in &prepared.moves {
        let references = match one.references {
            0 => String::new(),
            1 => ", 1 reference follows".to_owned(),
            count => format!(", {count} references follow"),
        };
        let _ = writeln!(text, "{} {}  {}", styled(styles.update, ">"), places(stack, &one.mapping), one.resource_type);
        let _ = writeln!(text, "    keeps {}{references}", visible(&one.physical_resource_id));
    }
    for name in &prepared.new_stacks {
        let _ = writeln!(text, "\nStack {name} is created, with these resources only.");
    }
    text.push_str("\nNo resource is created, replaced, deleted or configured.\n");
    text
}

/// Returns a resource's place before and afterwards, without the name of the stack that the command is about.
fn places(stack: &str, mapping: &ResourceMapping) -> String {
    let short = |location: &crate::cloudformation::ResourceLocation| {
        if location.stack_name == stack { location.logical_resource_id.clone() } else { location.to_string() }
    };
    format!("{} -> {}", short(&mapping.source), short(&mapping.destination))
}

/// Returns the resources of which only the user knows which is which.
pub fn ambiguous_moves(ambiguous: &[AmbiguousMove]) -> String {
    let mut text = String::from("warning: not proposed, because several resources are equal; name them with `--rename OLD=NEW`:");
    for one in ambiguous {
        let _ = write!(text, "\n  {}: {} -> {}", one.resource_type, one.removed.join(", "), one.added.join(", "));
    }
    text
}

/// Returns how a refactoring ended.
pub fn refactor_outcome(outcome: &RefactorOutcome) -> String {
    match outcome {
        RefactorOutcome::Complete { compared } => {
            format!("the stack refactoring is complete; all {compared} resources have the physical IDs that they had")
        }
        RefactorOutcome::Different { differences } => {
            let mut text = String::from("the stack refactoring ended, but resources differ from the plan:");
            for difference in differences {
                let _ = write!(text, "\n  {}", visible(difference));
            }
            text
        }
        RefactorOutcome::Failed { status, reason } => {
            let reason = reason.as_deref().map(|reason| format!(": {}", visible(reason))).unwrap_or_default();
            format!("the stack refactoring failed ({status}){reason}")
        }
        RefactorOutcome::Interrupted { id, continues } => {
            let state = if *continues { "continues in AWS" } else { "did not end" };
            format!("interrupted: the stack refactoring {id} {state}; run the same command again to check it")
        }
    }
}
