//! A deployed stack as the evaluator wants to know it.

use serde_json::Value;

use super::{Backend, BackendError, StackDescription};
use crate::evaluate::State;

/// Returns what is known of a deployed stack: pseudo parameters from its ARN, physical IDs, attributes, and what others export.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn deployed_state(backend: &dyn Backend, stack: &StackDescription) -> Result<State, BackendError> {
    let mut state = State::default();
    let mut parts = stack.id.split(':');
    let (partition, region, account) = (parts.nth(1), parts.nth(1), parts.next());
    let suffix = if partition == Some("aws-cn") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let pseudo = [
        ("AWS::AccountId", account),
        ("AWS::Region", region),
        ("AWS::Partition", partition),
        ("AWS::URLSuffix", Some(suffix)),
        ("AWS::StackName", Some(stack.name.as_str())),
        ("AWS::StackId", Some(stack.id.as_str())),
    ];
    state.pseudo.extend(pseudo.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?.to_owned())))));
    state.pseudo.insert("AWS::NotificationARNs".to_owned(), Value::Array(Vec::new()));
    if !stack.status.is_review() {
        for resource in backend.list_resources(&stack.id)? {
            state.physical_ids.insert(resource.logical_id.clone(), resource.physical_id);
            state.attributes.insert(resource.logical_id, resource.attributes);
        }
    }
    state.exports.extend(backend.list_exports()?.into_iter().map(|(name, value)| (name, Value::String(value))));
    Ok(state)
}
