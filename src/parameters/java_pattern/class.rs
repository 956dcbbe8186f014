//! Classes: `[a-z&&[^aeiou]]`.

use super::{MOST_NESTED, Member, Outcome, Translator, Untranslated, push_literal};

impl Translator<'_> {
    /// Translates a class after its opening bracket.
    pub(super) fn class(&mut self, nested: usize) -> Outcome<String> {
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
