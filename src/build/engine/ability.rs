//! What versions of BuildKit and kaniko are able to do.

use super::Version;

/// The BuildKit that does the work; one of unknown version is taken for a current one, since that is what a new builder gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildKit(pub Option<Version>);

impl BuildKit {
    fn since(&self, minor: u64) -> bool {
        self.0.as_ref().is_none_or(|version| version.at_least(0, minor, 0))
    }

    /// Tells whether a cache can be one image manifest, without which ECR takes none.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3724>, released with 0.12.
    pub fn has_image_manifest(&self) -> bool {
        self.since(12)
    }

    /// Tells whether a cache is an image manifest unless told otherwise.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/#oci-media-types>
    pub fn defaults_to_image_manifest(&self) -> bool {
        self.since(21)
    }

    /// Tells whether a failed export can be let go.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3430>, released with 0.12.
    pub fn has_ignore_error(&self) -> bool {
        self.since(12)
    }

    /// Tells whether media types of a cache can be OCI's, which estargz and zstd need.
    ///
    /// Source: <https://github.com/moby/buildkit#registry-push-image-and-cache-separately>
    pub fn has_oci_media_types(&self) -> bool {
        self.since(8)
    }

    /// Tells whether estargz and zstd are there.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.10.0>
    pub fn has_estargz_and_zstd(&self) -> bool {
        self.since(10)
    }

    /// Tells whether a cache can be kept in S3.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.11.0>
    pub fn has_s3(&self) -> bool {
        self.since(11)
    }

    /// Tells whether the number of parallel uploads to S3 can be said.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.16.0>
    pub fn has_upload_parallelism(&self) -> bool {
        self.since(16)
    }

    /// Tells whether GitHub Actions' cache can be used.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.9.0>
    pub fn has_gha(&self) -> bool {
        self.since(9)
    }

    /// Tells whether it speaks the only version of GitHub's cache service that is left since April 2025.
    ///
    /// Source: <https://docs.docker.com/build/cache/backends/gha/#version>
    pub fn has_gha_v2(&self) -> bool {
        self.since(20)
    }

    /// Tells whether more than one cache can be exported.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3024>, released with 0.11.
    pub fn has_several_exports(&self) -> bool {
        self.since(11)
    }

    /// Tells whether the registry of a cache may be one without TLS.
    ///
    /// Source: <https://github.com/moby/buildkit/releases/tag/v0.13.0>
    pub fn has_insecure_cache(&self) -> bool {
        self.since(13)
    }

    /// Returns its version in words.
    pub fn description(&self) -> String {
        match &self.0 {
            Some(version) => format!("BuildKit {version}"),
            None => "a BuildKit of unknown version".to_owned(),
        }
    }
}

/// Returns the BuildKit that a Docker Engine brings, at least; `None` for an engine older than 18.09.
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

/// kaniko, osscontainertools' fork; one of unknown version is taken for the oldest that is still about, 1.9.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kaniko(pub Option<Version>);

impl Kaniko {
    fn since(&self, major: u64, minor: u64, patch: u64) -> bool {
        self.0.as_ref().is_some_and(|version| version.at_least(major, minor, patch))
    }

    /// Returns the flag for an archive of the image, whose old spelling newer versions warn about.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko#flag---tar-path>
    pub fn tar_path_flag(&self) -> &'static str {
        if self.since(1, 10, 0) { "--tar-path" } else { "--tarPath" }
    }

    /// Tells whether layers can be kept in a directory, `--cache-repo=oci:PATH`.
    ///
    /// Source: <https://github.com/GoogleContainerTools/kaniko/pull/2250>
    pub fn has_oci_cache(&self) -> bool {
        self.0.as_ref().is_none_or(|version| version.at_least(1, 9, 2))
    }

    /// Tells whether `RUN --mount=type=cache` can be had at all, and whether it has to be asked for.
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

    /// Tells whether directories of cache mounts may be on another file system, as EFS is: moved by copying when they cannot be renamed.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/releases/tag/v1.26.5>
    pub fn moves_between_file_systems(&self) -> bool {
        self.since(1, 26, 5)
    }

    /// Tells whether `RUN --mount=type=secret` and `--secret` work.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/554>
    pub fn has_secrets(&self) -> bool {
        self.since(1, 27, 0)
    }

    /// Tells whether the image's media types can be chosen.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko#flag---image-format>
    pub fn has_image_format(&self) -> bool {
        self.since(1, 28, 0)
    }

    /// Tells whether stages are handed on as OCI layouts unless told otherwise, which the rack's builder does without.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/554>
    pub fn uses_oci_stages(&self) -> bool {
        self.since(1, 27, 0) && !self.since(1, 28, 0)
    }

    /// Returns its version in words.
    pub fn description(&self) -> String {
        match &self.0 {
            Some(version) => format!("kaniko {version}"),
            None => "a kaniko of unknown version".to_owned(),
        }
    }
}

/// What a kaniko does with `RUN --mount=type=cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMounts {
    /// It ignores them.
    Never,
    /// It heeds them under `FF_KANIKO_RUN_MOUNT_CACHE=true`.
    OptIn,
    /// It heeds them.
    Always,
}
