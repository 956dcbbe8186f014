//! The width of the output, and text fitted to it.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Styles;

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

/// Returns a text with escaped control characters, so that the content of a template cannot control the terminal.
///
/// Line feeds and tabs are kept.
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_control = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |character: char| if is_control(character) { character.escape_unicode().to_string() } else { character.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
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
