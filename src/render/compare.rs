//! What a file and the rendered text have different, line by line, for `render --check`.

use similar::{ChangeTag, TextDiff};

/// A line that only one of two texts has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineDifference {
    /// The file lacks it: its line in the rendered text, from 1, and the line.
    Missing(usize, String),
    /// The file has it too much: its line in the file, from 1, and the line.
    Extra(usize, String),
}

/// Returns the lines that differ, in order; none where the texts are equal.
///
/// A line that changed is an extra one and a missing one.
pub fn differing_lines(file: &str, rendered: &str) -> Vec<LineDifference> {
    if file == rendered {
        return Vec::new();
    }
    let difference = TextDiff::from_lines(file, rendered);
    let number = |index: Option<usize>| index.map_or(0, |index| index + 1);
    difference
        .iter_all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(LineDifference::Extra(number(change.old_index()), change.value().to_owned())),
            ChangeTag::Insert => Some(LineDifference::Missing(number(change.new_index()), change.value().to_owned())),
        })
        .collect()
}
