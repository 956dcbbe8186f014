//! References to images and caches: `HOST/REPOSITORY:TAG`, and the tag that a service's cache gets.

use std::fmt;
use std::str::FromStr;

use crate::text::sha256_hex;

/// Longest tag that registries take, in characters.
///
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>
pub const TAG_LIMIT: usize = 128;

/// What a service's cache is called after the service.
const CACHE_SUFFIX: &str = ".buildcache";

/// Digits of the digest that keeps two changed names apart.
const DIGEST_DIGITS: usize = 12;

/// Returns the tag of a service's cache, `{service}.buildcache`, legal whatever the service is called; `buildcache` without a service.
///
/// A tag is letters, digits, `_`, `.` and `-`, the first no `.` or `-`, at most [`TAG_LIMIT`] of them. A name that has to be changed for
/// that gets a piece of its digest behind it, so that no two services share a cache; and a name that looks like such a changed one is
/// changed too.
pub fn cache_tag(service: &str) -> String {
    if service.is_empty() {
        return CACHE_SUFFIX.trim_start_matches('.').to_owned();
    }
    let is_kept = service.chars().all(is_legal)
        && !service.starts_with(['.', '-'])
        && service.len() <= TAG_LIMIT - CACHE_SUFFIX.len()
        && !looks_changed(service);
    if is_kept { format!("{service}{CACHE_SUFFIX}") } else { changed(service, service) }
}

/// Returns the tag of the cache that one branch of a service keeps; never that of another service or branch.
pub fn branch_cache_tag(service: &str, branch: &str) -> String {
    // No argument can hold a NUL, so no two pairs are one text.
    changed(&format!("{service}.{branch}"), &format!("{service}\0{branch}"))
}

/// Returns a legal tag from what is readable of a name, told apart by the digest of all of it.
fn changed(readable: &str, whole: &str) -> String {
    let digest = sha256_hex(whole);
    let digest = digest.get(..DIGEST_DIGITS).unwrap_or_default();
    let plain: String = readable.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
    let longest = TAG_LIMIT - CACHE_SUFFIX.len() - DIGEST_DIGITS - 1;
    let plain: String = plain.trim_start_matches(['.', '-']).chars().take(longest).collect();
    let plain = if plain.is_empty() { "_".to_owned() } else { plain };
    format!("{plain}-{digest}{CACHE_SUFFIX}")
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Tells whether a name ends as changed ones do.
fn looks_changed(service: &str) -> bool {
    service
        .rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == DIGEST_DIGITS && end.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')))
}

/// A reference to an image, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRef {
    /// The registry's host, with its port; `None` is Docker Hub, unwritten.
    pub host: Option<String>,
    /// The repository in it.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest, with its algorithm.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Returns host and repository as they are written.
    pub fn name(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// Returns the repository's one spelling: Docker Hub by its name, its own images under `library/`.
    pub fn canonical_name(&self) -> String {
        let host = match self.host.as_deref() {
            None | Some("index.docker.io" | "registry-1.docker.io") => "docker.io",
            Some(host) => host,
        };
        let library = if host == "docker.io" && !self.repository.contains('/') { "library/" } else { "" };
        format!("{}/{library}{}", host.to_ascii_lowercase(), self.repository)
    }

    /// Returns the one spelling of what it refers to; no tag is `latest`.
    pub fn canonical(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => format!("{}@{digest}", self.canonical_name()),
            (None, tag) => format!("{}:{}", self.canonical_name(), tag.as_deref().unwrap_or("latest")),
        }
    }

    /// Returns it with another tag and without a digest.
    #[must_use]
    pub fn tagged(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }

    /// Tells whether it is in ECR, private or public, which takes no cache that is an image index.
    ///
    /// Source of the hosts: <https://docs.aws.amazon.com/general/latest/gr/ecr.html>
    pub fn is_ecr(&self) -> bool {
        let Some(host) = self.host.as_deref() else { return false };
        let is_private = host.split_once('.').is_some_and(|(account, rest)| {
            account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && ["dkr.ecr.", "dkr.ecr-fips.", "dkr-ecr.", "dkr-ecr-fips."].iter().any(|service| rest.starts_with(service))
                && ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "on.aws", "on.amazonwebservices.com.cn"]
                    .iter()
                    .any(|suffix| rest.ends_with(&format!(".{suffix}")))
        });
        is_private || host == "public.ecr.aws"
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for ImageRef {
    type Err = String;

    /// Reads a reference as Docker does.
    ///
    /// Source of the grammar: <https://pkg.go.dev/github.com/distribution/reference>
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("`{}` is no image reference: {what}", text.escape_debug()));
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest
            && !digest.split_once(':').is_some_and(|(algorithm, hex)| {
                !algorithm.is_empty()
                    && algorithm.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-' | b'_'))
                    && hex.len() >= 32
                    && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        {
            return wrong("a digest is `sha256:` and 64 hexadecimal digits");
        }
        let (name, tag) = match rest.rfind(':') {
            Some(colon) if !rest[colon..].contains('/') => (&rest[..colon], Some(&rest[colon + 1..])),
            _ => (rest, None),
        };
        if let Some(tag) = tag
            && (tag.is_empty()
                || tag.len() > TAG_LIMIT
                || tag.starts_with(['.', '-'])
                || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')))
        {
            return wrong("a tag is letters, digits, `_`, `.` and `-`, at most 128 of them, the first no `.` or `-`");
        }
        let (host, repository) = match name.split_once('/') {
            Some((host, repository))
                if host.contains(['.', ':', '[']) || host == "localhost" || host.contains(|c: char| c.is_ascii_uppercase()) =>
            {
                (Some(host), repository)
            }
            _ => (None, name),
        };
        if let Some(host) = host
            && !is_host(host)
        {
            return wrong("the host is not one");
        }
        if !repository.split('/').all(is_component) {
            return wrong("a repository is small letters and digits, joined by `.`, `_`, `-` and `/`");
        }
        if repository.len() + host.map_or(0, |host| host.len() + 1) > 255 {
            return wrong("a name has at most 255 characters");
        }
        Ok(Self {
            host: host.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

/// Tells whether it is a host, perhaps with a port.
fn is_host(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    port.is_none_or(is_port)
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells whether it is one component of a repository's path: words of small letters and digits with `.`, `_`, `__` or hyphens between.
fn is_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !is_word(*first) || !is_word(*last) {
        return false;
    }
    component
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-'))
}
