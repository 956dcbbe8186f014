//! Capabilities of BuildKit and kaniko by version.

use super::Version;

/// The BuildKit that runs the build. An unknown version is treated as current, since new builders use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildKit(pub Option<Version>);

impl BuildKit {
    fn since(&self, minor: u64) -> bool {
        self.0.as_ref().is_none_or(|version| version.at_least(0, minor, 0))
    }

    /// Returns whether a cache can be an image manifest, which ECR requires.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3724>, released with 0.12.
    pub fn has_image_manifest(&self) -> bool {
        self.since(12)
    }

    /// Returns whether a cache is an image manifest by default.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/#oci-media-types>
    pub fn defaults_to_image_manifest(&self) -> bool {
        self.since(21)
    }

    /// Returns whether errors of an export can be ignored.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3430>, released with 0.12.
    pub fn has_ignore_error(&self) -> bool {
        self.since(12)
    }

    /// Returns whether a cache can have OCI media types, which estargz and zstd require.
    ///
    /// Source: <https://github.com/moby/buildkit#registry-push-image-and-cache-separately>
    pub fn has_oci_media_types(&self) -> bool {
        self.since(8)
    }

    /// Returns whether estargz and zstd are supported.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.10.0>
    pub fn has_estargz_and_zstd(&self) -> bool {
        self.since(10)
    }

    /// Returns whether S3 caches are supported.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.11.0>
    pub fn has_s3(&self) -> bool {
        self.since(11)
    }

    /// Returns whether the number of parallel uploads to S3 can be set.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.16.0>
    pub fn has_upload_parallelism(&self) -> bool {
        self.since(16)
    }

    /// Returns whether GitHub Actions caches are supported.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.9.0>
    pub fn has_gha(&self) -> bool {
        self.since(9)
    }

    /// Returns whether version 2 of GitHub's cache service is supported, the only version since April 2025.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/gha/#version>
    pub fn has_gha_v2(&self) -> bool {
        self.since(20)
    }

    /// Returns whether more than one cache can be exported.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3024>, released with 0.11.
    pub fn has_several_exports(&self) -> bool {
        self.since(11)
    }

    /// Returns whether a cache registry without TLS is supported.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.13.0>
    pub fn has_insecure_cache(&self) -> bool {
        self.since(13)
    }

    /// Returns a description with the version.
    pub fn description(&self) -> String {
        match &self.0 {
            Some(version) => format!("BuildKit {version}"),
            None => "a BuildKit of unknown version".to_owned(),
        }
    }
}

/// Returns the minimum version of the BuildKit in a Docker Engine; `None` for an engine older than 18.09.
///
/// Source: the packaging updates in <https://docs.docker.com/engine/release-notes/>
pub fn buildkit_in_docker(engine: &Version) -> Option<Version> {
    let minor = match engine.numbers().0 {
        0..18 => return None,
        18 => 3,
        19 => 6,
        20..23 => 8,
        23 => 10,
        24 => 11,
        25 => 12,
        26 => 13,
        27 => 14,
        28 => 20,
        _ => 25,
    };
    Some(Version::new(0, minor, 0))
}

/// osscontainertools' fork of kaniko. An unknown version is treated as 1.9.2, the oldest one in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kaniko(pub Option<Version>);

impl Kaniko {
    fn since(&self, major: u64, minor: u64, patch: u64) -> bool {
        self.0.as_ref().is_some_and(|version| version.at_least(major, minor, patch))
    }

    /// Returns the flag for an archive of the image. Newer versions warn about the old spelling.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko#flag---tar-path>
    pub fn tar_path_flag(&self) -> &'static str {
        if self.since(1, 10, 0) { "--tar-path" } else { "--tarPath" }
    }

    /// Returns whether a layer cache can be a directory, `--cache-repo=oci:PATH`.
    ///
    /// Source: <https://github.com/GoogleContainerTools/kaniko/pull/2250>
    pub fn has_oci_cache(&self) -> bool {
        self.0.as_ref().is_none_or(|version| version.at_least(1, 9, 2))
    }

    /// Returns whether `RUN --mount=type=cache` is supported, and whether it has to be enabled.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/245>
    pub fn cache_mounts(&self) -> CacheMounts {
        if self.since(1, 26, 0) {
            CacheMounts::Always
        } else if self.since(1, 25, 6) {
            CacheMounts::OptIn
        } else {
            CacheMounts::Never
        }
    }

    /// Returns whether directories of cache mounts can be on another file system such as EFS, where they are copied instead of renamed.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/releases/tag/v1.26.5>
    pub fn moves_between_file_systems(&self) -> bool {
        self.since(1, 26, 5)
    }

    /// Returns whether `RUN --mount=type=secret` and `--secret` are supported.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/554>
    pub fn has_secrets(&self) -> bool {
        self.since(1, 27, 0)
    }

    /// Returns whether the image's media types can be chosen.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko#flag---image-format>
    pub fn has_image_format(&self) -> bool {
        self.since(1, 28, 0)
    }

    /// Returns whether stages are passed on as OCI layouts by default, which the rack's builder disables.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/554>
    pub fn uses_oci_stages(&self) -> bool {
        self.since(1, 27, 0) && !self.since(1, 28, 0)
    }

    /// Returns a description with the version.
    pub fn description(&self) -> String {
        match &self.0 {
            Some(version) => format!("kaniko {version}"),
            None => "a kaniko of unknown version".to_owned(),
        }
    }
}

/// The support of `RUN --mount=type=cache` in kaniko.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMounts {
    /// Ignored.
    Never,
    /// Supported with `FF_KANIKO_RUN_MOUNT_CACHE=true`.
    OptIn,
    /// Supported.
    Always,
}
