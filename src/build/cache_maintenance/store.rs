//! Where a cache is kept, as far as its life goes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::registry::ecr::EcrService;
use super::super::registry::{Client, Manifest, RegistryError, Repository};
use super::inventory::{Entry, Inventory};
use crate::backend::BackendError;

/// The largest configuration that is read for its time, in bytes.
const CONFIG_LIMIT_BYTES: u64 = 16 << 20;

/// A repository that holds a cache.
pub trait Store {
    /// Returns everything that is in it.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be asked, or is not there.
    fn inventory(&self) -> Result<Inventory, StoreError>;

    /// Returns the lifecycle policy in force as JSON text; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be asked.
    fn lifecycle_policy(&self) -> Result<Option<String>, StoreError>;

    /// Removes manifests with all their tags, and returns those that stay with why; those that lead to others come first.
    ///
    /// # Errors
    ///
    /// Returns that nothing can be removed there.
    fn remove(&self, digests: &[String]) -> Result<Vec<(String, String)>, StoreError>;

    /// Returns the region whose prices hold, `None` where the registry is nobody's that is known.
    fn region(&self) -> Option<String>;

    /// Returns what to know after a removal.
    fn after_removal(&self) -> Option<&'static str> {
        None
    }
}

/// Why a cache's repository could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such repository.
    #[error("there is no repository `{0}`")]
    NoRepository(String),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// AWS failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// A repository in any registry, by the OCI distribution API.
#[derive(Debug)]
pub struct RegistryStore {
    client: Client,
    repository: Repository,
}

impl RegistryStore {
    /// Returns the store of a repository.
    pub fn new(client: Client, repository: Repository) -> Self {
        Self { client, repository }
    }

    /// Returns when a manifest was made, as its annotations or its configuration tell.
    fn made(&self, manifest: &Manifest) -> Result<Option<Timestamp>, RegistryError> {
        if let Some(created) = &manifest.created {
            return Ok(time(created));
        }
        let blobs = manifest.config.iter().chain(manifest.parts());
        let Some(config) =
            blobs.into_iter().find(|blob| blob.media_type.contains("config")).filter(|config| config.size_bytes <= CONFIG_LIMIT_BYTES)
        else {
            return Ok(None);
        };
        let Some(bytes) = self.client.blob(&self.repository.name, &config.digest, CONFIG_LIMIT_BYTES)? else { return Ok(None) };
        let Ok(config) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return Ok(None) };
        Ok(config.get("created").and_then(serde_json::Value::as_str).and_then(time).or_else(|| latest(&config)))
    }
}

impl Store for RegistryStore {
    fn inventory(&self) -> Result<Inventory, StoreError> {
        let name = &self.repository.name;
        let Some(tags) = self.client.tags(name)? else { return Err(StoreError::NoRepository(self.repository.to_string())) };
        let mut tagged: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut manifests: BTreeMap<String, Manifest> = BTreeMap::new();
        for tag in tags {
            // A tag may go while others are looked at.
            let Some(manifest) = self.client.manifest(name, &tag)? else { continue };
            tagged.entry(manifest.digest.clone()).or_default().push(tag);
            manifests.insert(manifest.digest.clone(), manifest);
        }
        let mut left: Vec<String> = manifests.values().flat_map(|manifest| manifest.children().map(|child| child.digest.clone())).collect();
        while let Some(digest) = left.pop() {
            if manifests.contains_key(&digest) {
                continue;
            }
            let Some(manifest) = self.client.manifest(name, &digest)? else { continue };
            left.extend(manifest.children().map(|child| child.digest.clone()));
            manifests.insert(digest, manifest);
        }
        let mut entries = Vec::new();
        for manifest in manifests.values() {
            let tags = tagged.remove(&manifest.digest).unwrap_or_default();
            entries.push(Entry::of(manifest, tags, self.made(manifest)?));
        }
        let notes = vec![
            "a registry tells neither when something was pushed nor what no tag names: ages are those that images have in themselves"
                .to_owned(),
        ];
        Ok(Inventory::new(self.repository.to_string(), entries, false, notes))
    }

