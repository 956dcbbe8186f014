//! The key of an image, computed from its inputs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::super::request::BuildArg;
use super::files::InputFile;
use crate::text::hex;

/// The prefix of every key: the version of the key format. Another version is another key.
pub const KEY_PREFIX: &str = "k1-";

/// The first bytes of the digest's input, so that no other digest has the same input.
const DOMAIN: &[u8] = b"rackform image key 1\n";

/// The inputs of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyInputs {
    /// The bytes of the Dockerfile.
    pub dockerfile: Vec<u8>,
    /// The stage to build; `None` means the last stage.
    pub target: Option<String>,
    /// The architecture, normalized by [`architecture`].
    pub architecture: String,
    /// The build arguments by name, each with its value if it has one; see [`build_args`].
    pub build_args: BTreeMap<String, Option<String>>,
    /// The additional arguments for the engine, in order.
    pub extra: Vec<String>,
    /// The files that the image depends on, sorted and without duplicates.
    pub files: Vec<InputFile>,
}

/// A key: [`KEY_PREFIX`] and 64 hexadecimal digits, which is a valid image tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// Returns whether a tag is a key, of any version of the key format.
    pub fn is_key(tag: &str) -> bool {
        let digest = tag
            .strip_prefix('k')
            .and_then(|rest| rest.split_once('-'))
            .filter(|(version, _)| !version.is_empty() && version.len() <= 3 && version.bytes().all(|byte| byte.is_ascii_digit()));
        digest.is_some_and(|(_, digest)| {
            digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        })
    }

    /// Returns the key as an image tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyInputs {
    /// Returns the key.
    pub fn key(&self) -> Key {
        // Destructured without `..`: a new input does not compile until it is added to the digest.
        let Self { dockerfile, target, architecture, build_args, extra, files } = self;
        let mut digest = Fields::new();
        digest.field(b"dockerfile", dockerfile);
        digest.optional(b"target", target.as_deref());
        digest.field(b"architecture", architecture.as_bytes());
        digest.count(b"build arguments", build_args.len());
        for (name, value) in build_args {
            digest.field(b"name", name.as_bytes());
            digest.optional(b"value", value.as_deref());
        }
        digest.count(b"extra arguments", extra.len());
        for argument in extra {
            digest.field(b"argument", argument.as_bytes());
        }
        digest.count(b"files", files.len());
        for file in files {
            digest.field(b"path", file.path.as_bytes());
            digest.field(b"kind", file.kind.name().as_bytes());
            digest.optional(b"part", file.part.as_deref());
            digest.optional(b"link", file.link.as_deref());
            digest.field(b"content", &file.sha256);
        }
        Key(format!("{KEY_PREFIX}{}", digest.finish()))
    }
}

/// A digest of named fields. Name and value are each preceded by their length, so that two different lists of fields never have the same
/// bytes.
struct Fields(Sha256);

impl Fields {
    fn new() -> Self {
        Self(Sha256::new_with_prefix(DOMAIN))
    }

