//! Repositories that store a cache: any registry, or ECR.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::registry::ecr::{EcrService, ImageStorage};
use super::super::registry::{Client, Manifest, RegistryError, Repository, is_cache_config};
use super::inventory::{Entry, Inventory};
use crate::aws::RequestError;

/// The size limit of an image configuration that is read for its creation time, in bytes.
const CONFIG_LIMIT_BYTES: u64 = 16 << 20;

/// A repository that stores a cache.
pub trait Store {
    /// Returns the manifests of the repository.
    ///
    /// # Errors
    ///
    /// Returns an error if the repository does not exist or the request fails.
    fn inventory(&self) -> Result<Inventory, StoreError>;

    /// Returns the repository's lifecycle policy as JSON text, if it has one.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn lifecycle_policy(&self) -> Result<Option<String>, StoreError>;

    /// Removes manifests with all their tags, and returns those that the registry kept, each with its reason. The caller passes indexes
    /// before the manifests that they refer to.
    ///
    /// # Errors
    ///
    /// Returns an error if the registry does not support deletion or a request fails.
    fn remove(&self, digests: &[String]) -> Result<Vec<(String, String)>, StoreError>;

    /// Returns the AWS region whose prices apply; `None` if the registry is not ECR.
    fn region(&self) -> Option<String>;

    /// Returns whether other repositories of the registry may store some of the layers.
    fn shares_blobs(&self) -> bool {
        false
    }

    /// Returns a note to show after a removal.
    fn after_removal(&self) -> Option<&'static str> {
        None
    }
}

/// Why a request to a cache repository failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The repository does not exist.
    #[error("repository `{0}` does not exist")]
    NoRepository(String),
    /// A request to the registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A request to AWS failed.
    #[error(transparent)]
    Backend(#[from] RequestError),
}

/// A repository in any registry, read through the OCI distribution API.
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

    /// Returns the creation time in a manifest's annotations or its configuration.
    fn creation_time(&self, manifest: &Manifest) -> Result<Option<Timestamp>, RegistryError> {
        if let Some(created) = &manifest.created {
            return Ok(parse_time(created));
        }
        // What an image has as its configuration is one, whatever its media type. In an index, the records of a BuildKit cache have a known
        // type.
        let records = || manifest.parts().find(|part| is_cache_config(&part.media_type));
        let config = manifest.config.as_ref().or_else(records).filter(|config| config.size_bytes <= CONFIG_LIMIT_BYTES);
        let Some(config) = config else { return Ok(None) };
        let Some(bytes) = self.client.blob(&self.repository.name, &config.digest, CONFIG_LIMIT_BYTES)? else { return Ok(None) };
        let Ok(config) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return Ok(None) };
        Ok(config.get("created").and_then(serde_json::Value::as_str).and_then(parse_time).or_else(|| latest_record(&config)))
    }
}

impl Store for RegistryStore {
    fn inventory(&self) -> Result<Inventory, StoreError> {
        let name = &self.repository.name;
        let Some(tags) = self.client.tags(name)? else { return Err(StoreError::NoRepository(self.repository.to_string())) };
        let mut tagged: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut manifests: BTreeMap<String, Manifest> = BTreeMap::new();
        for tag in tags {
            // The tag may be deleted while the listing runs.
            let Some(manifest) = self.client.manifest(name, &tag)? else { continue };
            tagged.entry(manifest.digest.clone()).or_default().push(tag);
            manifests.insert(manifest.digest.clone(), manifest);
        }
        let mut pending: Vec<String> =
            manifests.values().flat_map(|manifest| manifest.children().map(|child| child.digest.clone())).collect();
        while let Some(digest) = pending.pop() {
            if manifests.contains_key(&digest) {
                continue;
            }
            let Some(manifest) = self.client.manifest(name, &digest)? else { continue };
            pending.extend(manifest.children().map(|child| child.digest.clone()));
            manifests.insert(digest, manifest);
        }
        let mut entries = Vec::new();
        for manifest in manifests.values() {
            let tags = tagged.remove(&manifest.digest).unwrap_or_default();
            entries.push(Entry::of(manifest, tags, self.creation_time(manifest)?));
        }
        let notes = vec![
            "the registry API reports neither push times nor untagged manifests: ages are the creation times recorded in the images"
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
                // A registry that refuses this digest may accept the next one; after any other error it would not.
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
        Some("the registry frees the space of layers at its next garbage collection")
    }
}

/// A repository in the account's ECR.
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
        // ECR does not return the manifests of archived images.
        let digests: Vec<String> = images.iter().filter(|image| !image.storage.is_archive()).map(|image| image.digest.clone()).collect();
        let mut notes = Vec::new();
        // Without manifests the sizes are still known, but shared layers count more than once.
        let manifests = match self.ecr.manifests(&self.name, &digests) {
            Ok(manifests) => manifests,
            Err(ref error @ RequestError::Request { ref message, .. }) if error.is_denied() => {
                notes.push(format!("shared layers count more than once without the permission ecr:BatchGetImage: {message}"));
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
                    pushed_or_created_at: image.pushed_at,
                    pulled_at: None,
                    storage: ImageStorage::Standard,
                    size_bytes: image.size_bytes,
                    blobs: None,
                    children: Vec::new(),
                    media_type: image.media_type,
                });
                Entry { pulled_at: image.pulled_at, storage: image.storage, ..known }
            })
            .collect();
        Ok(Inventory::new(self.name.clone(), entries, true, notes))
    }

    fn lifecycle_policy(&self) -> Result<Option<String>, StoreError> {
        Ok(self.ecr.lifecycle_policy(&self.name)?)
    }

    fn remove(&self, digests: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        let kept = self.ecr.delete_images(&self.name, digests)?;
        // ECR refuses to delete an image in the same call as the index that refers to it.
        let (referenced, mut kept): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|(_, reason)| reason.to_lowercase().contains("reference"));
        if !referenced.is_empty() {
            let referenced: Vec<String> = referenced.into_iter().map(|(digest, _)| digest).collect();
            kept.extend(self.ecr.delete_images(&self.name, &referenced)?);
        }
        Ok(kept)
    }

    fn region(&self) -> Option<String> {
        Some(self.ecr.region())
    }

    fn shares_blobs(&self) -> bool {
        // Without the permission to read the setting, the default applies: layers are not shared.
        self.ecr.mounts_blobs().unwrap_or(false)
    }
}

/// Parses a time; returns `None` for the epoch, which reproducible images have.
fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|time| time.as_second() > 0)
}

/// Returns the latest `createdAt` of the records in a BuildKit cache's configuration.
///
/// Source: <https://github.com/moby/buildkit/blob/master/cache/remotecache/v1/spec.go>
fn latest_record(config: &serde_json::Value) -> Option<Timestamp> {
    match config {
        serde_json::Value::Object(members) => {
            let own = members.get("createdAt").and_then(serde_json::Value::as_str).and_then(parse_time);
            members.values().filter_map(latest_record).chain(own).max()
        }
        serde_json::Value::Array(items) => items.iter().filter_map(latest_record).max(),
        _ => None,
    }
}
