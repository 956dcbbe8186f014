//! The output of `rackform build cache gc`.

use serde::Serialize;

use super::{bytes, manifests, notes};
use crate::build::cache_maintenance::{Inventory, PruneDecision, Size};
use crate::ui::visible::visible;
use crate::ui::{Layout, styled};

/// The manifests that are deleted and those that are kept.
#[derive(Clone, Debug, Serialize)]
pub struct Removal {
    repository: String,
    /// Whether nothing was deleted.
    dry_run: bool,
    removed: Vec<DecisionView>,
    kept: Vec<DecisionView>,
    /// The manifests that could not be deleted, with the reason.
    pub failed: Vec<DecisionView>,
    /// Bytes that no kept manifest references.
    freed_bytes: u64,
    notes: Vec<String>,
}

/// A manifest with the reason for the decision.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionView {
    digest: String,
    tags: Vec<String>,
    size_bytes: u64,
    reason: String,
}

impl Removal {
    /// Returns the view before the deletion, as for a dry run.
    #[must_use]
    pub fn preview(&self) -> Self {
        Self { dry_run: true, ..self.clone() }
    }

    /// Returns the view of the decisions.
    pub fn new(inventory: &Inventory, decisions: &[PruneDecision<'_>], dry_run: bool) -> Self {
        let view = |decision: &PruneDecision<'_>| DecisionView {
            digest: decision.entry.digest.clone(),
            tags: decision.entry.tags.clone(),
            size_bytes: decision.entry.size_bytes,
            reason: decision.reason.clone(),
        };
        let (removed, kept): (Vec<_>, Vec<_>) = decisions.iter().partition(|decision| decision.is_removed);
        let remaining = Inventory { entries: kept.iter().map(|decision| decision.entry.clone()).collect(), ..inventory.clone() };
        let mut notes = inventory.notes.clone();
        if removed.iter().any(|decision| decision.entry.storage.is_archive()) {
            // Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
            notes.push("AWS charges at least 90 days of storage for an archived image, also if it is deleted earlier".to_owned());
        }
        Self {
            repository: inventory.repository.clone(),
            dry_run,
            removed: removed.into_iter().map(view).collect(),
            kept: kept.into_iter().map(view).collect(),
            failed: Vec::new(),
            freed_bytes: Size::of(inventory).stored_bytes.saturating_sub(Size::of(&remaining).stored_bytes),
            notes,
        }
    }

    /// Returns the digests to delete.
    pub fn digests(&self) -> Vec<String> {
        self.removed.iter().map(|entry| entry.digest.clone()).collect()
    }

    /// Moves entries that could not be deleted to `failed`. `failures` are their digests and reasons.
    pub fn fail(&mut self, failures: &[(String, String)]) {
        let (failed, removed) =
            std::mem::take(&mut self.removed).into_iter().partition(|entry| failures.iter().any(|(digest, _)| *digest == entry.digest));
        self.removed = removed;
        self.failed = failed;
        for failed in &mut self.failed {
            if let Some((_, reason)) = failures.iter().find(|(digest, _)| *digest == failed.digest) {
                reason.clone_into(&mut failed.reason);
            }
        }
    }

    /// Adds a note.
    pub fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Returns the confirmation prompt.
    pub fn question(&self) -> String {
        format!("Delete {} from {}?", manifests(self.removed.len()), self.repository)
    }
}

/// Formats the deleted and kept manifests.
pub fn removal(removal: &Removal, layout: Layout) -> String {
    format_removal(removal, true, layout)
}

/// Formats only the failures and the summary of a removal, for a removal whose preview was already shown.
pub fn removal_done(removal: &Removal, layout: Layout) -> String {
    format_removal(removal, false, layout)
}

fn format_removal(removal: &Removal, with_entries: bool, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = String::new();
    let mut line = |sign: &str, style, entry: &DecisionView| {
        let name = if entry.tags.is_empty() { entry.digest.chars().take(19).collect() } else { entry.tags.join(", ") };
        let name = visible(&name).into_owned();
        text.push_str(&format!("{} {name}  {:>9}  {}\n", styled(style, sign), bytes(entry.size_bytes), styled(styles.dim, &entry.reason)));
    };
    removal.removed.iter().filter(|_| with_entries).for_each(|entry| line("-", styles.remove, entry));
    removal.failed.iter().for_each(|entry| line("!", styles.alarm, entry));
    removal.kept.iter().filter(|_| with_entries).for_each(|entry| line(" ", styles.dim, entry));
    if !text.is_empty() {
        text.push('\n');
    }
    let verb = if removal.dry_run { "would be deleted" } else { "deleted" };
    let failed = if removal.failed.is_empty() { String::new() } else { format!(", {} not deleted", removal.failed.len()) };
    let summary = format!(
        "{}: {} {verb}, {}{failed}, {} kept",
        removal.repository,
        removal.removed.len(),
        bytes(removal.freed_bytes),
        removal.kept.len()
    );
    text.push_str(&format!("{}\n", styled(styles.strong, summary)));
    text + &notes(&removal.notes, layout)
}
