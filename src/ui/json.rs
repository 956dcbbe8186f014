//! The JSON face of every view: `format_version` first, then the answer.

use serde::Serialize;

/// Version of every JSON answer.
///
/// It changes when a reader of the old form could fail or be wrong; new keys may come without a new number.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    format_version: u32,
    #[serde(flatten)]
    answer: &'a T,
}

/// Returns an answer, which must be a map, as indented JSON with `format_version` first and a newline at the end.
///
/// # Errors
///
/// Returns the serialiser's error; an answer that is no map has one.
pub fn json<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Versioned { format_version: FORMAT_VERSION, answer })?;
    text.push('\n');
    Ok(text)
}

/// Writes what [`json`] returns piece by piece, for answers as long as a template.
///
/// # Errors
///
/// Returns the serialiser's error, or the writer's.
pub fn write_json<T: Serialize>(answer: &T, mut out: impl std::io::Write) -> Result<(), serde_json::Error> {
    serde_json::to_writer_pretty(&mut out, &Versioned { format_version: FORMAT_VERSION, answer })?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// Returns an answer as one line of JSON, for streams of answers such as events.
///
/// # Errors
///
/// Returns the serialiser's error; an answer that is no map has one.
pub fn json_line<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(&Versioned { format_version: FORMAT_VERSION, answer })?;
    text.push('\n');
    Ok(text)
}

/// Returns an answer that carries its version itself, or has a shape that AWS gave it, as indented JSON.
///
/// # Errors
///
/// Returns the serialiser's error.
pub fn bare_json<T: Serialize>(answer: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(answer)?;
    text.push('\n');
    Ok(text)
}
