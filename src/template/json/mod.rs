//! Reads JSON into a tree with spans.
//!
//! No maintained crate produces a borrowed tree with the span of every node and reports duplicate keys at the speed that a diff on every
//! keystroke requires; see `docs/design/json-reader.md`.

mod problem;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::template::node::{Arena, Kind, Member, Node};

/// Maximum nesting depth of arrays and objects; real templates stay far below it.
pub(super) const MAX_DEPTH: usize = 128;

/// Maximum number of values in a document: a template of 1 MB, the most that CloudFormation accepts, has fewer.
pub const MAX_VALUES: usize = 500_000;

/// The result of reading a JSON text.
pub(super) struct Read<'a> {
    pub(super) root: &'a Node<'a>,
    /// Whether it contains a `null`.
    pub(super) holds_null: bool,
}

/// Reads `source` as one JSON value.
///
/// # Errors
///
/// Returns an error with the first syntax error and every duplicate key before it.
pub(super) fn read<'a>(source: &'a Source, arena: &'a Arena) -> Result<Read<'a>, Diagnostics> {
    let mut reader = Reader::new(source, arena);
    match reader.document() {
        Ok(root) => reader.problems.into_result(Read { root: arena.alloc(root), holds_null: reader.holds_null }),
        Err(problem) => {
            reader.problems.push(*problem);
            Err(reader.problems)
        }
    }
}

/// Reads `source` as JSON values, one after another.
///
/// # Errors
///
/// As [`read`].
pub(super) fn read_values<'a>(source: &'a Source, arena: &'a Arena) -> Result<&'a [Node<'a>], Diagnostics> {
    let mut reader = Reader::new(source, arena);
    let mut values = Vec::new();
    loop {
        reader.blanks();
        if reader.at >= reader.bytes.len() {
            return reader.problems.into_result(arena.slice(&values));
        }
        match reader.value() {
            Ok(value) => values.push(value),
            Err(problem) => {
                reader.problems.push(*problem);
                return Err(reader.problems);
            }
        }
    }
}

