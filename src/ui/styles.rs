//! Styles by meaning; empty until asked for, so that tests and pipes see clean text.

use anstyle::{AnsiColor, Effects, Style};

/// Styles by meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Headings and names.
    pub strong: Style,
    /// What matters less.
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
    /// Whether any of them does something.
    pub colored: bool,
}

impl Styles {
    /// Returns styles that do nothing.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Returns styles for a terminal; the sixteen named colours, so that the user's own theme holds.
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

    /// Returns the styles asked for.
    pub fn when(colored: bool) -> Self {
        if colored { Self::colorize() } else { Self::plain() }
    }
}

/// Returns a text between a style's codes; the bare text for an empty style.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
