//! The manifests of a repository.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::registry::ecr::ImageStorage;
use super::super::registry::{Blob, Manifest};
use super::tag::CacheTag;

/// A manifest in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The digest.
    pub digest: String,
    /// The tags, sorted.
    pub tags: Vec<String>,
    /// The push time; the image's own creation time if the registry does not report push times.
    pub pushed_or_created_at: Option<Timestamp>,
    /// The time of the last pull, if the registry reports it.
    pub pulled_at: Option<Timestamp>,
    /// The storage class; registries other than ECR have one.
    pub storage: ImageStorage,
    /// The size in bytes of the manifest and its blobs, including blobs that it shares with other manifests.
    pub size_bytes: u64,
    /// The blobs that it refers to; `None` if the manifest could not be read.
    pub blobs: Option<Vec<Blob>>,
    /// The digests of the manifests that it refers to, if it is an index.
    pub children: Vec<String>,
    /// The media type.
    pub media_type: String,
}

/// The manifests of a repository, as far as the registry reports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The repository's name.
    pub repository: String,
    /// The manifests, sorted by first tag and digest; untagged ones last.
    pub entries: Vec<Entry>,
    /// Whether [`Entry::pushed_or_created_at`] is the push time; otherwise it is the image's own creation time.
    pub has_push_times: bool,
    /// Limits of the listing that the user should know.
    pub notes: Vec<String>,
}

impl Entry {
    /// Returns the entry of a manifest that was read.
    pub fn of(manifest: &Manifest, tags: Vec<String>, pushed_or_created_at: Option<Timestamp>) -> Self {
        let blobs: Vec<Blob> = distinct(manifest.blobs());
        Self {
            digest: manifest.digest.clone(),
            tags,
            pushed_or_created_at,
            pulled_at: None,
            storage: ImageStorage::Standard,
            size_bytes: blobs.iter().fold(manifest.size_bytes, |sum, blob| sum.saturating_add(blob.size_bytes)),
            children: manifest.children().map(|child| child.digest.clone()).collect(),
            blobs: Some(blobs),
            media_type: manifest.media_type.clone(),
        }
    }

    /// Returns the tags that are not cache tags. A manifest that has one is never removed.
    pub fn non_cache_tags(&self) -> Vec<&str> {
        let is_image = self.tags.iter().any(|tag| CacheTag::of(tag) == CacheTag::Image);
        let is_not_cache = |tag: &&String| match CacheTag::of(tag) {
            CacheTag::Other => true,
            // `rackform build image` moves `latest` to the image with the newest key; without a key it is an ordinary image tag.
            CacheTag::Latest => !is_image,
            CacheTag::Service(_) | CacheTag::Layer | CacheTag::Image => false,
        };
        self.tags.iter().filter(is_not_cache).map(String::as_str).collect()
    }

    /// Returns the kind of its tags, or `untagged`.
    pub fn kind(&self) -> &'static str {
        if !self.non_cache_tags().is_empty() {
            return CacheTag::Other.name();
        }
        let first = self.tags.iter().map(|tag| CacheTag::of(tag)).find(|tag| *tag != CacheTag::Latest);
        first.map_or("untagged", |tag| tag.name())
    }

    /// Returns its display name: its tags, or the start of its digest if it is untagged.
    pub fn name(&self) -> String {
        if self.tags.is_empty() { self.digest.chars().take(19).collect() } else { self.tags.join(", ") }
    }
}

impl Inventory {
    /// Returns an inventory with sorted entries.
    pub fn new(repository: String, mut entries: Vec<Entry>, has_push_times: bool, notes: Vec<String>) -> Self {
        entries.sort_by(|a, b| (a.tags.is_empty(), a.tags.first(), &a.digest).cmp(&(b.tags.is_empty(), b.tags.first(), &b.digest)));
        Self { repository, entries, has_push_times, notes }
    }

    /// Returns the parents of each child manifest: the digests of the indexes that refer to it.
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

/// Returns each blob once.
fn distinct<'b>(blobs: impl Iterator<Item = &'b Blob>) -> Vec<Blob> {
    let mut seen = BTreeSet::new();
    blobs.filter(|blob| seen.insert(blob.digest.clone())).cloned().collect()
}
