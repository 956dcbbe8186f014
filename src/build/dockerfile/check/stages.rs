//! References to stages that do not exist, or are declared later.

use super::linter::Linter;
use crate::build::dockerfile::facts::{Stage, Step};
use crate::build::dockerfile::lexer::expand;
use crate::build::dockerfile::predefined;
use crate::diagnostic::Diagnostic;
use crate::text::{did_you_mean, nearest};

pub(super) fn check(linter: &mut Linter<'_>) {
    target(linter);
    for stage in linter.dockerfile.stages.iter().filter(|stage| linter.required.contains(&stage.number)).collect::<Vec<_>>() {
        base(linter, stage);
        sources(linter, stage);
    }
}

fn target(linter: &mut Linter<'_>) {
    let Some(name) = linter.context.target else { return };
    if linter.dockerfile.target(Some(name)).is_some() {
        return;
    }
    let span = linter.dockerfile.stages.last().map_or_else(Default::default, |stage| stage.span);
    let mut problem = Diagnostic::error("unknown-target", format!("the target stage `{}` does not exist", name.escape_debug()));
    problem = problem.at(&linter.dockerfile.source, span, "the last stage");
    let names: Vec<&str> = linter.dockerfile.stage_names().collect();
    problem.hint = did_you_mean(name, names.iter().copied()).or_else(|| {
        Some(if names.is_empty() {
            "no stage has a name; name one with `FROM ... AS name`".to_owned()
        } else {
            format!("the stages are {}", names.join(", "))
        })
    });
    linter.report(problem);
}

fn base(linter: &mut Linter<'_>, stage: &Stage) {
    let base = linter.dockerfile.base(stage, &|name| linter.build_arg(name));
    if base.unknown.iter().any(|name| predefined::is_automatic(name)) {
        return;
    }
    if base.text.is_empty() && !base.is_partial {
        let missing = base.unknown.first().map_or("", String::as_str).to_owned();
        let is_declared = linter.dockerfile.global_arguments.iter().any(|argument| argument.name.as_str() == missing);
        let problem = linter.warn("empty-base", format!("the image of `FROM {}` is empty", stage.base.as_str()), stage.base.span());
        let hint = if is_declared {
            format!("pass the build argument `{missing}`, or add a default: `ARG {missing}=...`")
        } else {
            let names = linter.dockerfile.global_arguments.iter().map(|argument| argument.name.as_str());
            did_you_mean(&missing, names).unwrap_or_else(|| format!("declare `ARG {missing}=...` before the first `FROM`"))
        };
        linter.report(problem.hinted(hint));
        return;
    }
    // Often only the tag is empty: no builder accepts `alpine:`.
    if let Some(missing) = base.unknown.first().filter(|_| !base.is_partial && base.text.ends_with([':', '@', '/'])) {
        let message =
            format!("the image of `FROM {}` is invalid: `{missing}` has no value, which leaves `{}`", stage.base.as_str(), base.text);
        let problem = linter.warn("empty-base", message, stage.base.span());
        linter.report(problem.hinted(format!("pass the build argument `{missing}`, or add a default: `ARG {missing}=...`")));
        return;
    }
    let lower = base.text.to_lowercase();
    let is_stage = |stage: &&Stage| stage.name.as_ref().is_some_and(|(name, _)| *name == lower);
    if linter.dockerfile.stages[..stage.number].iter().any(|stage| is_stage(&stage)) {
        return;
    }
    if let Some((name, span)) = linter.dockerfile.stages[stage.number..].iter().find(is_stage).and_then(|stage| stage.name.as_ref()) {
        // `FROM golang AS golang` refers to the image.
        if stage.name.as_ref().is_some_and(|(own, _)| own == name) {
            return;
        }
        let message = format!("the stage `{name}` is declared later, so `{name}` refers to an image here");
        let problem = linter.warn("later-stage", message, stage.base.span()).at(&linter.dockerfile.source, *span, "the stage");
        linter.report(problem.hinted(format!("move the stage `{name}` before this one")));
    }
}

fn sources(linter: &mut Linter<'_>, stage: &Stage) {
    for from in stage.steps.iter().flat_map(Step::sources_elsewhere) {
        let expanded =
            expand(from.as_str(), linter.dockerfile.escape, &|name| linter.dockerfile.global_value(name, &|name| linter.build_arg(name)));
        if !expanded.unknown.is_empty() || expanded.is_partial {
            continue;
        }
        let name = expanded.text;
        if let Some(found) = linter.dockerfile.stage(&name) {
            let supports_later_stages = linter.context.engine.is_none_or(|engine| engine.is_buildkit());
            if found.number > stage.number && !supports_later_stages {
                let problem = linter
                    .warn("later-stage", format!("the stage `{name}` is declared later; only BuildKit supports that"), from.span())
                    .at(&linter.dockerfile.source, found.span, "the stage");
                linter.report(problem.hinted(format!("move the stage `{name}` before this one")));
            }
            continue;
        }
        if name.parse::<usize>().is_ok() {
            let message = format!("stage {name} does not exist; stages are numbered from 0");
            let problem = linter.warn("unknown-stage", message, from.span());
            linter.report(problem.hinted(format!("the last stage is {}", linter.dockerfile.stages.len().saturating_sub(1))));
        } else if !name.contains(['/', ':', '@', '.'])
            && let Some(suggestion) = nearest(&name, linter.dockerfile.stage_names())
        {
            let problem =
                linter.warn("unknown-stage", format!("the stage `{name}` does not exist, so `{name}` refers to an image"), from.span());
            linter.report(problem.hinted(format!("did you mean `{suggestion}`?")));
        }
    }
}
