//! Build arguments: given and not declared, declared and not used, used where they are not seen.

use super::{Check, Stage, Step};
use crate::build::dockerfile::facts::{Command, StepKind};
use crate::build::dockerfile::lexer::{Reference, mentions, references};
use crate::build::dockerfile::predefined;
use crate::build::dockerfile::text::Text;
use crate::template::{Diagnostic, did_you_mean};

pub(super) fn check(check: &mut Check<'_>) {
    given(check);
    unused_global(check);
    for stage in check.stages().collect::<Vec<_>>() {
        unused(check, stage);
        out_of_scope(check, stage);
    }
}

/// Returns the names that a stage declares.
fn declared(stage: &Stage) -> impl Iterator<Item = &str> {
    stage
        .steps
        .iter()
        .flat_map(|step| match &step.kind {
            StepKind::Arg(arguments) => arguments.as_slice(),
            _ => &[],
        })
        .map(|argument| argument.name.as_str())
}

fn given(check: &mut Check<'_>) {
    let Some(target) = check.target() else { return };
    for argument in check.context.build_args {
        let name = argument.name.as_str();
        if predefined::needs_no_declaration(name) || check.dockerfile.global_arguments.iter().any(|own| own.name.as_str() == name) {
            continue;
        }
        let declaring: Vec<&Stage> = check.dockerfile.stages.iter().filter(|stage| declared(stage).any(|own| own == name)).collect();
        if declaring.iter().any(|stage| check.needed.contains(&stage.number)) {
            continue;
        }
        let shown = name.escape_debug();
        let problem = match declaring.first() {
            Some(stage) => check
                .warn("unused-build-argument", format!("nothing that is built uses the build argument `{shown}`"), target.span)
                .at(&check.dockerfile.source, stage.span, "only this stage declares it")
                .hinted(format!("leave `--build-arg {shown}` out, or build the stage `{}`", stage.title())),
            None => {
                let names = check.dockerfile.global_arguments.iter().map(|own| own.name.as_str());
                let names: Vec<&str> = names.chain(check.dockerfile.stages.iter().flat_map(declared)).collect();
                let hint = did_you_mean(name, names);
                check
                    .warn("undeclared-build-argument", format!("no `ARG` declares the build argument `{shown}`"), target.span)
                    .hinted(hint.unwrap_or_else(|| format!("declare `ARG {shown}` in the stage that uses it, or leave it out")))
            }
        };
        check.report(problem);
    }
}

/// Finds arguments before the first `FROM` that no `FROM` uses and no stage declares again.
fn unused_global(check: &mut Check<'_>) {
    let dockerfile = check.dockerfile;
    for argument in &dockerfile.global_arguments {
        let name = argument.name.as_str();
        if predefined::needs_no_declaration(name) || name.is_empty() {
            continue;
        }
        let texts = dockerfile.stages.iter().flat_map(|stage| std::iter::once(&stage.base).chain(&stage.platform));
        let texts = texts.chain(dockerfile.global_arguments.iter().filter_map(|argument| argument.default.as_ref()));
        let elsewhere = dockerfile.stages.iter().flat_map(|stage| &stage.steps).flat_map(Step::sources_elsewhere);
        let is_used = texts.chain(elsewhere).any(|text| mentions(text.as_str(), name));
        if is_used || dockerfile.stages.iter().any(|stage| declared(stage).any(|own| own == name)) {
            continue;
        }
        // A stage that uses it without declaring it is told of there.
        let is_wanted = dockerfile.stages.iter().flat_map(|stage| &stage.steps).flat_map(Step::texts).any(|text| mentions(text, name));
        if !is_wanted {
            let problem = check.warn("unused-argument", format!("nothing uses the argument `{name}`"), argument.name.span());
            check.report(problem.hinted("leave it out; an argument before the first `FROM` is for `FROM` alone"));
        }
    }
}

/// Finds arguments of a stage that nothing after them can use: a `RUN` may always, since they are in its environment.
fn unused(check: &mut Check<'_>, stage: &Stage) {
    for (number, step) in stage.steps.iter().enumerate() {
        let StepKind::Arg(arguments) = &step.kind else { continue };
        for argument in arguments {
            let name = argument.name.as_str();
            if predefined::needs_no_declaration(name) || name.is_empty() || step.is_onbuild {
                continue;
            }
            let heirs = check.dockerfile.stages.iter().filter(|heir| heir.number > stage.number);
            let heirs = heirs.filter(|heir| check.lineage(heir).iter().any(|ancestor| ancestor.number == stage.number));
            let after = stage.steps[number + 1..].iter().chain(heirs.flat_map(|heir| &heir.steps));
            let mut is_used = arguments.iter().filter_map(|other| other.default.as_ref()).any(|text| mentions(text.as_str(), name));
            for step in after {
                is_used |= matches!(step.kind, StepKind::Run(_)) || step.texts().iter().any(|text| mentions(text, name));
            }
            if !is_used {
                let problem = check.warn("unused-argument", format!("nothing after it uses the argument `{name}`"), argument.name.span());
                check.report(problem.hinted("leave it out, or move it before what uses it"));
            }
        }
    }
}

