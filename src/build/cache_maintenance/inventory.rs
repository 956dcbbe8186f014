//! What a repository holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::registry::{Blob, Manifest};
use super::tag::CacheTag;

/// A manifest in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its digest.
    pub digest: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// When it was pushed; where a registry does not tell, when it says it was made.
    pub at: Option<Timestamp>,
    /// When it was last pulled, where the registry tells.
    pub pulled_at: Option<Timestamp>,
    /// How much it takes in bytes by itself, with what it shares with others.
    pub size_bytes: u64,
    /// What it consists of; `None` where its manifest could not be read.
    pub blobs: Option<Vec<Blob>>,
    /// Digests of the manifests that it leads to.
    pub children: Vec<String>,
    /// What kind of manifest it is.
    pub media_type: String,
}

/// What a repository holds, and how far that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The repository.
    pub repository: String,
    /// Its manifests, by their first tag and digest.
    pub entries: Vec<Entry>,
    /// Whether times are those of the push; else those that images have in themselves.
    pub has_push_times: bool,
    /// What to know of it.
    pub notes: Vec<String>,
}

impl Entry {
    /// Returns an entry of a manifest that was read.
    pub fn of(manifest: &Manifest, tags: Vec<String>, at: Option<Timestamp>) -> Self {
        let blobs: Vec<Blob> = distinct(manifest.blobs());
        Self {
            digest: manifest.digest.clone(),
            tags,
            at,
            pulled_at: None,
            size_bytes: manifest.size_bytes + blobs.iter().map(|blob| blob.size_bytes).sum::<u64>(),
            children: manifest.children().map(|child| child.digest.clone()).collect(),
            blobs: Some(blobs),
            media_type: manifest.media_type.clone(),
        }
    }

    /// Returns the tags that no cache made: as long as there is one, nothing is removed.
    pub fn non_cache_tags(&self) -> Vec<&str> {
        let is_image = self.tags.iter().any(|tag| CacheTag::of(tag) == CacheTag::Image);
        let is_foreign = |tag: &&String| match CacheTag::of(tag) {
            CacheTag::Other => true,
            // `build image` moves it along with the newest key; anywhere else it is somebody's image.
            CacheTag::Latest => !is_image,
            CacheTag::Service(_) | CacheTag::Layer | CacheTag::Image => false,
        };
        self.tags.iter().filter(is_foreign).map(String::as_str).collect()
    }

    /// Returns a word for what it is.
    pub fn kind(&self) -> &'static str {
        if !self.non_cache_tags().is_empty() {
            return CacheTag::Other.word();
        }
        let first = self.tags.iter().map(|tag| CacheTag::of(tag)).find(|tag| *tag != CacheTag::Latest);
        first.map_or("untagged", |tag| tag.word())
    }

    /// Returns what to call it: its tags, else the start of its digest.
    pub fn name(&self) -> String {
        if self.tags.is_empty() { self.digest.chars().take(19).collect() } else { self.tags.join(", ") }
    }
}

impl Inventory {
    /// Returns an inventory in order.
    pub fn new(repository: String, mut entries: Vec<Entry>, has_push_times: bool, notes: Vec<String>) -> Self {
        entries.sort_by(|a, b| (a.tags.is_empty(), a.tags.first(), &a.digest).cmp(&(b.tags.is_empty(), b.tags.first(), &b.digest)));
        Self { repository, entries, has_push_times, notes }
    }

    /// Returns the digests that some manifest here leads to.
    pub fn parents(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for entry in &self.entries {
            for child in &entry.children {
                parents.entry(child).or_default().push(&entry.digest);
            }
        }
        parents
    }
}

/// Returns blobs, none twice.
fn distinct<'b>(blobs: impl Iterator<Item = &'b Blob>) -> Vec<Blob> {
    let mut seen = BTreeSet::new();
    blobs.filter(|blob| seen.insert(blob.digest.clone())).cloned().collect()
}
