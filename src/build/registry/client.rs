//! The client of a registry: tags, manifests, blobs and deletion.

use std::collections::BTreeSet;

use serde::Deserialize;
use ureq::http::StatusCode;

use super::credentials::Credentials;
use super::digest::{is_digest, verify};
use super::error::RegistryError;
use super::manifest::Manifest;
use super::name::{NameError, server_address};
use super::transport::{LIST_LIMIT_BYTES, Method, Options, Response, Transport};

/// The largest manifest to read, in bytes: the specification requires registries to accept at least 4 MiB.
const MANIFEST_LIMIT_BYTES: u64 = 8 << 20;

/// How many tags to request at a time.
const PAGE: u32 = 500;

/// The maximum number of pages of tags; registries may return fewer tags than requested.
const PAGES: usize = 2000;

/// The maximum number of tags of a repository.
const TAGS: usize = 500_000;

/// The longest query for a page of tags.
const QUERY_BYTES: usize = 4096;

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
    /// Returns an error if the host or the certificates in the options are invalid.
    pub fn new(host: &str, options: Options, credentials: Option<Credentials>) -> Result<Self, RegistryError> {
        let invalid = || RegistryError::Name(NameError::Name(format!("`{host}` is not the host of a registry")));
        let mut address = server_address(host).ok_or_else(invalid)?;
        let transport = Transport::new(host, options, credentials)?;
        if transport.allows_http() {
            address.set_scheme("http").map_err(|()| invalid())?;
        }
        Ok(Self { transport, base: format!("{address}v2/") })
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
        let invalid = |message: &str| transport.invalid_response("a list of tags", message);
        let list = format!("{}{repository}/tags/list", self.base);
        let mut tags = Vec::new();
        let mut requested = BTreeSet::new();
        let mut next = Some(format!("n={PAGE}"));
        transport.start();
        while let Some(query) = next.take() {
            let mut response = transport.send(Method::Get, &format!("{list}?{query}"), repository, "pull", &action)?;
            if response.status == StatusCode::NOT_FOUND {
                // A repository without tags has an empty list.
                return Ok(None);
            }
            transport.expect(&mut response, &[StatusCode::OK], &action)?;
            let body = transport.body(&mut response, LIST_LIMIT_BYTES, "a list of tags")?;
            let page: Page = serde_json::from_slice(&body).map_err(|error| invalid(&error.to_string()))?;
            tags.extend(page.tags.unwrap_or_default());
            next = next_page(&response);
            if next.as_ref().is_some_and(|next| next.len() > QUERY_BYTES) {
                return Err(invalid("the address of its next page is too long"));
            }
            requested.insert(query);
            if next.as_ref().is_some_and(|next| requested.contains(next)) {
                return Err(invalid("its pages link to each other in a cycle"));
            }
            if requested.len() >= PAGES && next.is_some() {
                return Err(transport.limit_exceeded(format!("the list of tags has more than {PAGES} pages")));
            }
            if tags.len() > TAGS {
                return Err(transport.limit_exceeded(format!("the repository has more than {TAGS} tags")));
            }
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
        self.transport.start();
        let mut response = self.transport.send(Method::Head, &self.manifest_address(repository, reference), repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.transport.expect(&mut response, &[StatusCode::OK], &action)?;
        match content_digest(&response) {
            Some(digest) if is_digest(reference) && digest != reference => {
                Err(self.transport.invalid_response("the manifest", &format!("its digest is {digest}, not {reference}")))
            }
            Some(digest) => Ok(Some(digest)),
            // The header is optional.
            None => Ok(self.read_manifest(repository, reference)?.map(|manifest| manifest.digest)),
        }
    }

    /// Returns the manifest of a tag or digest, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, or if the manifest does not have the requested digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        self.transport.start();
        self.read_manifest(repository, reference)
    }

    fn read_manifest(&self, repository: &str, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        let transport = &self.transport;
        let action = format!("read the manifest of `{repository}:{reference}`");
        let mut response = transport.send(Method::Get, &self.manifest_address(repository, reference), repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        transport.expect(&mut response, &[StatusCode::OK], &action)?;
        let media_type = response.headers.get("content-type").and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let bytes = transport.body(&mut response, MANIFEST_LIMIT_BYTES, "a manifest")?;
        let requested = is_digest(reference).then(|| reference.to_owned());
        for digest in requested.iter().chain(&content_digest(&response)) {
            verify(digest, &bytes).map_err(|message| transport.invalid_response("the manifest", &message))?;
        }
        let manifest = Manifest::read(&bytes, media_type.as_deref()).map_err(|error| transport.invalid_response("a manifest", &error))?;
        Ok(Some(match requested {
            Some(digest) => Manifest { digest, ..manifest },
            None => manifest,
        }))
    }

    /// Returns a blob of at most `limit_bytes`, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, or if the blob is larger or does not have the requested digest.
    pub fn blob(&self, repository: &str, digest: &str, limit_bytes: u64) -> Result<Option<Vec<u8>>, RegistryError> {
        let transport = &self.transport;
        let action = format!("read {digest} of `{repository}`");
        transport.start();
        let address = format!("{}{repository}/blobs/{digest}", self.base);
        let mut response = transport.send(Method::Get, &address, repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        transport.expect(&mut response, &[StatusCode::OK], &action)?;
        let bytes = transport.body(&mut response, limit_bytes, "a blob")?;
        verify(digest, &bytes).map_err(|message| transport.invalid_response("the blob", &message))?;
        Ok(Some(bytes))
    }

    /// Gives the manifest of one tag another tag, too; returns whether the first one exists.
    ///
    /// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests>
    ///
    /// # Errors
    ///
    /// Returns an error if a request fails, such as for an immutable tag that exists.
    pub fn tag(&self, repository: &str, from: &str, to: &str) -> Result<bool, RegistryError> {
        let transport = &self.transport;
        transport.start();
        let action = format!("read the manifest of `{repository}:{from}`");
        let mut response = transport.send(Method::Get, &self.manifest_address(repository, from), repository, "pull", &action)?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        transport.expect(&mut response, &[StatusCode::OK], &action)?;
        let media_type = response.headers.get("content-type").and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let bytes = transport.body(&mut response, MANIFEST_LIMIT_BYTES, "a manifest")?;
        if let Some(digest) = content_digest(&response) {
            verify(&digest, &bytes).map_err(|message| transport.invalid_response("the manifest", &message))?;
        }
        let manifest = Manifest::read(&bytes, media_type.as_deref()).map_err(|error| transport.invalid_response("a manifest", &error))?;
        let action = format!("tag an image `{repository}:{to}`");
        let put = Method::Put(&bytes, &manifest.media_type);
        let mut response = transport.send(put, &self.manifest_address(repository, to), repository, "push", &action)?;
        transport.expect(&mut response, &[StatusCode::CREATED, StatusCode::OK, StatusCode::ACCEPTED], &action).map(|()| true)
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
        transport.start();
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
}

/// Returns the digest that a response names, if it is valid. Every other digest is calculated.
fn content_digest(response: &Response) -> Option<String> {
    let header = response.headers.get("docker-content-digest")?.to_str().ok()?;
    is_digest(header).then(|| header.to_owned())
}

/// Returns the query for the next page from a `Link` header: `</v2/a/tags/list?n=1&last=b>; rel="next"`.
///
/// Host and path are ignored, since the next page is one of the same list.
fn next_page(response: &Response) -> Option<String> {
    let header = response.headers.get("link")?.to_str().ok()?;
    header.split(',').find_map(|link| {
        let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        let query = address.split_once('?')?.1.split('#').next().unwrap_or_default();
        is_next.then(|| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(url::form_urlencoded::parse(query.as_bytes())).finish()
        })
    })
}
