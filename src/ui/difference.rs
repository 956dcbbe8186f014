//! Unified diffs.

use std::fmt::Write as _;

use super::layout::Layout;
use super::styles::{Style, styled};
use crate::text::{Pairs, TextDifference};

/// Returns a unified diff of two texts with three lines of context; empty when they are equal.
pub fn difference(before: (&str, &str), after: (&str, &str), layout: Layout) -> String {
    let ((before_name, before), (after_name, after)) = (before, after);
    if before == after {
        return String::new();
    }
    let diff = TextDifference::of(before, after, &Pairs::default());
    colored_difference(&diff.unified(before_name, after_name), layout)
}

/// Returns a unified diff with colored lines, if the layout uses color.
pub fn colored_difference(unified: &str, layout: Layout) -> String {
    let styles = layout.styles;
    if !styles.colored {
        return unified.to_owned();
    }
    let mut text = String::with_capacity(unified.len());
    for line in unified.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => styles.add,
            Some(b'-') => styles.remove,
            Some(b'@') => styles.dim,
            _ => Style::default(),
        };
        let _ = writeln!(text, "{}", styled(style, line));
    }
    text
}
