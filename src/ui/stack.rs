//! Stacks and their resources.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use super::events::status_style;
use super::layout::{Layout, width};
use super::outcome::because;
use super::stack_status::{meaning, operation};
use super::styles::styled;
use super::visible::one_line;
use crate::apply::progress::format_duration;
use crate::apply::{RootCause, history};
use crate::backend::local::RetainedResource;
use crate::backend::{Drift, StackDescription, StackResource, StackSummary};
use crate::cloudformation::{StackDriftStatus, StackEvent, StackStatus};

/// A stack for `rackform status`.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    name: String,
    id: String,
    status: StackStatus,
    status_reason: Option<String>,
    /// What the status means.
    meaning: &'static str,
    /// The command to run next, if any.
    next: Option<&'static str>,
    created: String,
    updated: Option<String>,
    termination_protection: bool,
    /// The result of the last drift detection, if the backend reports it.
    drift: Option<Drift>,
    /// The last operation.
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
    /// Whether the value is the template's default.
    pub is_default: bool,
    /// The value in `rack.yaml`, if it differs.
    pub rack_file: Option<String>,
}

/// The last operation on a stack.
#[derive(Clone, Debug, Serialize)]
pub struct LastOperation {
    /// The kind of operation, in words.
    operation: &'static str,
    /// RFC 3339, UTC.
    began: String,
    /// RFC 3339, UTC; absent while it is in progress.
    ended: Option<String>,
    /// The stack status that it reached.
    status: StackStatus,
    /// The cause of its failure.
    pub root_cause: Option<RootCause>,
    #[serde(skip)]
    took: Option<std::time::Duration>,
}

impl LastOperation {
    /// Returns the last operation in a list of stack events.
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
    /// Returns the view of a stack.
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
    /// Returns the status with the command that resumes an interrupted operation: the local backend works only while a program runs, so an
    /// operation in progress was interrupted.
    #[must_use]
    pub fn with_resume_command(mut self) -> Self {
        if self.status.is_in_progress() && !self.status.is_review() {
            self.next = Some(if self.status == StackStatus::DeleteInProgress { "rackform delete" } else { "rackform apply" });
        }
        self
    }
}

/// Returns a stack as text.
pub fn status(stack: &Status, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = String::new();
    let shown = styled(status_style(stack.status.as_str(), styles), stack.status);
    let _ = writeln!(text, "{}  {shown}  {}", styled(styles.strong, &stack.name), stack.meaning);
    if let Some(reason) = &stack.status_reason {
        let _ = writeln!(text, "  {}", one_line(reason));
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
    let protected = if stack.termination_protection { ", termination protection on" } else { "" };
    let _ = writeln!(text, "  {} resources, created {}{updated}{protected}", stack.resources, stack.created);
    if let Some(last) = &stack.last_operation {
        let ended = last.ended.as_ref().map_or_else(|| ", in progress".to_owned(), |ended| format!(" to {ended}"));
        let took = last.took.map(|took| format!(" ({})", format_duration(took))).unwrap_or_default();
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
        let other = parameter.rack_file.as_ref().map(|other| format!("  (rack.yaml: {})", one_line(other))).unwrap_or_default();
        let value = if parameter.value.is_empty() { "\"\"".into() } else { one_line(&parameter.value) };
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
        let _ = writeln!(text, "  {name:longest$}  {}", one_line(value));
    }
}

/// Returns a list of stacks as text, one line each.
pub fn stacks(stacks: &[StackSummary], layout: Layout) -> String {
    let longest = stacks.iter().map(|stack| width(&stack.name)).max().unwrap_or(0);
    let line = |stack: &StackSummary| {
        let status = styled(status_style(stack.status.as_str(), layout.styles), format!("{:28}", stack.status.as_str()));
        format!("{:longest$}  {status}  {}\n", stack.name, stack.updated)
    };
    if stacks.is_empty() { "no stacks\n".to_owned() } else { stacks.iter().map(line).collect() }
}

/// Returns a list of resources as text, one line each.
pub fn resources(resources: &[StackResource], layout: Layout) -> String {
    let longest = |of: fn(&StackResource) -> &str| resources.iter().map(|resource| width(of(resource))).max().unwrap_or(0);
    let (name, kind) = (longest(|resource| &resource.logical_id), longest(|resource| &resource.resource_type));
    let line = |resource: &StackResource| {
        let status = styled(status_style(resource.status.as_str(), layout.styles), format!("{:18}", resource.status.as_str()));
        format!("{:name$}  {:kind$}  {status}  {}\n", resource.logical_id, resource.resource_type, one_line(&resource.physical_id))
    };
    if resources.is_empty() { "no resources\n".to_owned() } else { resources.iter().map(line).collect() }
}

/// Returns a list of retained resources as text, one line each.
pub fn retained(resources: &[RetainedResource]) -> String {
    let line = |resource: &RetainedResource| {
        format!("{}  {}  (was {} of {})\n", one_line(&resource.physical_id), resource.resource_type, resource.logical_id, resource.stack_id)
    };
    if resources.is_empty() { "no retained resources\n".to_owned() } else { resources.iter().map(line).collect() }
}
