//! Translates the syntax of Java's regular expressions, which CloudFormation uses for `AllowedPattern`.
//!
//! What cannot be translated exactly is unknown and not refused. The translation counts the states that the pattern has after its
//! repetitions are written out, since `((a{1,100}){1,100}){1,100}` takes a regular expression engine long to build.
//! Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>,
//! <https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html>

mod class;
mod escape;
#[cfg(test)]
mod tests;

/// The reason why a pattern cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untranslated {
    /// Java refuses it.
    Malformed,
    /// It uses syntax for which there is no translation.
    Unsupported,
}

type Outcome<T> = Result<T, Untranslated>;

/// Most classes inside each other.
const MOST_NESTED: usize = 16;

/// Longest pattern in bytes; CloudFormation accepts 4,000 characters in a description, and documents no limit for patterns.
const LONGEST: usize = 16 * 1024;

/// Most states of a pattern after its repetitions are written out.
const MOST_STATES: usize = 20_000;

const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";
const VERTICAL: &str = r"\n\x{0B}\x{0C}\r\x{85}\x{2028}\x{2029}";
const HORIZONTAL: &str = r" \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";

/// A pattern in the syntax of the `fancy-regex` crate and, with few exceptions, of `regex-lite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// The pattern.
    pub text: String,
    /// The number of states after its repetitions are written out.
    pub states: usize,
    /// Whether it has look-around, a reference to a group or an atomic group, which only an engine with backtracking supports.
    pub backtracks: bool,
}

/// Translates a pattern; if `is_ascii`, the translation is valid for ASCII texts only, and its classes have no other characters.
///
/// # Errors
///
/// Returns an error if Java refuses the pattern, or if no translation exists or it has too many states.
pub(super) fn translate(pattern: &str, is_ascii: bool) -> Outcome<Translation> {
    if pattern.len() > LONGEST {
        return Err(Untranslated::Unsupported);
    }
    let mut translator = Translator {
        rest: pattern,
        text: String::with_capacity(pattern.len() * 2),
        open: Vec::new(),
        dot_all: has_flag(pattern, 's'),
        is_ascii,
        has_references: pattern.contains(r"\k") || pattern.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit()),
        backtracks: false,
        states: 0,
        cost: 0,
    };
    translator.pattern()?;
    let Translator { text, states, backtracks, .. } = translator;
    if states > MOST_STATES { Err(Untranslated::Unsupported) } else { Ok(Translation { text, states, backtracks }) }
}

/// Returns whether a group such as `(?is)` or `(?s:` turns a flag on.
fn has_flag(pattern: &str, flag: char) -> bool {
    pattern.split("(?").skip(1).any(|group| {
        let flags: String = group.chars().take_while(char::is_ascii_alphabetic).collect();
        flags.contains(flag)
    })
}

