//! Stages that are not there, or not yet.

use super::Check;
use crate::build::dockerfile::lexer::expand;
use crate::build::dockerfile::predefined;
use crate::template::{Diagnostic, did_you_mean, nearest};

pub(super) fn check(check: &mut Check<'_>) {
    target(check);
    for stage in check.dockerfile.stages.iter().filter(|stage| check.needed.contains(&stage.number)).collect::<Vec<_>>() {
        base(check, stage);
        sources(check, stage);
    }
}

fn target(check: &mut Check<'_>) {
    let Some(name) = check.context.target else { return };
    if check.dockerfile.target(Some(name)).is_some() {
        return;
    }
    let place = check.dockerfile.stages.last().map_or_else(Default::default, |stage| stage.span);
    let mut problem = Diagnostic::error("unknown-target", format!("there is no stage `{}` to build", name.escape_debug()));
    problem = problem.at(&check.dockerfile.source, place, "the last stage");
    let names: Vec<&str> = check.dockerfile.stage_names().collect();
    problem.hint = did_you_mean(name, names.iter().copied()).or_else(|| {
        Some(if names.is_empty() {
            "no stage has a name; `FROM ... AS name` gives it one".to_owned()
        } else {
            format!("the stages are {}", names.join(", "))
        })
    });
    check.report(problem);
}

fn base(check: &mut Check<'_>, stage: &super::Stage) {
    let base = check.dockerfile.base(stage, &|name| check.given(name));
    if base.unknown.iter().any(|name| predefined::is_automatic(name)) {
        return;
    }
    if base.text.is_empty() && !base.is_partial {
        let missing = base.unknown.first().map_or("", String::as_str).to_owned();
        let is_declared = check.dockerfile.global_arguments.iter().any(|argument| argument.name.as_str() == missing);
        let problem = check.warn("empty-base", format!("`FROM {}` names no image", stage.base.as_str()), stage.base.span());
        let hint = if is_declared {
            format!("give it with `--build-arg {missing}=...`, or write a default, `ARG {missing}=...`")
        } else {
            let names = check.dockerfile.global_arguments.iter().map(|argument| argument.name.as_str());
            did_you_mean(&missing, names).unwrap_or_else(|| format!("declare `ARG {missing}=...` before the first `FROM`"))
        };
        check.report(problem.hinted(hint));
        return;
    }
    // What is left without a value is often the tag: no builder takes `alpine:`.
    if let Some(missing) = base.unknown.first().filter(|_| !base.is_partial && base.text.ends_with([':', '@', '/'])) {
        let message = format!("`FROM {}` names no image: `{missing}` has no value, which leaves `{}`", stage.base.as_str(), base.text);
        let problem = check.warn("empty-base", message, stage.base.span());
        check.report(problem.hinted(format!("give it with `--build-arg {missing}=...`, or write a default, `ARG {missing}=...`")));
        return;
    }
    let lower = base.text.to_lowercase();
    let is_stage = |stage: &&super::Stage| stage.name.as_ref().is_some_and(|(name, _)| *name == lower);
    if check.dockerfile.stages[..stage.number].iter().any(|stage| is_stage(&stage)) {
        return;
    }
    if let Some((name, place)) = check.dockerfile.stages[stage.number..].iter().find(is_stage).and_then(|stage| stage.name.as_ref()) {
        // `FROM golang AS golang` is an image that lends a stage its name.
        if stage.name.as_ref().is_some_and(|(own, _)| own == name) {
            return;
        }
        let message = format!("`{name}` is a stage that comes later, so this is taken as an image of that name");
        let problem = check.warn("later-stage", message, stage.base.span()).at(&check.dockerfile.source, *place, "the stage");
        check.report(problem.hinted(format!("move the stage `{name}` before this one")));
    }
}

fn sources(check: &mut Check<'_>, stage: &super::Stage) {
    for from in stage.steps.iter().flat_map(super::Step::sources_elsewhere) {
        let expanded =
            expand(from.as_str(), check.dockerfile.escape, &|name| check.dockerfile.global_value(name, &|name| check.given(name)));
        if !expanded.unknown.is_empty() || expanded.is_partial {
            continue;
        }
        let name = expanded.text;
        if let Some(found) = check.dockerfile.stage(&name) {
            let takes_any_order = check.context.engine.is_none_or(|engine| engine.is_buildkit());
            if found.number > stage.number && !takes_any_order {
                let problem = check
                    .warn("later-stage", format!("`{name}` is a stage that comes later; only BuildKit looks ahead for it"), from.span())
                    .at(&check.dockerfile.source, found.span, "the stage");
                check.report(problem.hinted(format!("move the stage `{name}` before this one")));
            }
            continue;
        }
        if name.parse::<usize>().is_ok() {
            let message = format!("there is no stage {name}; they are counted from 0");
            let problem = check.warn("unknown-stage", message, from.span());
            check.report(problem.hinted(format!("the last stage is {}", check.dockerfile.stages.len().saturating_sub(1))));
        } else if !name.contains(['/', ':', '@', '.'])
            && let Some(meant) = nearest(&name, check.dockerfile.stage_names())
        {
            let problem = check.warn("unknown-stage", format!("there is no stage `{name}`, so this is taken as an image"), from.span());
            check.report(problem.hinted(format!("did you mean `{meant}`?")));
        }
    }
}
