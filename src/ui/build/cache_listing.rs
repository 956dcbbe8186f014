//! The output of `rackform build cache ls`.

use serde::Serialize;

use super::{bytes, notes};
use crate::build::cache_maintenance::{Age, Entry, Expiry, Inventory};
use crate::ui::visible::visible;
use crate::ui::{Layout, styled};

/// The entries of a cache repository.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    repository: String,
    entries: Vec<EntryView>,
    notes: Vec<String>,
}

/// An entry of a cache repository.
#[derive(Clone, Debug, Serialize)]
pub struct EntryView {
    digest: String,
    tags: Vec<String>,
    /// `service`, `layer`, `image` or `untagged`; `other` for manifests that are not part of a cache.
    kind: &'static str,
    size_bytes: u64,
    /// When it was pushed or, if unknown, created; RFC 3339.
    at: Option<String>,
    pulled_at: Option<String>,
    /// The lifecycle policy rule that would expire it, with the reason.
    expires: Option<String>,
    #[serde(skip)]
    age: Option<Age>,
}

impl Listing {
    /// Returns the view of an inventory.
    pub fn new(inventory: &Inventory, expiries: &[Expiry<'_>], now: jiff::Timestamp) -> Self {
        let view = |entry: &Entry| EntryView {
            digest: entry.digest.clone(),
            tags: entry.tags.clone(),
            kind: entry.kind(),
            size_bytes: entry.size_bytes,
            at: entry.pushed_or_created_at.map(|at| at.to_string()),
            pulled_at: entry.pulled_at.map(|at| at.to_string()),
            expires: expiries
                .iter()
                .find(|expiry| expiry.entry.digest == entry.digest)
                .map(|expiry| format!("rule {}: {}", expiry.rule, expiry.reason)),
            age: entry.pushed_or_created_at.map(|at| Age::since(at, now)),
        };
        Self {
            repository: inventory.repository.clone(),
            entries: inventory.entries.iter().map(view).collect(),
            notes: inventory.notes.clone(),
        }
    }

    /// Adds a note.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

/// Formats the entries of a repository, with their tags.
pub fn listing(listing: &Listing, layout: Layout) -> String {
    let styles = layout.styles;
    if listing.entries.is_empty() {
        return format!("{}: empty\n", listing.repository);
    }
    let mut text = format!("{}\n\n", styled(styles.strong, &listing.repository));
    for entry in &listing.entries {
        let age = entry.age.map_or_else(|| "age unknown".to_owned(), |age| format!("{age} ago"));
        let digest: String = entry.digest.chars().take(19).collect();
        text.push_str(&format!("{:8}  {:>9}  {age:>14}  {}\n", entry.kind, bytes(entry.size_bytes), styled(styles.dim, digest)));
        for tag in &entry.tags {
            text.push_str(&format!("          {}\n", visible(tag)));
        }
        if let Some(expires) = &entry.expires {
            text.push_str(&format!("          {}\n", styled(styles.warning, format!("expires under {expires}"))));
        }
    }
    text + &notes(&listing.notes, layout)
}
