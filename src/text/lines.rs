//! Differences of two texts by lines, within a number of steps and not within a time, so that the same texts always show the same.

use std::cell::Cell;
use std::fmt::Write as _;

use similar::{Algorithm, Change, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

/// Most pairs of lines that one comparison looks at to find the lines that two texts share.
const MOST_PAIRS: usize = 4_000_000;

/// Most pairs of lines of all comparisons of one view.
const MOST_PAIRS_TOGETHER: usize = 40_000_000;

/// The pairs of lines that the comparisons of one view may still look at.
#[derive(Debug)]
pub struct Pairs(Cell<usize>);

impl Default for Pairs {
    fn default() -> Self {
        Self(Cell::new(MOST_PAIRS_TOGETHER))
    }
}

impl Pairs {
    /// Takes the pairs of two texts, or of two lists, and returns whether so many are left.
    pub fn take(&self, old: usize, new: usize) -> bool {
        let pairs = old.saturating_mul(new);
        match self.0.get().checked_sub(pairs) {
            Some(left) if pairs <= MOST_PAIRS => {
                self.0.set(left);
                true
            }
            _ => false,
        }
    }
}

/// The lines of two texts, and which of them are removed, added and shared.
#[derive(Debug)]
pub struct TextDifference<'t> {
    old: Vec<&'t str>,
    new: Vec<&'t str>,
    operations: Vec<DiffOp>,
}

impl<'t> TextDifference<'t> {
    /// Compares two texts. If they differ in too many lines, what is between their common start and end is removed and added as a whole.
    pub fn of(before: &'t str, after: &'t str, pairs: &Pairs) -> Self {
        let (old, new): (Vec<&str>, Vec<&str>) = (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
        let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - start;
        let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let (old_len, new_len) = (old.len() - start - end, new.len() - start - end);
        let operations = if pairs.take(old_len, new_len) {
            capture_diff_slices(Algorithm::Myers, &old, &new)
        } else {
            let (old_end, new_end) = (start + old_len, start + new_len);
            let all = [
                DiffOp::Equal { old_index: 0, new_index: 0, len: start },
                DiffOp::Replace { old_index: start, old_len, new_index: start, new_len },
                DiffOp::Equal { old_index: old_end, new_index: new_end, len: end },
            ];
            all.into_iter().filter(|operation| !operation.old_range().is_empty() || !operation.new_range().is_empty()).collect()
        };
        Self { old, new, operations }
    }

    /// Returns the changes with some equal lines before and after each, in groups: between two groups are more equal lines.
    pub fn groups(&self, context: usize) -> Vec<Vec<DiffOp>> {
        group_diff_ops(self.operations.clone(), context)
    }

    /// Returns the lines of one operation.
    pub fn changes(&self, operation: DiffOp) -> impl Iterator<Item = Change<&'t str>> + '_ {
        operation.iter_changes(self.old.as_slice(), self.new.as_slice())
    }

    /// Returns every line of both texts.
    pub fn all_changes(&self) -> impl Iterator<Item = Change<&'t str>> + '_ {
        self.operations.iter().flat_map(|operation| self.changes(*operation))
    }

    /// Returns the changes as a unified diff with three lines of context; empty if nothing differs.
    pub fn unified(&self, before_name: &str, after_name: &str) -> String {
        const CONTEXT: usize = 3;
        let mut text = String::new();
        for group in self.groups(CONTEXT) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            if text.is_empty() {
                let _ = writeln!(text, "--- {before_name}\n+++ {after_name}");
            }
            let [old, new] = [first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end].map(place);
            let _ = writeln!(text, "@@ -{old} +{new} @@");
            for change in group.iter().flat_map(|operation| self.changes(*operation)) {
                text.push(match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                });
                text.push_str(change.value());
                if !change.value().ends_with('\n') {
                    text.push_str("\n\\ No newline at end of file\n");
                }
            }
        }
        text
    }
}

/// Returns the place of lines in the head of a hunk: the first line from 1, and their number if it is not 1.
fn place(lines: std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pairs, TextDifference};

    #[test]
    fn a_unified_diff_is_that_of_the_library() {
        let texts = ["", "a", "a\n", "a\nb\n", "x\na\nb", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\nten"];
        for before in texts {
            for after in texts {
                let expected = similar::TextDiff::from_lines(before, after).unified_diff().context_radius(3).header("a", "b").to_string();
                assert_eq!(TextDifference::of(before, after, &Pairs::default()).unified("a", "b"), expected);
            }
        }
    }

    #[test]
    fn too_many_different_lines_are_replaced_as_a_whole() {
        let text = |letter: char| format!("start\n{}end\n", format!("{letter}\nshared\n").repeat(1_500));
        let unified = TextDifference::of(&text('a'), &text('b'), &Pairs::default()).unified("a", "b");
        assert!(unified.starts_with("--- a\n+++ b\n@@ -1,3002 +1,3002 @@\n start\n-a\n-shared\n-a\n"), "{unified}");
        assert!(unified.ends_with("+b\n shared\n end\n"), "{unified}");
    }

    #[test]
    fn a_view_compares_so_many_lines_and_no_more() {
        let pairs = Pairs::default();
        let compared = (0..100).filter(|_| pairs.take(2_000, 2_000)).count();
        assert_eq!(compared, 10);
        assert!(!pairs.take(1, 1));
    }
}
