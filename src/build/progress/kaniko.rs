//! kaniko's log.
//!
//! Sources: the messages are in <https://github.com/osscontainertools/kaniko/blob/main/pkg/executor/build.go> and
//! <https://github.com/osscontainertools/kaniko/blob/main/pkg/executor/push.go>, the three formats in
//! <https://github.com/osscontainertools/kaniko/blob/main/pkg/logging/logging.go>. A failed write of the cache is only a warning in this
//! log: the exit status is 0.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{LIMIT, Layers, Progress, Steps, reason};

/// The instructions that create layers, as kaniko logs them when it comes to them.
const INSTRUCTIONS: [&str; 4] = ["RUN ", "COPY ", "ADD ", "WORKDIR "];

/// The state of a log.
#[derive(Debug, Default)]
pub(super) struct Log {
    is_understood: bool,
    steps: Steps,
    layers: Layers,
    /// The hashes of commands that come from the cache.
    cached: HashSet<u64>,
}

impl Log {
    pub(super) fn line(&mut self, line: &str) {
        let Some(message) = message(line) else { return };
        self.is_understood = true;
        let message = message.as_str();
        if let Some(command) = message.strip_prefix("Using caching version of cmd: ") {
            if self.cached.len() < LIMIT && self.cached.insert(hash(command)) {
                self.layers.read += 1;
            }
        } else if message.starts_with("No cached layer found for cmd ") {
            self.layers.missing += 1;
        } else if message.starts_with("Pushing layer ") && message.ends_with(" to cache now") {
            self.layers.pushed += 1;
        } else if let Some(error) = message.strip_prefix("Error uploading layer to cache: ") {
            if self.layers.failures.len() < 8 {
                self.layers.failures.push(reason(error));
            }
        } else if INSTRUCTIONS.iter().any(|instruction| message.starts_with(instruction)) {
            self.steps.total += 1;
            self.steps.cached += usize::from(self.cached.contains(&hash(message)));
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            is_understood: self.is_understood,
            steps: self.is_understood.then_some(self.steps),
            layers: self.is_understood.then(|| self.layers.clone()),
            ..Progress::default()
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.trim_end().hash(&mut hasher);
    hasher.finish()
}

/// Returns the message of a line of the log, or `None` for other output.
fn message(line: &str) -> Option<String> {
    if line.starts_with('{') {
        #[derive(serde::Deserialize)]
        struct Entry {
            msg: String,
        }
        return serde_json::from_str::<Entry>(line).ok().map(|entry| entry.msg);
    }
    if line.starts_with("time=\"") || line.starts_with("level=") {
        let (_, rest) = line.split_once(" msg=")?;
        return Some(match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => rest.split(' ').next().unwrap_or_default().to_owned(),
        });
    }
    let plain = without_colors(line);
    let (level, rest) = plain.split_once('[')?;
    let (_, message) = rest.split_once("] ")?;
    matches!(level, "DEBU" | "INFO" | "WARN" | "ERRO" | "FATA").then(|| message.trim().to_owned())
}

/// Returns the value of a quoted field up to its closing quote.
fn unquote(quoted: &str) -> String {
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
            other => text.push(other),
        }
    }
    text
}

/// Returns a line without the sequences that select colors.
fn without_colors(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    text + rest
}
