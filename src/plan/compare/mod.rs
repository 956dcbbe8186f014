//! Comparison of the two templates.
//!
//! Takes a [`PlanningContext`](super::context::PlanningContext). [`propagate`](mod@propagate) visits resources in dependency order and
//! returns the [`ChangedResources`] with their [`Difference`]s, and the verdicts that these rest on. [`Comparison`] answers whether one
//! value or reference changes; a `Resolver` turns values into the JSON that change sets show. The change set, the effects and the risks
//! that follow from the differences are left to the other modules of `plan`.

mod comparison;
mod difference;
mod drift;
mod order;
mod outcome;
mod propagate;
mod resolve;

pub(super) use comparison::Comparison;
pub(super) use difference::Difference;
pub(super) use drift::{has_drifted, is_only_drift, resources_synced_with_actual, synced_paths};
pub(super) use outcome::{ChangeCertainty, Outcome, Verdict};
pub(super) use propagate::{ChangedResources, ModifiedResource, propagate};
pub(super) use resolve::{Viewpoint, has_unknown, text};
