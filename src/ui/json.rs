//! JSON output: `format_version` first, then the content. Hidden characters are escaped as JSON escapes, which keep the values.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::ci_commands::is_command_anywhere;
use super::visible::{is_hidden, may_hide};

/// The version of all JSON output.
///
/// An incompatible change increments it; a new key does not.
pub const FORMAT_VERSION: u32 = 2;

#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    format_version: u32,
    #[serde(flatten)]
    answer: &'a T,
}

/// Returns a value, which must serialize as a map, as indented JSON with `format_version` first and a newline at the end.
///
/// # Errors
///
/// Returns an error if serialization fails, for example because the value is not a map.
pub fn json<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    indented(&Versioned { format_version: FORMAT_VERSION, answer })
}

/// Writes what [`json`] returns to a writer, for output as long as a template.
///
/// # Errors
///
/// Returns an error if serialization or writing fails.
pub fn write_json<T: Serialize>(answer: &T, mut out: impl Write) -> Result<(), serde_json::Error> {
    let answer = Versioned { format_version: FORMAT_VERSION, answer };
    answer.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Visible(PrettyFormatter::new())))?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// Returns a value as one line of JSON, for streams such as events.
///
/// # Errors
///
/// Returns an error if serialization fails, for example because the value is not a map.
pub fn json_line<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    with_formatter(&Versioned { format_version: FORMAT_VERSION, answer }, Visible(CompactFormatter))
}

/// Returns a value that has its own version, or a shape defined by AWS, as indented JSON.
///
/// # Errors
///
/// Returns an error if serialization fails.
pub fn bare_json<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    indented(answer)
}

/// Returns any value as indented JSON with a newline at the end.
fn indented<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    with_formatter(value, Visible(PrettyFormatter::new()))
}

fn with_formatter<T: Serialize>(value: &T, formatter: impl Formatter) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|error| serde_json::Error::io(io::Error::other(error)))
}

/// A format of JSON with escapes for hidden characters and for commands of CI systems, since a terminal or a log may show the JSON.
struct Visible<F>(F);

impl<F: Formatter> Formatter for Visible<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let bytes = fragment.as_bytes();
        // Hardly any string has a `#`, and a search for one byte needs no preparation.
        if !may_hide(bytes) && memchr::memchr(b'#', bytes).is_none() {
            return writer.write_all(bytes);
        }
        let mut written = 0;
        for (at, character) in fragment.char_indices() {
            if is_hidden(character) || (character == '#' && is_command_anywhere(&fragment[at..])) {
                writer.write_all(&bytes[written..at])?;
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                written = at + character.len_utf8();
            }
        }
        writer.write_all(&bytes[written..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_key(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::{bare_json, json_line};

    #[test]
    fn json_is_printable_and_keeps_its_values() {
        let value = serde_json::json!({"a\u{9b}##vso[x]": ["\u{1b}[31m\u{7f}\u{202e}\u{e0041}\n::error::x", "## Grüße 🚀", {}, []]});
        for text in [bare_json(&value), json_line(&value)] {
            let text = text.unwrap_or_default();
            assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || matches!(c, '\u{202e}' | '\u{e0041}'))), "{text}");
            assert!(text.contains("## Grüße 🚀") && text.contains("\\udb40\\udc41") && !text.contains("##vso["), "{text}");
            let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            assert_eq!(read["a\u{9b}##vso[x]"], value["a\u{9b}##vso[x]"]);
        }
    }
}
