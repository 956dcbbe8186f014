//! Capabilities of osscontainertools' fork of kaniko by version.
//!
//! Source of the versions: <https://github.com/osscontainertools/kaniko/blob/v1.28.3/CHANGELOG.md>, and of each flag the change itself.

use super::Version;

/// kaniko. An unknown version is treated as current, because the rack's builder contains a current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kaniko(pub Option<Version>);

impl Kaniko {
    fn since(&self, major: u64, minor: u64, patch: u64) -> bool {
        self.0.as_ref().is_none_or(|version| version.at_least(major, minor, patch))
    }

    fn is_unknown(&self) -> bool {
        self.0.as_ref().is_none_or(Version::is_placeholder)
    }

    /// Returns the flag for an archive of the image. Newer versions warn about the old spelling.
    ///
    /// Source: <https://github.com/GoogleContainerTools/kaniko/pull/2084>, in v1.9.1.
    pub fn tar_path_flag(&self) -> &'static str {
        if self.since(1, 9, 1) { "--tar-path" } else { "--tarPath" }
    }

    /// Returns whether a layer cache can be a directory, `--cache-repo=oci:PATH`.
    ///
    /// Source: <https://github.com/GoogleContainerTools/kaniko/pull/2250>, in v1.9.2.
    pub fn has_oci_cache(&self) -> bool {
        self.since(1, 9, 2)
    }

    /// Returns whether `RUN --mount=type=cache` is supported, and whether it has to be enabled.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/245>, in v1.25.6; enabled in v1.26.0.
    pub fn cache_mounts(&self) -> Support {
        if self.since(1, 26, 0) {
            Support::Always
        } else if self.since(1, 25, 6) {
            Support::OptIn
        } else {
            Support::Never
        }
    }

    /// Returns whether directories of cache mounts can be on another file system such as EFS, where they are copied instead of renamed.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/455>, in v1.26.5.
    pub fn moves_between_file_systems(&self) -> bool {
        self.since(1, 26, 5)
    }

    /// Returns whether `RUN --mount=type=secret` and `--secret` are supported, and whether they have to be enabled.
    ///
    /// Sources: <https://github.com/osscontainertools/kaniko/pull/391>, in v1.26.3; enabled by
    /// <https://github.com/osscontainertools/kaniko/pull/554>, in v1.27.0.
    pub fn secrets(&self) -> Support {
        if self.since(1, 27, 0) {
            Support::Always
        } else if self.since(1, 26, 3) {
            Support::OptIn
        } else {
            Support::Never
        }
    }

    /// Returns whether the image's media types can be chosen.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/850>, in v1.28.1.
    pub fn has_image_format(&self) -> bool {
        self.since(1, 28, 1)
    }

    /// Returns whether stages are passed on as OCI layouts by default, which the rack's builder disables. In an unknown version the setting
    /// has an effect if that is so, and none otherwise.
    ///
    /// Sources: <https://github.com/osscontainertools/kaniko/pull/554>, in v1.27.0; removed by
    /// <https://github.com/osscontainertools/kaniko/pull/802>, in v1.28.0.
    pub fn uses_oci_stages(&self) -> bool {
        self.is_unknown() || (self.since(1, 27, 0) && !self.since(1, 28, 0))
    }

    /// Returns the flags that make different instructions, variables and directories have different cache keys. They are off by default,
    /// and a build that lacks them can use the layer of another one.
    ///
    /// Sources: <https://github.com/osscontainertools/kaniko/blob/v1.28.3/README.md#flag-ff_kaniko_resolve_cache_key>, in v1.28.0;
    /// <https://github.com/osscontainertools/kaniko/pull/875> and <https://github.com/osscontainertools/kaniko/pull/912>, in v1.28.1.
    pub fn cache_key_flags(&self) -> &'static [&'static str] {
        const FLAGS: [&str; 3] = ["FF_KANIKO_RESOLVE_CACHE_KEY", "FF_KANIKO_ROLLING_CACHE_KEY", "FF_KANIKO_HASH_DIR_FRAMING"];
        if self.since(1, 28, 1) {
            &FLAGS
        } else if self.since(1, 28, 0) {
            &FLAGS[..1]
        } else {
            &[]
        }
    }

    /// Returns whether changed bodies of here-documents change the cache key.
    ///
    /// Sources: <https://github.com/osscontainertools/kaniko/pull/823> and <https://github.com/osscontainertools/kaniko/pull/825>, in
    /// v1.28.1.
    pub fn keys_here_documents(&self) -> bool {
        self.since(1, 28, 1)
    }

    /// Returns whether changed variables in `COPY`, `ADD` and `WORKDIR` change the cache key, with
    /// [`cache_key_flags`](Self::cache_key_flags).
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/blob/v1.28.3/README.md#flag-ff_kaniko_resolve_cache_key>, in v1.28.0.
    pub fn keys_variables(&self) -> bool {
        self.since(1, 28, 0)
    }

    /// Returns whether a symbolic link in a base image or an archive cannot lead the extraction out of its directory.
    ///
    /// Source: <https://github.com/osscontainertools/kaniko/pull/828>, in v1.28.0.
    pub fn extracts_safely(&self) -> bool {
        self.since(1, 28, 0)
    }

    /// Returns a description with the version.
    pub fn description(&self) -> String {
        match &self.0 {
            Some(version) if !version.is_placeholder() => format!("kaniko {version}"),
            _ => "a kaniko of unknown version".to_owned(),
        }
    }
}

/// The support of a feature that a version may have behind a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Ignored or refused.
    Never,
    /// Supported with a variable in kaniko's environment.
    OptIn,
    /// Supported.
    Always,
}
