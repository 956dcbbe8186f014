//! Templates as inputs: read, checked and evaluated with parameters.

use indexmap::IndexMap;

use super::error::OperationError;
use super::note::Note;
use crate::backend::ParameterInput;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::evaluate::{Evaluation, State, evaluate_in_part};
use crate::parameters::{ParameterOverrides, ParameterSet, Provenance};
use crate::template::{Arena, Template};

/// Reads a template into the arena.
///
/// # Errors
///
/// Returns every error of the text.
pub fn read_template<'a>(arena: &'a Arena, source: Source) -> Result<&'a Template<'a>, OperationError> {
    let source = arena.bump().alloc(source);
    Ok(arena.bump().alloc(Template::read(source, arena)?))
}

/// Reads a template whose sections may have errors: evaluating it reports them together with its other errors.
///
/// # Errors
///
/// Returns the errors of a text that cannot be evaluated at all.
pub fn read_template_leniently<'a>(arena: &'a Arena, source: Source) -> Result<&'a Template<'a>, OperationError> {
    let source = arena.bump().alloc(source);
    Ok(arena.bump().alloc(Template::read_with_names(source, arena)?))
}

/// Reads a template as `read` does, unless its text is that of a template that was read before.
///
/// # Errors
///
/// Returns the errors of `read`.
pub(super) fn read_unless_equal<'a>(
    arena: &'a Arena,
    source: Source,
    other: Option<&Template<'a>>,
    read: impl FnOnce(&'a Arena, Source) -> Result<&'a Template<'a>, OperationError>,
) -> Result<&'a Template<'a>, OperationError> {
    let Some(other) = other.filter(|other| other.source.text() == source.text()) else { return read(arena, source) };
    let source: &Source = arena.bump().alloc(source);
    match other.with_source(source) {
        Some(template) => Ok(arena.bump().alloc(template)),
        None => read(arena, source.clone()),
    }
}

/// Evaluates a template.
///
/// # Errors
///
/// Returns every error of the parameters and of the template.
pub fn evaluate_template<'a>(
    arena: &'a Arena,
    template: &'a Template<'a>,
    overrides: &ParameterOverrides,
    state: &'a State,
    notes: &mut dyn FnMut(Note),
) -> Result<Evaluation<'a>, OperationError> {
    let (evaluation, problems) = evaluate_partly(arena, template, overrides, state, notes)?;
    Ok(problems.into_result(evaluation)?)
}

/// Evaluates a template as far as possible, and also returns its errors.
///
/// # Errors
///
/// Returns every error of the template's sections and of the parameters, together with the errors of the template that do not depend on
/// them.
pub fn evaluate_partly<'a>(
    arena: &'a Arena,
    template: &'a Template<'a>,
    overrides: &ParameterOverrides,
    state: &'a State,
    notes: &mut dyn FnMut(Note),
) -> Result<(Evaluation<'a>, Diagnostics), OperationError> {
    let (parameters, parameter_problems) = ParameterSet::resolve_partial(template, overrides);
    let parameters: &'a ParameterSet<'a> = arena.bump().alloc(parameters);
    let outcome = evaluate_in_part(template, parameters, state, arena);
    let mut problems = template.shape.clone();
    add_new(&mut problems, parameter_problems);
    if problems.has_errors() {
        let (Ok((_, found)) | Err(found)) = outcome;
        add_new(&mut problems, found);
        return Err(problems.into());
    }
    if !parameters.warnings.0.is_empty() {
        notes(Note::Warnings(parameters.warnings.clone()));
    }
    Ok(outcome?)
}

/// Returns the rules of a template that its parameters violate.
pub fn rule_problems(template: &Template<'_>, overrides: &ParameterOverrides, region: Option<&str>) -> Diagnostics {
    let (arena, mut state) = (Arena::new(), State::default());
    if let Some(region) = region {
        state.pseudo.insert("AWS::Region".to_owned(), region.into());
    }
    let outcome = evaluate_partly(&arena, template, overrides, &state, &mut |_| {});
    let (Ok((_, problems)) | Err(OperationError::Invalid(problems))) = outcome else { return Diagnostics::default() };
    Diagnostics(problems.0.into_iter().filter(|problem| problem.rule == "rule-failed").collect())
}

/// Returns both results, or the errors of both: errors of one template do not hide those of the other.
///
/// # Errors
///
/// Returns the errors of both, each once, or the first failure of another kind.
pub fn combine<A, B>(before: Result<A, OperationError>, after: Result<B, OperationError>) -> Result<(A, B), OperationError> {
    match (before, after) {
        (Ok(before), Ok(after)) => Ok((before, after)),
        (Err(OperationError::Invalid(mut problems)), Err(OperationError::Invalid(further))) => {
            add_new(&mut problems, further);
            Err(OperationError::Invalid(problems))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Adds diagnostics that are not in the list yet.
pub(super) fn add_new(problems: &mut Diagnostics, further: Diagnostics) {
    let key = |one: &Diagnostic| (one.message.clone(), one.labels.first().map(|label| (label.source.name().to_owned(), label.span.start)));
    let mut seen: std::collections::HashSet<_> = problems.0.iter().map(key).collect();
    problems.0.extend(further.0.into_iter().filter(|one| seen.insert(key(one))));
}

/// Checks that every protected resource is in the rack's template or in the deployed one.
///
/// # Errors
///
/// Returns every name that is in neither.
pub fn check_protected(
    protected: &[(String, Source, Span)],
    template: &Template<'_>,
    deployed: Option<&Template<'_>>,
) -> Result<(), OperationError> {
    let mut problems = Diagnostics::default();
    for (name, source, span) in protected {
        if template.resources.contains(name) || deployed.is_some_and(|deployed| deployed.resources.contains(name)) {
            continue;
        }
        problems.push(
            Diagnostic::error("rack-file-protect", format!("the template has no resource `{name}` to protect"))
                .at(source, *span, "")
                .hinted("`protect` takes logical IDs, the keys of the template's Resources")
                .suggesting(name, template.resources.iter().map(|entry| entry.name)),
        );
    }
    Ok(problems.into_result(())?)
}

/// Returns the values of declared parameters, without those that only ask for the deployed value.
pub fn declared_only(overrides: &ParameterOverrides, template: &Template<'_>) -> ParameterOverrides {
    let values = overrides
        .values
        .iter()
        .filter(|(name, value)| template.parameters.contains(name) && !(value.text.is_none() && value.provenance != Provenance::Deployed));
    ParameterOverrides { values: values.map(|(name, value)| (name.clone(), value.clone())).collect() }
}

/// Returns deployed parameters with the values of a request in place of theirs.
pub fn with_values(mut parameters: ParameterOverrides, inputs: &IndexMap<String, ParameterInput>) -> ParameterOverrides {
    for (name, input) in inputs {
        if let ParameterInput::Value(text) = input {
            parameters.add_deployed(name, Some(text.clone()));
        }
    }
    parameters
}

/// Marks parameters without a default and without a value as unknown, and returns their names.
pub fn fill_missing<'a>(template: &Template<'a>, overrides: &mut ParameterOverrides) -> Vec<&'a str> {
    let missing: Vec<&str> = template
        .parameters
        .iter()
        .filter(|entry| entry.body.get("Default").is_none() && !overrides.values.contains_key(entry.name))
        .map(|entry| entry.name)
        .collect();
    for name in &missing {
        overrides.add_deployed(*name, None);
    }
    missing
}
