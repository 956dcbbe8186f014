//! Secrets: which parameter is one, and how secret values are masked.
//!
//! Takes the declaration of a parameter and returns whether `NoEcho` makes it secret; takes secret values and masks them in texts and JSON.
//! Which values a command gathers, and which texts it shows, is up to the caller.

use std::borrow::Cow;

use memchr::memmem::Finder;
use serde_json::Value as Json;

use crate::template::Node;

/// The text that stands for a secret value, as in responses of CloudFormation.
pub const MASKED: &str = "****";

/// The length from which a secret is masked inside a longer text. A shorter one is masked only where it is the whole value:
/// masking every `1` would make the output useless.
const SHORTEST_PART: usize = 4;

/// Returns whether the declaration of a parameter sets `NoEcho`, so that its value must not be shown or stored.
pub fn is_no_echo(declaration: &Node<'_>) -> bool {
    declaration.get("NoEcho").and_then(Node::scalar).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Secret values, which it masks in texts and JSON.
#[derive(Clone, Default)]
pub struct Mask {
    /// The longest first, so that a secret inside another one does not split it.
    secrets: Vec<Secret>,
}

#[derive(Clone)]
struct Secret {
    text: String,
    /// Prepared once, since every text of the output is searched.
    finder: Finder<'static>,
}

impl Secret {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), finder: Finder::new(text).into_owned() }
    }

    fn is_part_of(&self, text: &str) -> bool {
        text.len() >= self.text.len() && self.finder.find(text.as_bytes()).is_some()
    }
}

/// Shows the number of secrets only.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({})", self.secrets.len())
    }
}

impl Mask {
    /// Adds a secret. An empty one is ignored.
    pub fn add(&mut self, secret: &str) {
        let place =
            self.secrets.binary_search_by(|other| secret.len().cmp(&other.text.len()).then_with(|| other.text.as_str().cmp(secret)));
        if let (Err(place), false) = (place, secret.is_empty()) {
            self.secrets.insert(place, Secret::new(secret));
        }
    }

    /// Adds the value of a parameter: as a whole and, for a comma-delimited list, each of its items.
    pub fn add_parameter(&mut self, value: &str) {
        self.add(value);
        if value.contains(',') {
            value.split(',').for_each(|item| self.add(item.trim()));
        }
    }

    /// Adds credentials: as a whole, each line, each string in JSON except user names, and the password in a URL.
    ///
    /// Parts shorter than four characters are ignored.
    pub fn add_credentials(&mut self, secret: &str) {
        self.add_long(secret);
        if secret.contains('\n') {
            secret.lines().for_each(|line| self.add_long(line.trim()));
        }
        if let Ok(value @ (Json::Object(_) | Json::Array(_))) = serde_json::from_str::<Json>(secret) {
            self.add_strings(&value, "");
        }
        if let Some((_, password)) = url_credentials(secret) {
            self.add_long(password);
        }
    }

    fn add_strings(&mut self, value: &Json, key: &str) {
        match value {
            Json::Array(items) => items.iter().for_each(|item| self.add_strings(item, key)),
            Json::Object(members) => members.iter().for_each(|(key, item)| self.add_strings(item, key)),
            // A user name such as `AWS` is not secret, and masking it would make logs hard to read.
            Json::String(text) if !key.eq_ignore_ascii_case("username") => self.add_long(text),
            _ => {}
        }
    }

    fn add_long(&mut self, secret: &str) {
        if secret.len() >= SHORTEST_PART {
            self.add(secret);
        }
    }

    /// Returns whether there are no secrets.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Returns the text with every secret in it masked; borrowed if it holds none.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_secret(text) {
            return Cow::Owned(MASKED.to_owned());
        }
        self.secrets.iter().take_while(|secret| secret.text.len() >= SHORTEST_PART).fold(Cow::Borrowed(text), |text, secret| {
            if secret.is_part_of(&text) { Cow::Owned(text.replace(&secret.text, MASKED)) } else { text }
        })
    }

    /// Returns the text with every secret in it masked.
    pub fn text(&self, text: impl Into<String>) -> String {
        let text = text.into();
        match self.mask(&text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => text,
        }
    }

    /// Returns whether the text is a secret as a whole.
    pub fn is_secret(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| secret.text == text)
    }

    /// Returns JSON with every secret in its texts and keys masked, and every number or boolean whose text is a secret.
    pub fn json(&self, json: Json) -> Json {
        if self.is_empty() {
            return json;
        }
        match json {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Json::Object(members) => members.into_iter().map(|(key, value)| (self.text(key), self.json(value))).collect(),
            Json::Number(_) | Json::Bool(_) if self.is_secret(&json.to_string()) => Json::String(MASKED.to_owned()),
            other => other,
        }
    }
}

impl<S: AsRef<str>> FromIterator<S> for Mask {
    fn from_iter<I: IntoIterator<Item = S>>(secrets: I) -> Self {
        let mut mask = Self::default();
        secrets.into_iter().for_each(|secret| mask.add(secret.as_ref()));
        mask
    }
}

/// Returns the user name and the password in a URL that has them.
pub fn url_credentials(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@')?.0.split_once(':')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::{MASKED, Mask};

    #[test]
    fn credentials_are_masked_whole_by_line_and_inside_json() {
        let mut mask = Mask::default();
        mask.add_credentials("first-line\nsecond-line");
        mask.add_credentials(r#"{"https://r.example":{"Username":"robot","Password":"p4ss,w0rd"}}"#);
        mask.add_credentials("https://convox:hunter22@rack.example/");
        mask.add_credentials("abc");
        let shown = mask.mask("got second-line, robot p4ss,w0rd, hunter22 and abc");
        assert_eq!(shown, "got ****, robot ****, **** and abc");
        assert_eq!(format!("{mask:?}"), format!("Mask({})", mask.secrets.len()));
    }

    #[test]
    fn a_secret_inside_another_does_not_split_it() {
        let mask: Mask = ["word", "password", "password"].into_iter().collect();
        assert_eq!(mask.mask("a password, a word"), "a ****, a ****");
        let secrets: Vec<&str> = mask.secrets.iter().map(|secret| secret.text.as_str()).collect();
        assert_eq!(secrets, ["password", "word"]);
    }

    #[test]
    fn a_short_secret_is_masked_only_as_a_whole_value() {
        let mut mask = Mask::default();
        mask.add_parameter("80, 443");
        assert_eq!(mask.json(json!({"80": ["80", 80, "port 80", 8080, true]})), json!({"****": [MASKED, MASKED, "port 80", 8080, true]}));
        assert_eq!(mask.mask("80, 443"), MASKED);
        assert!(matches!(mask.mask("other"), Cow::Borrowed("other")));
    }
}
