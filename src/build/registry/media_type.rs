//! Media types of manifests and of what they refer to.
//!
//! A media type is compared without its parameters and without case: <https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1>

/// The kind of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestKind {
    /// An image, with a configuration and layers; also a BuildKit cache in this form.
    Image,
    /// An index of manifests; also a BuildKit cache in this form, whose entries are layers.
    Index,
}

/// A BuildKit cache's records.
///
/// Source: <https://github.com/moby/buildkit/blob/v0.32.2/cache/remotecache/v1/spec.go>
const CACHE_CONFIG: &str = "application/vnd.buildkit.cacheconfig.v0";

/// Returns a media type without parameters, in lower case.
pub fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl ManifestKind {
    /// Returns the kind of a manifest by its media type; `None` if it is not the type of a manifest.
    ///
    /// Sources: <https://github.com/opencontainers/image-spec/blob/main/media-types.md> and
    /// <https://distribution.github.io/distribution/spec/manifest-v2-2/#media-types>
    pub fn of(media_type: &str) -> Option<Self> {
        match essence(media_type).as_str() {
            "application/vnd.oci.image.manifest.v1+json" | "application/vnd.docker.distribution.manifest.v2+json" => Some(Self::Image),
            "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json" => Some(Self::Index),
            _ => None,
        }
    }
}

/// Returns whether a media type is that of a BuildKit cache's records.
pub fn is_cache_config(media_type: &str) -> bool {
    essence(media_type) == CACHE_CONFIG
}

/// Returns whether a media type says nothing about the content, as some registries and proxies send it.
pub fn is_unspecific(media_type: &str) -> bool {
    matches!(essence(media_type).as_str(), "" | "application/json" | "application/octet-stream" | "text/plain" | "binary/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        for (text, kind) in [
            ("application/vnd.oci.image.manifest.v1+json", Some(ManifestKind::Image)),
            ("Application/vnd.OCI.image.index.v1+JSON; charset=utf-8", Some(ManifestKind::Index)),
            (" application/vnd.docker.distribution.manifest.list.v2+json ;q=1", Some(ManifestKind::Index)),
            ("application/vnd.docker.distribution.manifest.v2+json", Some(ManifestKind::Image)),
            ("application/vnd.docker.distribution.manifest.v1+prettyjws", None),
            ("application/vnd.oci.image.config.v1+json", None),
            ("text/html", None),
        ] {
            assert_eq!(ManifestKind::of(text), kind, "{text}");
        }
        assert!(
            is_cache_config("application/vnd.buildkit.CacheConfig.v0; x=y") && !is_cache_config("application/vnd.oci.image.config.v1+json")
        );
        assert!(is_unspecific("application/JSON; charset=utf-8") && !is_unspecific("text/html"));
    }
}
