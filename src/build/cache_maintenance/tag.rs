//! Classifies the tags of a cache repository.

use super::super::cache::{branch_cache_tag, cache_tag, has_base, split_dimensions};
use super::super::image::Key;

/// The last part of a service cache's tag.
const SUFFIX: &str = "buildcache";

/// The kind of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheTag {
    /// The cache of a service or of one of its branches, for some platforms or a stage; the name as it is in the tag, without those.
    Service(String),
    /// A layer that kaniko or buildah cached: 64 hexadecimal digits.
    Layer,
    /// A content-addressed image.
    Image,
    /// `latest`, which an [`Image`](Self::Image) has in addition to its key.
    Latest,
    /// Not a cache tag.
    Other,
}

impl CacheTag {
    /// Returns the kind of a tag.
    pub fn of(tag: &str) -> Self {
        let tag = split_dimensions(tag).map_or(tag, |(base, _)| base);
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

    /// Returns the name of the kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Layer => "layer",
            Self::Image => "image",
            Self::Latest => "latest",
            Self::Other => "other",
        }
    }
}

/// Returns whether a tag belongs to a service's cache, and to its branch `branch` if one is given; `all` are all tags of the repository.
///
/// A branch tag is a readable form of service and branch, followed by the start of a digest of both names. The digest identifies the owner
/// if the readable form is the branch's name, or that name with `_` for `/`. Otherwise `web.api.x-...` could be branch `api.x` of `web` or
/// branch `x` of `web.api`; it then belongs to `web.api` if that service has a cache in the repository.
pub fn of_service(tag: &str, service: &str, branch: Option<&str>, all: &[&str]) -> bool {
    let is = |base: &str| tag == base || has_base(tag, base);
    if let Some(branch) = branch {
        return is(&branch_cache_tag(service, branch));
    }
    if is(&cache_tag(service)) {
        return true;
    }
    let tag = split_dimensions(tag).map_or(tag, |(base, _)| base);
    let Some(readable) = readable(tag) else { return false };
    let readable_service: String =
        service.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' }).collect();
    let Some(rest) = readable.strip_prefix(readable_service.as_str()).and_then(|rest| rest.strip_prefix('.')) else { return false };
    if digest_matches(tag, service, rest) {
        return true;
    }
    let others = readable.match_indices('.').filter_map(|(at, _)| Some((readable.get(..at)?, readable.get(at + 1..)?)));
    !others.filter(|(other, _)| *other != readable_service).any(|(other, rest)| {
        digest_matches(tag, other, rest) || (other.len() > readable_service.len() && all.contains(&cache_tag(other).as_str()))
    })
}

/// Returns whether a tag belongs to the branch `branch` of any service.
pub fn of_branch(tag: &str, branch: &str) -> bool {
    let base = split_dimensions(tag).map_or(tag, |(base, _)| base);
    let Some(readable) = readable(base) else { return false };
    let is = |base: &str| tag == base || has_base(tag, base);
    readable.match_indices('.').filter_map(|(at, _)| readable.get(..at)).any(|service| is(&branch_cache_tag(service, branch)))
}

/// Returns the readable part of a branch tag, before the digest.
fn readable(tag: &str) -> Option<&str> {
    let (readable, digest) = tag.strip_suffix(SUFFIX)?.strip_suffix('.')?.rsplit_once('-')?;
    (digest.len() == 12 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(readable)
}

fn digest_matches(tag: &str, service: &str, rest: &str) -> bool {
    tag == branch_cache_tag(service, rest) || tag == branch_cache_tag(service, &rest.replace('_', "/"))
}

#[cfg(test)]
mod tests {
    use super::super::super::cache::{Dimensions, branch_cache_tag, cache_tag};
    use super::{CacheTag, of_branch, of_service};

    #[test]
    fn tags_are_classified() {
        assert_eq!(CacheTag::of("web.buildcache"), CacheTag::Service("web".to_owned()));
        assert_eq!(CacheTag::of("buildcache"), CacheTag::Service(String::new()));
        assert_eq!(CacheTag::of(&"0a".repeat(32)), CacheTag::Layer);
        assert_eq!(CacheTag::of(&format!("k1-{}", "0a".repeat(32))), CacheTag::Image);
        assert_eq!(CacheTag::of("latest"), CacheTag::Latest);
        assert_eq!(CacheTag::of("web.buildcache-stage_test-linux-arm64"), CacheTag::Service("web".to_owned()));
        assert_eq!(CacheTag::of("buildcache-linux-386"), CacheTag::Service(String::new()));
        for other in ["web.buildcache-old", "prod", "v1", "buildcache-old", "xbuildcache", &"0A".repeat(32)] {
            assert_eq!(CacheTag::of(other), CacheTag::Other, "{other}");
        }
    }

    #[test]
    fn the_caches_of_every_platform_and_stage_belong_to_the_service_and_branch() {
        for dimensions in [Dimensions::new(&["linux/arm64".to_owned()], None), Dimensions::new(&[], Some("test"))] {
            let (main, branch) = (dimensions.tag(&cache_tag("web")), dimensions.tag(&branch_cache_tag("web", "feature/x")));
            let all = [main.as_str(), branch.as_str()];
            assert!(all.iter().all(|tag| of_service(tag, "web", None, &all) && !of_service(tag, "we", None, &all)));
            assert!(of_service(&branch, "web", Some("feature/x"), &all) && !of_service(&main, "web", Some("feature/x"), &all));
            assert!(of_branch(&branch, "feature/x") && !of_branch(&main, "feature/x") && !of_branch(&branch, "x"));
        }
    }

    #[test]
    fn a_tag_belongs_to_one_service() {
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
