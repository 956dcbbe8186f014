//! The budget of one plan: the memory of what it lists, and the references that it follows.
//!
//! A change of one value that everything refers to changes everything, and each difference is listed with its values, its causes and its
//! context. So what a plan keeps is paid for, at the resource that requires it. A plan beyond the budget is refused, since a part of it
//! would hide what the rest does.

use std::cell::Cell;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Source, Span};

/// Most bytes of what a plan lists: differences, details, causes, and the properties before and after, roughly as they take memory.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Most bytes of values that are listed again, with another cause of the same change. Further details have no values.
const MOST_REPEATED_BYTES: usize = 8 * 1024 * 1024;

/// Most references and blocks of text that all values together follow to the properties of other resources. What is beyond it is unknown.
const MOST_FOLLOWED: usize = 1_000_000;

/// The text that counts as much as one followed reference.
const FOLLOWED_BLOCK: usize = 64;

/// What one plan may still list and follow.
#[derive(Debug)]
pub(super) struct Limits {
    left: Cell<usize>,
    repeated: Cell<usize>,
    followed: Cell<usize>,
    exceeded_at: Cell<Option<Span>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            left: Cell::new(MOST_BYTES),
            repeated: Cell::new(MOST_REPEATED_BYTES),
            followed: Cell::new(MOST_FOLLOWED),
            exceeded_at: Cell::new(None),
        }
    }
}

impl Limits {
    /// Pays for something that the plan lists, and returns whether that is possible. `place` is the resource that requires it.
    pub(super) fn may_list(&self, bytes: usize, place: Span) -> bool {
        match self.left.get().checked_sub(bytes) {
            Some(left) => self.left.set(left),
            None => {
                self.left.set(0);
                self.exceeded_at.set(self.exceeded_at.get().or(Some(place)));
            }
        }
        !self.is_exceeded()
    }

    /// Returns whether values may be listed again, and pays for them.
    pub(super) fn may_repeat(&self, bytes: usize) -> bool {
        let left = self.repeated.get().checked_sub(bytes);
        self.repeated.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Returns whether a reference to so much text may be followed, and pays for it.
    pub(super) fn may_follow(&self, bytes: usize) -> bool {
        let left = self.followed.get().checked_sub(1 + bytes / FOLLOWED_BLOCK);
        self.followed.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Returns whether the plan lists too much.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded_at.get().is_some()
    }

    /// Returns the problem, if the plan lists too much. Places are in the new template.
    pub(super) fn problem(&self, template: &Source) -> Option<Diagnostic> {
        let place = self.exceeded_at.get()?;
        let message = format!("the update changes too much to list: more than {} MB", MOST_BYTES / (1024 * 1024));
        let problem = Diagnostic::error("too-many-changes", message).at(template, place, "reached here");
        Some(problem.hinted("make the change in several updates, or split the template"))
    }
}

/// Returns the bytes that JSON takes in memory, roughly.
pub(super) fn bytes_of(json: &Json) -> usize {
    const VALUE: usize = size_of::<Json>();
    const MEMBER: usize = VALUE + size_of::<String>() + 96;
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => VALUE,
        Json::String(text) => VALUE + text.len(),
        Json::Array(items) => VALUE + items.iter().map(bytes_of).sum::<usize>(),
        Json::Object(members) => VALUE + members.iter().map(|(key, value)| MEMBER + key.len() + bytes_of(value)).sum::<usize>(),
    }
}
