//! The change set that AWS would list, with property values and without.
//!
//! Takes the changed resources and their verdicts; returns a [`ChangeSet`](crate::cloudformation::ChangeSet) in the words of
//! `DescribeChangeSet`. What executing it really does is left to [`effects`](super::effects).

mod builder;
mod details;
mod hash_order;
mod policies;

pub(super) use builder::ChangeSetBuilder;
pub(super) use policies::{deletion_policy, update_replace_policy};
