//! The values of SSM parameters: CloudFormation reads them from Parameter Store again at every update.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::error::OperationError;
use super::note::Note;
use crate::backend::Backend;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate::State;
use crate::parameters::{ParameterOverrides, ParameterSet, ParameterType, Provenance};
use crate::template::{Arena, Node, Template};

/// The known state before and after the change, with the values of SSM parameters.
pub struct ResolvedState<'a> {
    /// The state that the deployed stack was created with, if it differs from the known state.
    pub before: Option<&'a State>,
    /// The state that an update would find.
    pub after: &'a State,
}

/// Resolves the values of the template's SSM parameters.
///
/// A name without a value in Parameter Store is reported by the evaluation. If the values cannot be read, a note
/// reports that and they count as unknown.
///
/// # Errors
///
/// Returns every parameter that names a `SecureString`, which CloudFormation refuses.
pub fn resolve_ssm_parameters<'a>(
    backend: &dyn Backend,
    template: &'a Template<'a>,
    overrides: &ParameterOverrides,
    state: &'a State,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<ResolvedState<'a>, OperationError> {
    let unresolved = ResolvedState { before: None, after: state };
    // CloudFormation may return the resolved value in place of the name. A deployed name is used only where the resolved value is known.
    let is_resolved = |name: &str| state.ssm.as_ref().is_some_and(|known| known.contains_key(name));
    let is_kept = |parameter: &str| overrides.values.get(parameter).is_some_and(|value| value.provenance == Provenance::Deployed);
    let (named, skipped): (Vec<_>, Vec<_>) =
        declared_names(template, overrides).into_iter().partition(|(parameter, name)| !is_kept(parameter) || is_resolved(name));
    if named.is_empty() {
        return Ok(unresolved);
    }
    let names: Vec<String> = named.iter().map(|(_, name)| name.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let stored = match backend.ssm_parameters(&names) {
        Ok(Some(stored)) => stored,
        Ok(None) => return Ok(unresolved),
        Err(error) => {
            // A value that is unknown before and after is not reported as a change.
            let unknown = arena.bump().alloc(without(state, &names));
            notes(Note::SsmValuesUnknown { names, error });
            return Ok(ResolvedState { before: Some(unknown), after: unknown });
        }
    };
    refuse_secure_strings(template, named.iter().filter(|(_, name)| stored.secure.contains(name)))?;
    let values: IndexMap<String, Json> = stored.values.into_iter().map(|(name, value)| (name, Json::String(value))).collect();
    let after = State { ssm: Some(values), ssm_is_partial: !skipped.is_empty(), ..state.clone() };
    Ok(ResolvedState { before: None, after: arena.bump().alloc(after) })
}

fn refuse_secure_strings<'n>(template: &Template<'_>, secure: impl Iterator<Item = &'n (String, String)>) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::default();
    for (parameter, name) in secure {
        let problem = Diagnostic::error("secure-ssm-parameter", format!("parameter `{parameter}` names a SecureString: `{name}`"))
            .hinted(format!("use a dynamic reference, `{{{{resolve:ssm-secure:{name}}}}}`, in a property that supports it"))
            .with_aws_message(format!("Parameters [{name}] referenced by template have types not supported by CloudFormation."));
        problems.push(match template.parameters.get(parameter.as_str()) {
            Some(entry) => problem.at(template.source, entry.name_span, ""),
            None => problem,
        });
    }
    problems.into_result(())
}

/// Returns the parameters of the template that name a value in Parameter Store: parameter, name.
fn declared_names(template: &Template<'_>, overrides: &ParameterOverrides) -> Vec<(String, String)> {
    let is_ssm = |body: &Node<'_>| {
        let kind = body.get("Type").and_then(Node::as_str).and_then(ParameterType::of);
        matches!(kind, Some(ParameterType::Ssm { .. }))
    };
    if !template.parameters.iter().any(|entry| is_ssm(entry.body)) {
        return Vec::new();
    }
    let (parameters, _) = ParameterSet::resolve_partial(template, overrides);
    names_of(&parameters)
}

fn names_of(parameters: &ParameterSet<'_>) -> Vec<(String, String)> {
    let ssm = parameters.parameters.iter().filter(|(_, one)| matches!(one.declaration.parameter_type, ParameterType::Ssm { .. }));
    ssm.filter_map(|(name, one)| Some(((*name).to_owned(), one.value.clone()?))).collect()
}

/// Returns the names in Parameter Store that the parameters refer to, each once.
pub fn ssm_parameter_names(parameters: &ParameterSet<'_>) -> Vec<String> {
    names_of(parameters).into_iter().map(|(_, name)| name).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the state without the values of some names.
fn without(state: &State, names: &[String]) -> State {
    let known = state.ssm.iter().flatten().filter(|(name, _)| !names.contains(name));
    State { ssm: Some(known.map(|(name, value)| (name.clone(), value.clone())).collect()), ssm_is_partial: true, ..state.clone() }
}
