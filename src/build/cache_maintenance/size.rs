//! How much a repository holds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inventory::Inventory;

/// How much a repository holds, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// What is stored: each layer once, however many share it.
    pub stored_bytes: u64,
    /// What the manifests add up to, a shared layer with each of them.
    pub added_up_bytes: u64,
    /// Whether everything could be looked into; else `stored_bytes` counts some layers more than once.
    pub is_exact: bool,
    /// How many manifests there are.
    pub manifests: usize,
    /// How many distinct blobs there are.
    pub blobs: usize,
    /// By kind of tag: what those would take alone, layers that several kinds share with each.
    pub by_kind: BTreeMap<&'static str, KindSize>,
}

/// How much one kind takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KindSize {
    /// How many manifests.
    pub manifests: usize,
    /// Bytes, each layer once.
    pub bytes: u64,
}

impl Size {
    /// Adds up what an inventory holds.
    pub fn of(inventory: &Inventory) -> Self {
        let mut size = Self { is_exact: true, manifests: inventory.entries.len(), ..Self::default() };
        let mut blobs: BTreeMap<&str, u64> = BTreeMap::new();
        let mut of_kind: BTreeMap<&'static str, BTreeMap<&str, u64>> = BTreeMap::new();
        for entry in &inventory.entries {
            size.added_up_bytes += entry.size_bytes;
            let kind = entry.kind();
            size.by_kind.entry(kind).or_default().manifests += 1;
            let mut own = vec![];
            match &entry.blobs {
                Some(parts) => {
                    let of_parts: u64 = parts.iter().map(|blob| blob.size_bytes).sum();
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
        size.stored_bytes = blobs.values().sum();
        for (kind, blobs) in of_kind {
            size.by_kind.entry(kind).or_default().bytes = blobs.values().sum();
        }
        size
    }
}
