//! The parameters of a deployed stack and its [`State`] for the evaluator.

use indexmap::IndexMap;
use serde_json::Value;

use super::{Backend, BackendError, StackDescription};
#[cfg(feature = "aws")]
use crate::diagnostic::Source;
use crate::evaluate::State;
#[cfg(feature = "aws")]
use crate::evaluate::Taint;
use crate::parameters::ParameterOverrides;
use crate::secret::MASKED;
#[cfg(feature = "aws")]
use crate::template::Arena;
use crate::template::{GetAtt, Intrinsic, Template};

/// Returns what is known about a deployed stack: pseudo parameters from its ARN, physical IDs, attributes, and the exports of other stacks.
///
/// # Errors
///
/// Returns an error if a request fails.
pub fn deployed_state(backend: &dyn Backend, stack: &StackDescription) -> Result<State, BackendError> {
    let mut state = State::default();
    let mut parts = stack.id.split(':');
    let (partition, region, account) = (parts.nth(1), parts.nth(1), parts.next());
    let suffix = region.map(|region| crate::aws::partition(region).1);
    let pseudo = [
        ("AWS::AccountId", account),
        ("AWS::Region", region),
        ("AWS::Partition", partition),
        ("AWS::URLSuffix", suffix),
        ("AWS::StackName", Some(stack.name.as_str())),
        ("AWS::StackId", Some(stack.id.as_str())),
    ];
    state.pseudo.extend(pseudo.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?.to_owned())))));
    state.pseudo.insert("AWS::NotificationARNs".to_owned(), stack.notification_topics.iter().map(String::as_str).collect());
    if !stack.status.is_review() {
        for resource in backend.list_resources(&stack.id)? {
            state.physical_ids.insert(resource.logical_id.clone(), resource.physical_id);
            state.attributes.insert(resource.logical_id, resource.attributes);
        }
    }
    if !stack.ssm.is_empty() {
        state.ssm = Some(stack.ssm.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect());
        state.ssm_is_partial = true;
    }
    if imports(&stack.template) {
        state.exports = exports(backend)?;
    }
    Ok(state)
}

/// Returns the deployed parameter values of a stack; `NoEcho` parameters have none.
pub fn deployed_parameters(stack: &StackDescription) -> ParameterOverrides {
    let mut parameters = ParameterOverrides::default();
    for (name, value) in &stack.parameters {
        parameters.add_deployed(name, value.clone());
    }
    parameters
}

/// Masks the outputs of a stack that depend on a `NoEcho` parameter. CloudFormation returns them in plain text.
#[cfg(feature = "aws")]
pub(super) fn hide_secret_outputs(stack: &mut StackDescription) {
    let (source, arena) = (Source::new("template", stack.template.as_str()), Arena::new());
    let Ok(template) = Template::read(&source, &arena) else { return };
    let taint = Taint::of_template(&template);
    for entry in template.outputs.iter().filter(|_| !taint.is_empty()) {
        let is_secret = entry.body.get("Value").is_some_and(|value| taint.node(value));
        if let Some(value) = stack.outputs.get_mut(entry.name).filter(|_| is_secret) {
            MASKED.clone_into(value);
        }
    }
}

/// Returns whether a template may import exports of other stacks. Only then are the exports requested.
pub fn imports(template: &str) -> bool {
    template.contains("ImportValue")
}

/// Returns the exports of all stacks, for the evaluator.
///
/// # Errors
///
/// Returns an error if a request fails.
pub fn exports(backend: &dyn Backend) -> Result<IndexMap<String, Value>, BackendError> {
    Ok(backend.list_exports()?.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
}

/// Adds the attributes that the stack's outputs contain. CloudFormation returns attributes nowhere else.
pub fn add_attributes_of_outputs(state: &mut State, template: &Template<'_>, outputs: &IndexMap<String, String>) {
    for output in &template.outputs {
        let operand = match output.body.get("Value").and_then(Intrinsic::of) {
            Some(Intrinsic::GetAtt(operand)) => operand,
            _ => continue,
        };
        let Some(GetAtt { resource: Some(id), attribute, .. }) = GetAtt::of(operand) else { continue };
        if let (Some(attribute), Some(value)) = (attribute.text(), outputs.get(output.name))
            && state.physical_ids.contains_key(id)
            && !value.contains(MASKED)
        {
            let attributes = state.attributes.entry(id.to_owned()).or_default();
            attributes.entry(attribute.into_owned()).or_insert_with(|| Value::String(value.clone()));
        }
    }
}
