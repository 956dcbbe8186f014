//! The error in the body of a registry's response.

use serde::Deserialize;

/// How many characters of a message to show.
const SHOWN: usize = 200;

#[derive(Deserialize)]
struct ErrorBody {
    errors: Vec<ApiError>,
}

#[derive(Deserialize)]
struct ApiError {
    code: Option<String>,
    message: Option<String>,
}

/// Returns the error code, if there is one, and the message of an error response.
///
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>
pub(super) fn code_and_message(body: &[u8]) -> (Option<String>, String) {
    if let Ok(ErrorBody { errors }) = serde_json::from_slice(body)
        && let Some(first) = errors.first()
    {
        let code = first.code.as_deref().map(shortened).filter(|code| !code.is_empty());
        let message = first.message.as_deref().map(shortened).filter(|message| !message.is_empty());
        let text = message.or_else(|| code.clone()).unwrap_or_else(|| "no reason given".to_owned());
        return (code, text);
    }
    let text = shortened(&String::from_utf8_lossy(body));
    (None, if text.is_empty() { "no reason given".to_owned() } else { text })
}

/// Returns the start of a text on one line.
fn shortened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}
