//! The verdicts of planning: how certain a change is, and what happens to each resource.
//!
//! Every verdict exists twice, because AWS's change set and AWS's update treat references differently. A change set reads an attribute
//! of a resource that is updated in place as it is deployed now; the update itself reads it after the change.

use rustc_hash::FxHashMap;

use crate::plan::generated::Generated;

/// Whether a value changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum ChangeCertainty {
    /// The value stays the same.
    #[default]
    Unchanged,
    /// The value may change; only executing the update shows it.
    Possible,
    /// The value changes.
    Certain,
}

/// The verdict on a value: in AWS's change set, and when the change set is executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::plan) struct Verdict {
    /// What AWS's change set reports. `Possible` appears only in the list without property values.
    pub(in crate::plan) reported: ChangeCertainty,
    /// What the update does.
    pub(in crate::plan) actual: ChangeCertainty,
}

impl Verdict {
    pub(in crate::plan) const UNCHANGED: Self = Self::both(ChangeCertainty::Unchanged);
    pub(in crate::plan) const CERTAIN: Self = Self::both(ChangeCertainty::Certain);

    pub(in crate::plan) const fn both(certainty: ChangeCertainty) -> Self {
        Self { reported: certainty, actual: certainty }
    }

    pub(in crate::plan) fn max(self, other: Self) -> Self {
        Self { reported: self.reported.max(other.reported), actual: self.actual.max(other.actual) }
    }

    /// Returns whether the update changes the value, or may change it.
    pub(in crate::plan) fn is_actual(self) -> bool {
        self.actual != ChangeCertainty::Unchanged
    }
}

/// What happens to a resource of the new template, in order of impact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum Outcome {
    /// Nothing.
    #[default]
    Untouched,
    /// Updated in place if an attribute that it refers to changes.
    MayUpdate,
    /// Updated in place.
    Updated,
    /// Updated in place or replaced.
    MayReplace,
    /// Replaced.
    Replaced,
    /// Created.
    Added,
}

/// What happens to a resource: in AWS's change set, and when the change set is executed.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::plan) struct ResourceOutcome {
    /// What AWS's change set reports.
    pub(in crate::plan) reported: Outcome,
    /// What the update does.
    pub(in crate::plan) actual: Outcome,
    /// Whether a property changes, rather than only metadata or a policy.
    pub(in crate::plan) properties: bool,
    /// What the change does to other resources that SAM or a module generates from the resource.
    pub(in crate::plan) generated: Generated,
}

impl ResourceOutcome {
    pub(in crate::plan) const ADDED: Self =
        Self { reported: Outcome::Added, actual: Outcome::Added, properties: true, generated: Generated::Any };
}

/// The verdicts found so far: one outcome per resource that changes, one certainty per attribute of such a resource that something reads.
///
/// [`propagate`](mod@super::propagate) fills this in dependency order. Everything else reads it.
#[derive(Debug, Default)]
pub(in crate::plan) struct Verdicts<'a> {
    resources: FxHashMap<&'a str, ResourceOutcome>,
    attributes: FxHashMap<(&'a str, &'a str), ChangeCertainty>,
}

impl<'a> Verdicts<'a> {
    /// Returns what happens to a resource.
    pub(in crate::plan) fn outcome(&self, id: &str) -> ResourceOutcome {
        self.changed(id).unwrap_or_default()
    }

    /// Returns what happens to a resource, or `None` for one that stays as it is.
    pub(in crate::plan) fn changed(&self, id: &str) -> Option<ResourceOutcome> {
        self.resources.get(id).copied()
    }

    /// Returns whether the update changes an attribute, where that was determined.
    pub(in crate::plan) fn attribute(&self, id: &'a str, attribute: &'a str) -> Option<ChangeCertainty> {
        self.attributes.get(&(id, attribute)).copied()
    }

    /// Returns whether no resource changes.
    pub(in crate::plan) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    pub(super) fn set_outcome(&mut self, id: &'a str, outcome: ResourceOutcome) {
        self.resources.insert(id, outcome);
    }

    pub(super) fn set_attribute(&mut self, id: &'a str, attribute: &'a str, certainty: ChangeCertainty) {
        self.attributes.insert((id, attribute), certainty);
    }
}
