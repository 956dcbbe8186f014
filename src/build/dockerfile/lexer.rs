//! Splits an instruction into words and `NAME=value` pairs, and expands its variables.
//!
//! Source: <https://docs.docker.com/reference/dockerfile/#environment-replacement>

use super::text::Text;

/// `NAME=value` of `ARG`, `ENV` or `LABEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub name: Text,
    /// The value as written, including quotes; `None` without a `=`.
    pub value: Option<Text>,
}

/// Returns the start and end of each word of a text; whitespace outside quotes separates words.
pub(super) fn words(text: &str, escape: char) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            words.extend(start.take().map(|start| (start, at)));
            continue;
        }
        start.get_or_insert(at);
        if character == escape && quote != Some('\'') {
            characters.next();
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '"' | '\'') {
            quote = Some(character);
        }
    }
    words.extend(start.map(|start| (start, text.len())));
    words
}

/// Returns the pairs of an `ARG`, or of an `ENV` or `LABEL`, which also support the legacy form `NAME value`.
pub(super) fn pairs(text: &Text, escape: char, allows_legacy_form: bool) -> Vec<Pair> {
    let words = words(text.as_str(), escape);
    let pair = |start: usize, end: usize| {
        let word = text.as_str().get(start..end).unwrap_or_default();
        match word.find('=') {
            Some(equals) => Pair { name: text.part(start, start + equals), value: Some(text.part(start + equals + 1, end)) },
            None => Pair { name: text.part(start, end), value: None },
        }
    };
    if let (true, Some((start, end))) = (allows_legacy_form, words.first())
        && !text.as_str()[*start..*end].contains('=')
    {
        let value = words.get(1).map(|(value, _)| text.part(*value, text.as_str().trim_end().len()));
        return vec![Pair { name: text.part(*start, *end), value }];
    }
    words.into_iter().map(|(start, end)| pair(start, end)).collect()
}

/// A reference to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The variable's name.
    pub name: String,
    /// The start offset in the text, including `$`.
    pub start: usize,
    /// The end offset.
    pub end: usize,
    /// Whether it handles an unset variable itself, as `${NAME:-x}` does.
    pub has_default: bool,
}

/// Returns the references to variables in a text, except in single quotes and after an escape character.
pub fn references(text: &str, escape: char) -> Vec<Reference> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut is_single, mut is_double) = (false, false);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            byte if !is_single && char::from(byte) == escape => at += 1,
            b'\'' if !is_double => is_single = !is_single,
            b'"' if !is_single => is_double = !is_double,
            b'$' if !is_single => {
                if let Some((reference, _)) = reference(text, at) {
                    // A modifier may contain references: `${A:-$B}`.
                    at = if bytes.get(at + 1) == Some(&b'{') { at + 1 + reference.name.len() } else { reference.end - 1 };
                    found.push(reference);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Returns the reference that starts with the `$` at `start`, and the range of its modifier if it has braces.
fn reference(text: &str, start: usize) -> Option<(Reference, Option<(usize, usize)>)> {
    let rest = text.get(start + 1..)?;
    let (is_braced, rest) = rest.strip_prefix('{').map_or((false, rest), |rest| (true, rest));
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let name = &rest[..length];
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let after = start + 1 + usize::from(is_braced) + length;
    if !is_braced {
        return Some((Reference { name: name.to_owned(), start, end: after, has_default: false }, None));
    }
    let mut depth = 1_usize;
    let close = text[after..].char_indices().find_map(|(at, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(after + at)
    })?;
    let modifier = &text[after..close];
    let has_default = modifier.trim_start_matches(':').starts_with(['-', '+', '?']);
    Some((Reference { name: name.to_owned(), start, end: close + 1, has_default }, Some((after, close))))
}

/// A text with its variables expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; an unset variable expands to nothing.
    pub text: String,
    /// The unset variables without a default.
    pub unknown: Vec<String>,
    /// Whether it contains an expansion that only a builder supports, such as `${NAME#pattern}`.
    pub is_partial: bool,
}

/// Expands the variables of a text, and removes quotes and escapes.
pub fn expand(text: &str, escape: char, value_of: &dyn Fn(&str) -> Option<String>) -> Expanded {
    let mut expanded = Expanded::default();
    expand_into(text, escape, value_of, &mut expanded, 0);
    expanded
}

/// The maximum nesting of `${A:-${B:-...}}` that is expanded.
const DEEPEST: usize = 16;

fn expand_into(text: &str, escape: char, value_of: &dyn Fn(&str) -> Option<String>, expanded: &mut Expanded, depth: usize) {
    let (mut is_single, mut is_double) = (false, false);
    let mut at = 0;
    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let next = at + character.len_utf8();
        at = next;
        match character {
            '\'' if !is_double => is_single = !is_single,
            '"' if !is_single => is_double = !is_double,
            _ if character == escape && !is_single => {
                if let Some(escaped) = text[next..].chars().next() {
                    expanded.text.push(escaped);
                    at = next + escaped.len_utf8();
                }
            }
            '$' if !is_single => match reference(text, next - 1) {
                Some((reference, modifier)) => {
                    at = reference.end;
                    let modifier = modifier.map(|(start, end)| &text[start..end]).unwrap_or_default();
                    put(&reference.name, modifier, escape, value_of, expanded, depth);
                }
                None => expanded.text.push('$'),
            },
            _ => expanded.text.push(character),
        }
    }
}

