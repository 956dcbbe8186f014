//! Versions as engines write them: `24.0.5`, `v0.12.3`, `1.28`, `25.0.3-ce`, `29.0.0-rc.1+azure`, and the placeholders of builds without
//! one.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// An engine's version: its text, and the three numbers that are compared.
///
/// The suffix is ignored: a release candidate has the features of its release, and distributions append their own suffixes. A placeholder,
/// which builds without a version report, says nothing about the features; it counts as current, because such builds are recent ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    numbers: (u64, u64, u64),
    text: String,
}

/// Words that builds from a branch or of a distribution report instead of a version.
///
/// Sources: <https://github.com/moby/buildkit/blob/master/version/version.go>,
/// <https://github.com/moby/moby/blob/master/dockerversion/version_lib.go>,
/// <https://github.com/osscontainertools/kaniko/blob/main/pkg/version/version.go> and <https://pkg.go.dev/runtime/debug#Module>.
const PLACEHOLDERS: [&str; 12] =
    ["(devel)", "dev", "devel", "edge", "head", "latest", "library-import", "main", "master", "nightly", "unknown", "unset"];

impl Version {
    /// Returns a version of three numbers.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { numbers: (major, minor, patch), text: format!("{major}.{minor}.{patch}") }
    }

    /// Returns whether the version is at least this one. A placeholder counts as current.
    pub fn at_least(&self, major: u64, minor: u64, patch: u64) -> bool {
        self.is_placeholder() || self.numbers >= (major, minor, patch)
    }

    /// Returns whether this is not a version but what builds without one report, such as `0.0.0+unknown`.
    pub fn is_placeholder(&self) -> bool {
        self.numbers == (0, 0, 0)
    }

    /// Returns major, minor and patch; all are 0 for a placeholder.
    pub fn numbers(&self) -> (u64, u64, u64) {
        self.numbers
    }

    /// Returns the version in the tag of an image, such as `moby/buildkit:v0.12.5-rootless`; a tag without one is a placeholder.
    pub fn of_image(image: &str) -> Option<Self> {
        let name = image.split('@').next().unwrap_or(image);
        let tag = name.rsplit('/').next()?.split_once(':')?.1;
        tag.parse().ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let invalid = || format!("invalid version `{}`: expected a version such as 24.0.5", text.escape_debug());
        let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
        if is_placeholder(text) {
            return Ok(Self { numbers: (0, 0, 0), text: bare.to_owned() });
        }
        let end = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
        let (numbers, rest) = bare.split_at(end);
        let mut parts = numbers.trim_end_matches('.').split('.').map(str::parse::<u64>);
        let mut next = |required: bool| match parts.next() {
            Some(Ok(number)) => Ok(number),
            None if !required => Ok(0),
            _ => Err(invalid()),
        };
        let numbers = (next(true)?, next(false)?, next(false)?);
        if rest.contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.' | '~' | '_')) {
            return Err(invalid());
        }
        Ok(Self { numbers, text: bare.to_owned() })
    }
}

/// Returns whether a text stands for a missing version: one of the words, possibly with a suffix such as that of `master-dockerproject`, or
/// a commit's hash, whose leading digits are no version.
fn is_placeholder(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let word = |word: &&str| text.strip_prefix(*word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '+', '.', '@', '_']));
    let is_hash = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // BuildKit's images have the tags buildx-stable-1 and buildx-stable-1-rootless.
    PLACEHOLDERS.iter().any(word) || text.starts_with("buildx-stable") || is_hash(&text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_engines_write_them() {
        for (text, numbers) in [
            ("24.0.5", (24, 0, 5)),
            ("v0.12.3", (0, 12, 3)),
            ("1.28", (1, 28, 0)),
            ("25.0.3-ce", (25, 0, 3)),
            ("29.0.0-rc.1+azure", (29, 0, 0)),
            ("20.10.25+dfsg1", (20, 10, 25)),
            ("0.12.6-m.3", (0, 12, 6)),
            ("27", (27, 0, 0)),
        ] {
            let version: Version = text.parse().unwrap();
            assert_eq!((version.numbers(), version.is_placeholder()), (numbers, false), "{text}");
        }
        for text in ["", "v", "main thing", "1..2", "1.2 3", "1.2.3;rm", "1.2.3\n4", "soon"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn placeholders_count_as_current() {
        for text in [
            "v0.0.0+unknown",
            "0.0.0",
            "v0.0.0-20240101000000-0123456789ab",
            "v0.0.0-unset",
            "dev",
            "(devel)",
            "unknown",
            "master",
            "Master-dockerproject-2024-01-01",
            "library-import",
            "9872040b",
            "1234567",
            "30feaa1cb0d1b0a5b9d2e3f4a5b6c7d8e9f0a1b2",
            "latest",
            "buildx-stable-1-rootless",
        ] {
            let version: Version = text.parse().unwrap();
            assert!(version.is_placeholder() && version.at_least(99, 0, 0), "{text}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let version: Version = "0.12.0".parse().unwrap();
        assert!(version.at_least(0, 12, 0) && version.at_least(0, 9, 7));
        assert!(!version.at_least(0, 12, 1) && !version.at_least(1, 0, 0));
    }

    #[test]
    fn the_tag_of_an_image_is_its_version() {
        let numbers = |image: &str| Version::of_image(image).map(|version| version.numbers());
        assert_eq!(numbers("moby/buildkit:v0.12.5-rootless"), Some((0, 12, 5)));
        assert_eq!(numbers("r.example:5000/buildkit:v0.11@sha256:00"), Some((0, 11, 0)));
        assert_eq!(numbers("moby/buildkit:master"), Some((0, 0, 0)));
        assert_eq!(numbers("r.example:5000/buildkit"), None);
    }
}
