//! Changes that several resources have in common, which are listed once with the list of resources.

use indexmap::IndexMap;

use super::properties::Property;
use super::view::Item;

/// Changes that several resources have in common.
pub(super) struct Repeated<'i, 'p> {
    /// The logical IDs.
    pub(super) ids: Vec<&'p str>,
    /// The changes, in the order of the first resource.
    pub(super) properties: Vec<&'i Property<'p>>,
}

impl Repeated<'_, '_> {
    /// Returns whether a change of a resource is listed here.
    pub(super) fn lists(&self, id: &str, property: &Property<'_>) -> bool {
        self.ids.contains(&id) && self.properties.contains(&property)
    }
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
