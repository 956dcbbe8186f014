//! The text of an instruction: continued lines joined and comments removed, with a mapping to the file.

use crate::diagnostic::Span;

/// A part of a Dockerfile with continued lines joined, which maps every character to its offset in the file.
///
/// An escape character at the end of a line continues it; comment lines and empty lines before the continuation are removed.
/// Source: <https://docs.docker.com/reference/dockerfile/#format>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    text: String,
    /// The contiguous pieces: offset in the joined text and offset in the file, ascending.
    pieces: Vec<(usize, usize)>,
    /// The span in the file.
    span: Span,
}

impl Text {
    /// Returns the text of the bytes from `start` to `end` of a Dockerfile.
    pub(super) fn read(file: &str, start: usize, end: usize, escape: char) -> Self {
        let end = end.min(file.len());
        let raw = file.get(start..end).unwrap_or_default();
        let mut read = Self { text: String::with_capacity(raw.len()), pieces: vec![(0, start)], span: Span::new(start, end) };
        let mut rest = raw;
        while let Some(at) = rest.find(escape) {
            let after = &rest[at + escape.len_utf8()..];
            let Some(line_end) = continuation(after) else {
                read.text.push_str(&rest[..at + escape.len_utf8()]);
                rest = after;
                continue;
            };
            read.text.push_str(&rest[..at]);
            rest = skip_comments(&after[line_end..]);
            read.pieces.push((read.text.len(), start + raw.len() - rest.len()));
        }
        read.text.push_str(rest);
        read
    }

    /// Returns the joined text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the span in the file.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Returns the span in the file of the bytes `start..end` of the joined text.
    pub fn span_of(&self, start: usize, end: usize) -> Span {
        let first = self.offset(start);
        // Map the last byte itself: the byte after it may be in another piece.
        let last = if end > start { self.offset(end - 1) + 1 } else { first };
        Span::new(first, last)
    }

    /// Returns the bytes `start..end` as a separate text.
    pub(super) fn part(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        let mut pieces = vec![(0, self.offset(start))];
        pieces.extend(self.pieces.iter().filter(|(at, _)| *at > start && *at < end).map(|(at, written)| (at - start, *written)));
        Self { text, pieces, span: self.span_of(start, end) }
    }

    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.pieces.get(piece).map_or(at, |(start, written)| written + (at - start))
    }
}

/// Returns the length of the line end after an escape character; `None` if the escape character does not end the line.
fn continuation(after: &str) -> Option<usize> {
    let blank = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
    after[blank..].starts_with('\n').then_some(blank + 1)
}

/// Skips comment lines and empty lines before a continuation.
fn skip_comments(mut rest: &str) -> &str {
    loop {
        let line_end = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        let line = rest[..line_end].trim_start();
        if line_end == 0 || !(line.is_empty() && rest[..line_end].ends_with('\n') || line.starts_with('#')) {
            return rest;
        }
        rest = &rest[line_end..];
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Text;

    #[test]
    fn joined_text_maps_characters_to_the_file() {
        let file = "RUN a \\\n  # why\n\n  b \\  \n c\n";
        let text = Text::read(file, 4, file.len(), '\\');
        assert_eq!(text.as_str(), "a   b  c\n");
        let at = text.as_str().find('b').unwrap();
        assert_eq!(&file[text.span_of(at, at + 1).range()], "b");
        let at = text.as_str().find('c').unwrap();
        assert_eq!(&file[text.span_of(at, at + 1).range()], "c");
        assert_eq!(&file[text.part(at, at + 1).span().range()], "c");
    }

    #[test]
    fn an_escape_character_inside_a_line_is_kept() {
        assert_eq!(Text::read("a \\$b `\nc", 0, 9, '`').as_str(), "a \\$b c");
    }
}
