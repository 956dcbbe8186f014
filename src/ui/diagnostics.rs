//! Problems shown in their source: `file:line:column`, the line, a marker, a hint.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::layout::Layout;
use super::styles::styled;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Severity, Source};

/// The longest marker: a span may be a whole resource, which is one line in a minified template.
const LONGEST_MARK_BYTES: usize = 60;

/// The maximum number of problems that are shown; the others are counted.
const MOST_SHOWN: usize = 100;

/// Returns every problem with its source lines, with a blank line after each.
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
    let lines = lines(&problem.labels);
    let mut group = Group::with_title(level.primary_title(problem.message.as_str()).id(problem.rule));
    for line in &lines {
        let annotations = line.marks.iter().map(|mark| -> Annotation<'_> {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(mark.start..mark.end).label(mark.label)
        });
        let snippet = Snippet::source(line.text).path(line.source.name()).line_start(line.number).fold(false);
        group = group.element(snippet.annotations(annotations));
    }
    if let Some(aws) = &problem.aws_message {
        group = group.element(Level::NOTE.message(format!("CloudFormation reports: {aws}")));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    renderer.render(&[group])
}

/// One source line with its markers; the renderer shortens a long line around them.
struct Line<'d> {
    source: &'d Source,
    number: usize,
    text: &'d str,
    marks: Vec<Mark<'d>>,
}

struct Mark<'d> {
    start: usize,
    end: usize,
    label: &'d str,
    primary: bool,
}

fn lines(labels: &[Label]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let (line, mark) = line(label, index == 0);
        // Distant spans of one long line are shown separately; otherwise everything between them would be shown.
        let is_near = |peer: &Mark<'_>| peer.start.abs_diff(mark.start) <= LONGEST_MARK_BYTES;
        let same = |peer: &&mut Line<'_>| peer.source.name() == line.source.name() && peer.number == line.number;
        match lines.iter_mut().find(|peer| same(peer) && peer.marks.iter().all(is_near)) {
            Some(peer) => peer.marks.push(mark),
            None => lines.push(Line { marks: vec![mark], ..line }),
        }
    }
    lines
}

fn line(label: &Label, primary: bool) -> (Line<'_>, Mark<'_>) {
    let text = label.source.text();
    let range = label.span.range();
    let start = floor(text, range.start);
    let line_start = memchr::memrchr(b'\n', &text.as_bytes()[..start]).map_or(0, |newline| newline + 1);
    let mut line_end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |newline| start + newline);
    if text[..line_end].ends_with('\r') && line_end > start {
        line_end -= 1;
    }
    // A span of several lines is marked on the first line, and a long span at its start.
    let end = floor(text, range.end.min(start + LONGEST_MARK_BYTES)).clamp(start, line_end);
    let line = Line { source: &label.source, number: label.start().line, text: &text[line_start..line_end], marks: Vec::new() };
    (line, Mark { start: start - line_start, end: end - line_start, label: &label.text, primary })
}

/// Returns the nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Returns an error message with its causes, outermost first, and a hint.
pub fn failure(message: &str, causes: &[String], hint: Option<&str>, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = format!("{} {message}\n", styled(styles.alarm, "error:"));
    for cause in causes {
        text.push_str(&format!("  {} {cause}\n", styled(styles.dim, "caused by:")));
    }
    if let Some(hint) = hint {
        text.push_str(&format!("{} {hint}\n", styled(styles.hint, "hint:")));
    }
    text
}
