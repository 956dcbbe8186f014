//! Drift in the comparison: which differences it explains, and which drift the new template already contains.

use super::comparison::Comparison;
use super::difference::Difference;
use super::propagate::ChangedResources;
use crate::evaluate::{Resource, Value};
use crate::plan::drift::{PropertyDrift, value_at};

/// Returns whether a difference is in a property that has drifted.
pub(in crate::plan) fn has_drifted<'a>(comparison: Comparison<'_, '_, 'a>, id: &str, difference: &Difference<'a>) -> bool {
    let Some(drift) = comparison.context.drift else { return false };
    difference.property().is_some() && drift.properties(id).iter().any(|drifted| drifted.overlaps(&difference.path))
}

/// Returns whether drift alone explains a difference: the new template has the same value there as the deployed template.
pub(in crate::plan) fn is_only_drift<'a>(comparison: Comparison<'_, '_, 'a>, id: &str, difference: &Difference<'a>) -> bool {
    let Some(drift) = comparison.context.drift.filter(|_| has_drifted(comparison, id, difference)) else { return false };
    is_same(comparison, drift.previous_value(id, &difference.path), difference.after)
}

/// Returns the drifted property paths of a resource to which the new template assigns the actual value.
pub(in crate::plan) fn synced_paths<'p, 'a>(comparison: Comparison<'_, 'p, 'a>, id: &str) -> Vec<&'p [String]> {
    let context = comparison.context;
    let (Some(drift), Some(after)) = (context.drift, context.resource_after(id)) else { return Vec::new() };
    let is_synced = |drifted: &&PropertyDrift| {
        let actual = context.resource_before(id).and_then(|before| value_at(before.properties, &drifted.path));
        let after = value_at(after.properties, &drifted.path);
        is_same(comparison, actual, after) && !is_same(comparison, drift.previous_value(id, &drifted.path), after)
    };
    drift.properties(id).iter().filter(is_synced).map(|drifted| drifted.path.as_slice()).collect()
}

/// Returns the resources that do not change because the new template already contains their drift.
pub(in crate::plan) fn resources_synced_with_actual<'p, 'a>(
    comparison: Comparison<'_, 'p, 'a>,
    changed: &ChangedResources<'p, 'a>,
) -> Vec<&'p Resource<'a>> {
    let drifted = comparison.context.drift.map(|drift| drift.resources).unwrap_or_default();
    let ids = drifted.iter().map(|resource| resource.logical_resource_id.as_str());
    let is_synced = |id: &&str| changed.modified(id).is_none() && !synced_paths(comparison, id).is_empty();
    ids.filter(is_synced).filter_map(|id| comparison.context.resource_after(id)).collect()
}

fn is_same<'a>(comparison: Comparison<'_, '_, 'a>, before: Option<Value<'a>>, after: Option<Value<'a>>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(before), Some(after)) => !comparison.compare(&before, &after).is_actual(),
        _ => false,
    }
}
