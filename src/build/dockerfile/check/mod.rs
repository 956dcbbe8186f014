//! What about a Dockerfile keeps a cache from being of use, for an engine, a cache and what a build is given.

mod arguments;
mod mounts;
mod order;
mod secrets;
mod stages;
mod volatile;

use super::facts::{Dockerfile, Stage, Step};
use crate::build::cache::Backend;
use crate::build::engine::{Engine, Version};
use crate::build::request::BuildArg;
use crate::template::{Diagnostic, Span};
use crate::validate::Finding;

/// What is known of a build beside its Dockerfile; what is not known is not warned about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'c> {
    /// The engine.
    pub engine: Option<Engine>,
    /// The engine's own version.
    pub version: Option<&'c Version>,
    /// Where the cache of layers is kept.
    pub backend: Option<Backend>,
    /// What becomes of the directories of cache mounts.
    pub cache_mounts: CacheMounts,
    /// The stage to build; `None` is the last.
    pub target: Option<&'c str>,
    /// Build arguments that are given.
    pub build_args: &'c [BuildArg],
    /// The ids of secrets that are given; `None` where that is not known.
    pub secrets: Option<&'c [&'c str]>,
}

/// What becomes of the directories of cache mounts after a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMounts {
    /// They go with the builder: the next build starts on a fresh one.
    #[default]
    Fresh,
    /// The builder, and its disk, outlive the build.
    Kept,
    /// They are on EFS, which kaniko's directory is mounted from.
    Efs,
}

/// Returns what is worth a warning, in the order of the file; of the stages, only those that the build needs are looked at.
///
/// An error among the findings says that the build fails, such as for a target that is not there.
pub fn warnings(dockerfile: &Dockerfile, context: &Context<'_>) -> Vec<Finding> {
    let mut check = Check { dockerfile, context, needed: Vec::new(), found: dockerfile.remarks.clone() };
    let target = dockerfile.target(context.target);
    check.needed = match target {
        Some(target) => dockerfile.needed(target, &|name| check.given(name)),
        None => (0..dockerfile.stages.len()).collect(),
    };
    stages::check(&mut check);
    arguments::check(&mut check);
    mounts::check(&mut check);
    order::check(&mut check);
    volatile::check(&mut check);
    secrets::check(&mut check);
    let mut found = check.found;
    found.sort_by_key(|diagnostic| diagnostic.labels.first().map_or(0, |label| label.span.start));
    found.into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect()
}

struct Check<'c> {
    dockerfile: &'c Dockerfile,
    context: &'c Context<'c>,
    /// The numbers of the stages that the build needs.
    needed: Vec<usize>,
    found: Vec<Diagnostic>,
}

impl<'c> Check<'c> {
    /// Returns the value of a build argument that is given; a word that no stage is called by where only the environment knows it.
    fn given(&self, name: &str) -> Option<String> {
        let given = self.context.build_args.iter().rfind(|argument| argument.name == name)?;
        Some(given.value.clone().unwrap_or_else(|| format!("<{name}>")))
    }

    /// Returns the stages that the build needs.
    fn stages(&self) -> impl Iterator<Item = &'c Stage> + use<'c, '_> {
        self.dockerfile.stages.iter().filter(|stage| self.needed.contains(&stage.number))
    }

    /// Returns the stages that a stage is built from, the first one first, and the stage itself.
    fn lineage(&self, stage: &Stage) -> Vec<&'c Stage> {
        self.dockerfile.lineage(stage, &|name| self.given(name))
    }

    /// Returns the stage that is built; the last where there is no such stage.
    fn target(&self) -> Option<&'c Stage> {
        self.dockerfile.target(self.context.target).or(self.dockerfile.stages.last())
    }

    /// Returns what the steps of a stage and of those it is built from do before the stage's own step `end`.
    fn steps_before(&self, stage: &'c Stage, end: usize) -> Vec<&'c Step> {
        let mut steps: Vec<&'c Step> = Vec::new();
        for ancestor in self.lineage(stage) {
            let end = if ancestor.number == stage.number { end } else { ancestor.steps.len() };
            steps.extend(&ancestor.steps[..end.min(ancestor.steps.len())]);
        }
        steps
    }

    fn warn(&self, rule: &'static str, message: impl Into<String>, place: Span) -> Diagnostic {
        Diagnostic::warning(rule, message).at(&self.dockerfile.source, place, "")
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }
}
