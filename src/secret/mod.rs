//! Secrets: which parameter is one, and how secret values are masked.
//!
//! Takes the declaration of a parameter and returns whether `NoEcho` makes it secret; takes secret values and masks them in texts and JSON.
//! Which values a command gathers, and which texts it shows, is up to the caller.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashSet;
use serde_json::Value as Json;

use crate::template::Node;

mod literal;
mod search;

pub use literal::{is_secret_name, is_secret_value, looks_like_secret};

pub use crate::diagnostic::MASKED;
use search::Search;

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
    secrets: FxHashSet<String>,
    /// Prepared once, since every text of the output is searched.
    search: OnceLock<Search>,
}

/// Shows the number of secrets only.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({})", self.secrets.len())
    }
}

impl Mask {
    /// The length of the shortest secret that is masked inside a longer text.
    pub const SHORTEST: usize = search::WINDOW;

    /// Adds a secret. One that is shorter than eight characters is ignored.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.insert(secret);
        }
    }

    fn insert(&mut self, secret: &str) {
        if !self.secrets.contains(secret) {
            self.secrets.insert(secret.to_owned());
            self.search.take();
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
        if self.is_empty() || text.len() < SHORTEST_WORD {
            return Cow::Borrowed(text);
        }
        let places = self.search.get_or_init(|| Search::new(&self.secrets)).places(text);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for place in places {
            masked.push_str(text.get(end..place.start).unwrap_or_default());
            masked.push_str(MASKED);
            end = place.end;
        }
        masked.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(masked)
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
        let mask: Mask = ["password", "password-2", "password-2", "password-23"].into_iter().collect();
        assert_eq!(mask.mask("a password-2, a password, password-24"), "a ****, a ****, ****4");
        assert_eq!(format!("{mask:?}"), "Mask(3)");
    }

    #[test]
    fn secrets_that_overlap_are_masked_to_the_end_of_the_last() {
        let mask: Mask = ["abcdefgh", "efghijkl", "aaaaaaaa"].into_iter().collect();
        assert_eq!(mask.mask("1abcdefghijkl2"), "1****2");
        assert_eq!(mask.mask("aaaaaaaaaaa b aaaaaaa"), "**** b aaaaaaa");
        assert_eq!(mask.mask("abcdefghaaaaaaaa"), "********");
    }

    #[test]
    fn many_similar_secrets_are_all_masked() {
        let secrets = |mark: &str| -> Vec<String> { (0..20_000).map(|number| format!("password{mark}{number}")).collect() };
        let mut mask = Mask::default();
        mask.add_parameter(&secrets("-").join(", "));
        assert_eq!(mask.mask(&secrets("-").join("\n")).replace("****\n", ""), "****");
        assert_eq!(mask.mask(&secrets("+").join("\n")), secrets("+").join("\n"));
    }

    #[test]
    fn a_text_that_takes_too_long_to_search_is_masked_as_a_whole() {
        let secrets: Vec<String> = (0..1_000).map(|number| format!("{}{number}", "a".repeat(4_000))).collect();
        let mask: Mask = secrets.iter().collect();
        assert_eq!(mask.mask(&"a".repeat(100_000)), "****");
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
