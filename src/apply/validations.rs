//! What CloudFormation's checks before a deployment found in a change set, with the places in the template.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html>

use crate::backend::{Backend, ChangeSetDescription, EventQuery, EventsUnavailable, Operations};
use crate::cloudformation::{EventType, OperationEvent};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::model::rack::resource_origin;
use crate::render::RENDERED_RACK;
use crate::template::{Arena, Document, pointed_span, pointer_parts};

/// The rule name of what CloudFormation's checks find.
const RULE: &str = "cloudformation-validation";

/// What CloudFormation's checks found in a change set.
#[derive(Debug, Default)]
pub struct ChangeSetValidations {
    /// The failed checks, those that only warn included, as CloudFormation reports them.
    pub events: Vec<OperationEvent>,
    /// The same with places in the template: errors first.
    pub problems: Diagnostics,
    /// Why they are unknown, if so.
    pub unavailable: Option<EventsUnavailable>,
}

impl ChangeSetValidations {
    /// Reads what the checks of a created or failed change set found. A failed request is part of the result.
    pub(super) fn of(backend: &dyn Backend, stack: &str, change_set: &ChangeSetDescription, source: Option<&Source>) -> Self {
        let is_failed = change_set.status.is_failed();
        // Whether the filter includes checks that only warn is not documented.
        let query = EventQuery { stack, operations: Operations::ChangeSet(&change_set.id), failed_only: is_failed };
        let (events, unavailable) = match backend.operation_events(&query) {
            Ok(found) => (found.events, found.unavailable),
            Err(error) => (Vec::new(), Some(EventsUnavailable::of(error))),
        };
        let is_finding = |event: &OperationEvent| event.is_failure() && event.event_type != EventType::Stack && event.reason().is_some();
        let mut events: Vec<OperationEvent> = events.into_iter().filter(is_finding).collect();
        events.sort_by_key(OperationEvent::is_warning);
        let problems = problems(&events, source);
        Self { events, problems, unavailable }
    }
}

/// Returns failures as problems with their places in the template.
fn problems(events: &[OperationEvent], source: Option<&Source>) -> Diagnostics {
    let arena = Arena::new();
    let document = source.and_then(|source| Some((source, Document::read(source, &arena).ok()?)));
    let mut problems = Diagnostics::default();
    for event in events {
        let resource = &event.event.logical_id;
        let reason = event.reason().unwrap_or_default();
        let check = event.validation.as_ref().map(|validation| validation.name.as_str());
        let check = check.or(event.event.hook.as_ref().map(|hook| hook.hook_type.as_str()));
        let path = event.validation.as_ref().and_then(|validation| validation.path.clone());
        let path = path.or_else(|| (!resource.is_empty()).then(|| format!("/Resources/{resource}"))).unwrap_or_default();
        let message = match resource.is_empty() {
            true => reason.to_owned(),
            false => format!("`{resource}` ({}): {reason}", event.event.resource_type),
        };
        let mut problem = if event.is_warning() { Diagnostic::warning(RULE, message) } else { Diagnostic::error(RULE, message) };
        let place = document.as_ref().and_then(|(source, document)| Some((*source, pointed_span(document.root, &path)?)));
        problem = match place {
            Some((source, span)) => problem.at(source, span, check.unwrap_or_default()),
            None => {
                problem.message.push_str(&format!(" [{} at {path}]", check.unwrap_or("CloudFormation")));
                problem
            }
        };
        let of_rack = source.is_some_and(|source| source.name() == RENDERED_RACK).then(|| origin(&path)).flatten();
        let hints: Vec<String> = advice(check.unwrap_or_default(), reason).map(ToOwned::to_owned).into_iter().chain(of_rack).collect();
        if !hints.is_empty() {
            problem = problem.hinted(hints.join("; "));
        }
        let is_repeated = problems.0.iter().any(|other| other.message == problem.message && same_place(other, &problem));
        if !is_repeated {
            problems.push(problem);
        }
    }
    problems
}

fn same_place(one: &Diagnostic, other: &Diagnostic) -> bool {
    one.labels.first().map(|label| label.span) == other.labels.first().map(|label| label.span)
}

/// Returns which part of the rack's model produces a place of the rendered template.
fn origin(path: &str) -> Option<String> {
    let mut parts = pointer_parts(path).skip_while(|part| part != "Resources").skip(1);
    let logical_id = parts.next()?;
    let origin = resource_origin(&logical_id, &parts.collect::<Vec<_>>())?;
    Some(match origin.template_source {
        Some(source) => format!("the text comes from templates/{source}, which the area `{}` of the rack uses", origin.area),
        None => format!("the area `{}` of the rack declares it", origin.area),
    })
}

/// Returns how to resolve what a check found. The names of the checks for quotas, recorders and repositories are not documented.
fn advice(check: &str, reason: &str) -> Option<&'static str> {
    let (check, reason) = (check.to_ascii_uppercase(), reason.to_ascii_lowercase());
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if check.contains("NAME_CONFLICT") {
        Some("choose another name, delete the existing resource, or import it into the stack")
    } else if check.contains("BUCKET") {
        Some("delete the objects with all their versions, or retain the bucket with `DeletionPolicy: Retain`")
    } else if check.contains("ECR") || check.contains("REPOSITORY") {
        Some("delete the images, set `EmptyOnDelete: true` in an update before, or retain the repository with `DeletionPolicy: Retain`")
    } else if check.contains("QUOTA") || says(&["quota"]) {
        Some("request a higher quota in Service Quotas, or delete unused resources of this type")
    } else if check.contains("RECORDER") {
        Some("an account has one configuration recorder for each region, and rules require it: start it, or use the existing one")
    } else if check.contains("PROPERTY") && says(&["required"]) {
        Some("add the property at this place")
    } else if check.contains("PROPERTY") {
        Some("change the value at this place to one that the resource type accepts")
    } else {
        None
    }
}