type Outcome<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    source: &'a Source,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    arena: &'a Arena,
    /// Offsets of the open brackets, to report the one that is never closed.
    opened: Vec<usize>,
    /// Items and members of the containers being read; each container removes its own from the end.
    nodes: Vec<Node<'a>>,
    members: Vec<Member<'a>>,
    problems: Diagnostics,
    holds_null: bool,
    /// The number of values read so far.
    values: usize,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Source, arena: &'a Arena) -> Self {
        let text = source.text();
        Self {
            source,
            text,
            bytes: text.as_bytes(),
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            arena,
            opened: Vec::new(),
            nodes: Vec::with_capacity(64),
            members: Vec::with_capacity(64),
            problems: Diagnostics::default(),
            holds_null: false,
            values: 0,
        }
    }

    fn document(&mut self) -> Outcome<Node<'a>> {
        self.blanks();
        let root = self.value()?;
        self.blanks();
        if self.at < self.bytes.len() {
            let what = self.found();
            return Err(self.problem(
                self.at,
                format!("expected the end of the document, found {what}"),
                "a JSON document contains one value",
            ));
        }
        Ok(root)
    }

    /// Skips white space. Most calls meet none, or one space.
    #[inline]
    fn blanks(&mut self) {
        match self.bytes.get(self.at) {
            Some(b' ') if self.bytes.get(self.at + 1).is_some_and(|byte| *byte > b' ') => self.at += 1,
            Some(b' ' | b'\n' | b'\r' | b'\t') => self.more_blanks(),
            _ => {}
        }
    }

    fn more_blanks(&mut self) {
        // Indentation is half of a formatted template: eight bytes are compared at once.
        const SPACES: u64 = u64::from_le_bytes(*b"        ");
        let mut at = self.at;
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(at) {
            at += 1;
            while let Some(eight) = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
                let other = u64::from_le_bytes(*eight) ^ SPACES;
                at += other.trailing_zeros() as usize / 8;
                if other != 0 {
                    break;
                }
            }
        }
        self.at = at;
    }

    fn value(&mut self) -> Outcome<Node<'a>> {
        let start = self.at;
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.too_many_values());
        }
        let kind = match self.bytes.get(start) {
            Some(b'"') => Kind::String(self.string()?),
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            Some(b't') if self.word("true") => Kind::Bool(true),
            Some(b'f') if self.word("false") => Kind::Bool(false),
            Some(b'n') if self.word("null") => {
                self.holds_null = true;
                Kind::Null
            }
            _ => return Err(self.no_value()),
        };
        Ok(Node { span: Span::new(start, self.at), kind })
    }

    fn word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let matches = self.bytes.get(self.at..end) == Some(word.as_bytes())
            && !self.bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if matches {
            self.at = end;
        }
        matches
    }

    fn object(&mut self) -> Outcome<Kind<'a>> {
        self.open()?;
        let first = self.members.len();
        loop {
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b'}') if self.members.len() == first => break,
                Some(b'"') => {}
                Some(b'}') => return Err(self.trailing_comma("}")),
                _ => return Err(self.no_key()),
            }
            let key_start = self.at;
            let key = self.string()?;
            let key_span = Span::new(key_start, self.at);
            self.blanks();
            if self.bytes.get(self.at) != Some(&b':') {
                let what = self.found();
                return Err(self.problem(self.at, format!("expected `:` after the key `{key}`, found {what}"), "write `\"key\": value`"));
            }
            self.at += 1;
            self.blanks();
            let value = self.value()?;
            self.members.push(Member { key, key_span, value });
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.no_separator('}')),
            }
        }
        self.close();
        super::report_duplicates(self.source, &self.members[first..], &mut self.problems);
        let members = self.arena.slice(&self.members[first..]);
        self.members.truncate(first);
        Ok(Kind::Object(members))
    }

    fn array(&mut self) -> Outcome<Kind<'a>> {
        self.open()?;
        let first = self.nodes.len();
        loop {
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b']') if self.nodes.len() == first => break,
                Some(b']') => return Err(self.trailing_comma("]")),
                _ => {}
            }
            let item = self.value()?;
            self.nodes.push(item);
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.no_separator(']')),
            }
        }
        self.close();
        let items = self.arena.slice(&self.nodes[first..]);
        self.nodes.truncate(first);
        Ok(Kind::Array(items))
    }

    fn open(&mut self) -> Outcome<()> {
        if self.opened.len() == MAX_DEPTH {
            return Err(self.problem(self.at, format!("nested deeper than {MAX_DEPTH} levels"), "check for unclosed brackets"));
        }
        self.opened.push(self.at);
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.opened.pop();
        self.at += 1;
    }

    #[inline]
    fn string(&mut self) -> Outcome<&'a str> {
        let start = self.at;
        let from = start + 1;
        let end = self.plain(start, from)?;
        if self.bytes[end] == b'"' {
            self.at = end + 1;
            return Ok(&self.text[from..end]);
        }
        self.escaped_string(start, end)
    }

    /// Reads the rest of a string that starts at `start` and has its first escape at `end`.
    fn escaped_string(&mut self, start: usize, end: usize) -> Outcome<&'a str> {
        let from = start + 1;
        let mut unescaped = bumpalo::collections::String::new_in(self.arena.bump());
        unescaped.push_str(&self.text[from..end]);
        self.at = end;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(unescaped.into_bump_str());
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    unescaped.push(character);
                }
                _ => {
                    let from = self.at;
                    let end = self.plain(start, from)?;
                    unescaped.push_str(&self.text[from..end]);
                    self.at = end;
                }
            }
        }
    }

    /// Returns the end of the unescaped characters: the offset of a quote or a backslash.
    fn plain(&self, start: usize, from: usize) -> Outcome<usize> {
        let mut at = from;
        while let Some(eight) = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let special = first_special(u64::from_le_bytes(*eight));
            at += special;
            if special < 8 {
                break;
            }
        }
        while self.bytes.get(at).is_some_and(|byte| *byte >= 0x20 && !matches!(byte, b'"' | b'\\')) {
            at += 1;
        }
        match self.bytes.get(at) {
            Some(b'"' | b'\\') => Ok(at),
            None | Some(b'\n' | b'\r') => Err(self.unclosed_string(start)),
            Some(_) => Err(self.control_character(at)),
        }
    }

    fn control_character(&self, at: usize) -> Box<Diagnostic> {
        self.problem(
            at,
            format!("control character U+{:04X} inside a string", self.bytes[at]),
            "write it as an escape, such as `\\t` for a tab",
        )
    }

    fn escape(&mut self) -> Outcome<char> {
        let start = self.at;
        let simple = match self.bytes.get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => {
                return Err(self.problem(
                    start,
                    "unknown escape in a string".to_owned(),
                    "JSON supports \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u0000; write a lone backslash as `\\\\`",
                ));
            }
        };
        self.at = start + 2;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Outcome<char> {
        let start = self.at;
        let unit = |at: usize| -> Option<u32> {
            let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
            digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
        };
        let bad = || {
            self.problem(
                start,
                "invalid `\\u` escape".to_owned(),
                "write four hexadecimal digits; characters past U+FFFF take a pair of surrogates",
            )
        };
        let first = unit(start).ok_or_else(bad)?;
        if let Some(character) = char::from_u32(first) {
            self.at = start + 6;
            return Ok(character);
        }
        let second = unit(start + 6).filter(|low| (0xDC00..0xE000).contains(low) && first < 0xDC00).ok_or_else(bad)?;
        let character = char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(bad)?;
        self.at = start + 12;
        Ok(character)
    }

    fn number(&mut self) -> Outcome<&'a str> {
        let start = self.at;
        let mut at = start;
        let digits = |at: &mut usize| {
            let from = *at;
            while self.bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at - from
        };
        if self.bytes[at] == b'-' {
            at += 1;
        }
        let leading_zero = self.bytes.get(at) == Some(&b'0');
        let whole = digits(&mut at);
        let mut sound = whole > 0 && !(leading_zero && whole > 1);
        if self.bytes.get(at) == Some(&b'.') {
            at += 1;
            sound &= digits(&mut at) > 0;
        }
        if let Some(b'e' | b'E') = self.bytes.get(at) {
            at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(at) {
                at += 1;
            }
            sound &= digits(&mut at) > 0;
        }
        if !sound || self.bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
            return Err(self.problem(
                start,
                "malformed number".to_owned(),
                "JSON numbers have no leading zero, no `+` and digits on both sides of the point; quote it if it is text",
            ));
        }
        self.at = at;
        Ok(&self.text[start..at])
    }
}

/// Returns the number of bytes before the first quote, backslash or control character among eight bytes.
///
/// Most strings of a template are too short for wider instructions to pay off. The lowest set bit is exact: a borrow from one byte can only
/// set bits of later bytes.
fn first_special(eight: u64) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // With bit 1 inverted, the quote (0x22) comes directly after the control characters (0x00 to 0x1F), and 0x20 and 0x21 after it.
    let control_or_quote = (eight ^ (EACH * 0x02)).wrapping_sub(EACH * 0x21);
    let backslash = (eight ^ (EACH * u64::from(b'\\'))).wrapping_sub(EACH);
    let special = (control_or_quote | backslash) & !eight & HIGH;
    special.trailing_zeros() as usize / 8
}
