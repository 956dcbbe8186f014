//! Says what is wrong with a YAML text: where, and what to do about it.

use saphyr_parser::ScanError;

use crate::diagnostic::{Diagnostic, Source, Span};

/// Turns what the scanner found into a problem with a place and a hint.
///
/// `at` is the byte offset that the scanner names; `opened` are the flow brackets that are open there.
pub(super) fn syntax(source: &Source, error: &ScanError, at: usize, opened: Option<Span>) -> Diagnostic {
    let text = source.text();
    let info = error.info();
    let at = at.min(text.len());
    let here = text[at..].chars().next();
    let is_at_end = text[at..].trim().is_empty();
    let place = if is_at_end { last_character(text) } else { character(text, at) };
    let problem = |message: String, place: Span, hint: &str| Diagnostic::error("yaml-syntax", message).at(source, place, "").hinted(hint);

    if let Some(tab) = tab_in_indentation(text, at).filter(|_| info.contains("tab") || here == Some('\t')) {
        return problem("tab in the indentation".to_owned(), tab, "YAML indents with blanks only");
    }
    let mut diagnostic = if info.contains("trailing content") {
        problem("text after the closing quote".to_owned(), place, "quote the whole value; inside single quotes `''` is one quote")
    } else if info.contains("escape") {
        problem(
            "unknown escape in a string".to_owned(),
            place,
            "in double quotes a backslash starts an escape; use single quotes, or `\\\\`",
        )
    } else if info.contains("quote") {
        problem(
            "string that is not closed".to_owned(),
            place,
            "close it with the same quote; further lines are indented deeper than the key",
        )
    } else if info.contains("flow") {
        let bracket = if info.contains("mapping") { '}' } else { ']' };
        let found = if is_at_end { "the end of the document".to_owned() } else { format!("`{}`", here.unwrap_or(' ')) };
        problem(format!("expected `,` or `{bracket}`, found {found}"), place, "separate values by commas, and close what was opened")
    } else if info.contains("mapping values are not allowed") || info.contains("illegal placement of ':'") {
        problem(
            "`:` where no key can be".to_owned(),
            place,
            "put each key on a line of its own, in line with its neighbours; quote a value that holds `: `",
        )
    } else if info.contains("simple key") {
        let end = text[..at].trim_end().len();
        problem(
            "expected `:` after the key".to_owned(),
            character_before(text, end),
            "write `key: value`; a value on lines of its own is indented deeper",
        )
    } else if info.contains("expected key") && here == Some('!') {
        problem("two tags before one value".to_owned(), place, "write the outer function in its long form, such as `Fn::Base64: !Sub ...`")
    } else if info.contains("expected node content") {
        problem("a value is missing here".to_owned(), place, "write one, or take the comma or the key out")
    } else if info.contains("misplaced bracket") {
        problem("bracket that closes nothing".to_owned(), place, "take it out, or quote the value if it is text")
    } else if info.contains("YAML whitespace") {
        problem("no blank after `:`".to_owned(), place, "write one blank, not a tab, between `:` and the value")
    } else if info.contains("expected key") || info.contains("'-' indicator") || info.contains("indentation") {
        problem("this line fits no level of indentation above it".to_owned(), place, "line it up with the keys or items that it belongs to")
    } else if info.contains("block sequence entries are not allowed") {
        problem(
            "`-` where no list can start".to_owned(),
            place,
            "put the list on the lines below its key; quote a value that starts with `- `",
        )
    } else if info.contains("unexpected character") {
        let shown = here.unwrap_or(' ');
        problem(format!("a plain value cannot start with `{shown}`"), place, "quote the value")
    } else if info.contains("anchor") || info.contains("alias") {
        problem("`*` names no anchor that stands before it".to_owned(), place, "quote a value that starts with `*`")
    } else if info.contains("recursion limit") {
        problem("nested too deep".to_owned(), place, "no CloudFormation template nests this deep; check for unclosed brackets")
    } else {
        problem(lowercase_first(info), place, "the text is no YAML from here on")
    };
    if let Some(opened) = opened.filter(|_| is_at_end || info.contains("flow") || info.contains("':'")) {
        diagnostic = diagnostic.at(source, opened, "opened here");
    }
    diagnostic
}

fn lowercase_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn character(text: &str, at: usize) -> Span {
    Span::new(at, at + text[at..].chars().next().map_or(0, char::len_utf8))
}

fn character_before(text: &str, end: usize) -> Span {
    Span::new(end - text[..end].chars().next_back().map_or(0, char::len_utf8), end)
}

pub(super) fn last_character(text: &str) -> Span {
    character_before(text, text.trim_end().len())
}

/// Finds a tab among the blanks that start the line of `at`, or the one below it.
fn tab_in_indentation(text: &str, at: usize) -> Option<Span> {
    let mut start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    for line in text[start..].split_inclusive('\n').take(2) {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indent].find('\t') {
            return Some(Span::new(start + tab, start + tab + 1));
        }
        start += line.len();
    }
    None
}
