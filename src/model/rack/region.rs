//! Conditions on what the region supports; `templates/mappings.json.j2` has the table.

use crate::model::condition::Condition;
use crate::model::name::ConditionName;
use crate::model::reference::region;
use crate::model::sections::Sections;
use crate::model::value::Value;

/// The region supports EFS.
pub(super) const HAS_EFS: ConditionName = ConditionName::new("RegionHasEFS");

pub(super) fn declare(rack: &mut Sections) {
    rack.condition(&HAS_EFS, &region_has("EFS"));
}

/// Returns the condition that the table has `Yes` for the stack's region.
pub(super) fn region_has(column: &str) -> Condition {
    Condition::Equals(Value::find_in_map("RegionConfig", region(), column), "Yes".into())
}
