//! Versions as engines write them: `24.0.5`, `v0.12.3`, `1.28`, `25.0.3-ce`, `29.0.0-rc.1+azure`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// An engine's version: its text, and the three numbers that are compared.
///
/// The suffix is ignored: a release candidate has the features of its release, and distributions append their own suffixes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    numbers: (u64, u64, u64),
    text: String,
}

impl Version {
    /// Returns a version of three numbers.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { numbers: (major, minor, patch), text: format!("{major}.{minor}.{patch}") }
    }

    /// Returns whether the version is at least this one.
    pub fn at_least(&self, major: u64, minor: u64, patch: u64) -> bool {
        self.numbers >= (major, minor, patch)
    }

    /// Returns major, minor and patch.
    pub fn numbers(&self) -> (u64, u64, u64) {
        self.numbers
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
        let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let end = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
        let (numbers, rest) = bare.split_at(end);
        let mut parts = numbers.trim_end_matches('.').split('.').map(str::parse::<u64>);
        let mut next = |required: bool| match parts.next() {
            Some(Ok(number)) => Ok(number),
            None if !required => Ok(0),
            _ => Err(format!("invalid version `{}`: expected a version such as 24.0.5", text.escape_debug())),
        };
        let numbers = (next(true)?, next(false)?, next(false)?);
        if rest.contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.' | '~' | '_')) {
            return Err(format!("invalid version `{}`: expected a version such as 24.0.5", text.escape_debug()));
        }
        Ok(Self { numbers, text: bare.to_owned() })
    }
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
            ("v0.0.0+unknown", (0, 0, 0)),
            ("27", (27, 0, 0)),
        ] {
            assert_eq!(text.parse::<Version>().unwrap().numbers(), numbers, "{text}");
        }
        for text in ["", "v", "master", "1..2", "1.2 3", "1.2.3;rm", "1.2.3\n4"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let version: Version = "0.12.0".parse().unwrap();
        assert!(version.at_least(0, 12, 0) && version.at_least(0, 9, 7));
        assert!(!version.at_least(0, 12, 1) && !version.at_least(1, 0, 0));
    }
}
