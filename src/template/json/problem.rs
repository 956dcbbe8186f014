//! Messages and hints for JSON syntax errors.

use super::{MAX_VALUES, Reader};
use crate::diagnostic::{Diagnostic, Span};

impl Reader<'_> {
    pub(super) fn found(&self) -> String {
        match self.text[self.at..].chars().next() {
            None => "the end of the document".to_owned(),
            Some(character) => format!("`{character}`"),
        }
    }

    pub(super) fn problem(&self, at: usize, message: String, hint: &str) -> Box<Diagnostic> {
        let length = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Box::new(Diagnostic::error("json-syntax", message).at(self.source, Span::new(at, at + length), "").hinted(hint))
    }

    #[cold]
    pub(super) fn too_many_values(&self) -> Box<Diagnostic> {
        let mut problem = self.problem(self.at, format!("the document has more than {MAX_VALUES} values"), crate::template::SPLIT_IT);
        problem.rule = "document-limit";
        problem
    }

    pub(super) fn unclosed_string(&self, start: usize) -> Box<Diagnostic> {
        self.problem(start, "string is not closed on its line".to_owned(), "close it with `\"`; write a line break inside it as `\\n`")
    }

    pub(super) fn trailing_comma(&self, bracket: &str) -> Box<Diagnostic> {
        let comma = self.text[..self.at].rfind(',').unwrap_or(self.at);
        self.problem(comma, format!("comma before `{bracket}`"), "JSON does not allow trailing commas; remove it")
    }

    pub(super) fn no_key(&self) -> Box<Diagnostic> {
        match self.bytes.get(self.at) {
            None => self.unclosed(),
            Some(b'\'') => self.problem(self.at, "expected a key, found `'`".to_owned(), "JSON strings require double quotes"),
            Some(b'/' | b'#') => self.problem(self.at, "expected a key, found a comment".to_owned(), "JSON does not allow comments"),
            Some(b',') => self.problem(self.at, "expected a key, found `,`".to_owned(), "remove the extra comma"),
            Some(_) => self.problem(self.at, format!("expected a key, found {}", self.found()), "keys are strings in double quotes"),
        }
    }

    pub(super) fn no_value(&self) -> Box<Diagnostic> {
        let hint = match self.bytes.get(self.at) {
            None if self.opened.is_empty() => {
                return self.problem(
                    self.at,
                    "the document is empty".to_owned(),
                    "a template is an object, at least `{\"Resources\": {...}}`",
                );
            }
            None => return self.unclosed(),
            Some(b'\'') => "JSON strings require double quotes",
            Some(b'/' | b'#') => "JSON does not allow comments",
            Some(b'!') => "short forms such as `!Ref` are YAML; in JSON write `{ \"Ref\": ... }`",
            Some(b',' | b'}' | b']') => "a value is missing here",
            Some(b'T' | b'F' | b'N') => "`true`, `false` and `null` are lowercase in JSON",
            Some(_) => "a value is an object, an array, a string in double quotes, a number, `true`, `false` or `null`",
        };
        self.problem(self.at, format!("expected a value, found {}", self.found()), hint)
    }

    pub(super) fn no_separator(&self, bracket: char) -> Box<Diagnostic> {
        if self.at >= self.bytes.len() {
            return self.unclosed();
        }
        let what = self.found();
        // The comma belongs after the previous value, which may be several lines above.
        let end = self.text[..self.at].trim_end().len();
        let mut problem = self.problem(self.at, format!("expected `,` or `{bracket}`, found {what}"), "");
        problem.hint = None;
        if matches!(self.bytes[self.at], b'"' | b'{' | b'[') {
            let position = self.source.line_column(u32::try_from(end).unwrap_or(u32::MAX));
            problem.hint = Some(format!("a comma is missing after line {}, column {}", position.line, position.column - 1));
        } else if matches!(self.bytes[self.at], b'}' | b']') {
            if let Some(opened) = self.opened.last() {
                *problem = problem.at(self.source, Span::new(*opened, *opened + 1), "opened here");
            }
            problem.hint = Some(format!("expected `{bracket}` to close the open bracket"));
        }
        problem
    }

    pub(super) fn unclosed(&self) -> Box<Diagnostic> {
        let end = self.text.trim_end().len();
        let last = self.text[..end].chars().next_back().map_or(0, char::len_utf8);
        let mut problem = Diagnostic::error("json-syntax", "unexpected end of the document").at(
            self.source,
            Span::new(end - last, end),
            "the text ends here",
        );
        if let Some(opened) = self.opened.last() {
            let bracket = &self.text[*opened..=*opened];
            problem = problem.at(self.source, Span::new(*opened, *opened + 1), format!("this `{bracket}` is never closed"));
        }
        Box::new(problem.hinted("the file may be truncated"))
    }
}
