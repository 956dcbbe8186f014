//! The output of `rackform build cache ls`.

use serde::Serialize;

use super::{bytes, notes};
use crate::build::cache_maintenance::{Age, Entry, Expiry, Inventory, LifecycleAction};
use crate::build::registry::ecr::ImageStorage;
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
    /// When it was archived, if it is: it cannot be pulled until it is restored or pushed again. An empty text if the time is unknown.
    archived_at: Option<String>,
    /// The lifecycle policy rule that would expire it, with the reason.
    expires: Option<String>,
    /// The lifecycle policy rule that would archive it, with the reason.
    archives: Option<String>,
    #[serde(skip)]
    age: Option<Age>,
}

impl Listing {
    /// Returns the view of an inventory.
    pub fn new(inventory: &Inventory, expiries: &[Expiry<'_>], now: jiff::Timestamp) -> Self {
        let rule = |entry: &Entry, action: LifecycleAction| {
            let found = expiries.iter().find(|expiry| expiry.entry.digest == entry.digest && expiry.action == action)?;
            Some(format!("rule {}: {}", found.rule, found.reason))
        };
        let view = |entry: &Entry| EntryView {
            digest: entry.digest.clone(),
            tags: entry.tags.clone(),
            kind: entry.kind(),
            size_bytes: entry.size_bytes,
            at: entry.pushed_or_created_at.map(|at| at.to_string()),
            pulled_at: entry.pulled_at.map(|at| at.to_string()),
            archived_at: match entry.storage {
                ImageStorage::Standard => None,
                ImageStorage::Archive { since, .. } => Some(since.map(|at| at.to_string()).unwrap_or_default()),
            },
            expires: rule(entry, LifecycleAction::Expire),
            archives: rule(entry, LifecycleAction::Archive),
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
        let archived = entry.archived_at.as_ref().map(|at| {
            let since = if at.is_empty() { String::new() } else { format!(" at {at}") };
            format!("archived{since}: cannot be pulled until it is restored or pushed again")
        });
        let expires = entry.expires.as_ref().map(|rule| format!("expires under {rule}"));
        let archives = entry.archives.as_ref().map(|rule| format!("is archived under {rule}"));
        for warning in [archived, expires, archives].into_iter().flatten() {
            text.push_str(&format!("          {}\n", styled(styles.warning, warning)));
        }
    }
    text + &notes(&listing.notes, layout)
}
