//! The storage size of a repository.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inventory::Inventory;

/// The size of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// The stored bytes without archived images: each blob counts once, also if several manifests share it.
    pub stored_bytes: u64,
    /// The sum of the manifests' sizes: a shared blob counts once per manifest.
    pub added_up_bytes: u64,
    /// Whether all manifests could be read; otherwise `stored_bytes` may count a shared blob more than once.
    pub is_exact: bool,
    /// The number of manifests, archived ones included.
    pub manifests: usize,
    /// Archived images of ECR: their own sizes, added up, since their manifests cannot be read.
    pub archived: KindSize,
    /// The number of distinct blobs.
    pub blobs: usize,
    /// The size of each kind of tag by itself: a blob that several kinds share counts for each.
    pub by_kind: BTreeMap<&'static str, KindSize>,
}

/// The size of one kind of tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KindSize {
    /// The number of manifests.
    pub manifests: usize,
    /// The stored bytes, each blob once.
    pub bytes: u64,
}

impl Size {
    /// Returns the size of an inventory.
    pub fn of(inventory: &Inventory) -> Self {
        let mut size = Self { is_exact: true, manifests: inventory.entries.len(), ..Self::default() };
        let mut blobs: BTreeMap<&str, u64> = BTreeMap::new();
        let mut of_kind: BTreeMap<&'static str, BTreeMap<&str, u64>> = BTreeMap::new();
        for entry in &inventory.entries {
            size.added_up_bytes = size.added_up_bytes.saturating_add(entry.size_bytes);
            let kind = entry.kind();
            size.by_kind.entry(kind).or_default().manifests += 1;
            if entry.storage.is_archive() {
                size.archived.manifests += 1;
                size.archived.bytes = size.archived.bytes.saturating_add(entry.size_bytes);
                continue;
            }
            let mut own = vec![];
            match &entry.blobs {
                Some(parts) => {
                    let of_parts = sum(parts.iter().map(|blob| blob.size_bytes));
                    own.extend(parts.iter().map(|blob| (blob.digest.as_str(), blob.size_bytes)));
                    own.push((entry.digest.as_str(), entry.size_bytes.saturating_sub(of_parts)));
                }
                None => {
                    size.is_exact = false;
                    own.push((entry.digest.as_str(), entry.size_bytes));
                }
            }
            for (digest, bytes) in own {
                blobs.insert(digest, bytes);
                of_kind.entry(kind).or_default().insert(digest, bytes);
            }
        }
        size.blobs = blobs.len();
        size.stored_bytes = sum(blobs.values().copied());
        for (kind, blobs) in of_kind {
            size.by_kind.entry(kind).or_default().bytes = sum(blobs.values().copied());
        }
        size
    }
}

/// Adds sizes, which a registry may have invented.
fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}
