//! Reads the output of a build engine: how many steps came from a cache, which caches were read, and which were written.
//!
//! Takes the bytes that an engine writes to one of its streams, in any division. Returns [`Progress`], the facts in them; an engine whose
//! output says nothing about a fact leaves it unknown. Reading is pure, and its memory is limited, no matter what the output contains.
//!
//! Leaves the comparison with the requested caches to [`cache_report`](super::cache_report), and the streams to [`exec`](super::exec).

mod buildkit;
mod kaniko;
mod lines;
mod numbered_steps;
mod stream;

pub use stream::{Stream, Style};

use lines::Lines;

/// The most steps, imports and exports that are counted; the output of a larger build is not understood.
const LIMIT: usize = 20_000;

/// The longest message of an engine that is kept, in characters.
const REASON_CHARACTERS: usize = 400;

/// What the output of an engine says about caches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether the output has the expected form.
    pub is_understood: bool,
    /// The steps of the Dockerfile.
    pub steps: Option<Steps>,
    /// The imports of caches, in the order of their first lines.
    pub imports: Vec<ImportProgress>,
    /// The exports of caches, in the order of their first lines.
    pub exports: Vec<ExportProgress>,
    /// The layers, for an engine that caches each layer by itself.
    pub layers: Option<Layers>,
}

/// The steps of a Dockerfile without `FROM`: those that an engine did, or found in a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Steps {
    /// All steps.
    pub total: usize,
    /// Those whose result came from a cache, including the engine's own one.
    pub cached: usize,
}

/// The import of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    /// The cache as the engine names it: the reference of a registry cache, otherwise its type and perhaps more.
    pub source: String,
    /// How it ended; `None` if the output does not contain its end.
    pub end: Option<Result<(), String>>,
}

/// The export of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportProgress {
    /// The type in BuildKit's syntax; `None` if the engine does not name it.
    pub kind: Option<&'static str>,
    /// The digest of the manifest that was written.
    pub digest: Option<String>,
    /// How it ended; `None` if the output does not contain its end.
    pub end: Option<ExportEnd>,
}

/// How the export of a cache ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportEnd {
    /// It was written.
    Written,
    /// The build had no layers for the cache.
    Empty,
    /// It failed, for this reason.
    Failed(String),
}

/// The layers of an engine that caches each layer by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// How many came from the cache.
    pub read: usize,
    /// How many were not in the cache.
    pub missing: usize,
    /// How many the engine started to write.
    pub pushed: usize,
    /// Why some were not written.
    pub failures: Vec<String>,
}

/// Reads the output of an engine.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    style: Reading,
}

#[derive(Debug)]
enum Reading {
    BuildKit(buildkit::Vertices),
    BuildKitJson(buildkit::Vertices),
    Kaniko(kaniko::Log),
    Numbered(numbered_steps::Log),
}

impl Reader {
    /// Returns a reader of output in a style.
    pub fn new(style: Style) -> Self {
        let style = match style {
            Style::BuildKit => Reading::BuildKit(buildkit::Vertices::default()),
            Style::BuildKitJson => Reading::BuildKitJson(buildkit::Vertices::default()),
            Style::Kaniko => Reading::Kaniko(kaniko::Log::default()),
            Style::Buildah | Style::ClassicDocker => Reading::Numbered(numbered_steps::Log::new(style == Style::Buildah)),
        };
        Self { lines: Lines::default(), style }
    }

    /// Reads a part of the output.
    pub fn read(&mut self, output: &[u8]) {
        let Self { lines, style } = self;
        lines.add(output, &mut |line| style.line(line));
    }

    /// Returns what the output said so far.
    pub fn progress(&mut self) -> Progress {
        let Self { lines, style } = self;
        lines.finish(&mut |line| style.line(line));
        match style {
            Reading::BuildKit(vertices) | Reading::BuildKitJson(vertices) => vertices.progress(),
            Reading::Kaniko(log) => log.progress(),
            Reading::Numbered(log) => log.progress(),
        }
    }
}

impl Reading {
    fn line(&mut self, line: &str) {
        match self {
            Self::BuildKit(vertices) => vertices.plain_line(line),
            Self::BuildKitJson(vertices) => vertices.json_line(line),
            Self::Kaniko(log) => log.line(line),
            Self::Numbered(log) => log.line(line),
        }
    }
}

impl Progress {
    /// Adds the progress of a later build of the same invocation, such as that of the last stage after those of others.
    ///
    /// The later build finds the steps of the earlier ones in the engine's own cache, so they count as done, not as cached.
    #[must_use]
    pub fn followed_by(self, later: Self) -> Self {
        let steps = match (self.steps, later.steps) {
            (Some(first), Some(second)) => {
                let done = (first.total - first.cached) + (second.total - second.cached);
                Some(Steps { total: second.total, cached: second.total.saturating_sub(done) })
            }
            (first, second) => second.or(first),
        };
        Self {
            is_understood: self.is_understood || later.is_understood,
            steps,
            imports: [self.imports, later.imports].concat(),
            exports: [self.exports, later.exports].concat(),
            layers: later.layers.or(self.layers),
        }
    }
}

/// Returns a message of an engine with a limited length and without the queries of addresses, which may be signed.
fn reason(message: &str) -> String {
    let mut kept = String::new();
    for word in message.trim().split(' ') {
        let shown = match word.split_once('?') {
            Some((address, _)) if address.contains("://") => format!("{address}?..."),
            _ => word.to_owned(),
        };
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(&shown);
    }
    match kept.char_indices().nth(REASON_CHARACTERS) {
        Some((end, _)) => format!("{}...", &kept[..end]),
        None => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_addresses_and_long_messages_are_shortened() {
        let signed = "Put \"https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Security-Token=def\": denied";
        assert_eq!(reason(signed), "Put \"https://b.s3.amazonaws.com/k?... denied");
        let long = reason(&"e\u{301}".repeat(10_000));
        assert!(long.chars().count() <= REASON_CHARACTERS + 3 && long.ends_with("..."), "{}", long.len());
    }

    #[test]
    fn steps_of_earlier_stages_do_not_count_as_cached() {
        let of = |total, cached| Progress { steps: Some(Steps { total, cached }), ..Progress::default() };
        assert_eq!(of(3, 0).followed_by(of(5, 3)).steps, Some(Steps { total: 5, cached: 0 }));
        assert_eq!(of(3, 3).followed_by(of(5, 5)).steps, Some(Steps { total: 5, cached: 5 }));
        assert_eq!(of(3, 2).followed_by(of(5, 3)).steps, Some(Steps { total: 5, cached: 2 }));
    }
}
