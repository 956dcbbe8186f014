//! The last step before text is written: styles become escape codes, and everything else that could act on a terminal or in a CI log
//! becomes visible.
//!
//! Views mark their styles with a text that contains a number drawn at random for each process, so that data cannot imitate a style. Every
//! other control character in the text is therefore data.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;

use super::ci_commands::{is_command_anywhere, is_command_line, is_log_heading, may_command};
use super::visible::{is_hidden, may_hide};

/// The first character of a mark, a noncharacter.
const OPEN: char = '\u{fdd0}';

/// The last character of a mark.
const CLOSE: char = '\u{fdd1}';

/// The parameters of escape codes that may become marks: reset, bold, dimmed, italic, underlined, and the sixteen named foreground colors.
/// Concealed text is not among them.
fn is_harmless(parameter: &str) -> bool {
    matches!(parameter, "" | "0" | "1" | "2" | "3" | "4" | "22" | "39") || matches!(parameter.as_bytes(), [b'3' | b'9', b'0'..=b'7'])
}

/// Returns the number in marks.
fn number() -> &'static str {
    static NUMBER: OnceLock<String> = OnceLock::new();
    NUMBER.get_or_init(|| format!("{:016x}", RandomState::new().build_hasher().finish()))
}

/// Writes the mark of a style, which [`painted`] replaces with the escape code of these parameters, such as `1;33`.
pub(super) fn write_mark(f: &mut std::fmt::Formatter<'_>, parameters: &str) -> std::fmt::Result {
    write!(f, "{OPEN}{}{parameters}{CLOSE}", number())
}

/// Returns the text of a renderer with its escape codes as marks. The data in the text must have been escaped before.
pub fn marked(rendered: &str) -> String {
    let mut text = String::with_capacity(rendered.len());
    let mut rest = rendered;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_digit() || c == ';')).unwrap_or(after.len());
        let (parameters, tail) = after.split_at(end);
        match tail.strip_prefix('m').filter(|_| parameters.split(';').all(is_harmless)) {
            Some(tail) => {
                text.push_str(&format!("{OPEN}{}{parameters}{CLOSE}", number()));
                rest = tail;
            }
            None => {
                text.push_str("\u{1b}[");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// Returns a text without the marks of styles.
pub(super) fn unmarked(text: &str) -> Cow<'_, str> {
    if !text.contains(OPEN) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let length = mark(&rest[at..]).map(|(_, length)| length);
        plain.push_str(&rest[..at + if length.is_some() { 0 } else { OPEN.len_utf8() }]);
        rest = &rest[at + length.unwrap_or(OPEN.len_utf8())..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Returns a text as it is written.
///
/// It has escape codes for its styles if `colored`, escapes in place of all other hidden characters, and nothing that a CI system would
/// execute as a command.
pub fn painted(text: &str, colored: bool) -> Cow<'_, str> {
    let (hides, commands) = (may_hide(text.as_bytes()), may_command(text));
    if !hides && !commands {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |newline| newline + 1);
        let line = &rest[..end];
        rest = &rest[end..];
        let command = if commands { command_at(line, rest, written.is_empty()) } else { None };
        paint_line(line, command, colored, &mut written);
    }
    Cow::Owned(written)
}

/// Returns the offset of the first character of a command at the start of a line.
fn command_at(line: &str, next: &str, is_first: bool) -> Option<usize> {
    let bare = skip(line, |_| false);
    let trimmed = skip(line, |c| c.is_whitespace() || is_hidden(c));
    if is_command_line(&line[trimmed..]) {
        return Some(trimmed);
    }
    let text = &line[bare..];
    // The headings of a unified diff are not data.
    let starts = |text: &str, mark: &str| text[skip(text, |_| false)..].starts_with(mark);
    let after_next = || next.split_once('\n').map_or("", |(_, after)| after);
    let is_diff = (text.starts_with("--- ") && is_first && starts(next, "+++ ") && starts(after_next(), "@@ "))
        || (text.starts_with("+++ ") && starts(next, "@@ "));
    (is_log_heading(text) && !is_diff).then_some(bare)
}

/// Returns the offset after the marks at the start of a text, and after the characters to skip.
fn skip(text: &str, skips: impl Fn(char) -> bool) -> usize {
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        match mark(&text[at..]) {
            Some((_, length)) => at += length,
            None if skips(character) && character != '\n' => at += character.len_utf8(),
            None => break,
        }
    }
    at
}

