//! The state of one lint run, shared by all rules.

use crate::build::cache::Backend;
use crate::build::context::BuildContext;
use crate::build::dockerfile::facts::{Dockerfile, Stage, Step};
use crate::build::engine::{Engine, Version};
use crate::build::request::BuildArg;
use crate::diagnostic::{Diagnostic, Span};

/// The options of a build. A rule that needs an unknown option reports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'c> {
    /// The engine.
    pub engine: Option<Engine>,
    /// The engine's own version.
    pub version: Option<&'c Version>,
    /// The backend of the layer cache.
    pub backend: Option<Backend>,
    /// Whether cache mounts persist between builds.
    pub cache_mounts: CacheMounts,
    /// The stage to build; `None` means the last stage.
    pub target: Option<&'c str>,
    /// The build arguments that are passed.
    pub build_args: &'c [BuildArg],
    /// The IDs of the secrets that are passed; `None` if unknown.
    pub secrets: Option<&'c [&'c str]>,
    /// The build context; `None` if it is unknown.
    pub files: Option<&'c BuildContext>,
}

/// Whether the directories of cache mounts persist between builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMounts {
    /// They are deleted with the builder: every build starts on a fresh builder.
    #[default]
    Fresh,
    /// The builder and its disk are kept between builds.
    Kept,
    /// They are on EFS, which is mounted as kaniko's cache directory.
    Efs,
}

/// A Dockerfile with its build context, and the problems found so far.
pub(super) struct Linter<'c> {
    pub(super) dockerfile: &'c Dockerfile,
    pub(super) context: &'c Context<'c>,
    /// The numbers of the stages that the build requires.
    pub(super) required: Vec<usize>,
    pub(super) found: Vec<Diagnostic>,
}

impl<'c> Linter<'c> {
    pub(super) fn new(dockerfile: &'c Dockerfile, context: &'c Context<'c>) -> Self {
        let mut linter = Self { dockerfile, context, required: Vec::new(), found: dockerfile.remarks.clone() };
        linter.required = match dockerfile.target(context.target) {
            Some(target) => dockerfile.required(target, &|name| linter.build_arg(name)),
            None => (0..dockerfile.stages.len()).collect(),
        };
        linter
    }

    /// Returns the value of a build argument that is passed; a placeholder that is no valid stage name if the value comes from the
    /// environment.
    pub(super) fn build_arg(&self, name: &str) -> Option<String> {
        let argument = self.context.build_args.iter().rfind(|argument| argument.name == name)?;
        Some(argument.value.clone().unwrap_or_else(|| format!("<{name}>")))
    }

    /// Returns the stages that the build requires.
    pub(super) fn stages(&self) -> impl Iterator<Item = &'c Stage> + use<'c, '_> {
        self.dockerfile.stages.iter().filter(|stage| self.required.contains(&stage.number))
    }

    /// Returns the chain of base stages of a stage, from the first one to the stage itself.
    pub(super) fn lineage(&self, stage: &Stage) -> Vec<&'c Stage> {
        self.dockerfile.lineage(stage, &|name| self.build_arg(name))
    }

    /// Returns the stage that is built; the last stage if the target does not exist.
    pub(super) fn target(&self) -> Option<&'c Stage> {
        self.dockerfile.target(self.context.target).or(self.dockerfile.stages.last())
    }

    /// Returns the steps of a stage's base stages, and the stage's own steps before `end`.
    pub(super) fn steps_before(&self, stage: &'c Stage, end: usize) -> Vec<&'c Step> {
        let mut steps: Vec<&'c Step> = Vec::new();
        for ancestor in self.lineage(stage) {
            let end = if ancestor.number == stage.number { end } else { ancestor.steps.len() };
            steps.extend(&ancestor.steps[..end.min(ancestor.steps.len())]);
        }
        steps
    }

    pub(super) fn warn(&self, rule: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::warning(rule, message).at(&self.dockerfile.source, span, "")
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }
}
