//! Splits Rust source text into the tokens that the architecture rules need, with comments removed.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Ident,
    /// Punctuation; `::` is one token.
    Punct,
    /// The content of a string literal.
    Text,
}

/// One token and its line number, which starts at 1.
#[derive(Clone, Debug)]
pub struct Token {
    /// The kind.
    pub kind: Kind,
    /// The text, for a string literal without its quotes.
    pub text: String,
    /// The line number.
    pub line: usize,
}

impl Token {
    /// Returns whether this is the punctuation or identifier `text`.
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// Returns the tokens of a source file, without comments, character literals, lifetimes and test-only items.
pub fn tokens(source: &str) -> Vec<Token> {
    without_tests(Lexer { rest: source, line: 1, tokens: Vec::new() }.run())
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        while let Some(next) = self.rest.chars().next() {
            if self.rest.starts_with("//") {
                self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.take(self.rest.find("*/").map_or(self.rest.len(), |end| end + 2));
            } else if let Some(hashes) = raw_string_hashes(self.rest) {
                let open = self.rest.find('"').unwrap_or_default() + 1;
                let close = format!("\"{}", "#".repeat(hashes));
                let length = self.rest[open..].find(&close).unwrap_or(self.rest.len() - open);
                self.push(Kind::Text, open, length);
                self.take((open + length + close.len()).min(self.rest.len()));
            } else if next == '"' || self.rest.starts_with("b\"") {
                let open = self.rest.find('"').unwrap_or_default() + 1;
                let length = string_length(&self.rest[open..]);
                self.push(Kind::Text, open, length);
                self.take((open + length + 1).min(self.rest.len()));
            } else if next == '\'' {
                self.take(quote_length(self.rest));
            } else if next.is_alphanumeric() || next == '_' {
                let length = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
                self.push(Kind::Ident, 0, length);
                self.take(length);
            } else if next.is_whitespace() {
                self.take(next.len_utf8());
            } else {
                let length = if self.rest.starts_with("::") { 2 } else { next.len_utf8() };
                self.push(Kind::Punct, 0, length);
                self.take(length);
            }
        }
        self.tokens
    }

    fn push(&mut self, kind: Kind, start: usize, length: usize) {
        self.tokens.push(Token { kind, text: self.rest[start..start + length].to_owned(), line: self.line });
    }

    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }
}

/// Returns the number of `#` characters before the quote of a raw string that starts here.
fn raw_string_hashes(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Returns the length of a string literal's content, up to the closing quote.
fn string_length(content: &str) -> usize {
    let mut is_escaped = false;
    let end = content.char_indices().find(|(_, next)| match next {
        '\\' if !is_escaped => {
            is_escaped = true;
            false
        }
        '"' if !is_escaped => true,
        _ => {
            is_escaped = false;
            false
        }
    });
    end.map_or(content.len(), |(index, _)| index)
}

/// Returns the length of a character literal or lifetime that starts here.
fn quote_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[2..].char_indices().skip(1).find(|(_, next)| *next == '\'').map_or(rest.len(), |(index, _)| index + 3),
        Some((index, next)) if rest[index + next.len_utf8()..].starts_with('\'') => index + next.len_utf8() + 1,
        _ => 1,
    }
}

/// Returns the tokens without items that are compiled for unit tests only: `#[cfg(test)]` before `mod`, `use` or `fn`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let is_marker = |at: usize| {
        let marker = ["#", "[", "cfg", "(", "test", ")", "]"];
        tokens.len() >= at + marker.len() && tokens[at..].iter().zip(marker).all(|(token, text)| token.is(text))
    };
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_marker(at) {
            at = item_end(&tokens, at);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Returns the index after the item that starts here: after its `;`, or after its braces.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && (token.is("}") || token.is(";")) {
            return index + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_unit_tests_contain_no_code() {
        let source = r##"
            // crate::comment
            /* crate::block */
            const A: &str = "crate::text \" crate::more";
            const B: &str = r#"crate::raw""#;
            const C: [char; 3] = ['"', '\'', '\u{1f}'];
            fn f<'a>(x: &'a str) -> &'a str { x }
            #[cfg(test)]
            mod tests { use crate::tested; fn g() { if true {} } }
            use crate::real;
        "##;
        let found = tokens(source);
        let idents: Vec<&str> = found.iter().filter(|token| token.kind == Kind::Ident).map(|token| token.text.as_str()).collect();
        assert_eq!(idents.iter().filter(|ident| **ident == "crate").count(), 1, "{idents:?}");
        assert_eq!(idents[idents.len() - 2..], ["crate", "real"]);
        assert_eq!(found.last().map(|token| token.line), Some(10));
        assert_eq!(found.iter().filter(|token| token.kind == Kind::Text).count(), 2);
    }
}
