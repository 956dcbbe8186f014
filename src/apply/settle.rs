//! What a stack has that no change set sets: its policy, and whether it is protected against deletion.

use serde_json::Value as Json;

use super::ApplyError;
use crate::backend::{Backend, StackDescription};
use crate::cloudformation::StackSettings;

/// What was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Termination protection, on or off.
    TerminationProtection(bool),
    /// The stack policy.
    StackPolicy,
}

impl std::fmt::Display for Settled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TerminationProtection(true) => "termination protection is on",
            Self::TerminationProtection(false) => "termination protection is off, as rack.yaml says",
            Self::StackPolicy => "the stack policy is set",
        })
    }
}

/// Gives a stack the settings that it does not have yet; returns which those were.
///
/// # Errors
///
/// Returns what the backend refused.
pub fn settle(backend: &dyn Backend, stack: &str, settings: &StackSettings) -> Result<Vec<Settled>, ApplyError> {
    let mut settled = Vec::new();
    if settings == &StackSettings::default() {
        return Ok(settled);
    }
    let Some(found) = backend.describe_stack(stack)? else { return Ok(settled) };
    if let Some(policy) = &settings.stack_policy
        && differs(backend, &found.id, policy)?
    {
        backend.set_stack_policy(&found.id, policy)?;
        settled.push(Settled::StackPolicy);
    }
    if let Some(on) = settings.termination_protection
        && on != found.termination_protection
    {
        backend.set_termination_protection(stack, on)?;
        settled.push(Settled::TerminationProtection(on));
    }
    Ok(settled)
}

/// Sets the policy before an update, so that it holds for that update, unless it names resources that only the update brings.
pub(super) fn policy_first(backend: &dyn Backend, stack: &StackDescription, settings: &StackSettings) -> Result<(), ApplyError> {
    let Some(policy) = &settings.stack_policy else { return Ok(()) };
    if stack.status.is_review() || !differs(backend, &stack.id, policy)? {
        return Ok(());
    }
    let resources = backend.list_resources(&stack.id)?;
    let is_there = |name: &String| resources.iter().any(|resource| resource.logical_id == *name);
    if named(policy).iter().all(is_there) {
        backend.set_stack_policy(&stack.id, policy)?;
    }
    Ok(())
}

fn differs(backend: &dyn Backend, stack: &str, policy: &str) -> Result<bool, ApplyError> {
    let parsed = |text: &str| serde_json::from_str::<Json>(text).ok();
    Ok(backend.stack_policy(stack)?.is_none_or(|present| present != policy && parsed(&present) != parsed(policy)))
}

/// Returns the logical IDs that a policy names; CloudFormation refuses one that names a resource which is not there.
fn named(policy: &str) -> Vec<String> {
    let policy: Json = serde_json::from_str(policy).unwrap_or_default();
    let statements = match policy.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let resources = statements.into_iter().flat_map(|statement| [statement.get("Resource"), statement.get("NotResource")]).flatten();
    let texts = resources.flat_map(|resource| match resource {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    });
    texts
        .filter_map(|text| text.strip_prefix("LogicalResourceId/"))
        .filter(|name| !name.contains(['*', '?']))
        .map(ToOwned::to_owned)
        .collect()
}
