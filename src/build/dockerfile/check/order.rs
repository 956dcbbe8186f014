//! The whole app is copied before its dependencies are installed: any changed file causes a full reinstallation.

use super::linter::Linter;
use crate::build::dockerfile::facts::{Command, Copy, Run, Stage, Step, StepKind};
use crate::build::dockerfile::install::{Install, install};
use crate::build::dockerfile::lexer::expand;
use crate::build::dockerfile::mount::MountKind;
use crate::build::dockerfile::shell;
use crate::diagnostic::Span;

pub(super) fn check(linter: &mut Linter<'_>) {
    for stage in linter.stages().collect::<Vec<_>>() {
        for is_onbuild in [false, true] {
            walk(linter, stage, is_onbuild);
        }
    }
}

/// The state after the steps of a stage and its base stages so far.
#[derive(Default)]
struct Progress {
    /// The copy of the whole context: its position and its text.
    whole: Option<(Span, String)>,
    /// A copy of one directory to the working directory.
    directory: Option<(Span, String)>,
    /// Whether single files were copied; these are assumed to be dependency manifests.
    has_files: bool,
    /// The working directory.
    workdir: Option<String>,
    /// The package managers that already fetched their dependencies.
    fetched: Vec<&'static str>,
}

fn walk(linter: &mut Linter<'_>, stage: &Stage, is_onbuild: bool) {
    let mut progress = Progress { workdir: Some("/".to_owned()), ..Progress::default() };
    for ancestor in linter.lineage(stage) {
        let is_own = ancestor.number == stage.number;
        for (number, step) in ancestor.steps.iter().enumerate() {
            if step.is_onbuild != is_onbuild {
                continue;
            }
            match &step.kind {
                StepKind::Workdir(path) => {
                    let path = value(linter, path.as_str());
                    progress.workdir = path.and_then(|path| join(progress.workdir.as_deref(), &path));
                }
                StepKind::Copy(copy) => record_copy(linter, copy, step.span, &mut progress),
                StepKind::Run(run) => {
                    let is_last_copy = !ancestor.steps[number + 1..].iter().any(|step| copies_from_context(step, is_onbuild));
                    check_run(linter, run, is_own, is_last_copy, &mut progress);
                }
                _ => {}
            }
        }
    }
}

fn record_copy(linter: &Linter<'_>, copy: &Copy, span: Span, progress: &mut Progress) {
    let sources: Vec<Option<String>> = copy.sources.iter().map(|source| value(linter, source.as_str())).collect();
    progress.has_files |= sources.iter().flatten().any(|source| !is_directory(source) && !is_whole(source)) || copy.from.is_some();
    if copy.from.is_some() {
        return;
    }
    let keyword = if copy.is_add { "ADD" } else { "COPY" };
    let written = |index: usize| format!("{keyword} {}", copy.sources[index].as_str());
    if let Some(index) = sources.iter().position(|source| source.as_deref().is_some_and(is_whole)) {
        progress.whole.get_or_insert_with(|| (span, written(index)));
        return;
    }
    let destination = value(linter, copy.destination.as_str()).and_then(|path| join(progress.workdir.as_deref(), &path));
    if let Some(index) = sources.iter().position(|source| source.as_deref().is_some_and(is_directory))
        && destination.is_some()
        && destination == progress.workdir
    {
        progress.directory.get_or_insert_with(|| (span, written(index)));
    }
}

fn check_run(linter: &mut Linter<'_>, run: &Run, is_own: bool, is_last_copy: bool, progress: &mut Progress) {
    let keeps_downloads = run.mounts.iter().any(|mount| mount.kind == MountKind::Cache);
    let mounts_whole = run.mounts.iter().find(|mount| {
        mount.kind == MountKind::Bind && mount.from.is_none() && mount.source.as_deref().is_none_or(is_whole) && mount.target.is_some()
    });
    let mounted = mounts_whole.map(|mount| (mount.span, format!("--mount={}", mount.text.as_str())));
    for (install, span) in installs(run) {
        let Install { manager, builds } = install;
        let needs_app = !manager.manifests.is_empty();
        let has_fetched = progress.fetched.contains(&manager.name);
        let copy = progress.whole.clone().or_else(|| mounted.clone()).or_else(|| {
            let is_all = needs_app && !builds && !progress.has_files && is_last_copy;
            progress.directory.clone().filter(|_| is_all)
        });
        let Some((copy, written)) = copy else {
            progress.fetched.push(manager.name);
            continue;
        };
        if !is_own || keeps_downloads || (needs_app && has_fetched) || progress.fetched.contains(&manager.fetch) {
            continue;
        }
        // Reported once per package manager and stage.
        progress.fetched.extend([manager.name, manager.fetch]);
        let message = format!("`{written}` precedes the installation, so {} reinstalls everything when any file changes", manager.name);
        let problem = linter.warn("copy-before-install", message, copy).at(&linter.dockerfile.source, span, "reinstalls here");
        linter.report(problem.hinted(hint(install, &written)));
    }
}

