//! Matches strings with the regular expressions of provider schemas.

use std::collections::HashMap;

/// Compiled regular expressions by pattern.
#[derive(Debug)]
pub(super) struct Patterns {
    compiled: HashMap<&'static str, Pattern>,
    /// The bytes of texts that are still matched.
    left: usize,
}

/// Most bytes of all texts of a template that are matched; a match takes up to a microsecond for each.
const MOST_BYTES: usize = 1_500_000;

/// The longest text that is matched: no service has names of this length, and its length is checked by another rule.
const LONGEST: usize = 16 * 1024;

impl Default for Patterns {
    fn default() -> Self {
        Self { compiled: HashMap::default(), left: MOST_BYTES }
    }
}

impl Patterns {
    /// Returns whether a string certainly violates a pattern; false if no engine supports the pattern.
    pub(super) fn breaks(&mut self, pattern: &'static str, text: &str) -> bool {
        if matches!(pattern, ".*" | "^.*$" | ".+" | "[\\s\\S]*" | "^[\\s\\S]*$") {
            return false;
        }
        if text.len() > LONGEST.min(self.left) {
            return false;
        }
        self.left -= text.len();
        let compiled = self.compiled.entry(pattern).or_insert_with(|| Pattern::new(pattern));
        if let Pattern::Ascii(_) = compiled
            && !text.is_ascii()
        {
            *compiled = Pattern::complete(pattern);
        }
        match compiled {
            Pattern::Plain(regex) | Pattern::Ascii(regex) => !regex.is_match(text),
            Pattern::Complete(regex) => matches!(regex.is_match(text), Ok(false)),
            Pattern::Unreadable => false,
        }
    }
}

/// A compiled regular expression, by the engine that compiles it fastest.
#[derive(Debug)]
enum Pattern {
    /// The engine without look-around and Unicode classes.
    Plain(regex_lite::Regex),
    /// The same engine, with Unicode classes reduced to ASCII: valid for ASCII strings only.
    Ascii(regex_lite::Regex),
    /// The engine that supports both, which takes a hundred times as long to compile a Unicode class.
    Complete(fancy_regex::Regex),
    Unreadable,
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        if let Ok(regex) = regex_lite::Regex::new(pattern) {
            return Self::Plain(regex);
        }
        match ascii_only(pattern).and_then(|pattern| regex_lite::Regex::new(&pattern).ok()) {
            Some(regex) => Self::Ascii(regex),
            None => Self::complete(pattern),
        }
    }

    fn complete(pattern: &str) -> Self {
        fancy_regex::Regex::new(pattern).map_or(Self::Unreadable, Self::Complete)
    }
}

/// Returns a pattern that matches the same ASCII strings without the classes `\p{L}`, `\p{N}` and `\p{Z}`, common in patterns for tags.
fn ascii_only(pattern: &str) -> Option<String> {
    let mut reduced = String::with_capacity(pattern.len());
    let mut is_in_class = false;
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let replaced = ["\\p{L}", "\\p{N}", "\\p{Z}"].iter().zip(["A-Za-z", "0-9", " "]).find(|(class, _)| rest.starts_with(**class));
        let length = match (replaced, character) {
            (Some((class, members)), _) => {
                if is_in_class {
                    reduced.push_str(members);
                } else {
                    reduced.extend(["[", members, "]"]);
                }
                rest = &rest[class.len()..];
                continue;
            }
            // An escaped character is copied with its backslash, so that an escaped bracket opens no class.
            (None, '\\') => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (None, '[') if is_in_class => return None,
            (None, '[') => {
                is_in_class = true;
                1
            }
            (None, ']') => {
                is_in_class = false;
                1
            }
            (None, other) => other.len_utf8(),
        };
        reduced.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Some(reduced)
}

#[cfg(test)]
mod tests {
    use super::{Patterns, ascii_only};

    #[test]
    fn unicode_classes_match_the_same_strings_by_either_engine() {
        let mut patterns = Patterns::default();
        const TAG: &str = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$";
        const OUTSIDE: &str = r"^\p{L}\[\p{N}$";
        for text in ["", "Rack 1", "a/b_c.d:e=f+g-h@i", "Größe 7", "名前"] {
            assert!(!patterns.breaks(TAG, text), "{text}");
        }
        for text in ["a#b", "tab\tbed", "Größe#", "a", "x"] {
            assert_eq!(patterns.breaks(TAG, text), text.contains(['#', '\t']), "{text}");
        }
        assert!(!patterns.breaks(OUTSIDE, "a[7") && patterns.breaks(OUTSIDE, "7[a") && !patterns.breaks(OUTSIDE, "é[7"));
        assert_eq!(ascii_only(r"[a[\p{L}]]"), None);
    }
}
