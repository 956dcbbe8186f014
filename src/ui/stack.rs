//! A stack as it is, and how carrying something out on it ended.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use super::events::status_style;
use super::layout::{Layout, width};
use super::outcome::because;
use super::styles::styled;
use crate::apply::tally::span;
use crate::apply::{RootCause, history};
use crate::backend::local::RetainedResource;
use crate::backend::{Drift, StackDescription, StackResource, StackSummary};
use crate::cloudformation::{StackDriftStatus, StackEvent, StackStatus};

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
    /// What was found when somebody last looked for drift, where the backend tells.
    drift: Option<Drift>,
    /// What was last done to it.
    last_operation: Option<LastOperation>,
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

/// What was last done to a stack.
#[derive(Clone, Debug, Serialize)]
pub struct LastOperation {
    /// What it was, in words.
    operation: &'static str,
    /// RFC 3339, UTC.
    began: String,
    /// RFC 3339, UTC; absent while it is under way.
    ended: Option<String>,
    /// How far it came.
    status: StackStatus,
    /// What it failed for.
    pub root_cause: Option<RootCause>,
    #[serde(skip)]
    took: Option<std::time::Duration>,
}

impl LastOperation {
    /// Returns the last operation that a stack's events tell of.
    pub fn of(events: &[StackEvent]) -> Option<Self> {
        let last = *history::operations(events).last()?;
        let (first, end) = (last.first()?, last.iter().rfind(|event| event.is_of_stack())?);
        let ended = (!end.status.is_in_progress()).then_some(end);
        Some(Self {
            operation: operation(first.status.as_stack_status()),
            began: first.timestamp.clone(),
            ended: ended.map(|event| event.timestamp.clone()),
            status: end.status.as_stack_status(),
            root_cause: history::root_cause(last),
            took: ended.and_then(|event| event.at()?.duration_since(first.at()?).try_into().ok()),
        })
    }
}

impl Status {
    /// Returns what there is to show of a stack.
    pub fn new(
        stack: &StackDescription,
        parameters: Vec<StatusParameter>,
        resources: usize,
        last_operation: Option<LastOperation>,
    ) -> Self {
        let (meaning, next) = meaning(stack.status);
        Self {
            name: stack.name.clone(),
            id: stack.id.clone(),
            status: stack.status,
            status_reason: stack.status_reason.clone(),
            meaning,
            next,
            created: stack.created.clone(),
            updated: stack.updated.clone(),
            termination_protection: stack.termination_protection,
            drift: stack.drift.clone(),
            last_operation,
            resources,
            parameters,
            outputs: stack.outputs.clone(),
            tags: stack.tags.clone(),
        }
    }
}

impl Status {
    /// Returns the same of a stack whose operation nobody carries on by itself: the embedded backend works as long as a program does, and
    /// what is seen halfway there was left there.
    #[must_use]
    pub fn left_halfway(mut self) -> Self {
        if self.status.is_in_progress() && !self.status.is_review() {
            self.next = Some(if self.status == StackStatus::DeleteInProgress { "rackform delete" } else { "rackform apply" });
        }
        self
    }
}

