//! The width of the output, and text fitted to it.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::door::unmarked;
use super::styles::Styles;
use super::visible::visible;

/// The properties of the output that human views depend on.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The width in columns.
    pub width: usize,
    /// Styles.
    pub styles: Styles,
    /// Whether long values are shown in full: output to a file or pager is searched, so it must be complete.
    pub whole: bool,
}

impl Layout {
    /// The width without a terminal.
    pub const DEFAULT_WIDTH: usize = 120;

    /// Returns a plain layout of the default width.
    pub fn plain() -> Self {
        Self { width: Self::DEFAULT_WIDTH, styles: Styles::plain(), whole: true }
    }
}

/// Returns the width of a text in columns.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns a text shortened to a width; a shortened text ends in `...`.
pub fn clip(text: &str, columns: usize) -> String {
    let text = visible(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let room = columns.saturating_sub(3);
    let mut used = 0;
    let mut clipped = String::new();
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        clipped.push(character);
    }
    clipped.push_str("...");
    clipped
}

/// Returns a text wrapped at whitespace into lines of at most `columns`.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns a text whose lines fit the width: a longer one is wrapped at whitespace, and its other lines are indented by `hang` more.
///
/// Styles take no room. A word that is wider than a line stays whole, so that it can be copied.
pub fn fitted(text: &str, columns: usize, hang: usize) -> String {
    let mut fitted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.len() <= columns || visible_width(line.trim_end_matches('\n')) <= columns {
            fitted.push_str(line);
            continue;
        }
        let content = line.trim_end_matches('\n');
        let indent = content.len() - content.trim_start_matches(' ').len();
        let next = " ".repeat((indent + hang).min(columns / 2));
        let mut used = indent;
        fitted.push_str(&content[..indent]);
        let mut is_first = true;
        // Blanks between words are not repeated at the start of the next line.
        let mut skips_blanks = false;
        for word in content[indent..].split_inclusive(' ') {
            let shown = visible_width(word.trim_end_matches(' '));
            if !is_first && used + shown > columns {
                fitted.truncate(fitted.trim_end_matches(' ').len());
                fitted.push('\n');
                fitted.push_str(&next);
                used = next.len();
                skips_blanks = true;
            }
            if skips_blanks && shown == 0 {
                continue;
            }
            skips_blanks = false;
            fitted.push_str(word);
            used += visible_width(word);
            is_first = false;
        }
        fitted.push_str(&line[content.len()..]);
    }
    fitted
}

/// Returns the width of a line without the marks of its styles.
fn visible_width(line: &str) -> usize {
    width(&unmarked(line))
}

#[cfg(test)]
mod tests {
    use super::fitted;
    use crate::ui::styles::{Styles, styled};

    #[test]
    fn long_lines_are_wrapped_with_a_hanging_indent() {
        assert_eq!(fitted("short\n  one two three four\nend", 12, 2), "short\n  one two\n    three\n    four\nend");
        assert_eq!(fitted("averyveryverylongword tail\n", 10, 4), "averyveryverylongword\n    tail\n");
        let bold = format!("{}\n", styled(Styles::colorize().strong, "one two"));
        assert_eq!(fitted(&bold, 7, 4), bold);
        assert_eq!(fitted("a  b    c\n", 5, 1), "a  b\n c\n");
    }
}
