//! Secrets: which parameter is one, and how secret values are masked.
//!
//! Takes the declaration of a parameter and returns whether `NoEcho` makes it secret; takes secret values and masks them in texts and JSON.
//! Which values a command gathers, and which texts it shows, is up to the caller.

use std::borrow::Cow;

use memchr::memmem::Finder;
use serde_json::Value as Json;

use crate::template::Node;

mod literal;

pub use literal::{is_secret_name, is_secret_value, looks_like_secret};

pub use crate::diagnostic::MASKED;

/// The length from which a secret is masked inside a text that did not come from an evaluation, such as AWS's messages. Masking a shorter
/// one would spoil other words, and so reveal the secret. Values that come from an evaluation are masked because of what they depend on.
const SHORTEST: usize = Mask::SHORTEST;

/// The length from which credentials are masked where they are a word of their own.
const SHORTEST_WORD: usize = 4;

/// Returns whether the declaration of a parameter sets `NoEcho`, so that its value must not be shown or stored.
pub fn is_no_echo(declaration: &Node<'_>) -> bool {
    declaration.get("NoEcho").and_then(Node::scalar).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Returns whether a part of a text is a word of its own, with neither a letter nor a digit beside it.
pub(crate) fn is_word(text: &str, part: &std::ops::Range<usize>) -> bool {
    let (before, after) = (text.get(..part.start).unwrap_or_default(), text.get(part.end..).unwrap_or_default());
    let is_in_word = |beside: Option<char>| beside.is_some_and(char::is_alphanumeric);
    !is_in_word(before.chars().next_back()) && !is_in_word(after.chars().next())
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

    /// Returns the ranges of a text that are the secret; a short one counts only as a word of its own.
    fn places(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let ranges = self.finder.find_iter(text.as_bytes()).map(|start| start..start + self.text.len());
        ranges.filter(|range| self.text.len() >= SHORTEST || is_word(text, range)).collect()
    }
}

/// Shows the number of secrets only.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({})", self.secrets.len())
    }
}

impl Mask {
    /// The length of the shortest secret that is masked inside a longer text.
    pub const SHORTEST: usize = 8;

    /// Adds a secret. One that is shorter than eight characters is ignored.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.insert(secret);
        }
    }

    fn insert(&mut self, secret: &str) {
        let place =
            self.secrets.binary_search_by(|other| secret.len().cmp(&other.text.len()).then_with(|| other.text.as_str().cmp(secret)));
        if let Err(place) = place {
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
    /// Parts shorter than four characters are ignored, and parts shorter than eight count only as words of their own.
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
        if secret.len() >= SHORTEST_WORD {
            self.insert(secret);
        }
    }

    /// Returns whether there are no secrets.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Returns the text with every secret in it masked; borrowed if it holds none.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.secrets.iter().fold(Cow::Borrowed(text), |text, secret| {
            let places = if text.len() < secret.text.len() { Vec::new() } else { secret.places(&text) };
            if places.is_empty() {
                return text;
            }
            let mut masked = text.into_owned();
            places.into_iter().rev().for_each(|place| masked.replace_range(place, MASKED));
            Cow::Owned(masked)
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
}

impl Mask {
    /// Returns JSON with every secret in its texts masked.
    pub fn json(&self, json: Json) -> Json {
        match json {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Json::Object(members) => members.into_iter().map(|(key, value)| (key, self.json(value))).collect(),
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

    use super::Mask;

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
        let mask: Mask = ["password", "password-2", "password-2"].into_iter().collect();
        assert_eq!(mask.mask("a password-2, a password"), "a ****, a ****");
        let secrets: Vec<&str> = mask.secrets.iter().map(|secret| secret.text.as_str()).collect();
        assert_eq!(secrets, ["password-2", "password"]);
    }

    #[test]
    fn a_short_secret_does_not_spoil_words() {
        let mut mask = Mask::default();
        mask.add_parameter("a, User, ate");
        assert!(matches!(mask.mask("User Initiated a"), Cow::Borrowed("User Initiated a")));
        mask.add_credentials("host");
        assert_eq!(mask.mask("localhost, host=host"), "localhost, ****=****");
    }
}
