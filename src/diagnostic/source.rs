//! Source texts, and spans in them.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::places::Places;

use super::hidden::{Hidden, MaskedLine};
use super::span::Span;
use crate::files::{self, FileKind, ReadError};

/// Largest text that a reader accepts, in bytes.
///
/// CloudFormation accepts templates of 1 MB from S3. Sixteen times that is enough for generated templates, and every offset fits a `u32`.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024 * 1024;

/// A line and a column, both counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[derive(Debug)]
struct SourceText {
    name: String,
    text: String,
    is_file: bool,
    /// Built at the first question for a line or a column.
    places: OnceLock<Places>,
    hidden: Hidden,
}

/// A text with its display name. It is cheap to clone, so every [`Diagnostic`](super::Diagnostic) carries its own.
#[derive(Clone, Debug)]
pub struct Source(Arc<SourceText>);

/// Why a file could not be read as a [`Source`].
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Reading the file failed.
    #[error("cannot read `{name}`")]
    Read {
        /// The path, as given.
        name: String,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The path names a directory, pipe, socket or device.
    #[error("`{name}` is {kind}, not a regular file")]
    NotAFile {
        /// The path, as given.
        name: String,
        /// What it is.
        kind: FileKind,
    },
    /// The file is longer than [`MAX_SOURCE_BYTES`].
    #[error("`{name}` is larger than {MAX_SOURCE_BYTES} bytes; CloudFormation accepts templates of at most 1 MB")]
    TooLarge {
        /// The path, as given.
        name: String,
    },
    /// The file is not UTF-8.
    #[error("`{name}` is not UTF-8: invalid character at byte {offset} (line {line})")]
    NotUtf8 {
        /// The path, as given.
        name: String,
        /// Offset of the first bad byte.
        offset: usize,
        /// Line of the first bad byte, from 1.
        line: usize,
    },
}

impl Source {
    /// Returns a source with a display name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Arc::new(SourceText {
            name: name.into(),
            text: text.into(),
            is_file: false,
            places: OnceLock::new(),
            hidden: Hidden::default(),
        }))
    }

    /// Returns whether the text was read from a file or standard input, rather than made or loaded from a stack.
    pub fn is_file(&self) -> bool {
        self.0.is_file
    }

    /// Reads the file at `path`, or standard input for `-`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, is not UTF-8, or is too large.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
        let limit = MAX_SOURCE_BYTES as u64;
        let read = if path == Path::new("-") { files::read_stdin(limit) } else { files::read(path, limit) };
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(ReadError::Io(source)) => return Err(SourceError::Read { name, source }),
            Err(ReadError::NotAFile(kind)) => return Err(SourceError::NotAFile { name, kind }),
            Err(ReadError::TooLarge { .. }) => return Err(SourceError::TooLarge { name }),
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self(Arc::new(SourceText { name, text, is_file: true, places: OnceLock::new(), hidden: Hidden::default() }))),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..offset]).count();
                Err(SourceError::NotUtf8 { name, offset, line })
            }
        }
    }

    /// Returns the display name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Hides a span in excerpts, until it is revealed: a value that may be secret.
    pub fn hide(&self, span: Span) {
        self.0.hidden.add(span, false);
    }

    /// Hides a span in excerpts for good: a secret.
    pub fn hide_for_good(&self, span: Span) {
        self.0.hidden.add(span, true);
    }

    /// Hides everything in excerpts that may be a value, because the text cannot be read.
    pub fn hide_values(&self) {
        self.0.hidden.add_all_values();
    }

    /// Reveals a span that was hidden, and everything in it, except secrets.
    pub fn reveal(&self, span: Span) {
        self.0.hidden.reveal(span);
    }

    /// Returns a line of the text, which starts at an offset, as an excerpt may show it.
    pub fn masked_line(&self, line: &str, start: usize) -> MaskedLine {
        self.0.hidden.mask(line, start)
    }

    /// Returns the text of a span, or an empty string if the span is outside the source.
    pub fn slice(&self, span: Span) -> &str {
        self.text().get(span.range()).unwrap_or_default()
    }

    /// Returns the span of the first character of a span, to point at an opening bracket instead of everything inside it.
    pub fn first_character(&self, span: Span) -> Span {
        let length = self.text().get(span.start as usize..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span::new(span.start as usize, span.start as usize + length)
    }

    /// Returns the line and column of a byte offset. An offset past the end counts as the end.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let text = self.text();
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let (line, column) = self.0.places.get_or_init(|| Places::of(text.as_bytes())).line_column(text.as_bytes(), offset);
        LineColumn { line, column }
    }
}
