//! Escapes: characters, predefined classes and properties.

use super::{HORIZONTAL, Member, Outcome, Translator, Untranslated, VERTICAL, push_literal};

/// The states of a class such as `\p{L}` in the engine for all of Unicode, in proportion to those of a range.
const COST_OF_UNICODE: usize = 20;

/// Members of a class that no ASCII text has.
const NOTHING_IN_ASCII: &str = r"\x{80}";

impl Translator<'_> {
    /// Translates an escape outside of a class, and returns the place of an item that a quantifier can follow.
    pub(super) fn escape(&mut self, start: usize) -> Outcome<Option<usize>> {
        let Some(character) = self.next() else { return Err(Untranslated::Malformed) };
        match character {
            'b' | 'B' | 'A' | 'z' => self.text.extend(['\\', character]),
            'Z' => {
                self.backtracks = true;
                self.text.push_str(r"(?=\r?\n?\z)");
            }
            'R' => self.text.extend([r"(?:\r\n|[", VERTICAL, "])"]),
            'Q' => {
                let length = self.rest.find(r"\E").unwrap_or(self.rest.len());
                let quoted = &self.rest[..length];
                self.cost = quoted.len();
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
                self.backtracks = true;
                self.text.extend([r"\k<", &name, ">"]);
            }
            '1'..='9' => {
                let digits: String = self.rest.chars().take_while(char::is_ascii_digit).collect();
                // Java reads as many digits as there are groups; more than one is ambiguous.
                if !digits.is_empty() {
                    return Err(Untranslated::Unsupported);
                }
                self.backtracks = true;
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
    pub(super) fn member(&mut self, character: char) -> Outcome<Member> {
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
        let ascii = ascii_class(&name);
        if let Some(ascii) = ascii {
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
        self.cost += COST_OF_UNICODE;
        if self.is_ascii {
            let members = ascii_members(known).ok_or(Untranslated::Unsupported)?;
            return Ok(match (members, is_negated) {
                ("", false) => NOTHING_IN_ASCII.to_owned(),
                ("", true) => r"\x{00}-\x{7F}".to_owned(),
                (members, false) => members.to_owned(),
                (members, true) => format!("[^{members}]"),
            });
        }
        Ok(format!("\\{}{{{known}}}", if is_negated { 'P' } else { 'p' }))
    }
}

/// Returns the members of a POSIX class, which has ASCII characters only.
fn ascii_class(name: &str) -> Option<&'static str> {
    Some(match name {
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
        _ => return None,
    })
}

/// Returns the ASCII characters of a category or a property of Unicode, as members of a class; empty if it has none.
///
/// Source: <https://www.unicode.org/Public/UCD/latest/ucd/UnicodeData.txt>
fn ascii_members(name: &str) -> Option<&'static str> {
    Some(match name {
        "L" | "Alphabetic" | "Latin" => "a-zA-Z",
        "Lu" | "Uppercase" => "A-Z",
        "Ll" | "Lowercase" => "a-z",
        "N" | "Nd" => "0-9",
        "P" => r"\x{21}-\x{23}\x{25}-\x{2A}\x{2C}-\x{2F}\x{3A}\x{3B}\x{3F}\x{40}\x{5B}-\x{5D}\x{5F}\x{7B}\x{7D}",
        "Pc" => r"\x{5F}",
        "Pd" => r"\x{2D}",
        "Ps" => r"\x{28}\x{5B}\x{7B}",
        "Pe" => r"\x{29}\x{5D}\x{7D}",
        "Po" => r"\x{21}-\x{23}\x{25}-\x{27}\x{2A}\x{2C}\x{2E}\x{2F}\x{3A}\x{3B}\x{3F}\x{40}\x{5C}",
        "S" => r"\x{24}\x{2B}\x{3C}-\x{3E}\x{5E}\x{60}\x{7C}\x{7E}",
        "Sm" => r"\x{2B}\x{3C}-\x{3E}\x{7C}\x{7E}",
        "Sc" => r"\x{24}",
        "Sk" => r"\x{5E}\x{60}",
        "Z" | "Zs" => r"\x{20}",
        "C" | "Cc" => r"\x{00}-\x{1F}\x{7F}",
        "Lt" | "Lm" | "Lo" | "M" | "Mn" | "Mc" | "Me" | "Nl" | "No" | "Pi" | "Pf" | "So" | "Zl" | "Zp" | "Cf" | "Cs" | "Co" | "Cn"
        | "Greek" | "Cyrillic" => "",
        _ => return None,
    })
}
