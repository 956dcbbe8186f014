//! The commands of a build: steps with argument vectors, an environment, and notes.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use super::super::engine::Engine;
use super::problem::CommandHint;
use crate::secret::Mask;

/// The commands of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The engine.
    pub engine: Engine,
    /// The steps in order; each starts after the one before has succeeded.
    pub steps: Vec<Step>,
    /// Steps that push the optional tags, after all others. Each may fail without an effect on the others.
    pub optional_steps: Vec<Step>,
    /// Optional tags that the steps do not set, because the engine pushes all tags at once and fails if it cannot push one of them.
    pub unset_tags: Vec<String>,
    /// Variables for the steps that use them, in addition to the caller's environment. Never contains a secret.
    pub environment: IndexMap<String, String>,
    /// Variables that the caller's environment should have, such as those of secrets.
    pub needs: Vec<Need>,
    /// Build arguments that look like secrets: variables for the steps that use the environment. No output contains their values.
    pub secret_args: Vec<SecretArg>,
    /// The cache exports as passed to the engine; empty without a cache.
    pub cache_to: Vec<String>,
    /// The cache imports as passed to the engine.
    pub cache_from: Vec<String>,
    /// Notes for the user.
    pub notes: Vec<Note>,
}

impl Invocation {
    /// Returns an invocation without steps.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            steps: Vec::new(),
            optional_steps: Vec::new(),
            unset_tags: Vec::new(),
            environment: IndexMap::new(),
            needs: Vec::new(),
            secret_args: Vec::new(),
            cache_to: Vec::new(),
            cache_from: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Returns the variables with the values of secret-looking build arguments.
    pub fn secret_variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secret_args.iter().filter_map(|arg| Some((arg.name.as_str(), arg.value.as_deref()?)))
    }

    /// Returns a mask of the values of secret-looking build arguments; `variable` is the caller's environment.
    pub fn mask(&self, variable: &dyn Fn(&str) -> Option<String>) -> Mask {
        let mut mask = Mask::default();
        for arg in &self.secret_args {
            if let Some(value) = arg.value.clone().or_else(|| variable(&arg.name)) {
                mask.add_credentials(&value);
            }
        }
        mask
    }

    /// Adds a note unless it is already present.
    pub fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A build argument that looks like a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretArg {
    /// The name, which is also that of the engine's variable.
    pub name: String,
    /// The value for the engine's environment; `None` is that of the caller's environment.
    pub value: Option<String>,
}

/// Shows the name only.
impl fmt::Debug for SecretArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretArg({})", self.name)
    }
}

/// Variables of the caller's environment that the build uses. Contains names only, never values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The variables; one of them is enough.
    pub any_of: Vec<String>,
    /// What the value is used for.
    pub purpose: String,
    /// Whether the build fails without it.
    pub required: bool,
}

/// One program to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What the step does, in a few words.
    pub purpose: String,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// A program whose success makes this step unnecessary, such as one that finds what the step would create.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<Vec<String>>,
    /// Whether the build continues if the step fails.
    pub may_fail: bool,
    /// Whether the step uses the invocation's environment; its probe never does.
    pub uses_environment: bool,
}

impl Step {
    /// Returns a step that must succeed.
    pub fn new(purpose: impl Into<String>, argv: Vec<String>) -> Self {
        Self { purpose: purpose.into(), argv, unless: None, may_fail: false, uses_environment: true }
    }

    /// Skips the step if a probe succeeds.
    #[must_use]
    pub fn unless(mut self, probe: Vec<String>) -> Self {
        self.unless = Some(probe);
        self
    }

    /// Runs the step without the invocation's environment.
    #[must_use]
    pub fn without_environment(mut self) -> Self {
        self.uses_environment = false;
        self
    }

    /// Lets the build continue if the step fails.
    #[must_use]
    pub fn allow_failure(mut self) -> Self {
        self.may_fail = true;
        self
    }
}

/// A note about an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The stable name of the note, in kebab case.
    pub rule: &'static str,
    /// The note, a lowercase fragment.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<CommandHint>,
}

impl Note {
    /// Returns a note without a hint.
    pub fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), hint: None }
    }

    /// Sets the hint.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<CommandHint>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
