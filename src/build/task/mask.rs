//! Keeps secrets out of everything that is shown, by value.

use serde_json::Value;

use crate::plan::redact::STARS;

/// A part of a secret shorter than this is not looked for: hiding every `1` would hide the log.
const SHORTEST: usize = 4;

/// Secrets that must not be shown.
#[derive(Clone, Default)]
pub struct Mask {
    /// The longest first, so that a secret inside another one does not break it apart.
    values: Vec<String>,
}

/// Shows how many there are and nothing of them.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({})", self.values.len())
    }
}

impl Mask {
    /// Adds a secret: as a whole, each of its lines, and what it holds where it is JSON.
    pub fn add(&mut self, secret: &str) {
        self.keep(secret);
        if secret.contains('\n') {
            secret.lines().for_each(|line| self.keep(line.trim()));
        }
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(secret) {
            self.add_strings(&value, "");
        }
        if let Some((_, password)) = userinfo(secret) {
            self.keep(password);
        }
    }

    fn add_strings(&mut self, value: &Value, key: &str) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add_strings(item, key)),
            Value::Object(members) => members.iter().for_each(|(key, item)| self.add_strings(item, key)),
            // A user's name, such as `AWS`, is no secret, and stars in its place would make logs a riddle.
            Value::String(text) if !key.eq_ignore_ascii_case("username") => self.keep(text),
            _ => {}
        }
    }

    fn keep(&mut self, secret: &str) {
        if secret.len() >= SHORTEST && !self.values.iter().any(|value| value == secret) {
            self.values.push(secret.to_owned());
            self.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        }
    }

    /// Returns a text with stars in place of every secret in it.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), STARS);
            }
        }
        text
    }
}

/// Returns user and password of a URL that has them.
pub(super) fn userinfo(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@')?.0.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_whole_in_lines_and_inside_json() {
        let mut mask = Mask::default();
        mask.add("first-line\nsecond-line");
        mask.add(r#"{"https://r.example":{"Username":"robot","Password":"p4ss,w0rd"}}"#);
        mask.add("https://convox:hunter22@rack.example/");
        mask.add("abc");
        let shown = mask.text("got second-line, robot p4ss,w0rd, hunter22 and abc");
        assert_eq!(shown, "got ****, robot ****, **** and abc");
        assert_eq!(format!("{mask:?}"), format!("Mask({})", mask.values.len()));
    }
}
