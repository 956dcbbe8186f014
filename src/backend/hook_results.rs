//! Queries for the results of hooks, and their answers.

use super::EventsUnavailable;
use crate::cloudformation::HookResult;

/// The invocations of hooks to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookQuery<'q> {
    /// Those for the change set with this ID.
    ChangeSet(&'q str),
    /// The one with this ID, which events contain.
    Invocation(&'q str),
}

/// The results of hooks.
#[derive(Debug, Default)]
pub struct HookResults {
    /// The results; those that failed have their findings.
    pub results: Vec<HookResult>,
    /// Why results or findings are missing, if so.
    pub unavailable: Option<EventsUnavailable>,
}
