//! `build` in `rack.yaml`: what every build of this app is told, unless a flag says otherwise.

use std::str::FromStr;

use super::reader::Reader;
use crate::build::cache::{Backend, Compression, Mode};
use crate::build::engine::Engine;
use crate::diagnostic::Diagnostic;
use crate::template::{Kind, Member};
use crate::text::did_you_mean;

/// What `build` says; every key may be left out.
#[derive(Clone, Debug, Default)]
pub struct BuildSection {
    /// `engine`.
    pub engine: Option<Engine>,
    /// `service`, after which the cache is called.
    pub service: Option<String>,
    /// `dockerfile`, a path from where rackform runs.
    pub dockerfile: Option<String>,
    /// `target`: the stage to build.
    pub target: Option<String>,
    /// `platforms`.
    pub platforms: Vec<String>,
    /// `cache`: the backend.
    pub cache: Option<Backend>,
    /// `repository` of the cache.
    pub repository: Option<String>,
    /// `cache_mode`.
    pub cache_mode: Option<Mode>,
    /// `compression`.
    pub compression: Option<Compression>,
    /// `builder`: docker's builder.
    pub builder: Option<String>,
}

const KEYS: [&str; 10] =
    ["engine", "service", "dockerfile", "target", "platforms", "cache", "repository", "cache_mode", "compression", "builder"];

impl Reader<'_> {
    pub(super) fn build(&mut self, member: &Member<'_>) -> BuildSection {
        let mut build = BuildSection::default();
        // `build:` with every line below it commented out reads as null.
        if !matches!(member.value.kind, Kind::Object(_) | Kind::Null) {
            let problem = self.wrong(&member.value, "build", "a map such as `engine: buildx`");
            self.problems.push(problem);
        }
        for key in member.value.members() {
            match key.key {
                "engine" => build.engine = self.word(key),
                "service" => build.service = self.text(key),
                "dockerfile" => build.dockerfile = self.text(key),
                "target" => build.target = self.text(key),
                "platforms" => build.platforms = self.texts(key, "platforms such as linux/arm64"),
                "cache" => build.cache = self.word(key),
                "repository" => build.repository = self.text(key),
                "cache_mode" => build.cache_mode = self.word(key),
                "compression" => build.compression = self.word(key),
                "builder" => build.builder = self.text(key),
                name => {
                    let problem = Diagnostic::error("rack-file-key", format!("`build` in rack.yaml has no key `{name}`"));
                    let hint = did_you_mean(name, KEYS).unwrap_or_else(|| format!("it has {}", KEYS.join(", ")));
                    self.problems.push(problem.at(self.source, key.key_span, "").hinted(hint));
                }
            }
        }
        build
    }

    /// Reads one of a few words.
    fn word<T: FromStr<Err = String>>(&mut self, member: &Member<'_>) -> Option<T> {
        let text = self.text(member)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(expected) => {
                let problem = Diagnostic::error("rack-file-value", format!("`build.{}` cannot be `{text}`", member.key));
                self.problems.push(problem.at(self.source, member.value.span, "").hinted(expected));
                None
            }
        }
    }
}
