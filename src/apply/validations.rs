//! What CloudFormation's checks before a deployment and hooks found in a change set, with the places in the template.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html>

use crate::backend::{Backend, ChangeSetDescription, EventQuery, EventsUnavailable, HookQuery, Operations};
use crate::cloudformation::{EventType, HookResult, OperationEvent};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::model::rack::resource_origin;
use crate::render::RENDERED_RACK;
use crate::template::{Arena, Document, Node, pointed_span, pointer_parts};

/// The rule name of what CloudFormation's checks find.
const RULE: &str = "cloudformation-validation";

/// The rule name of what hooks find.
const HOOK_RULE: &str = "hook";

/// What CloudFormation's checks found in a change set.
#[derive(Debug, Default)]
pub struct ChangeSetValidations {
    /// The failed checks, those that only warn included, as CloudFormation reports them.
    pub events: Vec<OperationEvent>,
    /// The same with places in the template: errors first.
    pub problems: Diagnostics,
    /// The hooks that ran for the change set.
    pub hooks: Vec<HookResult>,
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
        let arena = Arena::new();
        let template = source.and_then(|source| Some((source, Document::read(source, &arena).ok()?)));
        let places = Places(template.as_ref().map(|(source, document)| (*source, document.root)));
        let mut problems = problems(&events, &places);
        let hooks = backend.hook_results(HookQuery::ChangeSet(&change_set.id));
        hooks
            .results
            .iter()
            .filter(|result| result.status.is_failed())
            .flat_map(|result| of_hook(result, &places))
            .for_each(|problem| problems.push(problem));
        problems.0.sort_by_key(|problem| problem.severity);
        let is_refusal = |reason: &String| reason.to_ascii_lowercase().contains("hook");
        // Without a sign of a hook, nothing is missing.
        let of_hooks = hooks.unavailable.filter(|_| !hooks.results.is_empty() || change_set.status_reason.as_ref().is_some_and(is_refusal));
        Self { events, problems, hooks: hooks.results, unavailable: unavailable.or(of_hooks) }
    }
}

/// The template that a change set was made of.
struct Places<'a>(Option<(&'a Source, &'a Node<'a>)>);

impl Places<'_> {
    /// Marks the place that a JSON pointer names; returns the problem unchanged if the template has no such place.
    fn mark(&self, problem: Diagnostic, pointer: &str, text: &str) -> Result<Diagnostic, Diagnostic> {
        match self.0.and_then(|(source, root)| Some((source, pointed_span(root, pointer)?))) {
            Some((source, span)) => Ok(problem.at(source, span, text)),
            None => Err(problem),
        }
    }

    fn is_rack(&self) -> bool {
        self.0.is_some_and(|(source, _)| source.name() == RENDERED_RACK)
    }
}

/// Returns what a hook found in a change set: each finding, or its reason if it has none.
fn of_hook(result: &HookResult, places: &Places<'_>) -> Vec<Diagnostic> {
    let target = result.target.as_ref().filter(|target| !target.id.is_empty());
    let about = target.map(|target| format!(" about `{}` ({})", target.id, target.type_name)).unwrap_or_default();
    let problem = |text: &str| {
        let message = format!("hook {}{about}: {text}", result.hook_type);
        let problem = if result.is_warning() { Diagnostic::warning(HOOK_RULE, message) } else { Diagnostic::error(HOOK_RULE, message) };
        let pointer = target.map(|target| format!("/Resources/{}", target.id)).unwrap_or_default();
        places.mark(problem, &pointer, "").unwrap_or_else(|problem| problem)
    };
    let findings: Vec<Diagnostic> =
        result.failed().map(|finding| Diagnostic { hint: finding.fix(), ..problem(&finding.finding()) }).collect();
    if findings.is_empty() { vec![problem(result.reason.as_deref().unwrap_or("no reason given"))] } else { findings }
}

/// Returns failures as problems with their places in the template.
fn problems(events: &[OperationEvent], places: &Places<'_>) -> Diagnostics {
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
        let problem = if event.is_warning() { Diagnostic::warning(RULE, message) } else { Diagnostic::error(RULE, message) };
        let mut problem = places.mark(problem, &path, check.unwrap_or_default()).unwrap_or_else(|mut problem| {
            problem.message.push_str(&format!(" [{} at {path}]", check.unwrap_or("CloudFormation")));
            problem
        });
        let of_rack = places.is_rack().then(|| origin(&path)).flatten();
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
pub(super) fn origin(path: &str) -> Option<String> {
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
