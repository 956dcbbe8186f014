//! Positions: converts character offsets to byte offsets, and separates values from their tags and anchors.

use crate::diagnostic::{Source, Span};

/// Converts character offsets to byte offsets; fastest for offsets near the previous one.
pub(super) struct Offsets<'a> {
    text: &'a str,
    is_ascii: bool,
    characters: usize,
    bytes: usize,
}

impl<'a> Offsets<'a> {
    /// Returns a converter for `text`, whose byte order mark does not count.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, is_ascii: text.is_ascii(), characters: 0, bytes: text.len() - without_mark(text).len() }
    }

    /// Returns the text without its byte order mark.
    pub(super) fn body(&self) -> &'a str {
        without_mark(self.text)
    }

    /// Returns the byte offset in the whole text; an offset past the end becomes the end.
    pub(super) fn byte(&mut self, character: usize) -> u32 {
        if self.is_ascii {
            return u32::try_from(character.min(self.text.len())).unwrap_or(u32::MAX);
        }
        while self.characters < character
            && let Some(next) = self.text[self.bytes..].chars().next()
        {
            self.characters += 1;
            self.bytes += next.len_utf8();
        }
        while self.characters > character
            && let Some(last) = self.text[..self.bytes].chars().next_back()
        {
            self.characters -= 1;
            self.bytes -= last.len_utf8();
        }
        u32::try_from(self.bytes).unwrap_or(u32::MAX)
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Skips the tag and the anchor before a value; returns the span of the tag and the start of the value.
pub(super) fn properties(source: &Source, start: u32, limit: u32) -> (Option<Span>, u32) {
    let bytes = source.text().as_bytes();
    let limit = (limit as usize).min(bytes.len());
    let mut at = start as usize;
    let mut tag = None;
    loop {
        while at < limit && bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        match bytes.get(at) {
            Some(b'#') if at < limit && at > start as usize => at += memchr::memchr(b'\n', &bytes[at..limit]).unwrap_or(limit - at),
            Some(first @ (b'!' | b'&')) if at < limit => {
                let from = at;
                while at < limit && !bytes[at].is_ascii_whitespace() && !matches!(bytes[at], b',' | b'[' | b']' | b'{' | b'}') {
                    at += 1;
                }
                if *first == b'!' {
                    tag = Some(Span::new(from, at));
                }
                if at == from {
                    break;
                }
            }
            _ => break,
        }
    }
    (tag, u32::try_from(at).unwrap_or(u32::MAX))
}

/// Returns the span of a block scalar, from its `|` or `>` to its last character that is not whitespace. `last_end` is the end of the
/// previous scalar.
pub(super) fn block_scalar(source: &Source, content: Span, has_properties: bool, last_end: u32) -> Span {
    let text = source.text();
    let mut start = content.start as usize;
    if !has_properties {
        let before = text[..start].trim_end();
        let line = before.rfind('\n').map_or(0, |newline| newline + 1).max((last_end as usize).min(before.len()));
        start = before[line..].find(['|', '>']).map_or(start, |at| line + at);
    }
    let end = text[..content.end as usize].trim_end().len();
    if end > start { Span::new(start, end) } else { source.first_character(Span::new(start, start)) }
}