fn hint(install: Install, written: &str) -> String {
    let Install { manager, builds } = install;
    match (manager.manifests, builds) {
        ([], _) => format!("move the `RUN` with `{}` before `{written}`: it does not need the app's files", manager.fetch),
        (manifests, false) => format!("copy only {} first, run `{}`, then `{written}`", manifests.join(" and "), manager.fetch),
        (manifests, true) => {
            format!(
                "copy only {} first and run `{}` (or add a cache mount to this `RUN`), then `{written}`",
                manifests.join(" and "),
                manager.fetch
            )
        }
    }
}

/// Returns the commands of a `RUN` that fetch dependencies, with their positions.
pub(super) fn installs(run: &Run) -> Vec<(Install, Span)> {
    let mut found = Vec::new();
    let is_shell_document = match &run.command {
        Command::Exec(words, span) => {
            let commands = match words.as_slice() {
                // `["/bin/sh", "-c", "npm ci"]` contains a command line.
                [shell, flag, line, ..] if flag.starts_with('-') && flag.ends_with('c') && shell::is_shell(name(shell)) => {
                    shell::commands(line)
                }
                words => shell::of_arguments(words),
            };
            found.extend(commands.iter().filter_map(install).map(|install| (install, *span)));
            false
        }
        Command::Shell(text) => {
            let commands = shell::commands(text.as_str());
            found.extend(commands.iter().filter_map(|command| Some((install(command)?, text.span_of(command.start, command.end)))));
            let is_marker = |word: &String| word.contains("<<") || word.starts_with('-');
            commands.iter().all(|command| {
                command.words.iter().all(is_marker) || (shell::is_shell(command.name()) && command.words.iter().skip(1).all(is_marker))
            })
        }
    };
    if is_shell_document {
        for document in &run.here_documents {
            let text = document.text.as_str();
            if text.starts_with("#!") && !text.lines().next().is_some_and(|line| line.ends_with("sh")) {
                continue;
            }
            let commands = shell::commands(text);
            found
                .extend(commands.iter().filter_map(|command| Some((install(command)?, document.text.span_of(command.start, command.end)))));
        }
    }
    found
}

/// Returns whether a step copies the whole build context.
pub(super) fn copies_whole_context(linter: &Linter<'_>, step: &Step) -> bool {
    match &step.kind {
        StepKind::Copy(copy) if copy.from.is_none() => {
            copy.sources.iter().any(|source| value(linter, source.as_str()).as_deref().is_some_and(is_whole))
        }
        _ => false,
    }
}

fn copies_from_context(step: &Step, is_onbuild: bool) -> bool {
    step.is_onbuild == is_onbuild && matches!(&step.kind, StepKind::Copy(copy) if copy.from.is_none() && !copy.sources.is_empty())
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns a path without quotes; `None` if it contains a variable, because its value is unknown.
fn value(linter: &Linter<'_>, path: &str) -> Option<String> {
    let expanded = expand(path, linter.dockerfile.escape, &|_| None);
    (expanded.unknown.is_empty() && !expanded.is_partial).then_some(expanded.text)
}

/// Returns whether a source is the whole build context, in any spelling.
fn is_whole(source: &str) -> bool {
    let mut parts = source.split('/').filter(|part| !part.is_empty() && *part != ".");
    !source.is_empty()
        && !source.contains("://")
        && parts.next().is_none_or(|part| matches!(part, "*" | "**"))
        && parts.all(|part| matches!(part, "*" | "**"))
}

/// Returns whether a source is probably a directory, judging by its name.
fn is_directory(source: &str) -> bool {
    let last = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    source.ends_with('/')
        || (!last.contains(['.', '*', '?', '[']) && !source.contains("://") && last.chars().all(|c| !c.is_ascii_uppercase()))
}

/// Returns a path resolved against a working directory, without `.` and `..`.
fn join(directory: Option<&str>, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", directory?) };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}
