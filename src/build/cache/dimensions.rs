//! What distinguishes the caches of one service: the platforms and the stage that a build is for.
//!
//! Two builds that differ in one of them write different layers. If they wrote to the same cache, each would replace the other's layers,
//! and every step would run every time: <https://github.com/moby/buildkit/issues/2758>, <https://github.com/docker/buildx/issues/1044>.

use super::reference::{CACHE_SUFFIX, TAG_LIMIT};
use crate::text::sha256_hex;

/// The longest readable form of platforms or of a stage, in characters.
const READABLE_LIMIT: usize = 40;

/// The number of digest digits in a name that has no readable form.
const DIGEST_DIGITS: usize = 12;

/// The prefix of a stage in a name.
const STAGE: &str = "stage_";

/// The prefix of platforms without a readable form in a name.
const PLATFORMS: &str = "platforms_";

/// The platforms and the stage of a build, as far as they are part of the cache's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimensions {
    /// Normalized, sorted, each once.
    platforms: Vec<String>,
    target: Option<String>,
}

impl Dimensions {
    /// Returns the dimensions of a build for `platforms` that stops at the stage `target`.
    pub fn new(platforms: &[String], target: Option<&str>) -> Self {
        let mut platforms: Vec<String> = platforms.iter().map(|platform| normalize(platform)).collect();
        platforms.sort();
        platforms.dedup();
        // BuildKit compares stage names without case.
        Self { platforms, target: target.map(str::to_lowercase) }
    }

    /// Returns the dimensions without the stage.
    #[must_use]
    pub fn without_target(&self) -> Self {
        Self { target: None, ..self.clone() }
    }

    /// Returns the caches to import for a build of these dimensions, the best first: its own one, that of the other stages, those of each
    /// single platform, and the one without dimensions, which earlier versions of rackform wrote.
    pub fn sources(&self) -> Vec<Self> {
        let single = |platform: &String| Self { platforms: vec![platform.clone()], target: None };
        let mut sources = vec![self.clone(), self.without_target()];
        sources.extend(self.platforms.iter().map(single));
        sources.push(Self::default());
        let mut distinct: Vec<Self> = Vec::new();
        for source in sources {
            if !distinct.contains(&source) {
                distinct.push(source);
            }
        }
        distinct
    }

    /// Returns the part of a tag after `.buildcache`, such as `-linux-arm64` or `-stage_test-linux-arm64`; empty without dimensions.
    fn suffix(&self) -> String {
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        let mut suffix = String::new();
        if let Some(target) = &self.target {
            let readable = if is_plain(target) && target.len() <= READABLE_LIMIT { target.clone() } else { format!("_{}", digest(target)) };
            suffix.push_str(&format!("-{STAGE}{readable}"));
        }
        if !self.platforms.is_empty() {
            let readable = self.platforms.iter().map(|platform| platform.replace('/', "-")).collect::<Vec<_>>().join("_");
            let are_plain = self.platforms.iter().all(|platform| platform.split('/').all(|word| is_plain(word) && !word.contains('_')));
            let name = match are_plain && readable.len() <= READABLE_LIMIT {
                true => readable,
                false => format!("{PLATFORMS}{}", digest(&self.platforms.join(","))),
            };
            suffix.push_str(&format!("-{name}"));
        }
        suffix
    }

    /// Returns the tag of the cache with these dimensions; `tag` is that of the service or branch, which ends with `.buildcache`.
    pub fn tag(&self, tag: &str) -> String {
        tag_with_suffix(tag, &self.suffix())
    }
}

/// Returns a tag with a suffix, shortened to the longest valid tag.
fn tag_with_suffix(tag: &str, suffix: &str) -> String {
    if tag.len() + suffix.len() <= TAG_LIMIT {
        return format!("{tag}{suffix}");
    }
    let longest = TAG_LIMIT - suffix.len() - CACHE_SUFFIX.len() - DIGEST_DIGITS - 1;
    let readable: String = tag.trim_end_matches(CACHE_SUFFIX).chars().take(longest).collect();
    format!("{readable}-{}{CACHE_SUFFIX}{suffix}", digest(tag))
}

fn digest(text: &str) -> String {
    sha256_hex(text).chars().take(DIGEST_DIGITS).collect()
}

/// Splits a tag with dimensions into the tag of its service or branch, and the suffix of the dimensions; `None` if it has none.
///
/// No service has a tag with such a suffix, because those of services and branches end with `.buildcache`.
pub fn split_dimensions(tag: &str) -> Option<(&str, &str)> {
    let at = match tag.rfind(&format!("{CACHE_SUFFIX}-")) {
        Some(at) => at + CACHE_SUFFIX.len(),
        // Without a service, the tag is `buildcache`.
        None => tag
            .strip_prefix(CACHE_SUFFIX.trim_start_matches('.'))
            .filter(|rest| rest.starts_with('-'))
            .map(|rest| tag.len() - rest.len())?,
    };
    let (service, suffix) = (tag.get(..at)?, tag.get(at..)?);
    is_suffix(suffix).then_some((service, suffix))
}

/// Returns whether a tag is that of a cache with some dimensions, whose tag without dimensions is `base`.
pub fn has_base(tag: &str, base: &str) -> bool {
    split_dimensions(tag).is_some_and(|(own, suffix)| own == base || tag == tag_with_suffix(base, suffix))
}