fn put(name: &str, modifier: &str, escape: char, value_of: &dyn Fn(&str) -> Option<String>, expanded: &mut Expanded, depth: usize) {
    let (is_colon, operator) = modifier.strip_prefix(':').map_or((false, modifier), |rest| (true, rest));
    let value = value_of(name).filter(|value| !(is_colon && value.is_empty()));
    let word = operator.get(1..).unwrap_or_default();
    let (takes_word, takes_value) = match operator.chars().next() {
        None => (false, true),
        Some('-') => (value.is_none(), true),
        Some('+') => (value.is_some(), false),
        Some('?') => (false, true),
        Some(_) => {
            expanded.is_partial = true;
            (false, true)
        }
    };
    if takes_word {
        if depth < DEEPEST {
            expand_into(word, escape, value_of, expanded, depth + 1);
        } else {
            expanded.is_partial = true;
        }
    } else if takes_value {
        match value {
            Some(value) => expanded.text.push_str(&value),
            None => expanded.unknown.push(name.to_owned()),
        }
    }
}

/// Returns whether a name occurs in a text as a whole word, in any form: quoted, escaped, `%NAME%`, `$env:NAME`.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(name).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
        !is_word(before) && !is_word(text.as_bytes().get(at + name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        references(text, '\\').into_iter().map(|reference| reference.name).collect()
    }

    #[test]
    fn references_are_found_as_the_builder_expands_them() {
        assert_eq!(names(r#"$A ${B} "${C:-$D}" '$E' \$F ${G#x} $1 $$ ${"#), ["A", "B", "C", "D", "G"]);
    }

    #[test]
    fn modifiers_replace_unset_values() {
        let value = |name: &str| (name == "A").then(|| "a".to_owned());
        let text = |text: &str| expand(text, '\\', &value).text;
        assert_eq!(text("x:${A}-${B:-b}-${A:+c}-${B:+d}-${B:-${A}}"), "x:a-b-c--a");
        assert_eq!(text(r#""q uoted" 'sin$A' \$A"#), "q uoted sin$A $A");
        assert_eq!(expand("${B}", '\\', &value).unknown, ["B"]);
        assert!(expand("${A#x}", '\\', &value).is_partial);
    }

    #[test]
    fn pairs_support_quotes_and_the_legacy_form() {
        let pairs_of = |text: &str, old| {
            let text = Text::read(text, 0, text.len(), '\\');
            let pairs = pairs(&text, '\\', old);
            pairs
                .into_iter()
                .map(|pair| (pair.name.as_str().to_owned(), pair.value.map(|value| value.as_str().to_owned())))
                .collect::<Vec<_>>()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(pairs_of(r#"A="x y" B=1\ 2 C"#, false), [pair("A", r#""x y""#), pair("B", r"1\ 2"), ("C".to_owned(), None)]);
        assert_eq!(pairs_of("A b c ", true), [pair("A", "b c")]);
    }
}
