//! Matches whole values with patterns in Java's syntax, within a budget.
//!
//! A pattern without look-around, references to groups and atomic groups runs on an engine without backtracking; the others have a step
//! limit. Past the budget of all matches together the answer is "unknown", as for a pattern without a translation.

use rustc_hash::FxHashMap;

use super::java_pattern::{self, Translation, Untranslated};

/// The work of all matches of one template, of about 10 ns each.
const BUDGET: usize = 60_000_000;

/// Most compiled patterns that are kept: an engine keeps memory for its next match.
const MOST_KEPT: usize = 64;

/// The work to build one state of a pattern: in the engine for ASCII, and in the one for all of Unicode.
const BUILD_ASCII: usize = 100;
const BUILD_UNICODE: usize = 1_000;

/// The work of a match with backtracking that succeeds or fails, and of one that reaches the limit.
const BACKTRACKING: usize = 100_000;
const GIVEN_UP: usize = 2_000_000;

/// Most steps of one match with backtracking.
const MOST_STEPS: usize = 50_000;

/// Most bytes of what one pattern is compiled to.
const MOST_COMPILED_BYTES: usize = 4 * 1024 * 1024;

/// Compiled patterns, and the work that is left.
#[derive(Debug)]
pub(crate) struct Patterns {
    /// By pattern, and whether it is for ASCII texts only.
    compiled: FxHashMap<(String, bool), Option<Compiled>>,
    left: usize,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { compiled: FxHashMap::default(), left: BUDGET }
    }
}

#[derive(Debug)]
struct Compiled {
    engine: Engine,
    states: usize,
}

#[derive(Debug)]
enum Engine {
    /// Takes time in proportion to the text and the states.
    Lite(regex_lite::Regex),
    /// The same, with all of Unicode.
    Linear(fancy_regex::Regex),
    /// Has a step limit.
    Backtracking(fancy_regex::Regex),
}

impl Patterns {
    /// Allows the work of another template; compiled patterns are kept.
    pub(crate) fn renew_budget(&mut self) {
        self.left = BUDGET;
    }

    /// Returns whether a whole value matches a pattern; `None` if that is unknown.
    pub(crate) fn matches(&mut self, pattern: &str, text: &str) -> Option<bool> {
        let key = (pattern.to_owned(), text.is_ascii());
        if !self.compiled.contains_key(&key) {
            let compiled = self.compile(pattern, key.1);
            if self.compiled.len() >= MOST_KEPT {
                self.compiled.clear();
            }
            self.compiled.insert(key.clone(), compiled);
        }
        let Self { compiled, left } = self;
        let Compiled { engine, states } = compiled.get(&key)?.as_ref()?;
        match engine {
            Engine::Lite(regex) => pay(left, states.saturating_mul(text.len())).then(|| regex.is_match(text)),
            Engine::Linear(regex) => pay(left, states.saturating_mul(text.len())).then(|| regex.is_match(text).ok())?,
            Engine::Backtracking(regex) => {
                let found = pay(left, BACKTRACKING).then(|| regex.is_match(text).ok())?;
                if found.is_none() {
                    pay(left, GIVEN_UP);
                }
                found
            }
        }
    }

    fn compile(&mut self, pattern: &str, is_ascii: bool) -> Option<Compiled> {
        let Translation { text, states, backtracks } = java_pattern::translate(pattern, is_ascii).ok()?;
        let build = if is_ascii { BUILD_ASCII } else { BUILD_UNICODE };
        if !pay(&mut self.left, build.saturating_mul(states)) {
            return None;
        }
        let anchored = format!(r"\A(?:{text})\z");
        let lite = if is_ascii && !backtracks { lite(&anchored) } else { None };
        let engine = match lite {
            Some(regex) => Engine::Lite(regex),
            None => {
                let mut builder = fancy_regex::RegexBuilder::new(&anchored);
                builder.backtrack_limit(MOST_STEPS).delegate_size_limit(MOST_COMPILED_BYTES);
                let regex = builder.build().ok()?;
                if backtracks { Engine::Backtracking(regex) } else { Engine::Linear(regex) }
            }
        };
        Some(Compiled { engine, states })
    }
}

fn lite(pattern: &str) -> Option<regex_lite::Regex> {
    regex_lite::RegexBuilder::new(pattern).size_limit(MOST_COMPILED_BYTES).build().ok()
}

fn pay(left: &mut usize, steps: usize) -> bool {
    match left.checked_sub(steps) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

/// Returns whether Java certainly refuses a pattern.
pub(crate) fn is_malformed_pattern(pattern: &str) -> bool {
    java_pattern::translate(pattern, true) == Err(Untranslated::Malformed)
}

#[cfg(test)]
mod tests {
    use super::{Engine, Patterns};

    #[test]
    fn patterns_run_without_backtracking_where_possible() {
        let mut patterns = Patterns::default();
        let mut engine = |pattern: &str, text: &str| {
            patterns.matches(pattern, text);
            patterns.compiled.get(&(pattern.to_owned(), text.is_ascii())).and_then(|one| Some(&one.as_ref()?.engine)).map(|engine| {
                match engine {
                    Engine::Lite(_) => "lite",
                    Engine::Linear(_) => "linear",
                    Engine::Backtracking(_) => "backtracking",
                }
            })
        };
        assert_eq!(engine(r"[\w-\.]{1,4000}", "a.b"), Some("lite"));
        assert_eq!(engine(r"[\p{L}\p{N} ]{1,255}", "Rack 1"), Some("lite"));
        assert_eq!(engine(r"[a-z&&[^aeiou]]+", "bcd"), Some("linear"));
        assert_eq!(engine(r"\p{L}+", "Größe"), Some("linear"));
        assert_eq!(engine(r"(?!admin)[a-z]+", "adm"), Some("backtracking"));
    }

    #[test]
    fn a_match_past_the_budget_is_unknown() {
        let mut patterns = Patterns::default();
        assert_eq!(patterns.matches("(a?){2000}a{2000}", &"a".repeat(2000)), Some(true));
        assert_eq!(patterns.matches(r"(?:(a|a)+)+\1(?=b)", &format!("{}!", "a".repeat(40))), None);
        let unknown = (0..40).filter(|index| patterns.matches(&format!("a{{{index}}}(a?){{2000}}a{{2000}}"), &"a".repeat(4000)).is_none());
        assert!(unknown.count() > 30);
    }
}
