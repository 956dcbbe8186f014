//! Manifests: what an image, an index or a cache consists of.

use serde::Deserialize;

use crate::text::sha256_hex;

/// A manifest, with the digest that its bytes really have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its own size in bytes.
    pub size_bytes: u64,
    /// What kind it is, such as `application/vnd.oci.image.manifest.v1+json`.
    pub media_type: String,
    /// The kind of artifact it says it is, where it says one.
    pub artifact_type: Option<String>,
    /// The configuration, of an image.
    pub config: Option<Blob>,
    /// The layers, of an image.
    pub layers: Vec<Blob>,
    /// The manifests it leads to, of an index.
    pub manifests: Vec<Blob>,
    /// `org.opencontainers.image.created`, where it says so.
    pub created: Option<String>,
}

/// Something that a manifest names by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// How large it is in bytes.
    #[serde(rename = "size")]
    pub size_bytes: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
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
    /// Media types that are asked for: images and indexes, of OCI and of Docker.
    pub const MEDIA_TYPES: [&'static str; 4] = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ];

    /// Reads a manifest; `media_type` is what the registry called it, which counts where it does not say so itself.
    ///
    /// # Errors
    ///
    /// Returns that it is no manifest, or names a blob by no digest.
    pub fn read(bytes: &[u8], media_type: Option<&str>) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let blobs = written.config.iter().chain(&written.layers).chain(&written.manifests);
        if let Some(blob) = blobs.into_iter().find(|blob| !is_digest(&blob.digest)) {
            return Err(format!("`{}` is no digest", blob.digest));
        }
        Ok(Self {
            digest: format!("sha256:{}", sha256_hex(bytes)),
            size_bytes: bytes.len() as u64,
            media_type: written.media_type.or(media_type.map(ToOwned::to_owned)).unwrap_or_default(),
            artifact_type: written.artifact_type,
            config: written.config,
            layers: written.layers,
            manifests: written.manifests,
            created: written.annotations.get("org.opencontainers.image.created").cloned(),
        })
    }

    /// Returns everything that it names and that takes storage as a blob.
    pub fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.config.iter().chain(&self.layers).chain(self.parts())
    }

    /// Returns the manifests that an index leads to.
    pub fn children(&self) -> impl Iterator<Item = &Blob> {
        self.manifests.iter().filter(|child| Self::MEDIA_TYPES.contains(&child.media_type.as_str()))
    }

    /// Returns what an index leads to and is no manifest: without `image-manifest=true` BuildKit writes its cache as an index of layers.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/registry/>
    pub fn parts(&self) -> impl Iterator<Item = &Blob> {
        self.manifests.iter().filter(|child| !Self::MEDIA_TYPES.contains(&child.media_type.as_str()))
    }
}

/// Tells whether a text is a digest: `sha256:` and 64 hexadecimal digits, or `sha512:` and 128.
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
    fn a_manifest_is_what_its_bytes_are() {
        let text = r#"{"schemaVersion":2,"config":{"mediaType":"c","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":2},"layers":[]}"#;
        let read =
            Manifest::read(text.as_bytes(), Some("application/vnd.oci.image.manifest.v1+json")).map(|read| (read.media_type, read.digest));
        let digest = format!("sha256:{}", crate::text::sha256_hex(text.as_bytes()));
        assert_eq!(read, Ok(("application/vnd.oci.image.manifest.v1+json".to_owned(), digest)));
        assert!(Manifest::read(b"<html>", None).is_err());
        assert!(Manifest::read(br#"{"layers":[{"digest":"sha256:../../x","size":1}]}"#, None).is_err());
    }
}
