//! Errors that `validate` finds with the values of a change: they refuse it before anything happens.

use super::note::Note;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate::Evaluation;
use crate::plan::{Plan, Refusal};
use crate::template::Template;
use crate::validate::errors_in_force;

/// Adds a refusal for each error that occurs with the new values, unless the deployed template has it with the deployed ones:
/// CloudFormation accepted that. The errors are reported with their positions.
pub(super) fn refuse_errors(plan: &mut Plan, before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, notes: &mut dyn FnMut(Note)) {
    if !plan.has_changes() {
        return;
    }
    let mut errors = errors_of(after);
    if let Some(before) = before.filter(|_| !errors.is_empty()) {
        let known = errors_of(before);
        errors.retain(|error| !known.iter().any(|other| other.rule == error.rule && other.message == error.message));
    }
    if errors.is_empty() {
        return;
    }
    plan.refuse(errors.iter().map(|error| refusal(after.template, error)));
    let pointed = |error: Diagnostic| after.parameters.point_at_values(error, after.template);
    notes(Note::TemplateErrors(Diagnostics(errors.into_iter().map(pointed).collect())));
}

fn errors_of(evaluation: &Evaluation<'_>) -> Vec<Diagnostic> {
    errors_in_force(evaluation.template, evaluation.parameters, evaluation.state)
}

fn refusal(template: &Template<'_>, error: &Diagnostic) -> Refusal {
    let place = error.labels.first().map(|label| label.span);
    let resource = template.resources.iter().find(|entry| {
        place.is_some_and(|place| entry.name_span == place || (entry.body.span.start <= place.start && place.end <= entry.body.span.end))
    });
    let resource = resource.map(|entry| (entry.name, entry.body.get("Type").and_then(|name| name.as_str()).unwrap_or_default()));
    Refusal::template_error(resource, &error.message, error.aws_message.clone(), error.hint.clone())
}
