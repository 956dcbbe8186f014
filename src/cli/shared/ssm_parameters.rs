//! What Parameter Store holds now: CloudFormation looks it up anew at every update, whatever the stack was made with.

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::backend::Backend;
use crate::cli::{Context, Failure};
use crate::evaluate::State;
use crate::parameters::{ParameterOverrides, ParameterSet, ParameterType, Provenance};
use crate::template::{Diagnostic, Diagnostics, Template};

/// What is known before and after, with what Parameter Store held and holds.
pub struct Known<'a> {
    /// Of the stack as it was made, where that is less than what was known without.
    pub before: Option<&'a State>,
    /// Of what an update would find.
    pub after: &'a State,
}

/// Looks up what the template's SSM parameters hold today.
///
/// # Errors
///
/// Returns what CloudFormation would refuse: a `SecureString`. A name under which there is nothing is for the evaluation to tell. That it
/// may not be looked up is said, and the values then count as not known.
pub fn look_up<'a>(
    context: &mut Context<'a>,
    backend: &dyn Backend,
    template: &'a Template<'a>,
    given: &ParameterOverrides,
    state: &'a State,
) -> Result<Known<'a>, Failure> {
    let as_it_was = Known { before: None, after: state };
    // A stack that does not tell what it resolved, as CloudFormation does, may not tell the name either but what it stood for.
    let tells = |name: &str| state.ssm.as_ref().is_some_and(|known| known.contains_key(name));
    let is_kept = |parameter: &str| given.values.get(parameter).is_some_and(|given| given.provenance == Provenance::Deployed);
    let (named, untold): (Vec<_>, Vec<_>) =
        named(template, given).into_iter().partition(|(parameter, name)| !is_kept(parameter) || tells(name));
    if named.is_empty() {
        return Ok(as_it_was);
    }
    let names: Vec<String> = named.iter().map(|(_, name)| name.clone()).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let stored = match backend.ssm_parameters(&names) {
        Ok(Some(stored)) => stored,
        Ok(None) => return Ok(as_it_was),
        Err(error) => {
            let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            context.status(&format!(
                "what Parameter Store holds today under {list} is not known, so neither is whether it changed: {error}; an update takes \
                 today's values (leave for ssm:GetParameters shows them)"
            ));
            // What is unknown on both sides is no change that anybody could promise.
            let unknown = context.alloc(without(state, &names));
            return Ok(Known { before: Some(unknown), after: unknown });
        }
    };
    let mut problems = Diagnostics::default();
    for (parameter, name) in named.iter().filter(|(_, name)| stored.secure.contains(name)) {
        let problem = Diagnostic::error("secure-ssm-parameter", format!("parameter `{parameter}` names a SecureString: `{name}`"))
            .hinted(format!(
                "a dynamic reference, `{{{{resolve:ssm-secure:{name}}}}}`, is what CloudFormation takes, for the properties that allow one"
            ))
            .as_aws_says(format!("Parameters [{name}] referenced by template have types not supported by CloudFormation."));
        problems.push(match template.parameters.get(parameter.as_str()) {
            Some(entry) => problem.at(template.source, entry.name_span, ""),
            None => problem,
        });
    }
    problems.into_result(())?;
    let values: IndexMap<String, Json> = stored.values.into_iter().map(|(name, value)| (name, Json::String(value))).collect();
    let after = State { ssm: Some(values), ssm_is_partial: !untold.is_empty(), ..state.clone() };
    Ok(Known { before: None, after: context.alloc(after) })
}

/// Returns the template's parameters that name something in Parameter Store: parameter, name.
fn named(template: &Template<'_>, given: &ParameterOverrides) -> Vec<(String, String)> {
    let is_stored = |body: &crate::template::Node<'_>| {
        let kind = body.get("Type").and_then(crate::template::Node::as_str).and_then(ParameterType::of);
        matches!(kind, Some(ParameterType::Ssm { .. }))
    };
    if !template.parameters.iter().any(|entry| is_stored(entry.body)) {
        return Vec::new();
    }
    let (parameters, _) = ParameterSet::resolve_partial(template, given);
    named_by(&parameters)
}

fn named_by(parameters: &ParameterSet<'_>) -> Vec<(String, String)> {
    let stored = parameters.parameters.iter().filter(|(_, one)| matches!(one.declaration.parameter_type, ParameterType::Ssm { .. }));
    stored.filter_map(|(name, one)| Some(((*name).to_owned(), one.value.clone()?))).collect()
}

/// Returns the names in Parameter Store that parameters give, each once.
pub fn names(parameters: &ParameterSet<'_>) -> Vec<String> {
    let mut names: Vec<String> = named_by(parameters).into_iter().map(|(_, name)| name).collect();
    names.sort();
    names.dedup();
    names
}

/// Returns a state that does not know what is under some names.
fn without(state: &State, names: &[String]) -> State {
    let known = state.ssm.iter().flatten().filter(|(name, _)| !names.contains(name));
    State { ssm: Some(known.map(|(name, value)| (name.clone(), value.clone())).collect()), ssm_is_partial: true, ..state.clone() }
}
