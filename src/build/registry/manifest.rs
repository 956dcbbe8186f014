//! Manifests of images, indexes and caches.

use serde::Deserialize;

use super::digest::is_digest;
use super::media_type::{ManifestKind, essence, is_unspecific};
use crate::text::sha256_hex;

/// The largest plausible blob, in bytes; sums of the sizes in a manifest stay far below the largest number.
const LARGEST_BLOB_BYTES: u64 = 1 << 43;

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
    /// The contents must fit the media type, so that an image is not taken for an index or the other way around.
    /// Source: <https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh>
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a manifest of the accepted media types, or if a digest or size in it is invalid.
    pub fn read(bytes: &[u8], media_type: Option<&str>) -> Result<Self, String> {
        let file: ManifestFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let blobs = file.config.iter().chain(&file.layers).chain(&file.manifests);
        if let Some(blob) = blobs.into_iter().find(|blob| !is_digest(&blob.digest)) {
            return Err(format!("invalid digest `{}`", blob.digest));
        }
        if let Some(blob) = file.config.iter().chain(&file.layers).chain(&file.manifests).find(|blob| blob.size_bytes > LARGEST_BLOB_BYTES)
        {
            return Err(format!("`{}` has the impossible size of {} bytes", blob.digest, blob.size_bytes));
        }
        check_media_type(&file, media_type)?;
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
        self.manifests.iter().filter(|child| ManifestKind::of(&child.media_type).is_some())
    }

    /// Returns the entries of an index that are not manifests: without `image-manifest=true` BuildKit writes a cache as an index of layers.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/registry/>
    pub fn parts(&self) -> impl Iterator<Item = &Blob> {
        self.manifests.iter().filter(|child| ManifestKind::of(&child.media_type).is_none())
    }
}

/// Checks that the media types of the response and of the manifest are accepted and equal, and that the contents fit.
fn check_media_type(file: &ManifestFile, response: Option<&str>) -> Result<(), String> {
    let is_specific = |kind: &&str| !is_unspecific(kind);
    let (response, own) = (response.filter(is_specific), file.media_type.as_deref().filter(is_specific));
    if let Some(unknown) = [response, own].into_iter().flatten().find(|kind| ManifestKind::of(kind).is_none()) {
        return Err(format!("its media type is `{unknown}`"));
    }
    if let (Some(response), Some(own)) = (response, own)
        && essence(response) != essence(own)
    {
        return Err(format!("its media type is `{own}` in the manifest, but `{response}` in the response"));
    }
    let (is_image, is_index) = (file.config.is_some() || !file.layers.is_empty(), !file.manifests.is_empty());
    if is_image && is_index {
        return Err("it is an image and an index at once".to_owned());
    }
    let kind = own.or(response);
    match kind.and_then(ManifestKind::of) {
        Some(ManifestKind::Index) if is_image => Err(format!("an image has the media type `{}`", kind.unwrap_or_default())),
        Some(ManifestKind::Image) if is_index => Err(format!("an index has the media type `{}`", kind.unwrap_or_default())),
        _ => Ok(()),
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

    #[test]
    fn contents_must_fit_the_media_type() {
        let blob = format!(r#"{{"mediaType":"x","digest":"sha256:{}","size":2}}"#, "0".repeat(64));
        let index = "application/vnd.oci.image.index.v1+json";
        let image = "application/vnd.oci.image.manifest.v1+json";
        let read = |text: &str, kind: Option<&str>| Manifest::read(text.replace("BLOB", &blob).as_bytes(), kind).map(|_| ());
        assert_eq!(read(r#"{"manifests":[BLOB]}"#, Some(index)), Ok(()));
        assert_eq!(read(r#"{"layers":[BLOB]}"#, Some("application/json")), Ok(()));
        for (text, kind) in [
            (r#"{"manifests":[BLOB]}"#.to_owned(), image),
            (r#"{"layers":[BLOB]}"#.to_owned(), index),
            (r#"{"layers":[BLOB],"manifests":[BLOB]}"#.to_owned(), "application/json"),
            (format!(r#"{{"mediaType":"{index}","manifests":[]}}"#), image),
            ("{}".to_owned(), "text/html"),
            (r#"{"layers":[BLOB]}"#.replace("BLOB", &blob.replace(":2}", ":18446744073709551615}")), image),
        ] {
            assert!(read(&text, Some(kind)).is_err(), "{kind}: {text}");
        }
    }
}
