//! Styles by meaning. They are empty by default, so that tests and pipes get plain text.

use super::door::write_mark;

/// A style: the parameters of the escape code that starts it; empty for plain text.
///
/// It is written as a mark that only [`painted`](super::painted) turns into an escape code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style(&'static str);

impl std::fmt::Display for Style {
    /// Writes the start of the style; with `{:#}` its end.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0, f.alternate()) {
            ("", _) => Ok(()),
            (parameters, false) => write_mark(f, parameters),
            (_, true) => write_mark(f, "0"),
        }
    }
}

/// Styles by meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Headings and names.
    pub strong: Style,
    /// Secondary text.
    pub dim: Style,
    /// Additions.
    pub add: Style,
    /// Removals.
    pub remove: Style,
    /// Updates in place.
    pub update: Style,
    /// Replacements.
    pub replace: Style,
    /// Data loss and errors.
    pub alarm: Style,
    /// Warnings.
    pub warning: Style,
    /// Hints.
    pub hint: Style,
    /// Whether the styles are not empty.
    pub colored: bool,
}

impl Styles {
    /// Returns empty styles.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Returns styles for a terminal, in the sixteen named colors of the user's theme.
    pub fn colorize() -> Self {
        Self {
            strong: Style("1"),
            dim: Style("2"),
            add: Style("32"),
            remove: Style("31"),
            update: Style("33"),
            replace: Style("35"),
            alarm: Style("1;91"),
            warning: Style("1;33"),
            hint: Style("36"),
            colored: true,
        }
    }

    /// Returns colored or empty styles.
    pub fn when(colored: bool) -> Self {
        if colored { Self::colorize() } else { Self::plain() }
    }
}

/// Returns a text with a style; the plain text if the style is empty.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