    fn field(&mut self, name: &[u8], bytes: &[u8]) {
        for part in [name, bytes] {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    fn optional(&mut self, name: &[u8], text: Option<&str>) {
        match text {
            Some(text) => {
                self.count(name, 1);
                self.field(b"is", text.as_bytes());
            }
            None => self.count(name, 0),
        }
    }

    fn count(&mut self, name: &[u8], count: usize) {
        self.field(name, &(count as u64).to_be_bytes());
    }

    fn finish(self) -> String {
        hex(self.0.finalize())
    }
}

/// Returns build arguments by name. The last value of a name wins, as in the engines; an argument without a value has the value of the
/// environment variable, if that is set.
pub fn build_args(args: &[BuildArg], mut environment: impl FnMut(&str) -> Option<String>) -> BTreeMap<String, Option<String>> {
    args.iter().map(|arg| (arg.name.clone(), arg.value.clone().or_else(|| environment(&arg.name)))).collect()
}

/// Returns an architecture in Docker's spelling: `x86_64` and `linux/amd64` become `amd64`.
pub fn architecture(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("linux/").unwrap_or(&text);
    match text {
        "x86_64" | "x86-64" => "amd64".to_owned(),
        "aarch64" | "arm64/v8" => "arm64".to_owned(),
        "arm" | "armv7l" | "armhf" => "arm/v7".to_owned(),
        "i386" | "i686" | "x86" => "386".to_owned(),
        "powerpc64le" => "ppc64le".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::{FileKind, InputFile};
    use super::{Key, KeyInputs, architecture};

    fn sample() -> KeyInputs {
        let file = |path: &str, byte: u8| InputFile {
            path: path.to_owned(),
            part: None,
            kind: FileKind::File,
            link: None,
            sha256: [byte; 32],
            size_bytes: 1,
        };
        KeyInputs {
            dockerfile: b"FROM scratch\n".to_vec(),
            target: Some("build".to_owned()),
            architecture: "amd64".to_owned(),
            build_args: [("A".to_owned(), Some("1".to_owned())), ("B".to_owned(), None)].into(),
            extra: vec!["--pull".to_owned(), "--quiet".to_owned()],
            files: vec![file("a", 1), file("b", 2)],
        }
    }

    /// The key format is stable: a change requires a new version, and every image is rebuilt.
    #[test]
    fn the_key_format_is_stable() {
        assert_eq!(sample().key().as_str(), "k1-836dfc410717d6cc25fb6c1440da3e5a50009b3e3c366c4bf74ce4aba15b270d");
        assert_eq!(KeyInputs::default().key().as_str(), "k1-f3a72b00f39ccc20abfd3af8fc341674d85f0953d66f977b734b74cbf4d64786");
    }

    #[test]
    fn every_input_changes_the_key() {
        type Change = fn(&mut KeyInputs);
        let changes: [(&str, Change); 19] = [
            ("dockerfile", |inputs| inputs.dockerfile.push(b'\n')),
            ("target", |inputs| inputs.target = Some("run".to_owned())),
            ("no target", |inputs| inputs.target = None),
            ("an empty target", |inputs| inputs.target = Some(String::new())),
            ("architecture", |inputs| inputs.architecture = "arm64".to_owned()),
            ("a value", |inputs| drop(inputs.build_args.insert("A".to_owned(), Some("2".to_owned())))),
            ("no value", |inputs| drop(inputs.build_args.insert("A".to_owned(), None))),
            ("an empty value", |inputs| drop(inputs.build_args.insert("B".to_owned(), Some(String::new())))),
            ("a name", |inputs| drop(inputs.build_args.insert("C".to_owned(), None))),
            ("a removed name", |inputs| drop(inputs.build_args.remove("B"))),
            ("an argument", |inputs| inputs.extra.push("--x".to_owned())),
            ("the order of arguments", |inputs| inputs.extra.reverse()),
            ("concatenated arguments", |inputs| inputs.extra = vec!["--pull--quiet".to_owned()]),
            ("a removed file", |inputs| drop(inputs.files.pop())),
            ("a file's content", |inputs| inputs.files.iter_mut().for_each(|file| file.sha256 = [9; 32])),
            ("a file's path", |inputs| inputs.files.iter_mut().for_each(|file| file.path.push('x'))),
            ("a file's kind", |inputs| inputs.files.iter_mut().for_each(|file| file.kind = FileKind::Executable)),
            ("a file's part", |inputs| inputs.files.iter_mut().for_each(|file| file.part = Some(".a".to_owned()))),
            ("a link's target", |inputs| inputs.files.iter_mut().for_each(|file| file.link = Some("b".to_owned()))),
        ];
        let mut keys = vec![sample().key()];
        for (what, change) in changes {
            let mut inputs = sample();
            change(&mut inputs);
            let key = inputs.key();
            assert!(!keys.contains(&key), "{what}");
            keys.push(key);
        }
    }

    #[test]
    fn keys_are_recognized_among_tags() {
        assert!(Key::is_key(sample().key().as_str()));
        assert!(Key::is_key(&format!("k12-{}", "0".repeat(64))));
        for tag in ["k1-", "latest", &format!("k-{}", "0".repeat(64)), &format!("k1-{}", "0".repeat(63)), &"0".repeat(64)] {
            assert!(!Key::is_key(tag), "{tag}");
        }
    }

    #[test]
    fn architectures_are_normalized() {
        for text in ["amd64", "x86_64", "linux/amd64", "Linux/AMD64"] {
            assert_eq!(architecture(text), "amd64");
        }
        assert_eq!(architecture("aarch64"), architecture("linux/arm64"));
        assert_ne!(architecture("linux/arm/v6"), architecture("linux/arm/v7"));
    }
}