/// Returns whether a text is the suffix of some dimensions.
fn is_suffix(suffix: &str) -> bool {
    let Some(mut rest) = suffix.strip_prefix('-') else { return false };
    if let Some(stage) = rest.strip_prefix(STAGE) {
        let end = stage.find('-').unwrap_or(stage.len());
        let is_word = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if end == 0 || !stage.bytes().take(end).all(is_word) {
            return false;
        }
        match stage.get(end + 1..) {
            None => return true,
            Some(platforms) => rest = platforms,
        }
    }
    if let Some(digest) = rest.strip_prefix(PLATFORMS) {
        return digest.len() == DIGEST_DIGITS && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    rest.split('_').all(|platform| {
        let words: Vec<&str> = platform.split('-').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        matches!(words.len(), 2 | 3) && words.iter().all(is_word) && words.first().is_some_and(|os| SYSTEMS.contains(os))
    })
}

/// The operating systems of images: those that Go compiles for and containers run on. They distinguish the suffix of a platform from a tag
/// that a user wrote, such as `web.buildcache-old-2`.
///
/// Source: <https://github.com/containerd/platforms/blob/main/database.go>
const SYSTEMS: [&str; 9] = ["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "wasi", "wasip1"];

/// Returns a platform as containerd writes it: other spellings of an architecture and default variants are the same platform.
///
/// Source: <https://github.com/containerd/platforms/blob/main/database.go>
pub fn normalize(platform: &str) -> String {
    let platform = platform.trim().to_ascii_lowercase();
    let mut parts = platform.splitn(3, '/');
    let (os, arch, variant) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let os = if os == "macos" { "darwin" } else { os };
    let (arch, variant) = match (arch, variant) {
        ("i386" | "i686" | "x86" | "386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", variant) => ("arm64", variant),
        ("armhf", _) => ("arm", "v7"),
        ("armel", _) => ("arm", "v6"),
        ("arm", "" | "7") => ("arm", "v7"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "6") => ("arm", "v6"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    [os, arch, variant].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::super::reference::{branch_cache_tag, cache_tag};
    use super::*;

    fn of(platforms: &[&str], target: Option<&str>) -> Dimensions {
        Dimensions::new(&platforms.iter().map(|platform| (*platform).to_owned()).collect::<Vec<_>>(), target)
    }

    #[test]
    fn the_tag_names_platforms_and_stage() {
        for (platforms, target, tag) in [
            (&[][..], None, "web.buildcache"),
            (&["linux/amd64"], None, "web.buildcache-linux-amd64"),
            (&["linux/arm/v7"], None, "web.buildcache-linux-arm-v7"),
            (&["linux/arm64", "linux/amd64"], None, "web.buildcache-linux-amd64_linux-arm64"),
            (&[], Some("Test"), "web.buildcache-stage_test"),
            (&["linux/386"], Some("test"), "web.buildcache-stage_test-linux-386"),
        ] {
            let found = of(platforms, target).tag("web.buildcache");
            assert_eq!(found, tag);
            assert_eq!(split_dimensions(&found).map(|(base, _)| base), (tag != "web.buildcache").then_some("web.buildcache"));
        }
        let several: Vec<String> = (0..9).map(|number| format!("linux/arch{number}")).collect();
        for odd in [of(&["linux/x.y"], None), of(&[], Some("a.b-c")), Dimensions::new(&several, Some(&"s".repeat(80)))] {
            let tag = odd.tag(&cache_tag(&"w".repeat(117)));
            assert!(tag.len() <= TAG_LIMIT && has_base(&tag, &cache_tag(&"w".repeat(117))), "{tag}");
        }
    }

    #[test]
    fn spellings_of_a_platform_share_a_cache() {
        for (one, other) in [
            ("linux/amd64", "linux/x86_64"),
            ("linux/arm64", "linux/aarch64"),
            ("linux/arm64/v8", "Linux/ARM64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/386", "linux/i386"),
        ] {
            assert_eq!(of(&[one], None), of(&[other], None));
        }
        assert_ne!(of(&["linux/amd64"], None), of(&["linux/amd64/v3"], None));
        assert_eq!(of(&["linux/arm64", "linux/amd64", "linux/arm64"], None), of(&["linux/amd64", "linux/arm64"], None));
    }

    #[test]
    fn no_two_names_have_the_same_tag() {
        let dimensions = [of(&[], None), of(&["linux/arm64"], None), of(&[], Some("linux")), of(&["linux/arm64"], Some("x"))];
        let services = ["web", "web.buildcache-linux-arm64", "web.buildcache-stage_linux", "", "buildcache", "buildcache-linux-arm64"];
        let mut tags: Vec<String> = Vec::new();
        for dimensions in &dimensions {
            for service in services {
                tags.extend([dimensions.tag(&cache_tag(service)), dimensions.tag(&branch_cache_tag(service, "x"))]);
            }
        }
        let count = tags.len();
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), count, "{tags:?}");
    }

    #[test]
    fn a_tag_that_a_user_wrote_has_no_dimensions() {
        for tag in ["web.buildcache", "web.buildcache-old", "web.buildcache-old-2", "web.buildcache-", "buildcache-old", "web-linux-arm64"]
        {
            assert_eq!(split_dimensions(tag), None, "{tag}");
        }
        assert_eq!(split_dimensions("buildcache-linux-arm64"), Some(("buildcache", "-linux-arm64")));
    }

    #[test]
    fn the_cache_without_dimensions_is_the_last_source() {
        let tags = |dimensions: Dimensions| dimensions.sources().iter().map(|source| source.tag("w.buildcache")).collect::<Vec<_>>();
        assert_eq!(tags(of(&[], None)), ["w.buildcache"]);
        assert_eq!(tags(of(&["linux/arm64"], None)), ["w.buildcache-linux-arm64", "w.buildcache"]);
        assert_eq!(
            tags(of(&["linux/arm64", "linux/386"], Some("t"))),
            [
                "w.buildcache-stage_t-linux-386_linux-arm64",
                "w.buildcache-linux-386_linux-arm64",
                "w.buildcache-linux-386",
                "w.buildcache-linux-arm64",
                "w.buildcache"
            ]
        );
    }
}
