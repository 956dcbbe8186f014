//! What a registry says in words when it refuses.

use serde::Deserialize;

/// Characters of a body that is no answer of the API which are worth showing.
const SHOWN: usize = 200;

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    code: Option<String>,
    message: Option<String>,
}

/// Returns the code and the words of a refusal.
///
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>
pub(super) fn refusal(body: &[u8]) -> (Option<String>, String) {
    if let Ok(Errors { errors }) = serde_json::from_slice(body)
        && let Some(first) = errors.first()
    {
        let code = first.code.clone().filter(|code| !code.is_empty());
        let message = first.message.clone().filter(|message| !message.is_empty());
        let text = message.or_else(|| code.clone()).unwrap_or_else(|| "no reason given".to_owned());
        return (code, text);
    }
    let text = String::from_utf8_lossy(body);
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    (None, if text.is_empty() { "no reason given".to_owned() } else { text })
}
