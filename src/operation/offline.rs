//! Plans an update from one template to another without a backend.

use super::error::OperationError;
use super::input::{check_protected, combine, declared_only, evaluate_template, read_template_leniently, read_unless_equal};
use super::note::Note;
use super::template_errors::refuse_errors;
use crate::diagnostic::{Source, Span};
use crate::evaluate::State;
use crate::parameters::ParameterOverrides;
use crate::plan::{Plan, Request, plan};
use crate::template::Arena;

/// One side of an offline plan.
pub struct OfflineSide {
    /// The template.
    pub source: Source,
    /// Its parameters.
    pub parameters: ParameterOverrides,
    /// The known state; `None` for BEFORE means that of AFTER.
    pub state: Option<State>,
}

/// An update to plan without a backend.
pub struct OfflineRequest<'r> {
    /// The template before the update.
    pub before: OfflineSide,
    /// Whether the parameters of AFTER apply to BEFORE, too, if it declares them.
    pub shares_parameters: bool,
    /// Parameter values for BEFORE alone.
    pub before_overrides: ParameterOverrides,
    /// The template after the update.
    pub after: OfflineSide,
    /// Logical IDs in `rack.yaml` that no plan may remove or replace, with their positions.
    pub protected: &'r [(String, Source, Span)],
    /// The capabilities and resource types of the request to check.
    pub request: Request,
}

/// Plans an update without a backend.
///
/// # Errors
///
/// Returns every error of both templates and their parameters, or CloudFormation's error for the request.
pub fn plan_offline(request: OfflineRequest<'_>, arena: &Arena, notes: &mut dyn FnMut(Note)) -> Result<Plan, OperationError> {
    let OfflineRequest { before, shares_parameters, before_overrides, after, protected, request } = request;
    // Errors of both templates are reported together.
    let before_template = read_template_leniently(arena, before.source);
    let after_template = read_unless_equal(arena, after.source, before_template.as_deref().ok(), read_template_leniently);
    if let (Ok(before), Ok(after)) = (&before_template, &after_template) {
        check_protected(protected, after, Some(before))?;
    }
    let mut before_parameters = before.parameters;
    if shares_parameters && let Ok(template) = before_template {
        for (name, value) in declared_only(&after.parameters, template).values {
            before_parameters.add(name, value);
        }
    }
    for (name, value) in before_overrides.values {
        before_parameters.add(name, value);
    }
    let state: &State = arena.bump().alloc(after.state.unwrap_or_default());
    let before_state: &State = match before.state {
        Some(before_state) => arena.bump().alloc(before_state),
        None => state,
    };
    let before = before_template.and_then(|template| evaluate_template(arena, template, &before_parameters, before_state, notes));
    let after = after_template.and_then(|template| evaluate_template(arena, template, &after.parameters, state, notes));
    let (before, after) = combine(before, after)?;
    if !after.warnings.0.is_empty() {
        notes(Note::Warnings(after.warnings.clone()));
    }
    if let Some(refusal) = request.refusal(after.template) {
        return Err(OperationError::RequestRefused(Box::new(refusal)));
    }
    let mut plan = plan(&before, &after)?;
    refuse_errors(&mut plan, Some(&before), &after, notes);
    Ok(plan)
}
