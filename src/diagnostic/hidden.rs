//! Parts of a source that excerpts must not show: values of parameters that are secret, or may be.

use std::sync::Mutex;

use super::span::Span;

/// The text that stands for a secret value, as in responses of CloudFormation.
pub const MASKED: &str = "****";

/// The hidden parts of a source. Readers add to them while diagnostics already refer to the source.
#[derive(Debug, Default)]
pub(super) struct Hidden(Mutex<Parts>);

#[derive(Debug, Default)]
struct Parts {
    /// Hidden spans, and whether they stay hidden.
    spans: Vec<(Span, bool)>,
    /// Whether everything that may be a value is hidden, because the text could not be read.
    all_values: bool,
}

impl Hidden {
    /// Hides a span; `for_good` if nothing reveals it.
    pub(super) fn add(&self, span: Span, for_good: bool) {
        if let Ok(mut parts) = self.0.lock() {
            parts.spans.push((span, for_good));
        }
    }

    pub(super) fn add_all_values(&self) {
        if let Ok(mut parts) = self.0.lock() {
            parts.all_values = true;
        }
    }

    /// Shows what was hidden inside a span, unless it stays hidden.
    pub(super) fn reveal(&self, span: Span) {
        if let Ok(mut parts) = self.0.lock() {
            parts.spans.retain(|(hidden, for_good)| *for_good || hidden.start < span.start || hidden.end > span.end);
        }
    }

    /// Returns the hidden ranges of a line, in order and without overlaps; `start` is the offset of the line.
    fn in_line(&self, line: &str, start: usize) -> Vec<std::ops::Range<usize>> {
        let Ok(parts) = self.0.lock() else { return std::iter::once(0..line.len()).collect() };
        if parts.all_values {
            return value_of_line(line).into_iter().collect();
        }
        let end = start + line.len();
        let clipped = parts.spans.iter().filter_map(|(span, _)| {
            let range = span.range();
            let (from, to) = (range.start.max(start), range.end.min(end));
            (from < to).then(|| from - start..to - start)
        });
        let mut ranges: Vec<_> = clipped.filter(|range| line.get(range.clone()).is_some_and(|text| !text.trim().is_empty())).collect();
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<std::ops::Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => merged.push(range),
            }
        }
        merged
    }

    /// Returns a line with its hidden parts masked.
    pub(super) fn mask(&self, line: &str, start: usize) -> MaskedLine {
        let mut masked = MaskedLine { text: String::with_capacity(line.len()), moved: Vec::new() };
        let mut at = 0;
        for range in self.in_line(line, start) {
            masked.text.push_str(line.get(at..range.start).unwrap_or_default());
            let shown = masked.text.len();
            masked.text.push_str(MASKED);
            masked.moved.push((range.clone(), shown..masked.text.len()));
            at = range.end;
        }
        masked.text.push_str(line.get(at..).unwrap_or_default());
        masked
    }
}

/// Returns the part of a line that may be a value: what follows the first `:` or `=`, or the whole line without its brackets.
fn value_of_line(line: &str) -> Option<std::ops::Range<usize>> {
    let from = line.find([':', '=']).map_or(0, |separator| separator + 1);
    let rest = line.get(from..)?;
    let start = from + rest.find(|letter: char| !letter.is_whitespace() && !"{}[]-,".contains(letter))?;
    Some(start..line.trim_end().len().max(start))
}

/// A line of a source as an excerpt shows it.
#[derive(Clone, Debug)]
pub struct MaskedLine {
    /// The text.
    pub text: String,
    /// Hidden ranges of the line, and the ranges of their masks in the text.
    moved: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>,
}

impl MaskedLine {
    /// Returns the range of the text that shows a range of the line.
    pub fn range(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let place = |at: usize, is_end: bool| {
            let mut shift = 0isize;
            for (hidden, mask) in &self.moved {
                if at < hidden.start {
                    break;
                }
                if at < hidden.end || (is_end && at == hidden.end) {
                    return if is_end && at > hidden.start { mask.end } else { mask.start };
                }
                shift = isize::try_from(mask.end).unwrap_or(0) - isize::try_from(hidden.end).unwrap_or(0);
            }
            at.saturating_add_signed(shift)
        };
        let start = place(range.start, false);
        let end = if range.is_empty() { start } else { place(range.end, true) };
        start..end.max(start).min(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Source, Span};

    #[test]
    fn marks_move_with_the_masks() {
        let source = Source::new("p", "a: secret, b: x");
        source.hide(Span::new(3, 9));
        let line = source.masked_line("a: secret, b: x", 0);
        assert_eq!(line.text, "a: ****, b: x");
        assert_eq!(line.range(3..9), 3..7);
        assert_eq!(line.range(5..6), 3..7);
        assert_eq!(line.range(14..15), 12..13);
        assert_eq!(line.range(0..1), 0..1);
        source.reveal(Span::new(3, 9));
        assert_eq!(source.masked_line("a: secret, b: x", 0).text, "a: secret, b: x");
    }

    #[test]
    fn an_unreadable_text_shows_no_value() {
        let source = Source::new("p", "");
        source.hide_values();
        for (line, shown) in
            [("  Key: value # x", "  Key: ****"), ("  continued", "  ****"), ("}", "}"), ("{\"a\": \"b\" \"c\"", "{\"a\": ****")]
        {
            assert_eq!(source.masked_line(line, 0).text, shown);
        }
    }
}