    fn lifecycle_policy(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    fn remove(&self, digests: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        let mut kept = Vec::new();
        for digest in digests {
            match self.client.delete(&self.repository.name, digest) {
                Ok(_) => {}
                // One that refuses this one may take the next; one that deletes nothing, or is gone, will not.
                Err(RegistryError::Refused { message, .. }) => kept.push((digest.clone(), message)),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(kept)
    }

    fn region(&self) -> Option<String> {
        super::super::registry::EcrHost::parse(&self.repository.host).map(|ecr| ecr.region)
    }

    fn after_removal(&self) -> Option<&'static str> {
        Some("the registry frees the space of layers when it next collects garbage")
    }
}

/// A repository of an account's ECR.
pub struct EcrStore {
    ecr: Box<dyn EcrService>,
    name: String,
}

impl std::fmt::Debug for EcrStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EcrStore").field("name", &self.name).finish_non_exhaustive()
    }
}

impl EcrStore {
    /// Returns the store of a repository by its name.
    pub fn new(ecr: Box<dyn EcrService>, name: String) -> Self {
        Self { ecr, name }
    }
}

impl Store for EcrStore {
    fn inventory(&self) -> Result<Inventory, StoreError> {
        let Some(images) = self.ecr.images(&self.name)? else { return Err(StoreError::NoRepository(self.name.clone())) };
        let digests: Vec<String> = images.iter().map(|image| image.digest.clone()).collect();
        let mut notes = Vec::new();
        // Sizes come without them too, only that shared layers count more than once.
        let manifests = match self.ecr.manifests(&self.name, &digests) {
            Ok(manifests) => manifests,
            Err(BackendError::Request { code: Some(code), message, .. }) if is_denied(&code) => {
                notes.push(format!("layers cannot be told apart without ecr:BatchGetImage: {message}"));
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        let manifests: BTreeMap<&str, &Manifest> = manifests.iter().map(|manifest| (manifest.digest.as_str(), manifest)).collect();
        let entries = images
            .into_iter()
            .map(|image| {
                let mut tags = image.tags;
                tags.sort();
                let read = manifests.get(image.digest.as_str()).map(|manifest| Entry::of(manifest, tags.clone(), image.pushed_at));
                let known = read.unwrap_or(Entry {
                    digest: image.digest,
                    tags,
                    at: image.pushed_at,
                    pulled_at: None,
                    size_bytes: image.size_bytes,
                    blobs: None,
                    children: Vec::new(),
                    media_type: image.media_type,
                });
                Entry { pulled_at: image.pulled_at, ..known }
            })
            .collect();
        Ok(Inventory::new(self.name.clone(), entries, true, notes))
    }

    fn lifecycle_policy(&self) -> Result<Option<String>, StoreError> {
        Ok(self.ecr.lifecycle_policy(&self.name)?)
    }

    fn remove(&self, digests: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        let kept = self.ecr.delete_images(&self.name, digests)?;
        // An image that an index leads to cannot go in the same call as the index.
        let (again, mut kept): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(_, reason)| reason.to_lowercase().contains("reference"));
        if !again.is_empty() {
            let again: Vec<String> = again.into_iter().map(|(digest, _)| digest).collect();
            kept.extend(self.ecr.delete_images(&self.name, &again)?);
        }
        Ok(kept)
    }

    fn region(&self) -> Option<String> {
        Some(self.ecr.region())
    }
}

/// Tells whether a code says that whoever asks may not.
pub(super) fn is_denied(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized")
}

/// Reads a time; the epoch, which reproducible images have, is none.
fn time(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|time| time.as_second() > 0)
}

/// Returns the latest `createdAt` in a BuildKit cache's configuration, which every record of it has.
///
/// Source: <https://github.com/moby/buildkit/blob/master/cache/remotecache/v1/spec.go>
fn latest(config: &serde_json::Value) -> Option<Timestamp> {
    match config {
        serde_json::Value::Object(members) => {
            let own = members.get("createdAt").and_then(serde_json::Value::as_str).and_then(time);
            members.values().filter_map(latest).chain(own).max()
        }
        serde_json::Value::Array(items) => items.iter().filter_map(latest).max(),
        _ => None,
    }
}
