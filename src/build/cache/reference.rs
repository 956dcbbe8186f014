//! References to images and caches: `HOST/REPOSITORY:TAG`, and the tag of a service's cache.

use std::fmt;
use std::str::FromStr;

use crate::text::sha256_hex;

/// The maximum length of a tag, in characters.
///
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>
pub const TAG_LIMIT: usize = 128;

/// The suffix of the tag of a service's cache.
pub(super) const CACHE_SUFFIX: &str = ".buildcache";

/// The number of digest digits that make a sanitized name unique.
const DIGEST_DIGITS: usize = 12;

/// Returns the tag of a service's cache: `{service}.buildcache`, or `buildcache` without a service. The tag is always valid.
///
/// A tag has at most [`TAG_LIMIT`] letters, digits, `_`, `.` and `-`, and does not start with `.` or `-`. An invalid name is sanitized and
/// gets a part of its digest as a suffix, so that no two services share a cache. A name that looks sanitized is sanitized too.
pub fn cache_tag(service: &str) -> String {
    if service.is_empty() {
        return CACHE_SUFFIX.trim_start_matches('.').to_owned();
    }
    let is_valid = service.chars().all(is_legal)
        && !service.starts_with(['.', '-'])
        && service.len() <= TAG_LIMIT - CACHE_SUFFIX.len()
        && !looks_sanitized(service);
    if is_valid { format!("{service}{CACHE_SUFFIX}") } else { sanitized(service, service) }
}

/// Returns the tag of the cache of a service's branch. It differs from the tags of all other services and branches.
pub fn branch_cache_tag(service: &str, branch: &str) -> String {
    // Arguments cannot contain NUL, so the text is unique for each pair.
    sanitized(&format!("{service}.{branch}"), &format!("{service}\0{branch}"))
}

/// Returns a valid tag from the `readable` part of a name and the digest of the `whole` name.
fn sanitized(readable: &str, whole: &str) -> String {
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

/// Returns whether a name ends like a sanitized one.
fn looks_sanitized(service: &str) -> bool {
    service
        .rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == DIGEST_DIGITS && end.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')))
}

/// A parsed image reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRef {
    /// The registry's host and port; `None` is Docker Hub.
    pub host: Option<String>,
    /// The repository in the registry.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest, including its algorithm.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Returns the host and repository as written.
    pub fn name(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// Returns the canonical name: with the host of Docker Hub, and `library/` for its official images.
    pub fn canonical_name(&self) -> String {
        let host = match self.host.as_deref() {
            None | Some("index.docker.io" | "registry-1.docker.io") => "docker.io",
            Some(host) => host,
        };
        let library = if host == "docker.io" && !self.repository.contains('/') { "library/" } else { "" };
        format!("{}/{library}{}", host.to_ascii_lowercase(), self.repository)
    }

    /// Returns the canonical reference. The default tag is `latest`.
    pub fn canonical(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => format!("{}@{digest}", self.canonical_name()),
            (None, tag) => format!("{}:{}", self.canonical_name(), tag.as_deref().unwrap_or("latest")),
        }
    }

    /// Returns the reference with another tag and without a digest.
    #[must_use]
    pub fn tagged(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }

    /// Returns whether the registry is ECR, private or public. ECR does not support caches that are image indexes.
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
        let wrong = |what: &str| Err(format!("invalid image reference `{}`: {what}", text.escape_debug()));
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
            return wrong("expected a digest such as `sha256:` and 64 hexadecimal digits");
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
            return wrong("a tag has at most 128 letters, digits, `_`, `.` and `-`, and does not start with `.` or `-`");
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
            return wrong("invalid host");
        }
        if !repository.split('/').all(is_component) {
            return wrong("a repository has lowercase letters and digits, separated by `.`, `_`, `-` and `/`");
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

/// Returns whether a text is a host, optionally with a port.
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

/// Returns whether a text is a component of a repository's path: lowercase letters and digits, separated by `.`, `_`, `__` or hyphens.
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
