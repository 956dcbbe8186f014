//! The JSON face of every view: `format_version` first, then the answer.

use serde::Serialize;

/// Version of every JSON answer.
///
/// The number before the dot changes when a reader of the old form could fail or be wrong, the one after it when something is added.
pub const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    format_version: &'static str,
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
