//! The settings of a stack that no change set contains: its policy and its termination protection.

use serde_json::Value as Json;

use super::ApplyError;
use crate::backend::{Backend, StackDescription};
use crate::cloudformation::StackSettings;

/// A setting that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliedSettings {
    /// Termination protection, on or off.
    TerminationProtection(bool),
    /// The stack policy.
    StackPolicy,
}

impl std::fmt::Display for AppliedSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TerminationProtection(true) => "termination protection is on",
            Self::TerminationProtection(false) => "termination protection is off, as set in rack.yaml",
            Self::StackPolicy => "the stack policy is set",
        })
    }
}

/// Applies the settings that a stack does not have yet; returns those that were applied.
///
/// # Errors
///
/// Returns the backend's error.
pub fn apply_settings(backend: &dyn Backend, stack: &str, settings: &StackSettings) -> Result<Vec<AppliedSettings>, ApplyError> {
    let mut applied = Vec::new();
    if settings == &StackSettings::default() {
        return Ok(applied);
    }
    let Some(found) = backend.describe_stack(stack)? else { return Ok(applied) };
    if let Some(policy) = &settings.stack_policy
        && differs(backend, &found.id, policy)?
    {
        backend.set_stack_policy(&found.id, policy)?;
        applied.push(AppliedSettings::StackPolicy);
    }
    if let Some(on) = settings.termination_protection
        && on != found.termination_protection
    {
        backend.set_termination_protection(stack, on)?;
        applied.push(AppliedSettings::TerminationProtection(on));
    }
    Ok(applied)
}

/// Sets the policy before an update, so that it applies to that update, unless it names resources that only the update creates.
pub(super) fn policy_first(backend: &dyn Backend, stack: &StackDescription, settings: &StackSettings) -> Result<(), ApplyError> {
    let Some(policy) = &settings.stack_policy else { return Ok(()) };
    if stack.status.is_review() || !differs(backend, &stack.id, policy)? {
        return Ok(());
    }
    let resources = backend.list_resources(&stack.id)?;
    let exists = |name: &String| resources.iter().any(|resource| resource.logical_id == *name);
    if named_resources(policy).iter().all(exists) {
        backend.set_stack_policy(&stack.id, policy)?;
    }
    Ok(())
}

fn differs(backend: &dyn Backend, stack: &str, policy: &str) -> Result<bool, ApplyError> {
    let parsed = |text: &str| serde_json::from_str::<Json>(text).ok();
    Ok(backend.stack_policy(stack)?.is_none_or(|present| present != policy && parsed(&present) != parsed(policy)))
}

/// Returns the logical IDs that a policy names; CloudFormation refuses a policy that names a missing resource.
fn named_resources(policy: &str) -> Vec<String> {
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
