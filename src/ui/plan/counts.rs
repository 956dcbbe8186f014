//! The number of resources with each effect.

use super::value::plural;

/// The number of resources with each effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) import: usize,
    pub(super) add: usize,
    pub(super) update: usize,
    pub(super) replace: usize,
    pub(super) may_replace: usize,
    /// Task definitions, function versions and launch templates that get a new revision.
    pub(super) new_revision: usize,
    pub(super) refused: usize,
    /// What cannot be known before the update.
    pub(super) unknown: usize,
    pub(super) remove: usize,
    /// The changed settings of the stack itself.
    pub(super) settings: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { import, add, update, replace, may_replace, new_revision, refused, unknown, remove, settings } = self;
        let first = if *import > 0 { format!("{import} to import, then ") } else { String::new() };
        write!(f, "Plan: {first}{add} to add, {update} to update, {replace} to replace")?;
        if *may_replace > 0 {
            write!(f, ", {may_replace} may replace")?;
        }
        write!(f, ", {remove} to remove")?;
        match new_revision {
            0 => {}
            1 => f.write_str(", 1 new revision")?,
            count => write!(f, ", {count} new revisions")?,
        }
        if *refused > 0 {
            write!(f, ", {refused} refused")?;
        }
        if *unknown > 0 {
            write!(f, ", {unknown} unknown")?;
        }
        match settings {
            0 => f.write_str("."),
            count => write!(f, ", {} of the stack itself.", plural(*count, "setting")),
        }
    }
}

impl Counts {
    /// Returns the counts that are not zero: `1 to add, 2 to update`.
    pub(super) fn brief(&self) -> String {
        let Self { import, add, update, replace, may_replace, new_revision, refused, unknown, remove, settings } = self;
        let named = [
            (refused, "refused"),
            (import, "to import"),
            (add, "to add"),
            (update, "to update"),
            (replace, "to replace"),
            (may_replace, "may replace"),
            (remove, "to remove"),
            (unknown, "unknown"),
            (new_revision, if *new_revision == 1 { "new revision" } else { "new revisions" }),
        ];
        let mut parts: Vec<String> = named.iter().filter(|(count, _)| **count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if *settings > 0 {
            parts.push(format!("{} of the stack itself", plural(*settings, "setting")));
        }
        if parts.is_empty() { "no resource changes".to_owned() } else { parts.join(", ") }
    }
}
