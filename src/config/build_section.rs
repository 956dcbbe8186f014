//! The section `build` of `rack.yaml`: default options of builds.

use std::path::Path;
use std::str::FromStr;

use super::reader::Reader;
use crate::build::cache::{Backend, Compression, ImageRef, Mode};
use crate::build::engine::Engine;
use crate::build::platform::check_platform;
use crate::build::request::BuilderRequest;
use crate::diagnostic::{Diagnostic, Label, Source, Span};
use crate::template::{Kind, Member, Node};
use crate::text::did_you_mean;

/// The section `build`; every key is optional.
#[derive(Clone, Debug, Default)]
pub struct BuildSection {
    /// `engine`.
    pub engine: Option<Engine>,
    /// `service`, which names the cache.
    pub service: Option<String>,
    /// `directory`: the app's directory, resolved against the directory of `rack.yaml`.
    pub directory: Option<String>,
    /// `dockerfile`, resolved against the directory of `rack.yaml`.
    pub dockerfile: Option<String>,
    /// `dockerfile` relative to `directory`, which is the root of the source of a build in the rack; `None` if it is not below it.
    pub dockerfile_in_source: Option<String>,
    /// `target`: the stage to build.
    pub target: Option<String>,
    /// `platforms`.
    pub platforms: Vec<String>,
    /// `cache`: the cache backend.
    pub cache: Option<Backend>,
    /// `repository` of the cache.
    pub repository: Option<String>,
    /// `cache_dir`: the directory of a local cache, resolved against the directory of `rack.yaml`.
    pub cache_dir: Option<String>,
    /// `s3_bucket` of a cache in S3.
    pub s3_bucket: Option<String>,
    /// `s3_region` of the bucket.
    pub s3_region: Option<String>,
    /// `s3_prefix` of all keys in the bucket.
    pub s3_prefix: Option<String>,
    /// `s3_endpoint_url` of an S3-compatible service.
    pub s3_endpoint_url: Option<String>,
    /// `cache_mode`.
    pub cache_mode: Option<Mode>,
    /// `compression`.
    pub compression: Option<Compression>,
    /// `builder`: the name of the buildx builder.
    pub builder: Option<String>,
    /// The position of each value.
    positions: Vec<(&'static str, Source, Span)>,
}

impl BuildSection {
    /// The keys.
    pub const KEYS: [&'static str; 16] = [
        "engine",
        "service",
        "directory",
        "dockerfile",
        "target",
        "platforms",
        "cache",
        "repository",
        "cache_dir",
        "s3_bucket",
        "s3_region",
        "s3_prefix",
        "s3_endpoint_url",
        "cache_mode",
        "compression",
        "builder",
    ];

    /// Returns the backend of the cache: that of `cache`, or the one that the location of the cache implies.
    pub fn backend(&self) -> Option<Backend> {
        let implied = [(&self.repository, Backend::Registry), (&self.s3_bucket, Backend::S3), (&self.cache_dir, Backend::Local)];
        self.cache.or_else(|| implied.into_iter().find_map(|(location, backend)| location.as_ref().map(|_| backend)))
    }

    /// Adds the position of a key's value to a problem of that value, as the place to correct it.
    pub fn mark(&self, key: &str, problem: &mut Diagnostic) {
        if let Some((_, source, span)) = self.positions.iter().find(|(name, ..)| *name == key) {
            problem.labels.insert(0, Label { source: source.clone(), span: *span, text: String::new() });
        }
    }

