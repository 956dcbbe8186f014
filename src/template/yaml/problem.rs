//! Messages and hints for YAML syntax errors.

use saphyr_parser::ScanError;

use crate::diagnostic::{Diagnostic, Source, Span};

/// Converts an error of the scanner to a diagnostic with a span and a hint.
///
/// `at` is the byte offset of the error; `opened` is the innermost flow bracket that is open there.
pub(super) fn syntax(source: &Source, error: &ScanError, at: usize, opened: Option<Span>) -> Diagnostic {
    let text = source.text();
    let info = error.info();
    let at = at.min(text.len());
    let here = text[at..].chars().next();
    let is_at_end = text[at..].trim().is_empty();
    let span = if is_at_end { last_character(text) } else { character(text, at) };
    let problem = |message: String, span: Span, hint: &str| Diagnostic::error("yaml-syntax", message).at(source, span, "").hinted(hint);

    if let Some(tab) = tab_in_indentation(text, at).filter(|_| info.contains("tab") || here == Some('\t')) {
        return problem("tab in the indentation".to_owned(), tab, "YAML requires spaces for indentation");
    }
    let mut diagnostic = if info.contains("trailing content") {
        problem("text after the closing quote".to_owned(), span, "quote the whole value; inside single quotes `''` is one quote")
    } else if info.contains("escape") {
        problem(
            "unknown escape in a string".to_owned(),
            span,
            "in double quotes a backslash starts an escape; use single quotes, or `\\\\`",
        )
    } else if info.contains("quote") {
        problem("string is not closed".to_owned(), span, "close it with the same quote; indent its other lines deeper than the key")
    } else if info.contains("flow") {
        let bracket = if info.contains("mapping") { '}' } else { ']' };
        let found = if is_at_end { "the end of the document".to_owned() } else { format!("`{}`", here.unwrap_or(' ')) };
        problem(format!("expected `,` or `{bracket}`, found {found}"), span, "separate values with commas, and close the bracket")
    } else if info.contains("mapping values are not allowed") || info.contains("illegal placement of ':'") {
        problem(
            "unexpected `:`".to_owned(),
            span,
            "put each key on a separate line, aligned with its neighbours; quote a value that contains `: `",
        )
    } else if info.contains("simple key") {
        let end = text[..at].trim_end().len();
        problem(
            "expected `:` after the key".to_owned(),
            character_before(text, end),
            "write `key: value`; indent a value on separate lines deeper than the key",
        )
    } else if info.contains("expected key") && here == Some('!') {
        problem("two tags before one value".to_owned(), span, "write the outer function in its long form, such as `Fn::Base64: !Sub ...`")
    } else if info.contains("expected node content") {
        problem("a value is missing here".to_owned(), span, "add a value, or remove the comma or the key")
    } else if info.contains("misplaced bracket") {
        problem("unmatched closing bracket".to_owned(), span, "remove it, or quote the value if it is text")
    } else if info.contains("YAML whitespace") {
        problem("missing space after `:`".to_owned(), span, "write a space, not a tab, between `:` and the value")
    } else if info.contains("expected key") || info.contains("'-' indicator") || info.contains("indentation") {
        problem(
            "the indentation of this line does not match any level above it".to_owned(),
            span,
            "align it with the keys or items that it belongs to",
        )
    } else if info.contains("block sequence entries are not allowed") {
        problem("unexpected `-`".to_owned(), span, "put the list on the lines below its key; quote a value that starts with `- `")
    } else if info.contains("unexpected character") {
        let shown = here.unwrap_or(' ');
        problem(format!("a plain value cannot start with `{shown}`"), span, "quote the value")
    } else if info.contains("anchor") || info.contains("alias") {
        problem("`*` refers to an undefined anchor".to_owned(), span, "quote a value that starts with `*`")
    } else if info.contains("recursion limit") {
        problem("nested too deeply".to_owned(), span, "check for unclosed brackets")
    } else {
        problem(lowercase_first(info), span, "the text is not valid YAML")
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

/// Returns the first tab in the indentation of the line of `at`, or of the next line.
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
