//! Here-documents of a `RUN` whose command has something before them, as in `cat <<EOF > file`.
//!
//! A word `<<NAME` starts one, with digits before it and `-` after the angles where these are wanted. Source:
//! <https://docs.docker.com/reference/dockerfile/#here-documents>

use super::lexer::words;

/// What starts a here-document.
pub(super) struct Delimiter {
    /// The line that ends it.
    pub word: String,
    /// Whether variables in it are put in.
    pub is_expanded: bool,
    /// Whether tabs before its lines, and before the delimiter, do not count.
    pub strips_tabs: bool,
    /// Where the word starts in the command.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Returns the delimiters in a command, in order.
pub(super) fn delimiters(command: &str) -> Vec<Delimiter> {
    // Inside of a here-document's delimiter the escape character is always a backslash.
    let words = words(command, '\\').into_iter();
    words.filter_map(|(start, end)| delimiter(command.get(start..end)?, start, end)).collect()
}

fn delimiter(word: &str, start: usize, end: usize) -> Option<Delimiter> {
    let rest = word.trim_start_matches(|character: char| character.is_ascii_digit()).strip_prefix("<<")?;
    let (strips_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let plain = super::lexer::expand(rest, '\\', &|_| None);
    let is_name = !rest.is_empty() && !rest.contains('<') && !plain.text.is_empty();
    let is_expanded = !rest.contains(['"', '\'']);
    is_name.then_some(Delimiter { word: plain.text, is_expanded, strips_tabs, start, end })
}

/// Returns where the here-document that starts at `start` ends, and where the line after its delimiter starts.
pub(super) fn body(text: &str, start: usize, delimiter: &str, strips_tabs: bool) -> Option<(usize, usize)> {
    let mut at = start;
    for line in text.get(start..)?.split_inclusive('\n') {
        let plain = line.trim_end_matches(['\n', '\r']);
        let plain = if strips_tabs { plain.trim_start_matches('\t') } else { plain };
        if plain == delimiter {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}
