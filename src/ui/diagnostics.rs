//! Problems drawn into the text they are about: `file:line:column`, the line, a marker, a hint.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::layout::Layout;
use super::styles::styled;
use crate::cli::ExpectedFailure;
use crate::template::{Diagnostic, Diagnostics, Label, Severity, Source};

/// Bytes of a line shown on each side of a marker; a minified template is one line of 200 KB.
const CONTEXT_BYTES: usize = 60;

/// Most problems drawn with their text; the rest are counted.
const MOST_SHOWN: usize = 100;

/// Returns every problem, drawn, with a blank line after each.
pub fn diagnostics(problems: &Diagnostics, layout: Layout) -> String {
    let renderer =
        if layout.styles.colored { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii).term_width(layout.width);
    let mut text = String::new();
    for problem in problems.0.iter().take(MOST_SHOWN) {
        text.push_str(&diagnostic(problem, &renderer));
        text.push_str("\n\n");
    }
    if let Some(more) = problems.0.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("... and {more} more\n\n"));
    }
    text
}

fn diagnostic(problem: &Diagnostic, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let windows = windows(&problem.labels);
    let mut group = Group::with_title(level.primary_title(problem.message.as_str()).id(problem.rule));
    for window in &windows {
        let annotations = window.marks.iter().map(|mark| -> Annotation<'_> {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(mark.start..mark.end).label(mark.label)
        });
        let origin = format!("{}:{}", window.source.name(), window.place);
        group = group.element(annotate_snippets::Origin::path(origin));
        group = group.element(Snippet::source(window.text.as_str()).line_start(window.line).fold(false).annotations(annotations));
    }
    if let Some(aws) = &problem.aws_message {
        group = group.element(Level::NOTE.message(format!("CloudFormation says: {aws}")));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    renderer.render(&[group])
}

/// One line of a source, cut around the markers in it.
struct Window<'d> {
    source: &'d Source,
    place: crate::template::LineColumn,
    line: usize,
    text: String,
    marks: Vec<Mark<'d>>,
}

struct Mark<'d> {
    start: usize,
    end: usize,
    label: &'d str,
    primary: bool,
}

fn windows(labels: &[Label]) -> Vec<Window<'_>> {
    labels.iter().enumerate().map(|(index, label)| window(label, index == 0)).collect()
}

fn window(label: &Label, primary: bool) -> Window<'_> {
    let text = label.source.text();
    let range = label.span.range();
    let start = floor(text, range.start);
    let line_start = memchr::memrchr(b'\n', &text.as_bytes()[..start]).map_or(0, |newline| newline + 1);
    let mut line_end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |newline| start + newline);
    if text[..line_end].ends_with('\r') && line_end > start {
        line_end -= 1;
    }
    // A span of many lines is marked on its first one.
    let end = floor(text, range.end).clamp(start, line_end);
    let end = floor(text, end.min(start + 2 * CONTEXT_BYTES)).max(start);
    let from = if start - line_start > 2 * CONTEXT_BYTES { floor(text, start - CONTEXT_BYTES) } else { line_start };
    let to = if line_end - end > 2 * CONTEXT_BYTES { floor(text, end + CONTEXT_BYTES) } else { line_end };
    let before = if from > line_start { "..." } else { "" };
    let after = if to < line_end { "..." } else { "" };
    let place = label.start();
    let offset = before.len();
    Window {
        source: &label.source,
        place,
        line: place.line,
        text: format!("{before}{}{after}", &text[from..to]),
        marks: vec![Mark { start: start - from + offset, end: end - from + offset, label: &label.text, primary }],
    }
}

/// Returns the nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Returns an expected failure with its causes and hint.
pub fn failure(failure: &ExpectedFailure, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = format!("{} {}\n", styled(styles.alarm, "error:"), failure.message);
    for cause in &failure.causes {
        text.push_str(&format!("  {} {cause}\n", styled(styles.dim, "caused by:")));
    }
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("{} {hint}\n", styled(styles.hint, "hint:")));
    }
    text
}