struct Translator<'p> {
    rest: &'p str,
    text: String,
    /// The open groups: their places in `text`, and the states before each.
    open: Vec<(usize, usize)>,
    dot_all: bool,
    is_ascii: bool,
    /// Whether the pattern may refer to its groups; an engine needs memory for each group that it captures.
    has_references: bool,
    backtracks: bool,
    /// The states so far in the innermost open group.
    states: usize,
    /// The states of the last item.
    cost: usize,
}

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn pattern(&mut self) -> Outcome<()> {
        // The place of the last item, to which a quantifier applies.
        let mut item: Option<usize> = None;
        while let Some(character) = self.next() {
            let start = self.text.len();
            if !matches!(character, '*' | '+' | '?' | '{' | ')') {
                self.cost = 1;
            }
            match character {
                '(' => {
                    self.group()?;
                    self.open.push((start, std::mem::take(&mut self.states)));
                    item = None;
                    continue;
                }
                ')' => {
                    let (start, before) = self.open.pop().ok_or(Untranslated::Malformed)?;
                    item = Some(start);
                    self.text.push(')');
                    self.cost = self.states + 1;
                    self.states = before;
                }
                '|' => {
                    self.text.push('|');
                    item = None;
                }
                '^' => {
                    self.text.push('^');
                    item = Some(start);
                }
                '$' => {
                    self.text.push('$');
                    item = Some(start);
                }
                '.' => {
                    if self.dot_all {
                        self.text.push_str("(?s:.)");
                    } else {
                        self.text.extend(["[^", LINE_ENDS, "]"]);
                    }
                    item = Some(start);
                }
                '[' => {
                    let class = self.class(0)?;
                    self.text.push_str(&class);
                    item = Some(start);
                }
                '\\' => item = self.escape(start)?,
                '*' | '+' | '?' | '{' => {
                    self.quantifier(character, item.ok_or(Untranslated::Malformed)?)?;
                    item = None;
                    continue;
                }
                other => {
                    self.literal(other);
                    item = Some(start);
                }
            }
            self.states = self.states.saturating_add(self.cost);
        }
        if self.open.is_empty() { Ok(()) } else { Err(Untranslated::Malformed) }
    }

    fn literal(&mut self, character: char) {
        push_literal(&mut self.text, character);
    }

    /// Translates the start of a group.
    fn group(&mut self) -> Outcome<()> {
        if !self.eat("?") {
            self.text.push_str(if self.has_references { "(" } else { "(?:" });
            return Ok(());
        }
        for start in [":", "=", "!", ">", "<=", "<!"] {
            if self.eat(start) {
                self.backtracks |= start != ":";
                self.text.extend(["(?", start]);
                return Ok(());
            }
        }
        if self.eat("<") {
            let name = self.name('>')?;
            match self.has_references {
                true => self.text.extend(["(?<", &name, ">"]),
                false => self.text.push_str("(?:"),
            }
            return Ok(());
        }
        let length = self.rest.find([':', ')']).ok_or(Untranslated::Malformed)?;
        let flags = &self.rest[..length];
        if !flags.bytes().all(|byte| matches!(byte, b'i' | b's' | b'm' | b'u' | b'd' | b'x' | b'U' | b'-')) {
            return Err(Untranslated::Malformed);
        }
        // `x` changes the syntax itself; `d` and `U` change what classes mean.
        if flags.bytes().any(|byte| matches!(byte, b'x' | b'd' | b'U')) || flags.contains('-') && flags.contains('s') {
            return Err(Untranslated::Unsupported);
        }
        let kept = flags.replace(['u', 's'], "");
        self.rest = &self.rest[length..];
        if self.eat(":") {
            self.text.extend(["(?", if kept == "-" { "" } else { &kept }, ":"]);
            return Ok(());
        }
        // Flags without a group last to the end of the enclosing one; the closing bracket follows.
        self.text.push_str(if kept.is_empty() || kept == "-" { "(?:" } else { "(?" });
        if !kept.is_empty() && kept != "-" {
            self.text.push_str(&kept);
        }
        Ok(())
    }

    fn name(&mut self, end: char) -> Outcome<String> {
        let length = self.rest.find(end).ok_or(Untranslated::Malformed)?;
        let name = self.rest[..length].to_owned();
        self.rest = &self.rest[length + end.len_utf8()..];
        let is_sound = name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_sound { Ok(name) } else { Err(Untranslated::Malformed) }
    }

    /// Translates a quantifier; a possessive one makes its item atomic.
    fn quantifier(&mut self, first: char, item: usize) -> Outcome<()> {
        if first == '{' {
            let length = self.rest.find('}').ok_or(Untranslated::Malformed)?;
            let bounds = &self.rest[..length];
            let (low, high) = bounds.split_once(',').map_or((bounds, None), |(low, high)| (low, Some(high)));
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number(low) || high.is_some_and(|high| !high.is_empty() && !is_number(high)) {
                return Err(Untranslated::Malformed);
            }
            let most = high.filter(|high| !high.is_empty()).unwrap_or(low).parse::<usize>().unwrap_or(usize::MAX);
            self.states = self.states.saturating_add(self.cost.saturating_mul(most.saturating_sub(1)));
            self.text.extend(["{", bounds, "}"]);
            self.rest = &self.rest[length + 1..];
        } else {
            self.text.push(first);
        }
        if self.eat("?") {
            self.text.push('?');
        } else if self.eat("+") {
            self.backtracks = true;
            self.text.insert_str(item, "(?>");
            self.text.push(')');
            // Groups that contain the item start before it, so that their places stay.
        }
        Ok(())
    }
}

/// What an escape stands for.
enum Member {
    Character(char),
    /// The members of a class, without brackets.
    Class(String),
}

fn push_literal(text: &mut String, character: char) {
    if character.is_alphanumeric() || matches!(character, '_' | ' ' | '/' | '@' | ':' | ',' | '=' | '%' | '!' | '"' | '\'' | ';') {
        text.push(character);
    } else {
        text.push_str(&format!("\\x{{{:X}}}", u32::from(character)));
    }
}