/// Returns what a stack's status means, and the command that gets on from it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
pub fn meaning(status: StackStatus) -> (&'static str, Option<&'static str>) {
    const RECOVER: Option<&str> = Some("rackform recover");
    match status {
        StackStatus::CreateComplete => ("it was created and is as its template says", None),
        StackStatus::UpdateComplete => ("its last update succeeded", None),
        StackStatus::ImportComplete => ("resources were imported into it", None),
        StackStatus::UpdateRollbackComplete => {
            ("its last update failed and was undone; it is what it was before", Some("rackform events --failed"))
        }
        StackStatus::ImportRollbackComplete => {
            ("its last import failed and was undone; it is what it was before", Some("rackform events --failed"))
        }
        StackStatus::RollbackComplete => ("its creation failed and was undone; it holds nothing and can only be deleted", RECOVER),
        StackStatus::DeleteFailed => ("its deletion failed; some resources are left", RECOVER),
        StackStatus::UpdateRollbackFailed => {
            ("its last update failed, and so did undoing it; it can neither be updated nor used as it was", RECOVER)
        }
        StackStatus::ImportRollbackFailed => ("its last import failed, and so did undoing it", RECOVER),
        StackStatus::UpdateFailed => ("its last update failed and was left where it stopped, as it was told not to roll back", RECOVER),
        StackStatus::CreateFailed => ("its creation failed; some resources are left", RECOVER),
        StackStatus::RollbackFailed => ("its creation failed, and so did undoing it; some resources are left", RECOVER),
        StackStatus::ReviewInProgress => ("only a change set exists; there are no resources yet", Some("rackform apply")),
        StackStatus::DeleteComplete => ("it is deleted", None),
        StackStatus::DeleteInProgress => {
            ("it is being deleted; if whoever deletes it stopped halfway, `rackform delete` goes on", Some("rackform events --follow"))
        }
        _ if status.is_in_progress() => (
            "something is being done to it; if whoever does it stopped halfway, `rackform apply` goes on",
            Some("rackform events --follow"),
        ),
        _ => ("CloudFormation says no more", None),
    }
}

/// Returns what is being done to a stack that something is being done to.
pub fn operation(status: StackStatus) -> &'static str {
    match status {
        StackStatus::CreateInProgress => "its creation",
        StackStatus::DeleteInProgress => "its deletion",
        StackStatus::RollbackInProgress => "undoing its failed creation",
        StackStatus::UpdateCompleteCleanupInProgress => "cleaning up after an update",
        StackStatus::ImportInProgress => "an import",
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
    let failed = stack.last_operation.as_ref().filter(|last| last.status.is_failed() || last.status.is_rollback());
    let because = because("first failure", failed.and_then(|last| last.root_cause.as_ref()));
    if let Some(because) = because.strip_prefix('\n') {
        let _ = writeln!(text, "{because}");
    }
    if let Some(next) = stack.next {
        let _ = writeln!(text, "  next: {next}");
    }
    let _ = writeln!(text, "  {}", stack.id);
    let updated = stack.updated.as_ref().map(|updated| format!(", updated {updated}")).unwrap_or_default();
    let protected = if stack.termination_protection { ", protected against deletion" } else { "" };
    let _ = writeln!(text, "  {} resources, created {}{updated}{protected}", stack.resources, stack.created);
    if let Some(last) = &stack.last_operation {
        let ended = last.ended.as_ref().map_or_else(|| ", under way".to_owned(), |ended| format!(" to {ended}"));
        let took = last.took.map(|took| format!(" ({})", span(took))).unwrap_or_default();
        let _ = writeln!(text, "  last operation: {}, {}{ended}{took}", last.operation, last.began);
    }
    if let Some(drift) = stack.drift.as_ref().filter(|drift| drift.status != StackDriftStatus::NotChecked) {
        let checked = drift.checked.as_ref().map(|checked| format!(", checked {checked}")).unwrap_or_default();
        let _ = writeln!(text, "  drift: {}{checked}", drift.status);
    }
    let longest = stack.parameters.iter().map(|parameter| width(&parameter.name)).max().unwrap_or(0);
    if !stack.parameters.is_empty() {
        let _ = writeln!(text, "\n{}", styled(styles.strong, "Parameters"));
    }
    for parameter in &stack.parameters {
        let from = if parameter.is_default { "  (default)" } else { "" };
        let other = parameter.rack_file.as_ref().map(|other| format!("  (rack.yaml: {other})")).unwrap_or_default();
        let value = if parameter.value.is_empty() { "\"\"" } else { &parameter.value };
        let _ = writeln!(text, "  {:longest$}  {value}{}", parameter.name, styled(styles.dim, format!("{from}{other}")));
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
