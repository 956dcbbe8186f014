//! Physical resources that are no longer required, in the order of their deletion.

use std::collections::HashMap;

use super::order;
use super::record::{Leftover, ResourceRecord};

/// Returns a resource that leaves its stack, with whether its policy keeps it.
pub(super) fn leftover(resource: ResourceRecord) -> Leftover {
    let keep = resource.deletion_policy.as_deref() == Some("Retain") || resource.deletion_policy.as_deref() == Some("RetainExceptOnCreate");
    Leftover { resource, keep }
}

/// Returns the resources of a failed creation in the order of their deletion.
pub(super) fn of_failed_creation(resources: Vec<ResourceRecord>) -> Vec<Leftover> {
    let of_creation = |resource: ResourceRecord| Leftover { keep: resource.deletion_policy.as_deref() == Some("Retain"), resource };
    in_deletion_order(resources.into_iter().map(of_creation).collect())
}

/// Returns leftovers in the order of their deletion: each before the resources that it depends on.
pub(super) fn in_deletion_order(leftovers: Vec<Leftover>) -> Vec<Leftover> {
    let map = leftovers.iter().map(|leftover| (leftover.resource.logical_id.as_str(), &leftover.resource.depends_on)).collect();
    // Records of one template have no cycles. A mix of an old and a new template may have cycles; then any order is correct.
    let Ok(order) = order::by_dependency(&map) else { return leftovers };
    let positions: HashMap<String, usize> = order.into_iter().enumerate().map(|(position, name)| (name, position)).collect();
    let mut leftovers = leftovers;
    leftovers.sort_by_key(|leftover| std::cmp::Reverse(positions.get(&leftover.resource.logical_id).copied()));
    leftovers
}
