//! Insertions into block YAML, by lines and columns.
//!
//! Takes new children of a mapping or list in block style, gives edits that put them on lines of their own, in the style of the
//! document ([`text`]). Containers in flow style are JSON to YAML, and [`json`](super::json) writes into those.

mod text;

pub(super) use text::YamlStyle;

use super::insertion::Insertion;
use crate::diagnostic::{Diagnostics, Source};
use crate::template::{Document, Edits, Kind, Node, Style};

/// Tells whether a container stands in block style: not in braces or brackets.
pub(super) fn is_block(source: &Source, container: &Node<'_>) -> bool {
    !source.slice(container.span).starts_with(['{', '['])
}

/// Adds neighbours to a container in block style.
///
/// # Errors
///
/// Returns a problem where the container is an alias, or holds what a merge key brings: what is added would come in elsewhere too.
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
    let apart = block.stand_apart(first.index);
    let blank = if apart { style.newline } else { "" };
    let tall = entries.iter().any(|entry| entry.matches('\n').count() > 1);
    let body = entries.join(if tall { blank } else { "" });
    let (offset, text) = match block.place(first.index) {
        Spot::Line(offset) => (offset, format!("{body}{blank}")),
        Spot::Within(offset) => (offset, format!("{}{indent}", body.trim_start_matches(' '))),
        Spot::End(offset) if source.text()[..offset].ends_with('\n') => (offset, format!("{blank}{body}")),
        Spot::End(offset) => (offset, format!("{}{blank}{}", style.newline, body.strip_suffix(style.newline).unwrap_or(&body))),
    };
    edits.insert(u32::try_from(offset).unwrap_or(u32::MAX), text);
    Ok(())
}

/// Where something new goes.
enum Spot {
    /// Onto lines of its own from this line's start.
    Line(usize),
    /// Before a first key that shares its line with a dash.
    Within(usize),
    /// Behind everything that the container holds.
    End(usize),
}

/// A container in block style.
struct Block<'t> {
    text: &'t str,
    /// How far in its children stand.
    column: usize,
    /// Where each child's key or dash is.
    starts: Vec<usize>,
    end: usize,
}

impl<'t> Block<'t> {
    /// Returns `None` when the children do not stand one after the other in the container.
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
        let sound = first == span.start && starts.is_sorted() && starts.last().is_some_and(|last| *last < span.end);
        // The byte order mark is no column.
        let column = text[line_start(text, first)..first].trim_start_matches('\u{feff}').chars().count();
        sound.then_some(Self { text, column, starts, end: span.end })
    }

    /// Tells whether a blank line stands between the neighbours that something new comes between, or the nearest ones.
    fn stand_apart(&self, index: usize) -> bool {
        let index = index.clamp(1, self.starts.len().saturating_sub(1).max(1));
        match (self.starts.get(index - 1), self.starts.get(index)) {
            (Some(_), Some(next)) => {
                let above = self.above_comments(line_start(self.text, *next));
                self.text[..above].lines().next_back().is_some_and(|line| line.trim().is_empty())
            }
            _ => false,
        }
    }

    fn place(&self, index: usize) -> Spot {
        let Some(&start) = self.starts.get(index) else {
            let rest = &self.text[self.end..];
            if self.text[..self.end].ends_with('\n') {
                return Spot::End(self.end);
            }
            return Spot::End(rest.find('\n').map_or(self.text.len(), |newline| self.end + newline + 1));
        };
        let line = line_start(self.text, start);
        if self.text[line..start].trim_start_matches('\u{feff}').trim().is_empty() {
            Spot::Line(self.above_comments(line))
        } else {
            Spot::Within(start)
        }
    }

    /// Returns the start of the comment lines right above a line, which belong to what stands in it.
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
