//! What happens to the physical resource that a change removes or replaces.

use crate::cloudformation::PolicyAction;
use crate::evaluate::Resource;
use crate::plan::facts::Facts;
use crate::plan::values;

/// Returns what happens to a resource that is removed from the stack.
pub(in crate::plan) fn deletion_policy(resource: &Resource<'_>) -> PolicyAction {
    let is_in_cluster = values::member(&resource.properties, "DBClusterIdentifier").is_some();
    let policy = resource.deletion_policy.as_ref().and_then(|value| values::scalar_text(value.kind));
    match policy.unwrap_or_else(|| Facts::of(resource.resource_type).default_deletion_policy(is_in_cluster)) {
        "Retain" | "RetainExceptOnCreate" => PolicyAction::Retain,
        "Snapshot" => PolicyAction::Snapshot,
        _ => PolicyAction::Delete,
    }
}

/// Returns what happens to the old resource when it is replaced.
pub(in crate::plan) fn update_replace_policy(resource: &Resource<'_>) -> PolicyAction {
    match resource.update_replace_policy.as_ref().and_then(|value| values::scalar_text(value.kind)) {
        Some("Retain") => PolicyAction::ReplaceAndRetain,
        Some("Snapshot") => PolicyAction::ReplaceAndSnapshot,
        _ => PolicyAction::ReplaceAndDelete,
    }
}
