//! How wide a view may be, and text cut to a width.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Styles;

/// What a human view needs to know about where it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns.
    pub width: usize,
    /// Styles.
    pub styles: Styles,
    /// Whether values are shown whole, however long: what goes into a file or a pager is searched, and nothing may be missing there.
    pub whole: bool,
}

impl Layout {
    /// Columns where there is no terminal to ask.
    pub const DEFAULT_WIDTH: usize = 120;

    /// Returns a plain layout of the default width.
    pub fn plain() -> Self {
        Self { width: Self::DEFAULT_WIDTH, styles: Styles::plain(), whole: true }
    }
}

/// Returns how many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns a text whose control characters are written out, so that what a template holds cannot steer the terminal.
///
/// Line feeds and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    let steers = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let written = |character: char| if steers(character) { character.escape_unicode().to_string() } else { character.to_string() };
    Cow::Owned(text.chars().map(written).collect())
}

/// Returns a text cut to so many columns, ending in `...` when something was cut.
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

/// Returns a text in lines of at most so many columns, broken at blanks.
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
