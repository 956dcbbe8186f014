//! What a tag in a cache repository is of.

use super::super::cache::{branch_cache_tag, cache_tag};
use super::super::image::Key;

/// What the tags of services' caches end with.
const SUFFIX: &str = "buildcache";

/// What a tag is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheTag {
    /// A service's cache, or one of its branches': the name as the tag has it.
    Service(String),
    /// A layer that kaniko or buildah keeps: 64 hexadecimal digits.
    Layer,
    /// A content-addressed image.
    Image,
    /// `latest`, which [`Image`](Self::Image)s have beside their key.
    Latest,
    /// Nothing that a cache made.
    Other,
}

impl CacheTag {
    /// Returns what a tag is of.
    pub fn of(tag: &str) -> Self {
        if tag == SUFFIX {
            return Self::Service(String::new());
        }
        if let Some(service) = tag.strip_suffix(SUFFIX).and_then(|service| service.strip_suffix('.')) {
            return Self::Service(service.to_owned());
        }
        let is_digest = tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        match tag {
            _ if is_digest => Self::Layer,
            _ if Key::is_key(tag) => Self::Image,
            "latest" => Self::Latest,
            _ => Self::Other,
        }
    }

    /// Returns a word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Layer => "layer",
            Self::Image => "image",
            Self::Latest => "latest",
            Self::Other => "other",
        }
    }
}

/// Tells whether a tag is of a service's cache, and of that branch where one is named; `all` are the tags beside it.
///
/// A branch's tag has a piece of a digest behind what is readable of service and branch. The digest proves whose it is where the branch's name
/// is readable as it is, or with `/` for `_`; where it is not, `web.api.x-...` could be branch `api.x` of `web` or `x` of `web.api`, and is
/// the latter's if that one has a cache here.
pub fn of_service(tag: &str, service: &str, branch: Option<&str>, all: &[&str]) -> bool {
    if let Some(branch) = branch {
        return tag == branch_cache_tag(service, branch);
    }
    if tag == cache_tag(service) {
        return true;
    }
    let Some(readable) = readable(tag) else { return false };
    let plain: String = service.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' }).collect();
    let Some(rest) = readable.strip_prefix(plain.as_str()).and_then(|rest| rest.strip_prefix('.')) else { return false };
    if is_proven(tag, service, rest) {
        return true;
    }
    let others = readable.match_indices('.').filter_map(|(at, _)| Some((readable.get(..at)?, readable.get(at + 1..)?)));
    !others
        .filter(|(other, _)| *other != plain)
        .any(|(other, rest)| is_proven(tag, other, rest) || (other.len() > plain.len() && all.contains(&cache_tag(other).as_str())))
}

/// Tells whether a tag is of a branch of any service.
pub fn of_branch(tag: &str, branch: &str) -> bool {
    let Some(readable) = readable(tag) else { return false };
    readable.match_indices('.').filter_map(|(at, _)| readable.get(..at)).any(|service| tag == branch_cache_tag(service, branch))
}

/// Returns what is readable of a branch's tag, before the piece of a digest.
fn readable(tag: &str) -> Option<&str> {
    let (readable, digest) = tag.strip_suffix(SUFFIX)?.strip_suffix('.')?.rsplit_once('-')?;
    (digest.len() == 12 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(readable)
}

fn is_proven(tag: &str, service: &str, rest: &str) -> bool {
    tag == branch_cache_tag(service, rest) || tag == branch_cache_tag(service, &rest.replace('_', "/"))
}

#[cfg(test)]
mod tests {
    use super::super::super::cache::{branch_cache_tag, cache_tag};
    use super::{CacheTag, of_branch, of_service};

    #[test]
    fn tags_tell_what_they_are_of() {
        assert_eq!(CacheTag::of("web.buildcache"), CacheTag::Service("web".to_owned()));
        assert_eq!(CacheTag::of("buildcache"), CacheTag::Service(String::new()));
        assert_eq!(CacheTag::of(&"0a".repeat(32)), CacheTag::Layer);
        assert_eq!(CacheTag::of(&format!("k1-{}", "0a".repeat(32))), CacheTag::Image);
        assert_eq!(CacheTag::of("latest"), CacheTag::Latest);
        for other in ["prod", "v1", "buildcache-old", "xbuildcache", &"0A".repeat(32)] {
            assert_eq!(CacheTag::of(other), CacheTag::Other, "{other}");
        }
    }

    #[test]
    fn a_service_has_its_own_caches_and_no_others() {
        let [web, api] = [cache_tag("web"), cache_tag("web.api")];
        let [of_web, of_api, odd] =
            [branch_cache_tag("web", "feature/x"), branch_cache_tag("web.api", "x"), branch_cache_tag("web", "über_x")];
        let all = [web.as_str(), api.as_str(), &of_web, &of_api, &odd];
        let is = |service: &str| all.iter().filter(|tag| of_service(tag, service, None, &all)).copied().collect::<Vec<_>>();
        assert_eq!(is("web"), [web.as_str(), &of_web, &odd]);
        assert_eq!(is("web.api"), [api.as_str(), &of_api]);
        assert!(is("we").is_empty() && is("api").is_empty());
        assert!(of_service(&of_web, "web", Some("feature/x"), &all) && !of_service(&of_web, "web", Some("x"), &all));
        assert!(of_branch(&of_web, "feature/x") && of_branch(&of_api, "x") && !of_branch(&web, "main"));
    }
}
