//! The line differences between a file and the rendered text, for a check of a committed file.

use similar::ChangeTag;

use crate::text::{Pairs, TextDifference};

/// A line that is in only one of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineDifference {
    /// The line is missing from the file: its number in the rendered text, from 1, and the line.
    Missing(usize, String),
    /// The line is only in the file: its number in the file, from 1, and the line.
    Extra(usize, String),
}

/// Returns the lines that differ, in order. A changed line is one extra and one missing line.
pub fn differing_lines(file: &str, rendered: &str) -> Vec<LineDifference> {
    if file == rendered {
        return Vec::new();
    }
    let difference = TextDifference::of(file, rendered, &Pairs::default());
    let number = |index: Option<usize>| index.map_or(0, |index| index + 1);
    difference
        .all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(LineDifference::Extra(number(change.old_index()), change.value().to_owned())),
            ChangeTag::Insert => Some(LineDifference::Missing(number(change.new_index()), change.value().to_owned())),
        })
        .collect()
}
