//! Unknown enum values of AWS APIs, kept as they are, so that a new value is not an error.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize};

/// All unknown values so far; they are never freed, because AWS has few values.
static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// An enum value of AWS that this program does not know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Word(&'static str);

impl Word {
    /// Returns the value for a string.
    pub fn new(text: &str) -> Self {
        let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = words.get(text) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
        words.insert(kept);
        Self(kept)
    }

    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn the_same_word_is_kept_once() {
        let (one, again) = (Word::new("SyncWithActual"), Word::new("SyncWithActual"));
        assert!(std::ptr::eq(one.as_str(), again.as_str()));
        assert_eq!(serde_json::to_string(&one).ok().as_deref(), Some("\"SyncWithActual\""));
    }
}
