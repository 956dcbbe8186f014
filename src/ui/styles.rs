//! Styles by meaning. They are empty by default, so that tests and pipes get plain text.

use anstyle::{AnsiColor, Effects, Style};

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
        let color = |color: AnsiColor| color.on_default();
        Self {
            strong: Style::new().bold(),
            dim: Style::new().dimmed(),
            add: color(AnsiColor::Green),
            remove: color(AnsiColor::Red),
            update: color(AnsiColor::Yellow),
            replace: color(AnsiColor::Magenta),
            alarm: color(AnsiColor::BrightRed).effects(Effects::BOLD),
            warning: color(AnsiColor::Yellow).effects(Effects::BOLD),
            hint: color(AnsiColor::Cyan),
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