/// Finds uses of arguments that only `FROM` sees.
fn out_of_scope(check: &mut Check<'_>, stage: &Stage) {
    let escape = check.dockerfile.escape;
    let lineage = check.lineage(stage);
    let mut told: Vec<String> = Vec::new();
    for (number, step) in stage.steps.iter().enumerate() {
        for (text, reference) in uses(step, escape) {
            let name = &reference.name;
            let Some(global) = check.dockerfile.global_arguments.iter().find(|argument| argument.name.as_str() == name) else { continue };
            let is_set = check.steps_before_of(&lineage, stage, number).any(|before| sets(before, name));
            // Images tell of what they are tagged by: NODE_VERSION of node:${NODE_VERSION}.
            // An argument that is the image's whole name is no variable of it.
            let may_be_the_images = lineage.first().is_some_and(|root| {
                let base = root.base.as_str();
                let is_whole = references(base, escape).first().is_some_and(|first| first.start == 0 && first.end == base.len());
                mentions(base, name) && !is_whole
            });
            if is_set || may_be_the_images || reference.has_default || predefined::needs_no_declaration(name) || told.contains(name) {
                continue;
            }
            let message = format!("`{name}` is empty here: it is declared before the first `FROM`, and this stage does not declare it");
            let problem = Diagnostic::warning("argument-out-of-scope", message)
                .at(&check.dockerfile.source, text.place(reference.start, reference.end), "")
                .at(&check.dockerfile.source, global.name.span(), "declared here")
                .hinted(format!("add `ARG {name}` to this stage, before it is used"));
            told.push(name.clone());
            check.found.push(problem);
        }
    }
}

impl<'c> Check<'c> {
    fn steps_before_of<'s>(&self, lineage: &'s [&'c Stage], stage: &'s Stage, end: usize) -> impl Iterator<Item = &'s Step> + use<'s, 'c> {
        lineage.iter().flat_map(move |ancestor| {
            let end = if ancestor.number == stage.number { end } else { ancestor.steps.len() };
            ancestor.steps[..end.min(ancestor.steps.len())].iter()
        })
    }
}

/// Tells whether a step gives a variable a value.
fn sets(step: &Step, name: &str) -> bool {
    match &step.kind {
        StepKind::Arg(arguments) => arguments.iter().any(|argument| argument.name.as_str() == name),
        StepKind::Env(pairs) => pairs.iter().any(|(own, _)| own.as_str() == name),
        _ => false,
    }
}

/// Returns the variables that a builder puts into a step, or its shell for sure.
fn uses(step: &Step, escape: char) -> Vec<(&Text, Reference)> {
    let mut found = Vec::new();
    let mut add = |text| found.extend(references(Text::as_str(text), escape).into_iter().map(|reference| (text, reference)));
    match &step.kind {
        StepKind::Env(pairs) => pairs.iter().for_each(|(_, value)| add(value)),
        StepKind::Copy(copy) => {
            copy.sources.iter().chain([&copy.destination]).for_each(&mut add);
            copy.here_documents.iter().filter(|document| document.is_expanded).for_each(|document| add(&document.text));
        }
        StepKind::Workdir(text) | StepKind::Other(text) => add(text),
        StepKind::Run(run) => {
            if let Command::Shell(text) = &run.command {
                // A shell's own variables are nobody else's: what the command sets, reads or loops over.
                let is_own = |reference: &Reference| {
                    let name = reference.name.as_str();
                    let assigned = [format!("{name}="), format!("for {name}"), format!("read {name}"), format!("read -r {name}")];
                    assigned.iter().any(|way| text.as_str().contains(way.as_str()))
                };
                let references = references(text.as_str(), '\\').into_iter().filter(|reference| !is_own(reference));
                found.extend(references.map(|reference| (text, reference)));
            }
        }
        StepKind::Arg(_) | StepKind::Verbatim(_) => {}
    }
    found
}
