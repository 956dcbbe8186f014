//! Lines and columns of byte offsets, in constant time after one pass over the text.
//!
//! Thousands of problems may be in one line of megabytes, and counting from its start for each of them takes quadratic time.

/// The distance between two marks, in bytes: a question reads at most as many.
const STEP: usize = 4096;

/// Marks at every [`STEP`] bytes of a text.
#[derive(Debug)]
pub(super) struct Places(Vec<Mark>);

/// What precedes an offset.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// The number of line ends.
    newlines: usize,
    /// The number of characters since the last line end.
    characters: usize,
}

impl Mark {
    fn past(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                Self { newlines: self.newlines + memchr::memchr_iter(b'\n', bytes).count(), characters: characters(&bytes[last + 1..]) }
            }
            None => Self { characters: self.characters + characters(bytes), ..self },
        }
    }
}

impl Places {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut mark = Mark::default();
        let mut marks = Vec::with_capacity(text.len() / STEP + 1);
        for part in text.chunks(STEP) {
            marks.push(mark);
            mark = mark.past(part);
        }
        Self(marks)
    }

    /// Returns the line and the column, both from 1, of an offset inside the text or at its end.
    pub(super) fn line_column(&self, text: &[u8], offset: usize) -> (usize, usize) {
        // An offset at the end of the last whole step has no mark of its own.
        let index = (offset / STEP).min(self.0.len().saturating_sub(1));
        let mark = self.0.get(index).copied().unwrap_or_default();
        let Mark { newlines, characters } = mark.past(text.get(index * STEP..offset).unwrap_or_default());
        (newlines + 1, characters + 1)
    }
}

/// Returns the number of characters that start in a part of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{Places, STEP};

    #[test]
    fn places_agree_with_counting_from_the_start() {
        let mut text = String::new();
        for index in 0..3000 {
            text.push_str(if index % 7 == 0 { "\u{20ac}" } else { "ab" });
            if index % 501 == 0 || index < 5 {
                text.push('\n');
            }
        }
        text.push_str(&"x".repeat(3 * STEP - text.len() % STEP));
        let places = Places::of(text.as_bytes());
        for (offset, _) in text.char_indices().step_by(13).chain([(text.len(), ' ')]) {
            let line = text[..offset].split('\n').next_back().unwrap_or_default();
            let found = places.line_column(text.as_bytes(), offset);
            assert_eq!(found, (text[..offset].matches('\n').count() + 1, line.chars().count() + 1), "{offset}");
        }
        assert_eq!(Places::of(b"").line_column(b"", 0), (1, 1));
    }
}
