//! Secrets that end up in the image or its cache, and secrets that are mounted but not passed, or passed but not mounted.

use super::linter::Linter;
use crate::build::dockerfile::facts::{Argument, StepKind};
use crate::build::dockerfile::mount::{Mount, MountKind};
use crate::build::dockerfile::text::Text;
use crate::diagnostic::Severity;
use crate::secret::{is_secret_name, is_secret_value, looks_like_secret};
use crate::text::{did_you_mean, nearest};

pub(super) fn check(linter: &mut Linter<'_>) {
    for argument in &linter.dockerfile.global_arguments {
        in_argument(linter, argument);
    }
    for stage in linter.stages().collect::<Vec<_>>() {
        for step in &stage.steps {
            match &step.kind {
                StepKind::Arg(arguments) => arguments.iter().for_each(|argument| in_argument(linter, argument)),
                StepKind::Env(pairs) => pairs.iter().for_each(|(name, value)| in_environment(linter, name, value)),
                _ => {}
            }
        }
    }
    passed(linter);
    mounted(linter);
}

/// Finds secrets among the build arguments that are passed, unless the `ARG` is reported already.
fn passed(linter: &mut Linter<'_>) {
    let Some(target) = linter.target() else { return };
    for argument in linter.context.build_args {
        let name = argument.name.as_str();
        let is_secret = argument.value.as_deref().is_some_and(|value| looks_like_secret(name, value));
        if is_secret && !is_secret_name(name) {
            let message = format!(
                "the value that is passed for the build argument `{}` looks like a secret, and arguments are stored in the image's history",
                name.escape_debug()
            );
            let problem = linter.warn("secret-in-argument", message, target.span);
            linter.report(problem.hinted(USE_A_MOUNT));
        }
    }
}

const USE_A_MOUNT: &str = "pass it to the build as a secret and mount it with `RUN --mount=type=secret,id=...`: no layer, history or cache \
    contains a mounted secret";

fn in_argument(linter: &mut Linter<'_>, argument: &Argument) {
    let name = argument.name.as_str();
    let has_secret = argument.default.as_ref().is_some_and(|default| is_secret_value(default.as_str()));
    if is_secret_name(name) || has_secret {
        if let Some(default) = &argument.default {
            linter.dockerfile.source.hide_for_good(default.span());
        }
        let message = format!(
            "the {} of the build argument `{name}` looks like a secret, and arguments are stored in the image's history",
            what(has_secret)
        );
        let problem = linter.warn("secret-in-argument", message, argument.name.span());
        linter.report(problem.hinted(USE_A_MOUNT));
    }
}

fn in_environment(linter: &mut Linter<'_>, name: &Text, value: &Text) {
    let has_secret = is_secret_value(value.as_str());
    let is_empty = value.as_str().trim_matches(['"', '\'']).is_empty();
    if has_secret || (is_secret_name(name.as_str()) && !is_empty) {
        linter.dockerfile.source.hide_for_good(value.span());
        let message = format!(
            "the {} of the variable `{}` looks like a secret, and variables are stored in the image and its cache",
            what(has_secret),
            name.as_str()
        );
        let problem = linter.warn("secret-in-environment", message, name.span());
        linter.report(problem.hinted(format!("{USE_A_MOUNT}; pass secrets that the app needs at run time to the container")));
    }
}

fn what(has_secret: bool) -> &'static str {
    if has_secret { "value" } else { "name" }
}

/// Compares the secrets that are mounted with those that are passed.
fn mounted(linter: &mut Linter<'_>) {
    let Some(passed) = linter.context.secrets else { return };
    let mut ids: Vec<String> = Vec::new();
    for stage in linter.stages().collect::<Vec<_>>() {
        let mounts = stage.steps.iter().flat_map(|step| match &step.kind {
            StepKind::Run(run) => run.mounts.as_slice(),
            _ => &[],
        });
        for mount in mounts.filter(|mount| mount.kind == MountKind::Secret) {
            missing(linter, mount, passed, &mut ids);
        }
    }
    let Some(span) = linter.target().map(|target| target.span) else { return };
    for id in passed.iter().filter(|id| !ids.iter().any(|known| known == *id)) {
        let problem = linter.warn("unused-secret", format!("no stage in this build mounts the secret `{}`", id.escape_debug()), span);
        let suggestion = did_you_mean(id, ids.iter().map(String::as_str));
        let hint = suggestion.unwrap_or_else(|| format!("do not pass it, or mount it: `RUN --mount=type=secret,id={}`", id.escape_debug()));
        linter.report(problem.hinted(hint));
    }
}

fn missing(linter: &mut Linter<'_>, mount: &Mount, passed: &[&str], ids: &mut Vec<String>) {
    let Some(id) = mount.identifier().filter(|id| !id.contains('$')).map(str::to_owned) else { return };
    if ids.contains(&id) {
        return;
    }
    ids.push(id.clone());
    if passed.contains(&id.as_str()) {
        return;
    }
    let consequence = if mount.is_required { "the build fails" } else { "its file will be missing" };
    let mut problem = linter.warn("missing-secret", format!("the secret `{id}` is not passed, so {consequence}"), mount.span);
    if mount.is_required {
        problem.severity = Severity::Error;
    }
    let hint = match nearest(&id, passed.iter().copied()) {
        Some(other) => format!("`{other}` is passed: did you mean that?"),
        None => format!("pass the secret to the build: `id={id},env=VARIABLE` or `id={id},src=FILE`"),
    };
    linter.report(problem.hinted(hint));
}
