//! JSON output: `format_version` first, then the content.

use serde::Serialize;

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
    let mut text = serde_json::to_string_pretty(&Versioned { format_version: FORMAT_VERSION, answer })?;
    text.push('\n');
    Ok(text)
}

/// Writes what [`json`] returns to a writer, for output as long as a template.
///
/// # Errors
///
/// Returns an error if serialization or writing fails.
pub fn write_json<T: Serialize>(answer: &T, mut out: impl std::io::Write) -> Result<(), serde_json::Error> {
    serde_json::to_writer_pretty(&mut out, &Versioned { format_version: FORMAT_VERSION, answer })?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// Returns a value as one line of JSON, for streams such as events.
///
/// # Errors
///
/// Returns an error if serialization fails, for example because the value is not a map.
pub fn json_line<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(&Versioned { format_version: FORMAT_VERSION, answer })?;
    text.push('\n');
    Ok(text)
}

/// Returns a value that has its own version, or a shape defined by AWS, as indented JSON.
///
/// # Errors
///
/// Returns an error if serialization fails.
pub fn bare_json<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(answer)?;
    text.push('\n');
    Ok(text)
}
