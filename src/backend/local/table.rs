//! The tables of the store.

use redb::TableDefinition;

/// A table; keys are parts joined by `/`.
#[derive(Clone, Copy)]
pub(super) struct Table(&'static str);

impl Table {
    /// `NAME` -> [`StackRecord`](super::record::StackRecord).
    pub(super) const STACKS: Self = Self("stacks");
    /// `STACK ID/LOGICAL ID` -> [`ResourceRecord`](super::record::ResourceRecord).
    pub(super) const RESOURCES: Self = Self("resources");
    /// `STACK ID/NUMBER` -> [`StackEvent`](crate::cloudformation::StackEvent).
    pub(super) const EVENTS: Self = Self("events");
    /// `STACK ID/NAME` -> [`ChangeSetRecord`](super::record::ChangeSetRecord).
    pub(super) const CHANGE_SETS: Self = Self("change-sets");
    /// `ID` -> [`RefactorRecord`](super::record::RefactorRecord).
    pub(super) const REFACTORS: Self = Self("refactors");
    /// SHA-256 -> the text of a template.
    pub(super) const TEMPLATES: Self = Self("templates");
    /// `TYPE/PHYSICAL ID` -> [`AccountRecord`](super::record::AccountRecord): every physical resource, including retained ones.
    pub(super) const ACCOUNT: Self = Self("account");
    /// Counters and the format's version.
    pub(super) const META: Self = Self("meta");

    /// Returns its name.
    pub(super) fn name(self) -> &'static str {
        self.0
    }

    pub(super) fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.0)
    }
}

/// The version of the records; a store with a later version is refused.
pub(super) const FORMAT_VERSION: u64 = 1;
/// The key of the number of changes since the store was created.
pub(super) const GENERATION: &str = "generation";