    /// Returns the position of a key's value, such as `rack.yaml:7:11`.
    pub fn place(&self, key: &str) -> Option<String> {
        let (_, source, span) = self.positions.iter().find(|(name, ..)| *name == key)?;
        let start = source.line_column(span.start);
        Some(format!("{}:{}:{}", source.name(), start.line, start.column))
    }
}

/// Resolves a path in `rack.yaml`, or returns why it is not a path.
pub(super) type Resolve<'r> = &'r dyn Fn(&mut Reader<'_>, &Node<'_>, &str) -> Option<String>;

impl Reader<'_> {
    /// Reads the section. `inside` resolves paths that must not leave the project, and `anywhere` others.
    pub(super) fn build(&mut self, member: &Member<'_>, inside: Resolve<'_>, anywhere: Resolve<'_>) -> BuildSection {
        let mut build = BuildSection::default();
        // The value is null if every line of the section is commented out.
        if !matches!(member.value.kind, Kind::Object(_) | Kind::Null) {
            let problem = self.wrong(&member.value, "build", "a map such as `engine: buildx`");
            self.problems.push(problem);
        }
        let mut written = (None, None);
        for key in member.value.members() {
            let name = key.key;
            let Some(known) = BuildSection::KEYS.into_iter().find(|known| *known == name) else {
                let problem = Diagnostic::error("rack-file-key", format!("unknown key `{name}` in `build`"));
                let hint =
                    did_you_mean(name, BuildSection::KEYS).unwrap_or_else(|| format!("the keys are {}", BuildSection::KEYS.join(", ")));
                self.problems.push(problem.at(self.source, key.key_span, "").hinted(hint));
                continue;
            };
            build.positions.push((known, self.source.clone(), key.value.span));
            match known {
                "engine" => build.engine = self.choice(key),
                "service" => build.service = self.text(key),
                "directory" => {
                    written.0 = self.text(key);
                    build.directory = written.0.as_deref().and_then(|text| inside(self, &key.value, text));
                }
                "dockerfile" => {
                    written.1 = self.text(key);
                    build.dockerfile = written.1.as_deref().and_then(|text| inside(self, &key.value, text));
                }
                "target" => build.target = self.text(key),
                "platforms" => build.platforms = self.platforms(key),
                "cache" => build.cache = self.choice(key),
                "repository" => build.repository = self.repository(key),
                "cache_dir" => build.cache_dir = self.text(key).and_then(|text| anywhere(self, &key.value, &text)),
                "s3_bucket" => build.s3_bucket = self.text(key),
                "s3_region" => build.s3_region = self.text(key),
                "s3_prefix" => build.s3_prefix = self.text(key),
                "s3_endpoint_url" => build.s3_endpoint_url = self.endpoint(key),
                "cache_mode" => build.cache_mode = self.choice(key),
                "compression" => build.compression = self.choice(key),
                _ => build.builder = self.builder_name(key),
            }
        }
        let directory = written.0.unwrap_or_default();
        build.dockerfile_in_source = written.1.and_then(|dockerfile| below(Path::new(&directory), Path::new(&dockerfile)));
        build
    }

    /// Reads one of several fixed values.
    fn choice<T: FromStr<Err = String>>(&mut self, member: &Member<'_>) -> Option<T> {
        let text = self.text(member)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(expected) => {
                self.invalid(member.key, &text, &member.value, expected);
                None
            }
        }
    }

    fn invalid(&mut self, key: &str, text: &str, value: &Node<'_>, hint: impl Into<String>) {
        let message = format!("invalid value `{}` for `build.{key}`", text.escape_debug());
        self.problems.push(Diagnostic::error("rack-file-value", message).at(self.source, value.span, "").hinted(hint));
    }

    fn platforms(&mut self, member: &Member<'_>) -> Vec<String> {
        let platforms = self.texts(member, "platforms such as linux/arm64");
        for (platform, item) in platforms.iter().zip(member.value.items()) {
            if let Err(unknown) = check_platform(platform) {
                self.invalid(member.key, platform, item, unknown.hint);
            }
        }
        platforms
    }

    fn repository(&mut self, member: &Member<'_>) -> Option<String> {
        let text = self.text(member)?;
        match text.parse::<ImageRef>() {
            Ok(reference) if reference.tag.is_none() && reference.digest.is_none() => return Some(text),
            Ok(_) => self.invalid(member.key, &text, &member.value, "remove the tag or digest: the tag is derived from the service"),
            Err(problem) => self.invalid(member.key, &text, &member.value, problem),
        }
        None
    }

    fn endpoint(&mut self, member: &Member<'_>) -> Option<String> {
        let text = self.text(member)?;
        let is_url = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_url {
            self.invalid(member.key, &text, &member.value, "write it with its scheme, such as http://127.0.0.1:9000");
        }
        is_url.then_some(text)
    }

    fn builder_name(&mut self, member: &Member<'_>) -> Option<String> {
        let text = self.text(member)?;
        let is_name = BuilderRequest::is_name(&text);
        if !is_name {
            self.invalid(member.key, &text, &member.value, "use a letter, then letters, digits, `_`, `-` and `.`");
        }
        is_name.then_some(text)
    }
}

/// Returns the path of a file relative to a directory that contains it.
fn below(directory: &Path, file: &Path) -> Option<String> {
    let plain = |path: &Path| path.components().filter(|part| *part != std::path::Component::CurDir).collect::<std::path::PathBuf>();
    let (directory, file) = (plain(directory), plain(file));
    let rest = file.strip_prefix(&directory).ok().filter(|rest| !rest.starts_with("..") && rest.is_relative())?;
    rest.to_str().map(str::to_owned)
}
