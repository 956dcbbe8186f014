//! Inserts into block YAML, by lines and columns.
//!
//! Takes new children of a mapping or list in block style and returns edits that add them on separate lines, in the style of the document
//! ([`text`]). [`json`](super::json) writes into containers in flow style, since YAML reads JSON there.

mod text;

pub(super) use text::YamlStyle;

use super::insertion::Insertion;
use crate::diagnostic::{Diagnostics, Source};
use crate::template::{Document, Edits, Kind, Node, Style};

/// Returns whether a container is in block style, without braces or brackets.
pub(super) fn is_block(source: &Source, container: &Node<'_>) -> bool {
    !source.slice(container.span).starts_with(['{', '['])
}

/// Adds children to a container in block style, all at the same index.
///
/// # Errors
///
/// Returns an error if the container is an alias or has members from a merge key, since the addition would appear elsewhere too.
pub(super) fn insert(
    edits: &mut Edits,
    document: &Document<'_>,
    style: &Style,
    yaml: &YamlStyle,
    group: &[Insertion<'_>],
) -> Result<(), Diagnostics> {
    let Some(first) = group.first() else { return Ok(()) };
    let source = document.source;
    let Some(block) = Block::of(source.text(), first.container) else {
        return Err(super::check::yaml_alias(source, first.container.span).into());
    };
    let indent = " ".repeat(block.column);
    let mut entries: Vec<String> = Vec::new();
    for insertion in group {
        let lines = yaml.child(insertion);
        entries.push(lines.iter().map(|line| format!("{indent}{line}{}", style.newline)).collect());
    }
    let separated = block.is_blank_separated(first.index);
    let blank = if separated { style.newline } else { "" };
    let multiline = entries.iter().any(|entry| entry.matches('\n').count() > 1);
    let body = entries.join(if multiline { blank } else { "" });
    let (offset, text) = match block.position(first.index) {
        Position::Line(offset) => (offset, format!("{body}{blank}")),
        Position::Within(offset) => (offset, format!("{}{indent}", body.trim_start_matches(' '))),
        Position::End(offset) if source.text()[..offset].ends_with('\n') => (offset, format!("{blank}{body}")),
        Position::End(offset) => (offset, format!("{}{blank}{}", style.newline, body.strip_suffix(style.newline).unwrap_or(&body))),
    };
    edits.insert(u32::try_from(offset).unwrap_or(u32::MAX), text);
    Ok(())
}

/// The position of an insertion.
enum Position {
    /// On separate lines, from this start of a line.
    Line(usize),
    /// Before a first key that shares its line with a dash.
    Within(usize),
    /// After the last child of the container.
    End(usize),
}

/// A container in block style.
struct Block<'t> {
    text: &'t str,
    /// The indentation of its children.
    column: usize,
    /// The offset of each child's key or dash.
    starts: Vec<usize>,
    end: usize,
}

impl<'t> Block<'t> {
    /// Returns `None` if the children are not in order inside the container's span, as happens with aliases and merge keys.
    fn of(text: &'t str, container: &Node<'_>) -> Option<Self> {
        let span = container.span.range();
        let starts: Vec<usize> = match container.kind {
            Kind::Object(members) => members.iter().map(|member| member.key_span.start as usize).collect(),
            Kind::Array(items) => {
                let column = span.start - line_start(text, span.start);
                items.iter().map(|item| dash(text, item.span.start as usize, column)).collect::<Option<_>>()?
            }
            _ => return None,
        };
        let first = *starts.first()?;
        let in_order = first == span.start && starts.is_sorted() && starts.last().is_some_and(|last| *last < span.end);
        // The byte order mark is not a column.
        let column = text[line_start(text, first)..first].trim_start_matches('\u{feff}').chars().count();
        in_order.then_some(Self { text, column, starts, end: span.end })
    }

    /// Returns whether a blank line separates the two children around the index, or the nearest two.
    fn is_blank_separated(&self, index: usize) -> bool {
        let index = index.clamp(1, self.starts.len().saturating_sub(1).max(1));
        match (self.starts.get(index - 1), self.starts.get(index)) {
            (Some(_), Some(next)) => {
                let above = self.above_comments(line_start(self.text, *next));
                self.text[..above].lines().next_back().is_some_and(|line| line.trim().is_empty())
            }
            _ => false,
        }
    }

    fn position(&self, index: usize) -> Position {
        let Some(&start) = self.starts.get(index) else {
            let rest = &self.text[self.end..];
            if self.text[..self.end].ends_with('\n') {
                return Position::End(self.end);
            }
            return Position::End(rest.find('\n').map_or(self.text.len(), |newline| self.end + newline + 1));
        };
        let line = line_start(self.text, start);
        if self.text[line..start].trim_start_matches('\u{feff}').trim().is_empty() {
            Position::Line(self.above_comments(line))
        } else {
            Position::Within(start)
        }
    }

    /// Returns the start of the comment lines directly above a line; those comments belong to its entry.
    fn above_comments(&self, line: usize) -> usize {
        let mut start = line;
        while start > 0 {
            let above = line_start(self.text, start - 1);
            if !self.text[above..start].trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        start
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Returns the dash in `column` that introduces the item at `offset`.
fn dash(text: &str, offset: usize, column: usize) -> Option<usize> {
    let mut start = line_start(text, offset);
    loop {
        let line = text[start..].lines().next().unwrap_or_default();
        let at = start + column;
        let introduces = line.as_bytes().get(column) == Some(&b'-') && line.as_bytes().get(column + 1).is_none_or(u8::is_ascii_whitespace);
        if introduces && at <= offset && line.as_bytes()[..column].iter().all(|byte| matches!(byte, b' ' | b'-')) {
            return Some(at);
        }
        start = line_start(text, start.checked_sub(1)?);
    }
}
