//! Where values stand: byte offsets for places that count characters, and what of a value is its tag and anchor.

use crate::diagnostic::{Source, Span};

/// Turns character offsets into byte offsets, quickest for those near the one before.
pub(super) struct Offsets<'a> {
    text: &'a str,
    is_ascii: bool,
    characters: usize,
    bytes: usize,
}

impl<'a> Offsets<'a> {
    /// Counts in `text`, whose byte order mark is not counted.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, is_ascii: text.is_ascii(), characters: 0, bytes: text.len() - without_mark(text).len() }
    }

    /// Returns the text less its byte order mark.
    pub(super) fn body(&self) -> &'a str {
        without_mark(self.text)
    }

    /// Returns the byte offset in the whole text; a place past the end is the end.
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

/// Steps over the tag and the anchor in front of a value: returns where the tag stands and where the value starts.
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

/// Returns the place of a block scalar, from its `|` or `>` to the last character that is not blank; `last_end` is
/// where the scalar before it ends.
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
