//! Here-documents of a `RUN` that do not start its command, as in `cat <<EOF > file`.
//!
//! A word `<<NAME` starts one, optionally with digits before it and `-` after `<<`. Source:
//! <https://docs.docker.com/reference/dockerfile/#here-documents>

use super::lexer::words;

/// The start of a here-document.
pub(super) struct Delimiter {
    /// The line that ends it.
    pub word: String,
    /// Whether its variables are expanded.
    pub is_expanded: bool,
    /// Whether leading tabs of its lines and of the delimiter are removed.
    pub strips_tabs: bool,
    /// The start offset of the word in the command.
    pub start: usize,
    /// The end offset.
    pub end: usize,
}

/// Returns the delimiters in a command, in order.
pub(super) fn delimiters(command: &str) -> Vec<Delimiter> {
    // In a here-document's delimiter the escape character is always a backslash.
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

/// Returns the end of the here-document that starts at `start`, and the start of the line after its delimiter.
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
