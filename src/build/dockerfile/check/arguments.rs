//! Build arguments that are passed but not declared, declared but not used, or used out of scope.

use super::linter::Linter;
use crate::build::dockerfile::facts::{Command, Stage, Step, StepKind};
use crate::build::dockerfile::lexer::{Reference, mentions, references};
use crate::build::dockerfile::predefined;
use crate::build::dockerfile::text::Text;
use crate::diagnostic::Diagnostic;
use crate::text::did_you_mean;

pub(super) fn check(linter: &mut Linter<'_>) {
    passed(linter);
    unused_global(linter);
    for stage in linter.stages().collect::<Vec<_>>() {
        unused(linter, stage);
        out_of_scope(linter, stage);
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

fn passed(linter: &mut Linter<'_>) {
    let Some(target) = linter.target() else { return };
    for argument in linter.context.build_args {
        let name = argument.name.as_str();
        if predefined::needs_no_declaration(name) || linter.dockerfile.global_arguments.iter().any(|own| own.name.as_str() == name) {
            continue;
        }
        let declaring: Vec<&Stage> = linter.dockerfile.stages.iter().filter(|stage| declared(stage).any(|own| own == name)).collect();
        if declaring.iter().any(|stage| linter.required.contains(&stage.number)) {
            continue;
        }
        let shown = name.escape_debug();
        let problem = match declaring.first() {
            Some(stage) => linter
                .warn("unused-build-argument", format!("no stage in this build uses the build argument `{shown}`"), target.span)
                .at(&linter.dockerfile.source, stage.span, "only this stage declares it")
                .hinted(format!("do not pass the build argument `{shown}`, or build the stage `{}`", stage.title())),
            None => {
                let names = linter.dockerfile.global_arguments.iter().map(|own| own.name.as_str());
                let names: Vec<&str> = names.chain(linter.dockerfile.stages.iter().flat_map(declared)).collect();
                let hint = did_you_mean(name, names);
                linter
                    .warn("undeclared-build-argument", format!("no `ARG` declares the build argument `{shown}`"), target.span)
                    .hinted(hint.unwrap_or_else(|| format!("declare `ARG {shown}` in the stage that uses it, or do not pass it")))
            }
        };
        linter.report(problem);
    }
}

/// Reports arguments before the first `FROM` that no `FROM` uses and no stage redeclares.
fn unused_global(linter: &mut Linter<'_>) {
    let dockerfile = linter.dockerfile;
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
        // A use without a declaration is reported by `argument-out-of-scope`.
        let is_mentioned = dockerfile.stages.iter().flat_map(|stage| &stage.steps).flat_map(Step::texts).any(|text| mentions(text, name));
        if !is_mentioned {
            let problem = linter.warn("unused-argument", format!("the argument `{name}` is never used"), argument.name.span());
            linter.report(problem.hinted("remove it; an argument before the first `FROM` is visible only to `FROM`"));
        }
    }
}

/// Reports arguments of a stage that no later step can use. A `RUN` always can, because arguments are in its environment.
fn unused(linter: &mut Linter<'_>, stage: &Stage) {
    for (number, step) in stage.steps.iter().enumerate() {
        let StepKind::Arg(arguments) = &step.kind else { continue };
        for argument in arguments {
            let name = argument.name.as_str();
            if predefined::needs_no_declaration(name) || name.is_empty() || step.is_onbuild {
                continue;
            }
            let derived = linter.dockerfile.stages.iter().filter(|derived| derived.number > stage.number);
            let derived = derived.filter(|derived| linter.lineage(derived).iter().any(|ancestor| ancestor.number == stage.number));
            let after = stage.steps[number + 1..].iter().chain(derived.flat_map(|derived| &derived.steps));
            let mut is_used = arguments.iter().filter_map(|other| other.default.as_ref()).any(|text| mentions(text.as_str(), name));
            for step in after {
                is_used |= matches!(step.kind, StepKind::Run(_)) || step.texts().iter().any(|text| mentions(text, name));
            }
            if !is_used {
                let problem =
                    linter.warn("unused-argument", format!("no later instruction uses the argument `{name}`"), argument.name.span());
                linter.report(problem.hinted("remove it, or move it before the instruction that uses it"));
            }
        }
    }
}

/// Reports uses of arguments that are visible only to `FROM`.
fn out_of_scope(linter: &mut Linter<'_>, stage: &Stage) {
    let escape = linter.dockerfile.escape;
    let lineage = linter.lineage(stage);
    let mut reported: Vec<String> = Vec::new();
    for (number, step) in stage.steps.iter().enumerate() {
        for (text, reference) in uses(step, escape) {
            let name = &reference.name;
            let Some(global) = linter.dockerfile.global_arguments.iter().find(|argument| argument.name.as_str() == name) else { continue };
            let is_set = linter.steps_before_of(&lineage, stage, number).any(|before| sets(before, name));
            // An image often sets a variable named like the argument in its tag, such as NODE_VERSION for node:${NODE_VERSION}.
            // An argument that is the whole image name is not set by the image.
            let image_may_set_it = lineage.first().is_some_and(|root| {
                let base = root.base.as_str();
                let is_whole = references(base, escape).first().is_some_and(|first| first.start == 0 && first.end == base.len());
                mentions(base, name) && !is_whole
            });
            if is_set || image_may_set_it || reference.has_default || predefined::needs_no_declaration(name) || reported.contains(name) {
                continue;
            }
            let message = format!("`{name}` is empty: it is declared before the first `FROM` but not in this stage");
            let problem = Diagnostic::warning("argument-out-of-scope", message)
                .at(&linter.dockerfile.source, text.span_of(reference.start, reference.end), "")
                .at(&linter.dockerfile.source, global.name.span(), "declared here")
                .hinted(format!("add `ARG {name}` to this stage before the first use"));
            reported.push(name.clone());
            linter.found.push(problem);
        }
    }
}

impl<'c> Linter<'c> {
    fn steps_before_of<'s>(&self, lineage: &'s [&'c Stage], stage: &'s Stage, end: usize) -> impl Iterator<Item = &'s Step> + use<'s, 'c> {
        lineage.iter().flat_map(move |ancestor| {
            let end = if ancestor.number == stage.number { end } else { ancestor.steps.len() };
            ancestor.steps[..end.min(ancestor.steps.len())].iter()
        })
    }
}

/// Returns whether a step sets a variable.
fn sets(step: &Step, name: &str) -> bool {
    match &step.kind {
        StepKind::Arg(arguments) => arguments.iter().any(|argument| argument.name.as_str() == name),
        StepKind::Env(pairs) => pairs.iter().any(|(own, _)| own.as_str() == name),
        _ => false,
    }
}

/// Returns the variables that the builder expands in a step, or that its shell certainly expands.
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
                // Variables that the command itself assigns, reads or loops over belong to the shell.
                let is_own = |reference: &Reference| {
                    let name = reference.name.as_str();
                    let assigned = [format!("{name}="), format!("for {name}"), format!("read {name}"), format!("read -r {name}")];
                    assigned.iter().any(|assignment| text.as_str().contains(assignment.as_str()))
                };
                let references = references(text.as_str(), '\\').into_iter().filter(|reference| !is_own(reference));
                found.extend(references.map(|reference| (text, reference)));
            }
        }
        StepKind::Arg(_) | StepKind::Verbatim(_) => {}
    }
    found
}
