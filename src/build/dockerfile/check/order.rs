//! The whole app copied before its dependencies are installed: they are installed anew whenever any file changes.

use super::{Check, Stage, Step};
use crate::build::dockerfile::facts::{Command, Copy, Run, StepKind};
use crate::build::dockerfile::install::{Install, install};
use crate::build::dockerfile::lexer::expand;
use crate::build::dockerfile::mount::MountKind;
use crate::build::dockerfile::shell;
use crate::template::Span;

pub(super) fn check(check: &mut Check<'_>) {
    for stage in check.stages().collect::<Vec<_>>() {
        for is_onbuild in [false, true] {
            walk(check, stage, is_onbuild);
        }
    }
}

/// What was done so far in a stage and those it is built from.
#[derive(Default)]
struct Progress {
    /// The copy of the whole context, and how it is spelled.
    whole: Option<(Span, String)>,
    /// A copy of one directory to where commands run.
    directory: Option<(Span, String)>,
    /// Whether single files were copied: manifests, for all that is known.
    has_files: bool,
    /// Where commands run.
    workdir: Option<String>,
    /// Package managers that have fetched what they need.
    done: Vec<&'static str>,
}

fn walk(check: &mut Check<'_>, stage: &Stage, is_onbuild: bool) {
    let mut progress = Progress { workdir: Some("/".to_owned()), ..Progress::default() };
    for ancestor in check.lineage(stage) {
        let is_own = ancestor.number == stage.number;
        for (number, step) in ancestor.steps.iter().enumerate() {
            if step.is_onbuild != is_onbuild {
                continue;
            }
            match &step.kind {
                StepKind::Workdir(path) => {
                    let path = value(check, path.as_str());
                    progress.workdir = path.and_then(|path| join(progress.workdir.as_deref(), &path));
                }
                StepKind::Copy(copy) => copied(check, copy, step.span, &mut progress),
                StepKind::Run(run) => {
                    let is_last_copy = !ancestor.steps[number + 1..].iter().any(|step| is_of_context(step, is_onbuild));
                    ran(check, run, is_own, is_last_copy, &mut progress);
                }
                _ => {}
            }
        }
    }
}

fn copied(check: &Check<'_>, copy: &Copy, place: Span, progress: &mut Progress) {
    let sources: Vec<Option<String>> = copy.sources.iter().map(|source| value(check, source.as_str())).collect();
    progress.has_files |= sources.iter().flatten().any(|source| !is_directory(source) && !is_whole(source)) || copy.from.is_some();
    if copy.from.is_some() {
        return;
    }
    let keyword = if copy.is_add { "ADD" } else { "COPY" };
    let written = |index: usize| format!("{keyword} {}", copy.sources[index].as_str());
    if let Some(index) = sources.iter().position(|source| source.as_deref().is_some_and(is_whole)) {
        progress.whole.get_or_insert_with(|| (place, written(index)));
        return;
    }
    let destination = value(check, copy.destination.as_str()).and_then(|path| join(progress.workdir.as_deref(), &path));
    if let Some(index) = sources.iter().position(|source| source.as_deref().is_some_and(is_directory))
        && destination.is_some()
        && destination == progress.workdir
    {
        progress.directory.get_or_insert_with(|| (place, written(index)));
    }
}

fn ran(check: &mut Check<'_>, run: &Run, is_own: bool, is_last_copy: bool, progress: &mut Progress) {
    let keeps_downloads = run.mounts.iter().any(|mount| mount.kind == MountKind::Cache);
    let mounts_whole = run.mounts.iter().find(|mount| {
        mount.kind == MountKind::Bind && mount.from.is_none() && mount.source.as_deref().is_none_or(is_whole) && mount.target.is_some()
    });
    let mounted = mounts_whole.map(|mount| (mount.span, format!("--mount={}", mount.text.as_str())));
    for (install, place) in installs(run) {
        let Install { manager, builds } = install;
        let needs_app = !manager.manifests.is_empty();
        let is_done = progress.done.contains(&manager.name);
        let copy = progress.whole.clone().or_else(|| mounted.clone()).or_else(|| {
            let is_all = needs_app && !builds && !progress.has_files && is_last_copy;
            progress.directory.clone().filter(|_| is_all)
        });
        let Some((copy, written)) = copy else {
            progress.done.push(manager.name);
            continue;
        };
        if !is_own || keeps_downloads || (needs_app && is_done) || progress.done.contains(&manager.fetch) {
            continue;
        }
        // Said once for each package manager of a stage.
        progress.done.extend([manager.name, manager.fetch]);
        let message = format!("`{written}` comes first, so {} installs everything again whenever any file changes", manager.name);
        let problem = check.warn("copy-before-install", message, copy).at(&check.dockerfile.source, place, "runs again here");
        check.report(problem.hinted(hint(install, &written)));
    }
}

