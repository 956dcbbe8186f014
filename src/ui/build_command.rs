//! How a build is started: its steps, its caches, and what there is to say.

use serde::Serialize;

use super::Layout;
use super::styles::styled;
use crate::build::engine::{Buildx, EngineFacts};
use crate::build::{Invocation, Note};

/// The answer for programs.
#[derive(Serialize)]
pub struct Answer<'a> {
    known: Known,
    #[serde(flatten)]
    invocation: &'a Invocation,
}

/// What is known of the engine; what is not is left out.
#[derive(Serialize)]
struct Known {
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
    /// Returns the answer about an invocation that was planned for such an engine.
    pub fn new(facts: &EngineFacts, invocation: &'a Invocation) -> Self {
        let known = Known {
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
        Self { known, invocation }
    }
}

/// Returns notes, one below the other.
pub fn notes(notes: &[Note], layout: Layout) -> String {
    let mut text = String::new();
    for note in notes {
        text.push_str(&format!("{}: {}\n", styled(layout.styles.strong, "note"), note.message));
        if let Some(hint) = &note.hint {
            text.push_str(&format!("  {}: {hint}\n", styled(layout.styles.hint, "hint")));
        }
    }
    text
}
