//! Asks registries and directories which caches they have.
//!
//! The state before a build is read while the build runs, so that no build waits for a registry: an engine writes its cache last. The
//! state after it is only read from registries that answered before, and within a few seconds.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::super::registry::credentials::CredentialFiles;
use super::super::registry::{Client, Options, is_loopback};
use super::expected::{CacheKind, Expected};

/// How long one question may take, with its retries.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest index of an image layout to read, in bytes.
const INDEX_LIMIT_BYTES: u64 = 4 << 20;

/// What a registry or directory has, by digest; `None` where it was not asked or did not answer, `Some(None)` where it has nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// Before the build wrote its cache.
    pub before: Option<Option<String>>,
    /// After the build.
    pub after: Option<Option<String>>,
}

/// Questions about the exports of a build.
#[derive(Debug)]
pub struct Lookup(Vec<Question>);

#[derive(Debug)]
enum Question {
    Registry { repository: String, tag: String, before: Receiver<Answer> },
    Directory { path: String, before: Option<String> },
    None,
}

/// The client, unless the registry does not answer, and what it has.
type Answer = Option<(Client, Option<String>)>;

/// How to connect to registries.
#[derive(Clone, Debug, Default)]
struct Access {
    insecure: bool,
    certificates: Option<Vec<u8>>,
    credentials: CredentialFiles,
}

impl Lookup {
    /// Starts to ask what exists before a build writes its caches. `credentials` are the files that the engine reads, too.
    pub fn start(expected: &Expected, insecure: bool, certificates: Option<Vec<u8>>, credentials: CredentialFiles) -> Self {
        let access = Access { insecure, certificates, credentials };
        Self(expected.exports.iter().map(|location| Question::new(&location.kind, &access)).collect())
    }

    /// Asks what exists after the build; returns the answers in the order of the exports.
    pub fn finish(self) -> Vec<Witness> {
        self.0.into_iter().map(Question::finish).collect()
    }
}

impl Question {
    fn new(kind: &CacheKind, access: &Access) -> Self {
        match kind {
            CacheKind::Registry(reference) | CacheKind::Image(reference) => {
                let Some(tag) = reference.tag.clone() else { return Self::None };
                let canonical = reference.canonical_name();
                let Some((host, repository)) = canonical.split_once('/') else { return Self::None };
                let (host, repository) = (host.to_owned(), repository.to_owned());
                let (sender, before) = mpsc::channel();
                let (access, name, asked) = (access.clone(), repository.clone(), tag.clone());
                std::thread::spawn(move || {
                    // The receiver is gone if the build ended before.
                    let _ = sender.send(ask_first(&host, &name, &asked, access));
                });
                Self::Registry { repository, tag, before }
            }
            CacheKind::Directory(path) => Self::Directory { before: index_digest(Path::new(path)), path: path.clone() },
            CacheKind::Inline | CacheKind::Other(_) | CacheKind::Layers => Self::None,
        }
    }

    fn finish(self) -> Witness {
        match self {
            Self::None => Witness::default(),
            Self::Directory { path, before } => Witness { before: Some(before), after: Some(index_digest(Path::new(&path))) },
            Self::Registry { repository, tag, before } => {
                let Ok(Some((client, before))) = before.recv_timeout(TIMEOUT) else { return Witness::default() };
                Witness { before: Some(before), after: client.digest(&repository, &tag).ok() }
            }
        }
    }
}

/// Asks a registry for the first time.
fn ask_first(host: &str, repository: &str, tag: &str, access: Access) -> Answer {
    let Access { insecure, certificates, credentials } = access;
    let credentials = credentials.find(host).ok()?;
    // A registry elsewhere that can be written without credentials is rare; others would only refuse to answer.
    if credentials.is_none() && !insecure && !is_loopback(host) {
        return None;
    }
    let options = Options { insecure, certificates, timeout: TIMEOUT, operation_timeout: TIMEOUT, ..Options::default() };
    let client = Client::new(host, options, credentials).ok()?;
    let found = client.digest(repository, tag).ok()?;
    Some((client, found))
}

/// Returns the digest of the last manifest in the index of an image layout.
fn index_digest(directory: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Index {
        manifests: Vec<Manifest>,
    }
    #[derive(serde::Deserialize)]
    struct Manifest {
        digest: String,
    }
    let text = crate::files::read(&directory.join("index.json"), INDEX_LIMIT_BYTES).ok()?;
    let index: Index = serde_json::from_slice(&text).ok()?;
    index.manifests.last().map(|manifest| manifest.digest.clone())
}
