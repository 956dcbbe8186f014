//! The client of a registry: tags, manifests, blobs and deletion.

use serde::Deserialize;
use ureq::http::StatusCode;

use super::credentials::Credentials;
use super::error::RegistryError;
use super::manifest::{Manifest, is_digest};
use super::transport::{LIST_LIMIT_BYTES, Method, Options, Transport};
use crate::text::sha256_hex;

/// The largest manifest to read, in bytes: the specification requires registries to accept at least 4 MiB.
const MANIFEST_LIMIT_BYTES: u64 = 8 << 20;

/// How many tags to request at a time.
const PAGE: u32 = 500;

/// The maximum number of pages of tags, in case the links of a registry form a cycle.
const PAGES: usize = 2000;

/// A client of one registry.
pub struct Client {
    transport: Transport,
    base: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a client of the registry at `host`. Sends no request yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the certificates in the options are invalid.
    pub fn new(host: &str, options: Options, credentials: Option<Credentials>) -> Result<Self, RegistryError> {
        // The host of Docker Hub's API differs from the one in image names.
        let server = if host == "docker.io" { "registry-1.docker.io" } else { host };
        let transport = Transport::new(host, options, credentials)?;
        let base = format!("{}://{server}/v2/", if transport.allows_http() { "http" } else { "https" });
        Ok(Self { transport, base })
    }

    /// Returns the registry's host.
    pub fn host(&self) -> &str {
        self.transport.host()
    }

    /// Returns all tags of a repository, sorted, or `None` if the repository does not exist.
    ///
    /// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags>
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub fn tags(&self, repository: &str) -> Result<Option<Vec<String>>, RegistryError> {
        #[derive(Deserialize)]
        struct Page {
            tags: Option<Vec<String>>,
        }
        let transport = &self.transport;
        let action = format!("list the tags of `{repository}`");
        let mut tags = Vec::new();
        let mut next = Some(format!("{}{repository}/tags/list?n={PAGE}", self.base));
        for _ in 0..PAGES {
            let Some(address) = next.take() else { break };
            let mut response = transport.send(Method::Get, &address, repository, "pull", &action)?;
            if response.status == StatusCode::NOT_FOUND {
                // A repository without tags has an empty list.
                return Ok(None);
            }
            transport.expect(&mut response, &[StatusCode::OK], &action)?;
            let body = transport.body(&mut response, LIST_LIMIT_BYTES, "a list of tags")?;
            let page: Page =
                serde_json::from_slice(&body).map_err(|error| transport.invalid_response("a list of tags", &error.to_string()))?;
            tags.extend(page.tags.unwrap_or_default());
            next = response.headers.get("link").and_then(|link| link.to_str().ok()).and_then(next_page).map(|path| self.resolve(&path));
        }
        tags.sort();
        tags.dedup();
        Ok(Some(tags))
    }

    /// Returns the digest of a tag without reading its manifest, or `None` if the tag does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub fn digest(&self, repository: &str, reference: &str) -> Result<Option<String>, RegistryError> {
        let action = format!("look up `{repository}:{reference}`");
        let mut response = self.transport.send(Method::Head, &self.manifest_address(repository, reference), repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.transport.expect(&mut response, &[StatusCode::OK], &action)?;
        let header = response.headers.get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        match header.filter(|digest| is_digest(digest)) {
            Some(digest) => Ok(Some(digest.to_owned())),
            // The header is optional.
            None => Ok(self.manifest(repository, reference)?.map(|manifest| manifest.digest)),
        }
    }

    /// Returns the manifest of a tag or digest, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, or if the manifest does not have the requested digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        let transport = &self.transport;
        let action = format!("read the manifest of `{repository}:{reference}`");
        let mut response = transport.send(Method::Get, &self.manifest_address(repository, reference), repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        transport.expect(&mut response, &[StatusCode::OK], &action)?;
        let media_type = response
            .headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .map(|kind| kind.split(';').next().unwrap_or(kind).trim().to_owned());
        let bytes = transport.body(&mut response, MANIFEST_LIMIT_BYTES, "a manifest")?;
        let manifest = Manifest::read(&bytes, media_type.as_deref()).map_err(|error| transport.invalid_response("a manifest", &error))?;
        if reference.starts_with("sha256:") && manifest.digest != reference {
            let message = format!("its digest is {}, not {reference}", manifest.digest);
            return Err(transport.invalid_response("the manifest", &message));
        }
        Ok(Some(manifest))
    }

    /// Returns a blob of at most `limit_bytes`, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, or if the blob is larger or does not have the requested digest.
    pub fn blob(&self, repository: &str, digest: &str, limit_bytes: u64) -> Result<Option<Vec<u8>>, RegistryError> {
        let transport = &self.transport;
        let action = format!("read {digest} of `{repository}`");
        let address = format!("{}{repository}/blobs/{digest}", self.base);
        let mut response = transport.send(Method::Get, &address, repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        transport.expect(&mut response, &[StatusCode::OK], &action)?;
        let bytes = transport.body(&mut response, limit_bytes, "a blob")?;
        if digest.strip_prefix("sha256:").is_some_and(|hex| hex != sha256_hex(&bytes)) {
            return Err(transport.invalid_response("the blob", &format!("its digest is not {digest}")));
        }
        Ok(Some(bytes))
    }

    /// Deletes a manifest with all its tags; returns whether it existed.
    ///
    /// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests>
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, or if deletion is disabled in the registry.
    pub fn delete(&self, repository: &str, digest: &str) -> Result<bool, RegistryError> {
        let transport = &self.transport;
        let action = format!("delete {digest} of `{repository}`");
        let mut response = transport.send(Method::Delete, &self.manifest_address(repository, digest), repository, "delete", &action)?;
        match response.status {
            StatusCode::NOT_FOUND => Ok(false),
            StatusCode::METHOD_NOT_ALLOWED => Err(RegistryError::DeletionDisabled { host: self.host().to_owned() }),
            _ => transport.expect(&mut response, &[StatusCode::ACCEPTED, StatusCode::OK, StatusCode::NO_CONTENT], &action).map(|()| true),
        }
    }

    fn manifest_address(&self, repository: &str, reference: &str) -> String {
        format!("{}{repository}/manifests/{reference}", self.base)
    }

    /// Returns the address of the next page, which the registry writes with or without a host. Another host is replaced with this registry.
    fn resolve(&self, path: &str) -> String {
        let root = self.base.trim_end_matches("/v2/");
        match path.strip_prefix('/') {
            Some(path) => format!("{root}/{path}"),
            None if path.starts_with(&self.base) => path.to_owned(),
            None => format!("{}{}", self.base, path.split_once("/v2/").map_or(path, |(_, path)| path)),
        }
    }
}

/// Returns the address of the next page from a `Link` header: `</v2/a/tags/list?n=1&last=b>; rel="next"`.
fn next_page(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| address.to_owned())
    })
}
