//! Build arguments that change with every build and are declared before dependencies are installed.
//!
//! Every `ARG` is in the environment of the `RUN` instructions after it, so a new value changes their cache keys, even if no command uses
//! it.
//! Source: <https://docs.docker.com/reference/dockerfile/#impact-on-build-caching>

use super::linter::Linter;
use super::order::installs;
use crate::build::dockerfile::facts::{Argument, StepKind};
use crate::diagnostic::Span;

/// Names of arguments whose value changes with every commit, build or day.
const NAMES: [&str; 44] = [
    "BUILDKITE_BUILD_ID",
    "BUILDKITE_BUILD_NUMBER",
    "BUILDKITE_COMMIT",
    "BUILDTIME",
    "BUILD_COMMIT",
    "BUILD_DATE",
    "BUILD_ID",
    "BUILD_NUM",
    "BUILD_NUMBER",
    "BUILD_REVISION",
    "BUILD_SHA",
    "BUILD_TIME",
    "BUILD_TIMESTAMP",
    "CIRCLE_BUILD_NUM",
    "CIRCLE_SHA1",
    "CI_COMMIT_SHA",
    "CI_COMMIT_SHORT_SHA",
    "CI_JOB_ID",
    "CI_PIPELINE_ID",
    "CODEBUILD_BUILD_ID",
    "CODEBUILD_BUILD_NUMBER",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "COMMIT",
    "COMMIT_HASH",
    "COMMIT_ID",
    "COMMIT_SHA",
    "DATE",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_NUMBER",
    "GITHUB_SHA",
    "GIT_COMMIT",
    "GIT_COMMIT_HASH",
    "GIT_COMMIT_SHA",
    "GIT_DESCRIBE",
    "GIT_HASH",
    "GIT_REF",
    "GIT_REV",
    "GIT_REVISION",
    "GIT_SHA",
    "REVISION",
    "SOURCE_COMMIT",
    "SOURCE_VERSION",
    "TIMESTAMP",
    "VCS_REF",
];

pub(super) fn check(linter: &mut Linter<'_>) {
    let mut reported: Vec<Span> = Vec::new();
    for stage in linter.stages().collect::<Vec<_>>() {
        for (number, step) in stage.steps.iter().enumerate() {
            let StepKind::Run(run) = &step.kind else { continue };
            let Some((install, span)) = installs(run).into_iter().next() else { continue };
            // A step that runs again anyway is reported by copy-before-install.
            let before = linter.steps_before(stage, number);
            if step.is_onbuild || before.iter().any(|step| super::order::copies_whole_context(linter, step)) {
                continue;
            }
            let arguments = before.iter().flat_map(|step| match &step.kind {
                StepKind::Arg(arguments) => arguments.as_slice(),
                _ => &[],
            });
            for argument in arguments.filter(|argument| is_volatile(linter, argument)).collect::<Vec<_>>() {
                let at = argument.name.span();
                if reported.contains(&at) {
                    continue;
                }
                reported.push(at);
                let name = argument.name.as_str();
                let message = format!("`{name}` changes with every build, so {} runs again in every build", install.manager.name);
                let problem = linter.warn("volatile-argument", message, at).at(&linter.dockerfile.source, span, "runs again here");
                linter.report(problem.hinted(format!("move `ARG {name}` below the last step that does not use it")));
            }
        }
    }
}

fn is_volatile(linter: &Linter<'_>, argument: &Argument) -> bool {
    let name = argument.name.as_str();
    let passed = linter.build_arg(name);
    if passed.as_deref().is_some_and(is_commit) {
        return true;
    }
    // A commit as the default pins a version that is changed by hand.
    let is_pinned = argument.default.as_ref().is_some_and(|default| is_commit(default.as_str().trim_matches(['"', '\''])));
    NAMES.contains(&name.to_ascii_uppercase().as_str()) && !is_pinned
}

/// Returns whether a value is a full commit hash.
fn is_commit(value: &str) -> bool {
    value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
