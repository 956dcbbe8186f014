//! What a Dockerfile copies from its build context: secrets, files that change without the app, and files that are excluded.

use super::linter::Linter;
use crate::build::context::BuildContext;
use crate::build::dockerfile::facts::{Copy, StepKind};
use crate::build::dockerfile::lexer::expand;
use crate::diagnostic::{Diagnostic, Span};

/// How many paths a message lists.
const MOST_LISTED: usize = 5;

pub(super) fn check(linter: &mut Linter<'_>) {
    let Some(context) = linter.context.files else { return };
    linter.found.extend(context.problems.iter().cloned());
    let mut is_reported = (false, false);
    for stage in linter.stages().collect::<Vec<_>>() {
        for step in stage.steps.iter().filter(|step| !step.is_onbuild) {
            let StepKind::Copy(copy) = &step.kind else { continue };
            if copy.from.is_some() {
                continue;
            }
            excluded(linter, copy, context);
            let sources: Vec<String> = copy.sources.iter().filter_map(|source| value(linter, source.as_str())).collect();
            let reaches = |path: &&String| sources.iter().any(|source| contains(source, path));
            let secrets: Vec<&String> = context.secrets.iter().filter(reaches).collect();
            if !secrets.is_empty() && !std::mem::replace(&mut is_reported.0, true) {
                let message = format!("this copies {} into the image and its cache", listed(&secrets));
                report(linter, "secret-in-context", message, step.span, &secrets, context);
            }
            let volatile: Vec<&String> = context.volatile.iter().filter(reaches).collect();
            if !volatile.is_empty() && !std::mem::replace(&mut is_reported.1, true) {
                let message =
                    format!("this copies {}, so the step and all after it run again without a change of the app", listed(&volatile));
                report(linter, "volatile-context", message, step.span, &volatile, context);
            }
        }
    }
}

fn report(linter: &mut Linter<'_>, rule: &'static str, message: String, span: Span, paths: &[&String], context: &BuildContext) {
    let lines: Vec<String> = paths.iter().take(MOST_LISTED).map(|path| format!("`{path}`")).collect();
    let verb = if context.source.is_some() { "add to" } else { "create" };
    let with = if context.source.is_some() { "" } else { " with" };
    let secret = if rule == "secret-in-context" { "; pass what the build needs as a secret, with `RUN --mount=type=secret`" } else { "" };
    let hint = format!("{verb} `{}`{with}: {}{secret}", context.ignore_file(), lines.join(", "));
    let problem = linter.warn(rule, message, span).hinted(hint);
    linter.report(problem);
}

fn listed(paths: &[&String]) -> String {
    let shown: Vec<String> = paths.iter().take(MOST_LISTED).map(|path| format!("`{path}`")).collect();
    let rest = paths.len().saturating_sub(MOST_LISTED);
    if rest > 0 { format!("{} and {rest} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Reports sources that exist and that the ignore file excludes: the build fails.
fn excluded(linter: &mut Linter<'_>, copy: &Copy, context: &BuildContext) {
    for source in &copy.sources {
        let Some(path) = value(linter, source.as_str()) else { continue };
        // What matches a glob may be excluded in part. The engine fetches addresses.
        if path.is_empty() || path.contains(['*', '?', '[']) || path.contains("://") || path.starts_with("git@") {
            continue;
        }
        let Some(pattern) = context.ignore.excluded_by(&path) else { continue };
        let has_exceptions = context.ignore.has_exceptions() && context.directory.join(&path).is_dir();
        if has_exceptions || !context.contains(&path) {
            continue;
        }
        let message = format!("`{path}` is excluded from the build context, so the build fails");
        let mut problem = Diagnostic::error("excluded-source", message).at(&linter.dockerfile.source, source.span(), "");
        if let Some(ignore) = &context.source {
            problem = problem.at(ignore, pattern.span, "excluded here");
        }
        linter.report(problem.hinted(format!("remove the pattern, or add `!{path}` after it")));
    }
}

/// Returns a path relative to the context, empty for the whole context; `None` if a variable in it has no known value.
fn value(linter: &Linter<'_>, source: &str) -> Option<String> {
    let expanded = expand(source, linter.dockerfile.escape, &|name| linter.build_arg(name));
    if !expanded.unknown.is_empty() || expanded.text.contains('<') {
        return None;
    }
    let parts: Vec<&str> = expanded.text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Some(parts.join("/"))
}

/// Returns whether a source of a copy contains a path.
fn contains(source: &str, path: &str) -> bool {
    source.is_empty() || source == "*" || path == source || path.strip_prefix(source).is_some_and(|rest| rest.starts_with('/'))
}