fn hint(install: Install, written: &str) -> String {
    let Install { manager, builds } = install;
    match (manager.manifests, builds) {
        ([], _) => format!("move the `RUN` with `{}` before `{written}`: it needs nothing of the app", manager.fetch),
        (manifests, false) => format!("copy {} alone first, run `{}`, then `{written}`", manifests.join(" and "), manager.fetch),
        (manifests, true) => {
            format!(
                "copy {} alone first and fetch with `{}` (or give this `RUN` a cache mount), then `{written}`",
                manifests.join(" and "),
                manager.fetch
            )
        }
    }
}

/// Returns the commands of a `RUN` that fetch dependencies, and where they stand.
pub(super) fn installs(run: &Run) -> Vec<(Install, Span)> {
    let mut found = Vec::new();
    let is_shell_document = match &run.command {
        Command::Exec(words, place) => {
            let commands = match words.as_slice() {
                // `["/bin/sh", "-c", "npm ci"]` is a command line again.
                [shell, flag, line, ..] if flag.starts_with('-') && flag.ends_with('c') && shell::is_shell(name(shell)) => {
                    shell::commands(line)
                }
                words => shell::of_arguments(words),
            };
            found.extend(commands.iter().filter_map(install).map(|install| (install, *place)));
            false
        }
        Command::Shell(text) => {
            let commands = shell::commands(text.as_str());
            found.extend(commands.iter().filter_map(|command| Some((install(command)?, text.place(command.start, command.end)))));
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
            found.extend(commands.iter().filter_map(|command| Some((install(command)?, document.text.place(command.start, command.end)))));
        }
    }
    found
}

/// Tells whether a step copies the whole context.
pub(super) fn is_of_whole_context(check: &Check<'_>, step: &Step) -> bool {
    match &step.kind {
        StepKind::Copy(copy) if copy.from.is_none() => {
            copy.sources.iter().any(|source| value(check, source.as_str()).as_deref().is_some_and(is_whole))
        }
        _ => false,
    }
}

fn is_of_context(step: &Step, is_onbuild: bool) -> bool {
    step.is_onbuild == is_onbuild && matches!(&step.kind, StepKind::Copy(copy) if copy.from.is_none() && !copy.sources.is_empty())
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns a path with its quotes off, or nothing where it holds a variable: what that is may be anything.
fn value(check: &Check<'_>, path: &str) -> Option<String> {
    let expanded = expand(path, check.dockerfile.escape, &|_| None);
    (expanded.unknown.is_empty() && !expanded.is_partial).then_some(expanded.text)
}

/// Tells whether a source is the whole build context, however it is spelled.
fn is_whole(source: &str) -> bool {
    let mut parts = source.split('/').filter(|part| !part.is_empty() && *part != ".");
    !source.is_empty()
        && !source.contains("://")
        && parts.next().is_none_or(|part| matches!(part, "*" | "**"))
        && parts.all(|part| matches!(part, "*" | "**"))
}

/// Tells whether a source is a directory, for all that its name tells.
fn is_directory(source: &str) -> bool {
    let last = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    source.ends_with('/')
        || (!last.contains(['.', '*', '?', '[']) && !source.contains("://") && last.chars().all(|c| !c.is_ascii_uppercase()))
}

/// Returns a path taken from a working directory, without `.` and `..`.
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
