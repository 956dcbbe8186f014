//! Build arguments that change with every build, declared before dependencies are installed.
//!
//! A `RUN` has every `ARG` before it in its environment, so another value is another cache key, whether the command uses it or not.
//! Source: <https://docs.docker.com/reference/dockerfile/#impact-on-build-caching>

use super::Check;
use super::order::installs;
use crate::build::dockerfile::facts::{Argument, StepKind};
use crate::template::Span;

/// Names whose value is another one with every commit, build or day.
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

pub(super) fn check(check: &mut Check<'_>) {
    let mut told: Vec<Span> = Vec::new();
    for stage in check.stages().collect::<Vec<_>>() {
        for (number, step) in stage.steps.iter().enumerate() {
            let StepKind::Run(run) = &step.kind else { continue };
            let Some((install, place)) = installs(run).into_iter().next() else { continue };
            // What runs again anyway is told of by copy-before-install.
            let before = check.steps_before(stage, number);
            if step.is_onbuild || before.iter().any(|step| super::order::is_of_whole_context(check, step)) {
                continue;
            }
            let arguments = before.iter().flat_map(|step| match &step.kind {
                StepKind::Arg(arguments) => arguments.as_slice(),
                _ => &[],
            });
            for argument in arguments.filter(|argument| is_volatile(check, argument)).collect::<Vec<_>>() {
                let at = argument.name.span();
                if told.contains(&at) {
                    continue;
                }
                told.push(at);
                let name = argument.name.as_str();
                let message = format!("`{name}` changes with every build, and {} runs again whenever it does", install.manager.name);
                let problem = check.warn("volatile-argument", message, at).at(&check.dockerfile.source, place, "runs again here");
                check.report(problem.hinted(format!("move `ARG {name}` below the last step that need not know it")));
            }
        }
    }
}

fn is_volatile(check: &Check<'_>, argument: &Argument) -> bool {
    let name = argument.name.as_str();
    let given = check.given(name);
    if given.as_deref().is_some_and(is_commit) {
        return true;
    }
    // A default that is a commit pins something: the argument is for changing it by hand.
    let is_pinned = argument.default.as_ref().is_some_and(|default| is_commit(default.as_str().trim_matches(['"', '\''])));
    NAMES.contains(&name.to_ascii_uppercase().as_str()) && !is_pinned
}

/// Tells whether a value is the whole hash of a commit.
fn is_commit(value: &str) -> bool {
    value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
