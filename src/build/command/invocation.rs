//! What is to be run: steps of argument vectors, an environment, and what there is to say about them.

use indexmap::IndexMap;
use serde::Serialize;

use super::super::engine::Engine;

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// The engine.
    pub engine: Engine,
    /// Steps, in order; each one starts when the one before has ended well.
    pub steps: Vec<Step>,
    /// Variables that steps which heed them get beside those of the caller. Never a secret.
    pub environment: IndexMap<String, String>,
    /// Variables that the caller's environment should have, such as those of secrets.
    pub needs: Vec<Need>,
    /// What the cache is exported to, as the engine is told; empty without a cache.
    pub cache_to: Vec<String>,
    /// What caches are imported from, as the engine is told.
    pub cache_from: Vec<String>,
    /// What there is to say.
    pub notes: Vec<Note>,
}

impl Invocation {
    /// Returns one without steps.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            steps: Vec::new(),
            environment: IndexMap::new(),
            needs: Vec::new(),
            cache_to: Vec::new(),
            cache_from: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds something to say.
    pub fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Something that the caller's environment should have. Only names: values are nobody's business here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Variables of which one has to be there.
    pub any_of: Vec<String>,
    /// What for.
    pub purpose: String,
    /// Whether the build cannot do without.
    pub required: bool,
}

/// One program to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is for, in a few words.
    pub purpose: String,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// A program whose success makes this step needless, such as one that finds what the step would create.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<Vec<String>>,
    /// Whether the build goes on when it fails.
    pub may_fail: bool,
    /// Whether the invocation's environment means anything to it; to a probe it never does.
    pub heeds_environment: bool,
}

impl Step {
    /// Returns a step that must succeed.
    pub fn new(purpose: impl Into<String>, argv: Vec<String>) -> Self {
        Self { purpose: purpose.into(), argv, unless: None, may_fail: false, heeds_environment: true }
    }

    /// Makes it needless where a probe succeeds.
    #[must_use]
    pub fn unless(mut self, probe: Vec<String>) -> Self {
        self.unless = Some(probe);
        self
    }

    /// Leaves out the invocation's environment, which means nothing to it.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.heeds_environment = false;
        self
    }

    /// Lets the build go on when it fails.
    #[must_use]
    pub fn or_go_on(mut self) -> Self {
        self.may_fail = true;
        self
    }
}

/// Something to say about an invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Stable kebab-case name.
    pub rule: &'static str,
    /// What it is, a lowercase fragment.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Note {
    /// Returns a note.
    pub fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
