//! Problems shown in their source: `file:line:column`, the line, a marker, a hint.

use std::borrow::Cow;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::door::marked;
use super::layout::Layout;
use super::styles::styled;
use super::visible::visible;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Severity, Source};

/// The longest marker: a span may be a whole resource, which is one line in a minified template.
const LONGEST_MARK_BYTES: usize = 60;

/// The bytes of a very long line that are given to the renderer before and after a marker; it takes time in proportion to all of them.
const AROUND_MARK_BYTES: usize = 4_000;

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
    // All data is escaped first, so that every escape code in the rendered text is the renderer's.
    let message = visible(&problem.message);
    let aws = problem.aws_message.as_ref().map(|aws| visible(aws));
    let hint = problem.hint.as_ref().map(|hint| visible(hint));
    let names: Vec<Cow<'_, str>> = lines.iter().map(|line| visible(line.source.name())).collect();
    let mut group = Group::with_title(level.primary_title(&*message).id(problem.rule));
    for (line, name) in lines.iter().zip(&names) {
        let annotations = line.marks.iter().map(|mark| -> Annotation<'_> {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(mark.start..mark.end).label(&*mark.label)
        });
        let snippet = Snippet::source(&*line.text).path(&**name).line_start(line.number).fold(false);
        group = group.element(snippet.annotations(annotations));
    }
    if let Some(aws) = &aws {
        group = group.element(Level::NOTE.message(format!("CloudFormation reports: {aws}")));
    }
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.with_name("hint").message(&**hint));
    }
    let mut text = renderer.render(&[group]);
    for (line, name) in lines.iter().zip(&names).filter(|(line, _)| line.cut > 0 || matches!(line.text, Cow::Owned(_))) {
        // The renderer counts columns from the start of the text that it got, in which escapes take more room.
        let Some(mark) = line.marks.first() else { continue };
        let column = line.text[..mark.start].chars().count() + 1;
        let place = |column: usize| format!("{}:{}:{column}", name, line.number);
        let end = |text: &str| !text.starts_with(|next: char| next.is_ascii_digit());
        let found = text.match_indices(&place(column)).map(|(at, found)| at..at + found.len()).find(|range| end(&text[range.end..]));
        if let Some(range) = found {
            text.replace_range(range, &place(mark.column));
        }
    }
    marked(&text)
}

/// One source line with its markers; the renderer shortens a long line around them.
struct Line<'d> {
    source: &'d Source,
    number: usize,
    /// The line, or a part of a very long one.
    text: Cow<'d, str>,
    /// The bytes of the line before that part.
    cut: usize,
    marks: Vec<Mark<'d>>,
}

struct Mark<'d> {
    start: usize,
    end: usize,
    label: Cow<'d, str>,
    primary: bool,
    /// The column in the whole line.
    column: usize,
}

fn lines(labels: &[Label]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let (line, mark) = line(label, index == 0);
        // Distant spans of one long line are shown separately; otherwise everything between them would be shown.
        let start = line.cut + mark.start;
        let is_near = |peer: &Line<'_>| peer.marks.iter().all(|one| (peer.cut + one.start).abs_diff(start) <= LONGEST_MARK_BYTES);
        let same = |peer: &&mut Line<'_>| peer.source.name() == line.source.name() && peer.number == line.number;
        match lines.iter_mut().find(|peer| same(peer) && is_near(peer)) {
            Some(peer) => {
                let moved = |offset: usize| floor(&peer.text, (line.cut + offset).saturating_sub(peer.cut));
                peer.marks.push(Mark { start: moved(mark.start), end: moved(mark.end), ..mark });
            }
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
    let position = label.start();
    let (from, to) = if line_end - line_start > 4 * AROUND_MARK_BYTES {
        (floor(text, start.saturating_sub(AROUND_MARK_BYTES)).max(line_start), floor(text, end + AROUND_MARK_BYTES).clamp(end, line_end))
    } else {
        (line_start, line_end)
    };
    let part = &text[from..to];
    let masked = label.source.masked_line(part, from);
    let range = masked.range(start - from..end - from);
    // Escapes are longer than what they stand for, so offsets move.
    let escaped = |end: usize| visible(&masked.text[..floor(&masked.text, end)]).len();
    let mark = Mark { start: escaped(range.start), end: escaped(range.end), label: visible(&label.text), primary, column: position.column };
    let shown = if masked.text == part { visible(part) } else { Cow::Owned(visible(&masked.text).into_owned()) };
    let line = Line { source: &label.source, number: position.line, text: shown, cut: from - line_start, marks: Vec::new() };
    (line, mark)
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
