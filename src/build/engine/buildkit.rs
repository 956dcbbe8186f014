//! Capabilities of BuildKit by version.

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
    /// Source: <https://github.com/moby/buildkit/pull/3724>, in v0.12.0.
    pub fn has_image_manifest(&self) -> bool {
        self.since(12)
    }

    /// Returns whether a cache is an image manifest by default.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/5892>, in v0.21.0.
    pub fn defaults_to_image_manifest(&self) -> bool {
        self.since(21)
    }

    /// Returns whether errors of an export can be ignored.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3430>, and the same change on the branch of
    /// <https://github.com/moby/buildkit/blob/v0.11.0/control/control.go>.
    pub fn has_ignore_error(&self) -> bool {
        self.since(11)
    }

    /// Returns whether a cache can have OCI media types.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/1746>, in v0.8.0.
    pub fn has_oci_media_types(&self) -> bool {
        self.since(8)
    }

    /// Returns whether the compression of a cache can be chosen: estargz, zstd, and recompression of inherited layers.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/2685>, in v0.10.0.
    pub fn has_cache_compression(&self) -> bool {
        self.since(10)
    }

    /// Returns whether S3 caches are supported.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/2824>, in v0.11.0.
    pub fn has_s3(&self) -> bool {
        self.since(11)
    }

    /// Returns whether the number of parallel uploads to S3 can be set.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/5270>, in v0.16.0.
    pub fn has_upload_parallelism(&self) -> bool {
        self.since(16)
    }

    /// Returns whether GitHub Actions caches are supported.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/1974>, in v0.9.0.
    pub fn has_gha(&self) -> bool {
        self.since(9)
    }

    /// Returns whether version 2 of GitHub's cache service is supported, the only version since April 2025.
    ///
    /// Sources: <https://github.com/moby/buildkit/pull/5735>, in v0.20.0; <https://docs.docker.com/build/cache/backends/gha/#version>
    pub fn has_gha_v2(&self) -> bool {
        self.since(20)
    }

    /// Returns whether more than one cache can be exported.
    ///
    /// Source: v0.10.6 refuses it, v0.11.0 does not: <https://github.com/moby/buildkit/blob/v0.11.0/control/control.go>
    pub fn has_several_exports(&self) -> bool {
        self.since(11)
    }

    /// Returns whether a cache registry without TLS is supported.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/3501>, in v0.12.0.
    pub fn has_insecure_cache(&self) -> bool {
        self.since(12)
    }

    /// Returns whether retries of S3 requests and the header that some services reject can be set.
    ///
    /// Sources: <https://github.com/moby/buildkit/pull/6657> and <https://github.com/moby/buildkit/pull/6642>, in v0.30.0.
    pub fn has_s3_retries(&self) -> bool {
        self.since(30)
    }

    /// Returns whether a local export can remove the layers of earlier ones.
    ///
    /// Source: <https://github.com/moby/buildkit/pull/6612>, in v0.31.0.
    pub fn has_local_reset(&self) -> bool {
        self.since(31)
    }

    /// Returns whether Docker's media types are refused unless the cache is explicitly no image manifest.
    ///
    /// Sources: <https://github.com/moby/buildkit/pull/5892>, in v0.21.0, and <https://github.com/moby/buildkit/pull/5966>, in v0.22.0.
    pub fn refuses_docker_media_types(&self) -> bool {
        self.0.as_ref().is_some_and(|version| version.numbers().0 == 0 && version.numbers().1 == 21)
    }

    /// Returns a description with the version.
    pub fn description(&self) -> String {
        match &self.0 {
            Some(version) if !version.is_placeholder() => format!("BuildKit {version}"),
            _ => "a BuildKit of unknown version".to_owned(),
        }
    }
}

