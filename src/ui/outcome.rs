//! The outcome of an operation on a stack.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::events::status_style;
use super::layout::{Layout, width};
use super::stack_status::meaning;
use super::styles::styled;
use super::visible::{one_line, visible};
use crate::apply::{Outcome, RootCause};
use crate::cloudformation::{HookResult, OperationEvent, StackEvent, StackStatus};

/// The command that resumes an interrupted operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResumedBy {
    /// `apply`, or `delete` for a deletion.
    #[default]
    Apply,
    /// The same `set`: `apply` would also set the parameters of `rack.yaml`.
    Set,
}

/// Returns the outcome of an operation: what happened, why, and what to do next.
pub fn outcome(outcome: &Outcome, stack: &str, resumed_by: ResumedBy, layout: Layout) -> String {
    let shown = |status: StackStatus| styled(status_style(status.as_str(), layout.styles), status).to_string();
    let next = |status: StackStatus| meaning(status).1.map(|next| format!("\n  next: {next}")).unwrap_or_default();
    match outcome {
        Outcome::Unchanged { .. } => "nothing to do".to_owned(),
        Outcome::Complete { status, outputs, .. } => {
            let mut text = format!("{stack} is {}", shown(*status));
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
                because("rollback failure", rollback_cause.as_deref()),
                next(*status)
            )
        }
        Outcome::Deleted { .. } => format!("{stack} is deleted"),
        Outcome::Interrupted { status, continues } => {
            let command = match resumed_by {
                _ if *status == StackStatus::DeleteInProgress => "`rackform delete`",
                ResumedBy::Apply => "`rackform apply`",
                ResumedBy::Set => "the same `rackform set`",
            };
            let mut text = format!("interrupted: {stack} is {}", shown(*status));
            if !status.is_in_progress() {
                let _ = write!(text, ", after the import; run the same command again to continue with the update");
            } else if *continues {
                let _ = write!(
                    text,
                    "; the operation continues\n  `rackform events --follow` shows its progress, {command} resumes it {WITHOUT_TERMINAL}"
                );
            } else {
                let _ = write!(text, "; {command} resumes the operation {WITHOUT_TERMINAL}");
            }
            text
        }
    }
}

/// Resuming asks for confirmation.
const WITHOUT_TERMINAL: &str = "(with `--yes` where there is no terminal)";

/// Returns a warning about the resources that remain in the account outside the stack, and what to do with them.
pub fn remaining(outcome: &Outcome, layout: Layout) -> Option<String> {
    let (left_behind, retained): (&[StackEvent], &[StackEvent]) = match outcome {
        Outcome::Complete { left_behind, retained, .. } => (left_behind, retained),
        Outcome::Deleted { retained } => (&[], retained),
        _ => return None,
    };
    let all: Vec<(&StackEvent, &str)> = (left_behind.iter().map(|event| (event, "could not be deleted and remains in the account")))
        .chain(retained.iter().map(|event| (event, "is retained in the account")))
        .collect();
    let (first, _) = all.first()?;
    let (heading, them) = match all.len() {
        1 => ("1 resource remains".to_owned(), "it"),
        count => (format!("{count} resources remain"), "them"),
    };
    let id = |event: &StackEvent| visible(event.physical_id.as_deref().unwrap_or("unknown ID")).into_owned();
    let mut text = format!("{} {heading} outside the stack:", styled(layout.styles.warning, "warning:"));
    for (event, why) in &all {
        let _ = write!(text, "\n  {} {why}: {} ({})", event.logical_id, id(event), event.resource_type);
    }
    let _ = write!(
        text,
        "\n{} CloudFormation no longer manages {them}: delete {them} in the service's console or with the AWS CLI, or import {them} again \
         with `rackform apply --import {}={}`",
        styled(layout.styles.hint, "hint:"),
        first.logical_id,
        id(first)
    );
    Some(text)
}

/// Returns a root cause: what failed, why, where in nested stacks, and the number of failures that followed from it.
pub fn because(heading: &str, cause: Option<&RootCause>) -> String {
    let Some(cause) = cause else { return String::new() };
    if cause.event.is_of_stack() && cause.event.is_user_initiated() {
        return "\n  cancelled by a user".to_owned();
    }
    let mut text = format!("\n  {heading}: {}", failure(&cause.event));
    if let Some(place) = &cause.place {
        let _ = write!(text, "\n  declared at {}:{}:{}", visible(&place.template), place.line, place.column);
        if let Some(origin) = &place.origin {
            let _ = write!(text, "; {origin}");
        }
    }
    for (depth, event) in cause.nested.iter().enumerate() {
        let _ = write!(text, "\n  {:indent$}in the nested stack: {}", "", failure(event), indent = 2 * (depth + 1));
    }
    // A result without findings only repeats the reason.
    let result = cause.hook_result.iter().filter(|result| result.failed().next().is_some());
    for finding in result.flat_map(hook_findings) {
        let _ = write!(text, "\n  {:indent$}{finding}", "", indent = 2 * (cause.nested.len() + 1));
    }
    for error in &cause.errors {
        let _ = write!(text, "\n  {:indent$}also: {}", "", more(error), indent = 2 * (cause.nested.len() + 1));
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

/// Returns what a hook found and how to fix it, one line each.
pub fn hook_findings(result: &HookResult) -> Vec<String> {
    let line = |label: &str, text: &str| format!("{label}{}", visible(&text.replace('\n', " ")));
    let findings = result.failed().flat_map(|finding| {
        let fix = finding.fix().map(|fix| line("  fix: ", &fix));
        std::iter::once(line("finding: ", &finding.finding())).chain(fix)
    });
    let findings: Vec<String> = findings.collect();
    if !findings.is_empty() { findings } else { vec![line("finding: ", result.reason.as_deref().unwrap_or("the hook gave no reason"))] }
}

/// Returns another error of the same resource.
fn more(error: &OperationEvent) -> String {
    let reason = visible(&error.reason().unwrap_or("no reason given").replace('\n', " ")).into_owned();
    match &error.validation {
        Some(validation) => {
            let place = validation.path.as_deref().map(|path| format!(" at {}", one_line(path))).unwrap_or_default();
            format!("{}: {reason}{place}", one_line(&validation.name))
        }
        None => reason,
    }
}

fn failure(event: &StackEvent) -> String {
    let reason = event.status_reason.as_deref().map(|reason| visible(&reason.replace('\n', " ")).into_owned());
    format!("{} {}: {}", event.logical_id, event.status, reason.as_deref().unwrap_or("no reason given"))
}

fn pairs_below(text: &mut String, pairs: &IndexMap<String, String>) {
    let longest = pairs.keys().map(|name| width(name)).max().unwrap_or(0);
    for (name, value) in pairs {
        let _ = write!(text, "\n  {name:longest$}  {}", one_line(value));
    }
}
