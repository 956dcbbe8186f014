//! Changes that several resources have in common, which are listed once with the list of resources.

use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use super::properties::Property;
use super::view::Item;

/// Changes that several resources have in common.
pub(super) struct Repeated<'i, 'p> {
    /// The logical IDs.
    pub(super) ids: Vec<&'p str>,
    /// The changes, in the order of the first resource.
    pub(super) properties: Vec<&'i Property<'p>>,
}

/// Returns the changes that these lists show. Each resource that has such a change is in the list.
pub(super) fn listed<'i, 'p>(common: &[Repeated<'i, 'p>]) -> FxHashSet<&'i Property<'p>> {
    common.iter().flat_map(|changes| changes.properties.iter().copied()).collect()
}

/// Returns the changes that resources of one group have in common, where listing them once is shorter.
pub(super) fn repeated<'i, 'p>(items: &'i [Item<'p>]) -> Vec<Repeated<'i, 'p>> {
    let mut owners: IndexMap<&'i Property<'p>, Vec<&'p str>> = IndexMap::new();
    for item in items {
        for property in &item.properties {
            let ids = owners.entry(property).or_default();
            if ids.last() != Some(&item.logical_id) {
                ids.push(item.logical_id);
            }
        }
    }
    let mut groups: IndexMap<Vec<&'p str>, Vec<&'i Property<'p>>> = IndexMap::new();
    for (property, ids) in owners {
        if ids.len() > 1 {
            groups.entry(ids).or_default().push(property);
        }
    }
    // Each resource saves its lines; the list costs a line for the names and one for each change.
    let is_shorter = |ids: &[&str], count: usize| ids.len() * count > count + 1;
    groups
        .into_iter()
        .filter(|(ids, properties)| is_shorter(ids, properties.len()))
        .map(|(ids, properties)| Repeated { ids, properties })
        .collect()
}
