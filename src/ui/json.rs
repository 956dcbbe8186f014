//! JSON output: `format_version` first, then the content. Hidden characters are escaped as JSON escapes, which keep the values.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::ci_commands::is_command_anywhere;
use super::visible::{any, is_hidden};

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
    answer.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Indented::default()))?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// Returns a value as one line of JSON, for streams such as events.
///
/// # Errors
///
/// Returns an error if serialization fails, for example because the value is not a map.
pub fn json_line<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    with_formatter(&Versioned { format_version: FORMAT_VERSION, answer }, OneLine)
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
    with_formatter(value, Indented::default())
}

fn with_formatter<T: Serialize>(value: &T, formatter: impl Formatter) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|error| serde_json::Error::io(io::Error::other(error)))
}

/// Writes a part of a string with escapes for hidden characters and for commands of CI systems: a terminal or a log may show the JSON.
fn write_visible<W: ?Sized + Write>(writer: &mut W, fragment: &str) -> io::Result<()> {
    let bytes = fragment.as_bytes();
    // Hardly any string has a `#`. The serializer has escaped the controls of ASCII but DEL.
    if !any(bytes, |byte| byte >= 0x7f || byte == b'#') {
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

/// JSON on one line.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_visible(writer, fragment)
    }
}

/// JSON with one value or member per line, indented by two blanks for each level.
///
/// The layout is that of serde_json's `PrettyFormatter`, which writes each blank by itself.
#[derive(Default)]
struct Indented {
    depth: usize,
    has_value: bool,
}

impl Indented {
    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        writer.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.line(writer, true)?;
        }
        writer.write_all(bracket)
    }

    /// Begins a line, after a comma unless its value is the first.
    fn line<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        const LINE: &[u8] = b",\n                                                                ";
        let start = usize::from(first);
        let mut blanks = 2 * self.depth;
        let length = blanks.min(LINE.len() - 2);
        writer.write_all(&LINE[start..2 + length])?;
        while blanks > LINE.len() - 2 {
            blanks -= LINE.len() - 2;
            writer.write_all(&LINE[2..2 + blanks.min(LINE.len() - 2)])?;
        }
        Ok(())
    }
}

impl Formatter for Indented {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_visible(writer, fragment)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.line(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.line(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{bare_json, json_line};

    #[test]
    fn the_layout_is_that_of_serde_json_at_every_depth() {
        let mut value = serde_json::json!([{}, [], {"a": [1, {"b": null}]}, "text"]);
        for _ in 0..50 {
            value = serde_json::json!({ "list": [value, {}], "empty": [] });
        }
        assert_eq!(bare_json(&value).ok(), serde_json::to_string_pretty(&value).ok().map(|text| text + "\n"));
    }

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
