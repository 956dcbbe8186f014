//! The view of a build command: its steps, its caches and its notes.

use indexmap::IndexMap;
use serde::Serialize;

use super::hints;
use crate::build::command::Need;
use crate::build::engine::{Buildx, Engine, EngineFacts};
use crate::build::{Invocation, Note, Step};
use crate::ui::findings::FindingAnswer;
use crate::ui::{Layout, styled};
use crate::validate::Finding;

/// The JSON view.
#[derive(Serialize)]
pub struct Answer<'a> {
    known: Capabilities,
    engine: Engine,
    steps: &'a [Step],
    environment: &'a IndexMap<String, String>,
    needs: &'a [Need],
    cache_to: &'a [String],
    cache_from: &'a [String],
    notes: Vec<NoteView<'a>>,
    /// What is wrong with the Dockerfile, as in the JSON of `build check`.
    findings: Vec<FindingAnswer<'a>>,
}

#[derive(Serialize)]
struct NoteView<'a> {
    rule: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// The known capabilities of the engine; unknown ones are omitted.
#[derive(Serialize)]
struct Capabilities {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buildx: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buildkit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_store: Option<&'static str>,
}

impl<'a> Answer<'a> {
    /// Returns the view of an invocation that was planned for an engine, with what is wrong with its Dockerfile.
    pub fn new(facts: &EngineFacts, invocation: &'a Invocation, findings: &'a [Finding]) -> Self {
        let known = Capabilities {
            version: facts.version.as_ref().map(ToString::to_string),
            buildx: match &facts.buildx {
                Buildx::Unknown => None,
                Buildx::Missing => Some("missing".to_owned()),
                Buildx::Present(version) => Some(version.as_ref().map_or_else(|| "present".to_owned(), ToString::to_string)),
            },
            buildkit: facts.buildkit.as_ref().map(ToString::to_string),
            driver: facts.driver.map(|driver| driver.name()),
            image_store: facts.image_store.map(|store| store.name()),
        };
        let note = |note: &'a Note| NoteView { rule: note.rule, message: &note.message, hint: note.hint.as_ref().map(hints::command) };
        Self {
            known,
            engine: invocation.engine,
            steps: &invocation.steps,
            environment: &invocation.environment,
            needs: &invocation.needs,
            cache_to: &invocation.cache_to,
            cache_from: &invocation.cache_from,
            notes: invocation.notes.iter().map(note).collect(),
            findings: findings.iter().map(FindingAnswer::new).collect(),
        }
    }
}

/// Returns notes with their hints.
pub fn notes(notes: &[Note], layout: Layout) -> String {
    let mut text = String::new();
    for note in notes {
        text.push_str(&format!("{}: {}\n", styled(layout.styles.strong, "note"), note.message));
        if let Some(hint) = &note.hint {
            text.push_str(&format!("  {}: {}\n", styled(layout.styles.hint, "hint"), hints::command(hint)));
        }
    }
    text
}
