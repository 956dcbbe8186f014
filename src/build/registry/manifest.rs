//! Manifests of images, indexes and caches.

use serde::Deserialize;

use crate::text::sha256_hex;

/// A manifest, with the digest calculated from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its own size in bytes.
    pub size_bytes: u64,
    /// Its media type, such as `application/vnd.oci.image.manifest.v1+json`.
    pub media_type: String,
    /// Its artifact type, if it has one.
    pub artifact_type: Option<String>,
    /// The configuration of an image.
    pub config: Option<Blob>,
    /// The layers of an image.
    pub layers: Vec<Blob>,
    /// The manifests in an index.
    pub manifests: Vec<Blob>,
    /// The annotation `org.opencontainers.image.created`, if it is present.
    pub created: Option<String>,
}

/// A reference to a blob or manifest by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob {
    /// Its media type.
    #[serde(default)]
    pub media_type: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its size in bytes.
    #[serde(rename = "size")]
    pub size_bytes: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestFile {
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Blob>,
    #[serde(default)]
    layers: Vec<Blob>,
    #[serde(default)]
    manifests: Vec<Blob>,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

impl Manifest {
    /// The accepted media types: images and indexes of OCI and Docker.
    pub const MEDIA_TYPES: [&'static str; 4] = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ];

    /// Reads a manifest; `media_type` is the registry's, which is used if the manifest does not contain one.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a manifest, or if a digest in it is invalid.
    pub fn read(bytes: &[u8], media_type: Option<&str>) -> Result<Self, String> {
        let file: ManifestFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let blobs = file.config.iter().chain(&file.layers).chain(&file.manifests);
        if let Some(blob) = blobs.into_iter().find(|blob| !is_digest(&blob.digest)) {
            return Err(format!("invalid digest `{}`", blob.digest));
        }
        Ok(Self {
            digest: format!("sha256:{}", sha256_hex(bytes)),
            size_bytes: bytes.len() as u64,
            media_type: file.media_type.or(media_type.map(ToOwned::to_owned)).unwrap_or_default(),
            artifact_type: file.artifact_type,
            config: file.config,
            layers: file.layers,
            manifests: file.manifests,
            created: file.annotations.get("org.opencontainers.image.created").cloned(),
        })
    }

    /// Returns the blobs of the manifest that occupy storage.
    pub fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.config.iter().chain(&self.layers).chain(self.parts())
    }

    /// Returns the manifests in an index.
    pub fn children(&self) -> impl Iterator<Item = &Blob> {
        self.manifests.iter().filter(|child| Self::MEDIA_TYPES.contains(&child.media_type.as_str()))
    }

    /// Returns the entries of an index that are not manifests: without `image-manifest=true` BuildKit writes a cache as an index of layers.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/registry/>
    pub fn parts(&self) -> impl Iterator<Item = &Blob> {
        self.manifests.iter().filter(|child| !Self::MEDIA_TYPES.contains(&child.media_type.as_str()))
    }
}

/// Returns whether a text is a digest: `sha256:` and 64 hexadecimal digits, or `sha512:` and 128.
pub(super) fn is_digest(text: &str) -> bool {
    let is_hex = |hex: &str| hex.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    match text.split_once(':') {
        Some(("sha256", hex)) => hex.len() == 64 && is_hex(hex),
        Some(("sha512", hex)) => hex.len() == 128 && is_hex(hex),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    #[test]
    fn the_digest_of_a_manifest_is_calculated_from_its_bytes() {
        let text = r#"{"schemaVersion":2,"config":{"mediaType":"c","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":2},"layers":[]}"#;
        let read =
            Manifest::read(text.as_bytes(), Some("application/vnd.oci.image.manifest.v1+json")).map(|read| (read.media_type, read.digest));
        let digest = format!("sha256:{}", crate::text::sha256_hex(text.as_bytes()));
        assert_eq!(read, Ok(("application/vnd.oci.image.manifest.v1+json".to_owned(), digest)));
        assert!(Manifest::read(b"<html>", None).is_err());
        assert!(Manifest::read(br#"{"layers":[{"digest":"sha256:../../x","size":1}]}"#, None).is_err());
    }
}
