//! Byte offsets for places that count characters.

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