/// The versions of BuildKit in releases of Docker Engine: each release, and those after it up to the next line, contain at least this one.
/// A line has the numbers of the release, and minor and patch of BuildKit 0; the last one is the newest release that was read.
///
/// Docker's modules name it. Up to 20.10 they name a commit of one of BuildKit's release branches; the table has that branch. From 23.0 to
/// 24.0 they name a commit after the release. Source: `vendor.mod` (since 29.0 `go.mod`) of each tag, such as
/// <https://github.com/moby/moby/blob/docker-v29.1.0/go.mod>, <https://github.com/moby/moby/blob/v28.5.2/vendor.mod>,
/// <https://github.com/moby/moby/blob/v25.0.2/vendor.mod> and <https://github.com/moby/moby/blob/v20.10.24/vendor.conf>.
const IN_DOCKER: [[u64; 5]; 44] = [
    [18, 9, 0, 3, 0],
    [19, 3, 0, 5, 1],
    [19, 3, 6, 6, 4],
    [20, 10, 0, 8, 0],
    [20, 10, 3, 8, 1],
    [20, 10, 7, 8, 3],
    [23, 0, 0, 10, 6],
    [24, 0, 0, 11, 6],
    [25, 0, 0, 12, 4],
    [25, 0, 2, 12, 5],
    [26, 0, 0, 13, 1],
    [26, 1, 1, 13, 2],
    [27, 0, 1, 14, 1],
    [27, 1, 0, 15, 0],
    [27, 1, 2, 15, 1],
    [27, 2, 0, 15, 2],
    [27, 3, 0, 16, 0],
    [27, 4, 0, 17, 3],
    [27, 5, 0, 18, 2],
    [28, 0, 0, 20, 0],
    [28, 0, 2, 20, 1],
    [28, 0, 3, 20, 2],
    [28, 1, 0, 21, 0],
    [28, 2, 0, 22, 0],
    [28, 3, 0, 23, 1],
    [28, 3, 1, 23, 2],
    [28, 4, 0, 24, 0],
    [28, 5, 0, 25, 0],
    [28, 5, 1, 25, 1],
    [28, 5, 2, 25, 2],
    [29, 0, 0, 25, 2],
    [29, 1, 0, 26, 2],
    [29, 1, 4, 26, 3],
    [29, 2, 0, 27, 0],
    [29, 2, 1, 27, 1],
    [29, 3, 0, 28, 0],
    [29, 3, 1, 28, 1],
    [29, 4, 0, 29, 0],
    [29, 5, 0, 30, 0],
    [29, 6, 0, 31, 0],
    [29, 6, 1, 31, 1],
    [29, 6, 2, 31, 2],
    [29, 7, 0, 32, 0],
    [29, 7, 2, 32, 2],
];

/// Returns the version of the BuildKit in a Docker Engine; `None` for an engine older than 18.09 or of unknown version.
///
/// The result is the exact version for the releases in the table, and a minimum for those between and after them.
pub fn buildkit_in_docker(engine: &Version) -> Option<Version> {
    let since = |[major, minor, patch, ..]: &&[u64; 5]| engine.numbers() >= (*major, *minor, *patch);
    let [.., minor, patch] = IN_DOCKER.iter().rev().find(since)?;
    Some(Version::new(0, *minor, *patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_contains_the_buildkit_of_its_modules() {
        for (docker, buildkit) in [
            ("18.09.9", Some("0.3.0")),
            ("20.10.24", Some("0.8.3")),
            ("23.0.6", Some("0.10.6")),
            ("25.0.3", Some("0.12.5")),
            ("27.4.1", Some("0.17.3")),
            ("28.5.2+dfsg3", Some("0.25.2")),
            ("29.0.4", Some("0.25.2")),
            ("29.1.0", Some("0.26.2")),
            ("31.4.0", Some("0.32.2")),
            ("18.06.3", None),
            ("library-import", None),
        ] {
            let found = docker.parse().ok().and_then(|version| buildkit_in_docker(&version));
            assert_eq!(found.map(|version| version.to_string()).as_deref(), buildkit, "{docker}");
        }
    }
}
