//! The section `build` of `rack.yaml`: default options of builds.

use std::str::FromStr;

use super::reader::Reader;
use crate::build::cache::{Backend, Compression, Mode};
use crate::build::engine::Engine;
use crate::diagnostic::Diagnostic;
use crate::template::{Kind, Member};
use crate::text::did_you_mean;

/// The section `build`; every key is optional.
#[derive(Clone, Debug, Default)]
pub struct BuildSection {
    /// `engine`.
    pub engine: Option<Engine>,
    /// `service`, which names the cache.
    pub service: Option<String>,
    /// `dockerfile`, relative to the working directory.
    pub dockerfile: Option<String>,
    /// `target`: the stage to build.
    pub target: Option<String>,
    /// `platforms`.
    pub platforms: Vec<String>,
    /// `cache`: the cache backend.
    pub cache: Option<Backend>,
    /// `repository` of the cache.
    pub repository: Option<String>,
    /// `cache_mode`.
    pub cache_mode: Option<Mode>,
    /// `compression`.
    pub compression: Option<Compression>,
    /// `builder`: the name of the buildx builder.
    pub builder: Option<String>,
}

const KEYS: [&str; 10] =
    ["engine", "service", "dockerfile", "target", "platforms", "cache", "repository", "cache_mode", "compression", "builder"];

impl Reader<'_> {
    pub(super) fn build(&mut self, member: &Member<'_>) -> BuildSection {
        let mut build = BuildSection::default();
        // The value is null if every line of the section is commented out.
        if !matches!(member.value.kind, Kind::Object(_) | Kind::Null) {
            let problem = self.wrong(&member.value, "build", "a map such as `engine: buildx`");
            self.problems.push(problem);
        }
        for key in member.value.members() {
            match key.key {
                "engine" => build.engine = self.choice(key),
                "service" => build.service = self.text(key),
                "dockerfile" => build.dockerfile = self.text(key),
                "target" => build.target = self.text(key),
                "platforms" => build.platforms = self.texts(key, "platforms such as linux/arm64"),
                "cache" => build.cache = self.choice(key),
                "repository" => build.repository = self.text(key),
                "cache_mode" => build.cache_mode = self.choice(key),
                "compression" => build.compression = self.choice(key),
                "builder" => build.builder = self.text(key),
                name => {
                    let problem = Diagnostic::error("rack-file-key", format!("unknown key `{name}` in `build`"));
                    let hint = did_you_mean(name, KEYS).unwrap_or_else(|| format!("the keys are {}", KEYS.join(", ")));
                    self.problems.push(problem.at(self.source, key.key_span, "").hinted(hint));
                }
            }
        }
        build
    }

    /// Reads one of several fixed values.
    fn choice<T: FromStr<Err = String>>(&mut self, member: &Member<'_>) -> Option<T> {
        let text = self.text(member)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(expected) => {
                let problem = Diagnostic::error("rack-file-value", format!("invalid value `{text}` for `build.{}`", member.key));
                self.problems.push(problem.at(self.source, member.value.span, "").hinted(expected));
                None
            }
        }
    }
}
