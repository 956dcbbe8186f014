//! Translates the syntax of Java's regular expressions, which CloudFormation uses for `AllowedPattern`.
//!
//! What cannot be translated exactly is unknown and not refused.
//! Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>,
//! <https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html>

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

const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";
const VERTICAL: &str = r"\n\x{0B}\x{0C}\r\x{85}\x{2028}\x{2029}";
const HORIZONTAL: &str = r" \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";

/// Translates a pattern to the syntax of the `fancy-regex` crate.
///
/// # Errors
///
/// Returns an error if Java refuses the pattern or no translation exists.
pub(super) fn translate(pattern: &str) -> Outcome<String> {
    let mut translator = Translator { rest: pattern, text: String::with_capacity(pattern.len() * 2), open: Vec::new(), dot_all: false };
    translator.dot_all = has_flag(pattern, 's');
    translator.pattern()?;
    Ok(translator.text)
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
    /// The places of the open groups in `text`.
    open: Vec<usize>,
    dot_all: bool,
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
            match character {
                '(' => {
                    self.group()?;
                    self.open.push(start);
                    item = None;
                }
                ')' => {
                    item = Some(self.open.pop().ok_or(Untranslated::Malformed)?);
                    self.text.push(')');
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
                }
                other => {
                    self.literal(other);
                    item = Some(start);
                }
            }
        }
        if self.open.is_empty() { Ok(()) } else { Err(Untranslated::Malformed) }
    }

    fn literal(&mut self, character: char) {
        push_literal(&mut self.text, character);
    }

    /// Translates the start of a group.
    fn group(&mut self) -> Outcome<()> {
        if !self.eat("?") {
            self.text.push('(');
            return Ok(());
        }
        for start in [":", "=", "!", ">", "<=", "<!"] {
            if self.eat(start) {
                self.text.extend(["(?", start]);
                return Ok(());
            }
        }
        if self.eat("<") {
            let name = self.name('>')?;
            self.text.extend(["(?<", &name, ">"]);
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
            self.text.extend(["{", bounds, "}"]);
            self.rest = &self.rest[length + 1..];
        } else {
            self.text.push(first);
        }
        if self.eat("?") {
            self.text.push('?');
        } else if self.eat("+") {
            self.text.insert_str(item, "(?>");
            self.text.push(')');
            // Groups that contain the item start before it, so that their places stay.
        }
        Ok(())
    }

    /// Translates an escape outside of a class, and returns the place of an item that a quantifier can follow.
    fn escape(&mut self, start: usize) -> Outcome<Option<usize>> {
        let Some(character) = self.next() else { return Err(Untranslated::Malformed) };
        match character {
            'b' | 'B' | 'A' | 'z' => self.text.extend(['\\', character]),
            'Z' => self.text.push_str(r"(?=\r?\n?\z)"),
            'R' => self.text.extend([r"(?:\r\n|[", VERTICAL, "])"]),
            'Q' => {
                let length = self.rest.find(r"\E").unwrap_or(self.rest.len());
                let quoted = &self.rest[..length];
                let mut last = start;
                for character in quoted.chars() {
                    last = self.text.len();
                    push_literal(&mut self.text, character);
                }
                self.rest = self.rest.get(length + 2..).unwrap_or_default();
                return Ok((!quoted.is_empty()).then_some(last));
            }
            'E' => return Ok(None),
            'k' => {
                if !self.eat("<") {
                    return Err(Untranslated::Malformed);
                }
                let name = self.name('>')?;
                self.text.extend([r"\k<", &name, ">"]);
            }
            '1'..='9' => {
                let digits: String = self.rest.chars().take_while(char::is_ascii_digit).collect();
                // Java reads as many digits as there are groups; more than one is ambiguous.
                if !digits.is_empty() {
                    return Err(Untranslated::Unsupported);
                }
                self.text.extend(["(?:\\", character.encode_utf8(&mut [0; 4]), ")"]);
            }
            'G' | 'X' | 'N' => return Err(Untranslated::Unsupported),
            _ => match self.member(character)? {
                Member::Character(character) => self.literal(character),
                Member::Class(class) => self.text.extend(["[", &class, "]"]),
            },
        }
        Ok(Some(start))
    }

    /// Translates an escape that stands for a character or a set of them.
    fn member(&mut self, character: char) -> Outcome<Member> {
        Ok(match character {
            'd' => Member::Class("0-9".to_owned()),
            'D' => Member::Class("[^0-9]".to_owned()),
            'w' => Member::Class("a-zA-Z_0-9".to_owned()),
            'W' => Member::Class("[^a-zA-Z_0-9]".to_owned()),
            's' => Member::Class(r" \t\n\x{0B}\x{0C}\r".to_owned()),
            'S' => Member::Class(r"[^ \t\n\x{0B}\x{0C}\r]".to_owned()),
            'h' => Member::Class(HORIZONTAL.to_owned()),
            'H' => Member::Class(format!("[^{HORIZONTAL}]")),
            'v' => Member::Class(VERTICAL.to_owned()),
            'V' => Member::Class(format!("[^{VERTICAL}]")),
            'p' | 'P' => Member::Class(self.property(character == 'P')?),
            't' => Member::Character('\t'),
            'n' => Member::Character('\n'),
            'r' => Member::Character('\r'),
            'f' => Member::Character('\u{c}'),
            'a' => Member::Character('\u{7}'),
            'e' => Member::Character('\u{1b}'),
            '0' => {
                let digits: String = self.rest.chars().take_while(|digit| ('0'..='7').contains(digit)).take(3).collect();
                let length = if digits.len() == 3 && digits.as_str() > "377" { 2 } else { digits.len() };
                self.code(length, 8)?
            }
            'x' if self.eat("{") => {
                let length = self.rest.find('}').ok_or(Untranslated::Malformed)?;
                let member = self.code(length, 16)?;
                self.rest = &self.rest[1..];
                member
            }
            'x' => self.code(2, 16)?,
            'u' => self.code(4, 16)?,
            'c' => {
                let control = self.next().filter(char::is_ascii).ok_or(Untranslated::Malformed)?;
                Member::Character(char::from(control as u8 ^ 64))
            }
            // Java reserves the other letters.
            letter if letter.is_ascii_alphabetic() => return Err(Untranslated::Malformed),
            digit if digit.is_ascii_digit() => return Err(Untranslated::Malformed),
            other => Member::Character(other),
        })
    }

    fn code(&mut self, length: usize, base: u32) -> Outcome<Member> {
        let digits = self.rest.get(..length).filter(|digits| !digits.is_empty()).ok_or(Untranslated::Malformed)?;
        let code = u32::from_str_radix(digits, base).map_err(|_| Untranslated::Malformed)?;
        self.rest = &self.rest[length..];
        // A surrogate is half a character.
        char::from_u32(code).map(Member::Character).ok_or(Untranslated::Unsupported)
    }

    /// Translates `\p{...}` to members of a class.
    fn property(&mut self, is_negated: bool) -> Outcome<String> {
        let name = if self.eat("{") {
            let length = self.rest.find('}').ok_or(Untranslated::Malformed)?;
            let name = self.rest[..length].to_owned();
            self.rest = &self.rest[length + 1..];
            name
        } else {
            self.next().ok_or(Untranslated::Malformed)?.to_string()
        };
        let ascii = match name.as_str() {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x{00}-\x{7F}",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}",
            "Graph" => r"\x{21}-\x{7E}",
            "Print" => r"\x{20}-\x{7E}",
            "Blank" => r" \t",
            "Cntrl" => r"\x{00}-\x{1F}\x{7F}",
            "XDigit" => "0-9a-fA-F",
            "Space" => r" \t\n\x{0B}\x{0C}\r",
            _ => "",
        };
        if !ascii.is_empty() {
            return Ok(if is_negated { format!("[^{ascii}]") } else { ascii.to_owned() });
        }
        let is_category = name.len() <= 2 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let known = match name.as_str() {
            "IsAlphabetic" => "Alphabetic",
            "IsUppercase" => "Uppercase",
            "IsLowercase" => "Lowercase",
            "IsLatin" => "Latin",
            "IsGreek" => "Greek",
            "IsCyrillic" => "Cyrillic",
            "IsL" => "L",
            "IsLu" => "Lu",
            "IsLl" => "Ll",
            "IsN" => "N",
            "IsNd" => "Nd",
            "IsP" => "P",
            other if is_category => other,
            _ => return Err(Untranslated::Unsupported),
        };
        Ok(format!("\\{}{{{known}}}", if is_negated { 'P' } else { 'p' }))
    }

    /// Translates a class after its opening bracket.
    fn class(&mut self, nested: usize) -> Outcome<String> {
        if nested > MOST_NESTED {
            return Err(Untranslated::Unsupported);
        }
        let mut class = String::from(if self.eat("^") { "[^" } else { "[" });
        let is_negated = class.len() > 1;
        let mut is_first = true;
        loop {
            let character = self.next().ok_or(Untranslated::Malformed)?;
            let low = match character {
                ']' if !is_first => break,
                '[' => {
                    // Java versions differ in what `[^a[b]]` means.
                    if is_negated {
                        return Err(Untranslated::Unsupported);
                    }
                    let inner = self.class(nested + 1)?;
                    class.push_str(&inner);
                    is_first = false;
                    continue;
                }
                '&' if self.rest.starts_with('&') => {
                    if is_negated {
                        return Err(Untranslated::Unsupported);
                    }
                    self.eat("&");
                    class.push_str("&&");
                    continue;
                }
                '\\' if self.eat("Q") => {
                    let length = self.rest.find(r"\E").unwrap_or(self.rest.len());
                    self.rest[..length].chars().for_each(|character| push_literal(&mut class, character));
                    self.rest = self.rest.get(length + 2..).unwrap_or_default();
                    is_first = false;
                    continue;
                }
                '\\' => {
                    let escaped = self.next().ok_or(Untranslated::Malformed)?;
                    match self.member(escaped)? {
                        Member::Character(character) => character,
                        Member::Class(members) => {
                            class.push_str(&members);
                            is_first = false;
                            continue;
                        }
                    }
                }
                other => other,
            };
            is_first = false;
            push_literal(&mut class, low);
            // A hyphen before a class or the end is itself.
            let after = self.rest.strip_prefix('-').and_then(|rest| rest.chars().next());
            if !after.is_some_and(|after| !matches!(after, ']' | '[')) {
                continue;
            }
            let kept = self.rest;
            self.eat("-");
            let high = match self.next() {
                Some('\\') => {
                    let escaped = self.next().ok_or(Untranslated::Malformed)?;
                    match self.member(escaped)? {
                        Member::Character(character) => character,
                        // `[a-\d]` is `a`, `-` and digits.
                        Member::Class(members) => {
                            class.push_str("\\-");
                            class.push_str(&members);
                            continue;
                        }
                    }
                }
                Some('&') if self.rest.starts_with('&') => {
                    self.rest = &kept[1..];
                    class.push_str("\\-");
                    continue;
                }
                Some(character) => character,
                None => return Err(Untranslated::Malformed),
            };
            if high < low {
                return Err(Untranslated::Malformed);
            }
            class.push('-');
            push_literal(&mut class, high);
        }
        class.push(']');
        Ok(class)
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

#[cfg(test)]
mod tests {
    use super::{Untranslated, translate};

    fn matches(pattern: &str, text: &str) -> bool {
        let translated = translate(pattern).unwrap_or_else(|error| unreachable!("{pattern}: {error:?}"));
        let regex = fancy_regex::Regex::new(&format!(r"\A(?:{translated})\z"));
        regex.unwrap_or_else(|error| unreachable!("{pattern} gives {translated}: {error}")).is_match(text).unwrap_or(false)
    }

    #[test]
    fn syntax_that_only_java_has_is_translated() {
        for (pattern, yes, no) in [
            (r"[\w-\.]+@[\w-]+\.[a-z]{2,}", "a.b-c@x-y.com", "a b@x.com"),
            (r"[a-z&&[^aeiou]]+", "bcd", "bad"),
            (r"[a-c[x-z]]+", "axz", "d"),
            (r"\Qa.b\E+", "a.bb", "axb"),
            (r"\p{Alpha}\p{Digit}{2}", "a12", "é12"),
            (r"\p{Upper}\p{Lower}*+", "Abc", "abc"),
            (r"a++b", "aab", "a"),
            (r"a{1,2}+b", "aab", "aaab"),
            (r"(?<year>\d{4})-\k<year>", "2020-2020", "2020-2021"),
            (r"a\h\R?b", "a\u{a0}\r\nb", "ab"),
            (r"[^\s]+", "abc", "a b"),
            (r"[\[\]{}()*+?.,\\^$|#-]+", "[]{}()*+?.,\\^$|#-", "a"),
            (r"(?i)abc", "ABC", "abd"),
            (r"(?i:ab)c", "ABc", "ABC"),
            (r"(?!admin)[a-z]+", "adm", "admin"),
            (r"^(?>a|ab)c$", "ac", "abc"),
            (r"\x41\u0042\0103", "ABC", "abc"),
            (r"[\x20-\x7E]*", "a ~", "é"),
            (r"(a|b)\1", "aa", "ab"),
            (r"\-\/\<\_", "-/<_", "-/<"),
            (r"[a\-z]+", "a-z", "b"),
            (r"[-a]+", "-a", "b"),
            (r"[a-]+", "-a", "b"),
            (r"[]a]+", "]a", "b"),
            (r"\d+", "12", "\u{661}"),
            (r".*", "a b", "a\nb"),
            (r"(?s)a.b", "a\nb", "ab"),
            (r"\pL+", "é", "1"),
            (r"", "", "a"),
        ] {
            assert!(matches(pattern, yes), "{pattern} must match {yes:?}");
            assert!(!matches(pattern, no), "{pattern} must not match {no:?}");
        }
    }

    #[test]
    fn malformed_patterns_differ_from_those_without_a_translation() {
        for pattern in ["(", ")", "[a", "a{", "a{x}", "*a", r"\q", "a\\", "[z-a]", "(?<1>a)", r"\p{"] {
            assert_eq!(translate(pattern), Err(Untranslated::Malformed), "{pattern}");
        }
        for pattern in [r"\X", r"\p{javaLowerCase}", r"\p{InGreek}", "(?x) a", "[^a[b]]", r"\12"] {
            assert_eq!(translate(pattern), Err(Untranslated::Unsupported), "{pattern}");
        }
    }
}
