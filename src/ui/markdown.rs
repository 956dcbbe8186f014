//! Data in Markdown: it must stay text in every renderer, whatever it contains.
//!
//! Characters with a meaning become HTML entities, which cannot start markup, and which are the same inside of HTML.
//! Code hosts also look for mentions, references and addresses in the rendered text; a zero-width space as an entity separates those.
//!
//! Sources: <https://github.github.com/gfm/>, <https://docs.gitlab.com/user/markdown/#gitlab-specific-references>,
//! <https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls>

use std::fmt::Write as _;

use super::visible::visible;

/// A zero-width space.
const SEPARATOR: &str = "&#8203;";

/// Escapes a text for Markdown and HTML, on one line and in one table cell.
pub(super) fn escape(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let next = rest.clone().next();
        let (is_before_word, is_before_digit) = (next.is_some_and(char::is_alphanumeric), next.is_some_and(|next| next.is_ascii_digit()));
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' | '\t' => escaped.push(' '),
            '|' | '*' | '[' | ']' | '~' | '`' | '$' | '^' => entity(&mut escaped, character),
            // In the middle of a word it starts no emphasis.
            '_' if !(before.is_alphanumeric() && is_before_word) => entity(&mut escaped, character),
            // Before a letter it is not an escape.
            '\\' if next.is_none_or(|next| !next.is_alphanumeric() && next != ' ') => entity(&mut escaped, character),
            '@' => {
                entity(&mut escaped, character);
                if is_before_word || next == Some('_') || next == Some('-') {
                    escaped.push_str(SEPARATOR);
                }
            }
            // References to issues, merge requests and alerts.
            '#' | '!' if next == Some('[') || !before.is_alphanumeric() => {
                entity(&mut escaped, character);
                if is_before_digit {
                    escaped.push_str(SEPARATOR);
                }
            }
            '#' | '!' | '%' if is_before_word => {
                entity(&mut escaped, character);
                escaped.push_str(SEPARATOR);
            }
            '-' if is_before_digit && ends_with_word(&escaped, "gh") => {
                escaped.push(character);
                escaped.push_str(SEPARATOR);
            }
            ':' if rest.as_str().starts_with("//") => {
                escaped.push(character);
                escaped.push_str(SEPARATOR);
            }
            '.' if ends_with_word(&escaped, "www") => {
                escaped.push_str(SEPARATOR);
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
        before = character;
    }
    escaped
}

fn entity(text: &mut String, character: char) {
    let _ = write!(text, "&#{};", u32::from(character));
}

/// Returns whether a text ends with a word, in any case.
fn ends_with_word(text: &str, word: &str) -> bool {
    let Some(start) = text.len().checked_sub(word.len()) else { return false };
    let is_start = text.get(..start).is_some_and(|before| !before.ends_with(char::is_alphanumeric));
    is_start && text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// Returns a sentence with its quoted names, such as `` `Name` ``, as code. Everything else is escaped.
///
/// A quotation mark in a name can move the limits between code and text, but neither can contain markup.
pub(super) fn prose(text: &str) -> String {
    let text = visible(text).replace(['\n', '\t'], " ");
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('`') {
        escaped.push_str(&escape(before));
        match after.split_once('`') {
            Some((name, tail)) if !name.trim().is_empty() && !tail.starts_with('`') => {
                let _ = write!(escaped, "`{name}`");
                rest = tail;
            }
            _ => {
                escaped.push_str("&#96;");
                rest = after;
            }
        }
    }
    escaped.push_str(&escape(rest));
    escaped
}

/// Returns a name as code.
pub(super) fn name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | ':');
    if !name.is_empty() && name.chars().all(is_plain) && name.trim() == name {
        return format!("`{name}`");
    }
    format!("<code>{}</code>", escape(name))
}

#[cfg(test)]
mod tests {
    use super::{escape, name, prose};

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in ["AWS::EC2::VPC (2 subnets), MY_NAME: a-b; 50% of 10.0.0.0/16", r"C:\dir", "wait! done"] {
            assert_eq!(escape(text), text);
        }
        assert_eq!(prose("the role `Build_Role` may `iam:*`"), "the role `Build_Role` may `iam:*`");
        assert_eq!(name("config/rack.yaml"), "`config/rack.yaml`");
    }

    #[test]
    fn mentions_references_and_addresses_are_separated() {
        assert_eq!(escape("@team #12 GH-3 a/b#4 !5"), "&#64;&#8203;team &#35;&#8203;12 GH-&#8203;3 a/b&#35;&#8203;4 &#33;&#8203;5");
        assert_eq!(escape("https://x.example www.x.example"), "https:&#8203;//x.example www&#8203;.x.example");
        assert_eq!(escape("\u{1b}[1m\u{202e}"), r"\u{1b}&#91;1m\u{202e}");
    }
}