/// Returns the parameters and the length of the mark at the start of a text.
fn mark(text: &str) -> Option<(&str, usize)> {
    let parameters = text.strip_prefix(OPEN)?.strip_prefix(number())?;
    let (parameters, _) = parameters.split_once(CLOSE)?;
    Some((parameters, OPEN.len_utf8() + number().len() + parameters.len() + CLOSE.len_utf8()))
}

fn paint_line(line: &str, command: Option<usize>, colored: bool, written: &mut String) {
    let mut at = 0;
    while let Some(character) = line[at..].chars().next() {
        if character == OPEN
            && let Some((parameters, length)) = mark(&line[at..])
        {
            if colored {
                written.push_str(&format!("\u{1b}[{parameters}m"));
            }
            at += length;
            continue;
        }
        let is_command = command == Some(at) || (character == '#' && is_command_anywhere(&line[at..]));
        if is_command || is_hidden(character) {
            written.extend(character.escape_unicode());
        } else {
            written.push(character);
        }
        at += character.len_utf8();
    }
}

/// Returns a line of another program's output without its colors; [`painted`] escapes everything else.
pub fn relayed(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line.trim_end_matches(['\n', '\r']));
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line.trim_end_matches(['\n', '\r']);
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        let end = after.strip_prefix('[').and_then(|code| {
            let end = code.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
            matches!(code.as_bytes()[end], b'm' | b'K').then_some(end + 2)
        });
        match end {
            Some(end) => rest = &after[end..],
            None => {
                text.push('\u{1b}');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::{marked, painted, relayed};
    use crate::ui::{Styles, styled};

    #[test]
    fn only_styles_of_the_program_become_escape_codes() {
        let text = format!("{} \u{1b}[31mred \u{fdd0}{}31\u{fdd1}", styled(Styles::colorize().alarm, "error\u{7}:"), "0".repeat(16));
        let data = format!("\\u{{1b}}[31mred \\u{{fdd0}}{}31\\u{{fdd1}}", "0".repeat(16));
        assert_eq!(painted(&text, true), format!("\u{1b}[1;91merror\\u{{7}}:\u{1b}[0m {data}"));
        assert_eq!(painted(&text, false), format!("error\\u{{7}}: {data}"));
        assert_eq!(
            painted(&marked("\u{1b}[1mbold\u{1b}[0m \u{1b}[8mhidden \u{1b}[2J"), true),
            "\u{1b}[1mbold\u{1b}[0m \\u{1b}[8mhidden \\u{1b}[2J"
        );
    }

    #[test]
    fn no_line_is_a_command() {
        for (text, expected) in [
            ("a\n  ::error::x\n", "a\n  \\u{3a}:error::x\n"),
            ("::1\n::/0\nAWS::EC2::VPC", "::1\n::/0\nAWS::EC2::VPC"),
            ("x ##vso[task.x]y ##[error]z", "x \\u{23}#vso[task.x]y \\u{23}#[error]z"),
            ("section_start:1:x\r\u{1b}[0K", "\\u{73}ection_start:1:x\\u{d}\\u{1b}[0K"),
            ("--- heading", "\\u{2d}-- heading"),
            ("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n"),
            ("---\nname: x\n", "---\nname: x\n"),
        ] {
            assert_eq!(painted(text, false), expected);
        }
        let styled = styled(Styles::colorize().strong, "::error::x");
        assert_eq!(painted(&styled, true), "\u{1b}[1m\\u{3a}:error::x\u{1b}[0m");
    }

    #[test]
    fn colors_of_other_programs_are_removed() {
        assert_eq!(relayed("\u{1b}[1;31mfail\u{1b}[0m\u{1b}[K \u{1b}[2J\r\n"), "fail \u{1b}[2J");
    }
}
