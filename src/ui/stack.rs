//! A stack as it is, and how carrying something out on it ended.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use super::events::status_style;
use super::layout::{Layout, width};
use super::styles::styled;
use crate::apply::{Finding, FindingKind, Outcome};
use crate::backend::local::RetainedResource;
use crate::backend::{StackDescription, StackEvent, StackResource, StackStatus, StackSummary};

/// A stack as `rackform status` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    name: String,
    id: String,
    status: StackStatus,
    status_reason: Option<String>,
    /// What the status means.
    meaning: &'static str,
    /// The command that gets on from here, where one is needed.
    next: Option<&'static str>,
    created: String,
    updated: Option<String>,
    termination_protection: bool,
    resources: usize,
    parameters: Vec<StatusParameter>,
    outputs: IndexMap<String, String>,
    tags: IndexMap<String, String>,
}

/// A deployed parameter.
#[derive(Clone, Debug, Serialize)]
pub struct StatusParameter {
    /// Its name.
    pub name: String,
    /// Its value, `****` for a `NoEcho` one.
    pub value: String,
    /// Whether that is the template's default.
    pub is_default: bool,
    /// What `rack.yaml` says, where that is something else.
    pub rack_file: Option<String>,
}

impl Status {
    /// Returns what there is to show of a stack.
    pub fn new(stack: &StackDescription, parameters: Vec<StatusParameter>, resources: usize) -> Self {
        let (meaning, next) = meaning(&stack.status);
        Self {
            name: stack.name.clone(),
            id: stack.id.clone(),
            status: stack.status.clone(),
            status_reason: stack.status_reason.clone(),
            meaning,
            next,
            created: stack.created.clone(),
            updated: stack.updated.clone(),
            termination_protection: stack.termination_protection,
            resources,
            parameters,
            outputs: stack.outputs.clone(),
            tags: stack.tags.clone(),
        }
    }
}

/// Returns what a stack's status means, and the command that gets on from it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
pub fn meaning(status: &StackStatus) -> (&'static str, Option<&'static str>) {
    match status.as_str() {
        "CREATE_COMPLETE" => ("it was created and is as its template says", None),
        "UPDATE_COMPLETE" => ("its last update succeeded", None),
        "UPDATE_ROLLBACK_COMPLETE" => ("its last update failed and was undone; it is what it was before", Some("rackform events --failed")),
        "ROLLBACK_COMPLETE" => ("its creation failed and was undone; it holds nothing and can only be deleted", Some("rackform delete")),
        "DELETE_FAILED" => ("its deletion failed; some resources are left", Some("rackform delete")),
        "UPDATE_ROLLBACK_FAILED" => ("its last update failed, and so did undoing it", Some("rackform events --failed")),
        "ROLLBACK_FAILED" | "CREATE_FAILED" => ("its creation failed; some resources are left", Some("rackform delete")),
        "REVIEW_IN_PROGRESS" => ("only a change set exists; there are no resources yet", Some("rackform apply")),
        "DELETE_IN_PROGRESS" => ("it is being deleted, or whoever deleted it stopped halfway", Some("rackform delete")),
        _ if status.is_in_progress() => ("something is being done to it, or whoever did it stopped halfway", Some("rackform apply")),
        _ => ("CloudFormation says no more", None),
    }
}

/// Returns what is being done to a stack that something is being done to.
pub fn operation(status: &StackStatus) -> &'static str {
    match status.as_str() {
        "CREATE_IN_PROGRESS" => "its creation",
        "DELETE_IN_PROGRESS" => "its deletion",
        "ROLLBACK_IN_PROGRESS" => "undoing its failed creation",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => "cleaning up after an update",
        _ if status.is_rollback() => "undoing a failed update",
        _ => "an update",
    }
}

/// Returns a stack for a terminal.
pub fn status(stack: &Status, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = String::new();
    let shown = styled(status_style(stack.status.as_str(), styles), &stack.status);
    let _ = writeln!(text, "{}  {shown}  {}", styled(styles.strong, &stack.name), stack.meaning);
    if let Some(reason) = &stack.status_reason {
        let _ = writeln!(text, "  {reason}");
    }
    if let Some(next) = stack.next {
        let _ = writeln!(text, "  next: {next}");
    }
    let _ = writeln!(text, "  {}", stack.id);
    let updated = stack.updated.as_ref().map(|updated| format!(", updated {updated}")).unwrap_or_default();
    let protected = if stack.termination_protection { ", protected against deletion" } else { "" };
    let _ = writeln!(text, "  {} resources, created {}{updated}{protected}", stack.resources, stack.created);
    let longest = stack.parameters.iter().map(|parameter| width(&parameter.name)).max().unwrap_or(0);
    if !stack.parameters.is_empty() {
        let _ = writeln!(text, "\n{}", styled(styles.strong, "Parameters"));
    }
    for parameter in &stack.parameters {
        let from = if parameter.is_default { "  (default)" } else { "" };
        let other = parameter.rack_file.as_ref().map(|other| format!("  (rack.yaml: {other})")).unwrap_or_default();
        let _ = writeln!(text, "  {:longest$}  {}{}", parameter.name, parameter.value, styled(styles.dim, format!("{from}{other}")));
    }
    pairs(&mut text, "Outputs", &stack.outputs, layout);
    pairs(&mut text, "Tags", &stack.tags, layout);
    text
}

