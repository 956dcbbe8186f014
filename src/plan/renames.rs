//! Resources that a plan removes and adds again under another logical ID, as far as a plan can tell.

use std::collections::BTreeMap;

use super::{Plan, RiskKind};
use crate::cloudformation::{Action, ResourceChange};

/// A removed and an added resource that may be the same one. A stack refactoring would keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameOffer {
    /// The logical ID that the plan removes.
    pub old: String,
    /// The logical ID that the plan adds.
    pub new: String,
}

/// Returns the renames that a stack refactoring could do without harm, where the plan loses data or collides.
///
/// Only a single removed and a single added resource of a type can be told apart without knowing what the user means.
pub fn rename_offers(plan: &Plan) -> Vec<RenameOffer> {
    let mut by_type: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for ResourceChange { action, logical_resource_id: name, resource_type, .. } in
        plan.change_set.changes.iter().map(|change| &change.resource_change)
    {
        let (removed, added) = by_type.entry(resource_type).or_default();
        match action {
            Action::Remove => removed.push(name),
            Action::Add => added.push(name),
            _ => {}
        }
    }
    let has_risk =
        |name: &str, kind: RiskKind| plan.risks.iter().any(|risk| risk.kind == kind && risk.logical_resource_id.as_deref() == Some(name));
    let is_harmful = |old: &str, new: &str| has_risk(old, RiskKind::DataLoss) || has_risk(new, RiskKind::ReplacementCollision);
    let offers = by_type.into_values().filter_map(|(removed, added)| match (removed.as_slice(), added.as_slice()) {
        ([old], [new]) if is_harmful(old, new) => Some(RenameOffer { old: (*old).to_owned(), new: (*new).to_owned() }),
        _ => None,
    });
    offers.collect()
}