fn pairs(text: &mut String, title: &str, pairs: &IndexMap<String, String>, layout: Layout) {
    if pairs.is_empty() {
        return;
    }
    let longest = pairs.keys().map(|name| width(name)).max().unwrap_or(0);
    let _ = writeln!(text, "\n{}", styled(layout.styles.strong, title));
    for (name, value) in pairs {
        let _ = writeln!(text, "  {name:longest$}  {value}");
    }
}

/// Returns stacks for a terminal, a line each.
pub fn stacks(stacks: &[StackSummary], layout: Layout) -> String {
    let longest = stacks.iter().map(|stack| width(&stack.name)).max().unwrap_or(0);
    let line = |stack: &StackSummary| {
        let status = styled(status_style(stack.status.as_str(), layout.styles), format!("{:28}", stack.status.as_str()));
        format!("{:longest$}  {status}  {}\n", stack.name, stack.updated)
    };
    if stacks.is_empty() { "no stacks\n".to_owned() } else { stacks.iter().map(line).collect() }
}

/// Returns resources for a terminal, a line each.
pub fn resources(resources: &[StackResource], layout: Layout) -> String {
    let longest = |of: fn(&StackResource) -> &str| resources.iter().map(|resource| width(of(resource))).max().unwrap_or(0);
    let (name, kind) = (longest(|resource| &resource.logical_id), longest(|resource| &resource.resource_type));
    let line = |resource: &StackResource| {
        let status = styled(status_style(resource.status.as_str(), layout.styles), format!("{:18}", resource.status.as_str()));
        format!("{:name$}  {:kind$}  {status}  {}\n", resource.logical_id, resource.resource_type, resource.physical_id)
    };
    if resources.is_empty() { "no resources\n".to_owned() } else { resources.iter().map(line).collect() }
}

/// Returns retained resources for a terminal, a line each.
pub fn retained(resources: &[RetainedResource]) -> String {
    let line = |resource: &RetainedResource| {
        format!("{}  {}  (was {} of {})\n", resource.physical_id, resource.resource_type, resource.logical_id, resource.stack_id)
    };
    if resources.is_empty() { "nothing outlived its stack\n".to_owned() } else { resources.iter().map(line).collect() }
}

/// Returns how carrying something out ended: what happened, why, and what to do next.
pub fn outcome(outcome: &Outcome, stack: &str, layout: Layout) -> String {
    let shown = |status: &StackStatus| styled(status_style(status.as_str(), layout.styles), status).to_string();
    let because = |cause: &Option<StackEvent>| match cause {
        Some(cause) => format!(
            "\n  first failure: {} {}: {}",
            cause.logical_id,
            cause.status,
            cause.status_reason.as_deref().unwrap_or("no reason given")
        ),
        None => String::new(),
    };
    let next = |status: &StackStatus| meaning(status).1.map(|next| format!("\n  next: {next}")).unwrap_or_default();
    match outcome {
        Outcome::Unchanged { .. } => "nothing to do".to_owned(),
        Outcome::Complete { status, outputs, left_behind } => {
            let mut text = format!("{stack} is {}", shown(status));
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
            format!("{stack} is {}: {}{}{}", shown(status), meaning(status).0, because(root_cause), next(status))
        }
        Outcome::Failed { status, root_cause } => {
            format!("{stack} is {}: {}{}{}", shown(status), meaning(status).0, because(root_cause), next(status))
        }
        Outcome::Deleted { retained } => {
            let mut text = format!("{stack} is deleted");
            for event in retained {
                let _ = write!(text, "\n  {} stays in the account: {}", event.logical_id, event.physical_id.as_deref().unwrap_or_default());
            }
            text
        }
        Outcome::Interrupted { status } => {
            let command = if status.as_str() == "DELETE_IN_PROGRESS" { "rackform delete" } else { "rackform apply" };
            format!("interrupted: {stack} is {}; `{command}` takes it up where it is", shown(status))
        }
    }
}

fn pairs_below(text: &mut String, pairs: &IndexMap<String, String>) {
    let longest = pairs.keys().map(|name| width(name)).max().unwrap_or(0);
    for (name, value) in pairs {
        let _ = write!(text, "\n  {name:longest$}  {value}");
    }
}

/// Returns promises that a stack does not keep.
pub fn findings(findings: &[Finding]) -> String {
    let mut text = String::from("the stack does not hold what the plan promised:");
    for finding in findings {
        let what = match finding.kind {
            FindingKind::Missing => "is not there",
            FindingKind::Unexpected => "is there and was not promised",
            FindingKind::Different => "differs at",
        };
        let _ = write!(text, "\n  {} {what} {}", finding.logical_resource_id, finding.path.as_deref().unwrap_or_default());
    }
    text
}
