//! Writes YAML that has the same meaning in YAML 1.1 and 1.2.
//!
//! Existing emitters keep neither a number's text (`1.50`, a large integer) nor the quotes that YAML 1.1 requires around `1:30` and
//! `2010-09-09`.

use super::resolve::{Plain, plain};
use super::short_form::SHORT_FORMS;
use crate::template::node::{Kind, Member, Node};

/// The form of functions in YAML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Functions {
    /// `Ref: Vpc`, as in JSON.
    #[default]
    Long,
    /// `!Ref Vpc`, if reading it returns the same value.
    Short,
}

/// Longest key that is written without `?`; YAML's limit, less some room for quotes.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// Writes a tree as YAML, in block style with two spaces per level.
pub fn write_yaml(root: &Node<'_>, functions: Functions) -> String {
    let mut writer = Writer { functions, text: String::new() };
    writer.value(root, 0, Lead::Root);
    writer.text
}

/// The text before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Root,
    Dash,
    /// A key with its colon, or a tag.
    Word,
}

struct Writer {
    functions: Functions,
    text: String,
}

impl Writer {
    /// Writes a value and ends its line; its children start at the column `level`.
    fn value(&mut self, node: &Node<'_>, level: usize, lead: Lead) {
        if let Some((name, operand)) = self.short_form(node) {
            self.gap(lead);
            self.text.push('!');
            self.text.push_str(name);
            if let ("GetAtt", Kind::Array([resource, attribute])) = (name, operand.kind)
                && let (Some(resource), Some(attribute)) = (resource.as_str(), attribute.as_str())
            {
                self.text.push(' ');
                self.line_scalar(&format!("{resource}.{attribute}"));
                self.text.push('\n');
                return;
            }
            self.value(operand, level.max(2), Lead::Word);
            return;
        }
        match node.kind {
            Kind::Object([]) => self.word(lead, "{}"),
            Kind::Array([]) => self.word(lead, "[]"),
            Kind::Null => self.word(lead, "null"),
            Kind::Bool(true) => self.word(lead, "true"),
            Kind::Bool(false) => self.word(lead, "false"),
            Kind::Number(number) => self.number(lead, number),
            Kind::String(text) => {
                self.gap(lead);
                if lead == Lead::Root || !self.block_scalar(text, level) {
                    self.line_scalar(text);
                    self.text.push('\n');
                }
            }
            Kind::Object(members) => {
                for (index, member) in members.iter().enumerate() {
                    self.start(index, level, lead);
                    self.member(member, level);
                }
            }
            Kind::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.start(index, level, lead);
                    self.text.push('-');
                    self.value(item, level + 2, Lead::Dash);
                }
            }
        }
    }

    fn member(&mut self, member: &Member<'_>, level: usize) {
        let start = self.text.len();
        self.line_scalar(member.key);
        // The limit applies to the written key: each control character takes six bytes.
        if self.text.len() - start > LONGEST_SIMPLE_KEY {
            self.text.insert_str(start, "? ");
            self.text.push('\n');
            self.indent(level);
        }
        self.text.push(':');
        self.value(&member.value, level + 2, Lead::Word);
    }

    /// Starts a member or an item: the first one after a dash shares its line.
    fn start(&mut self, index: usize, level: usize, lead: Lead) {
        match (index, lead) {
            (0, Lead::Root) => {}
            (0, Lead::Dash) => self.text.push(' '),
            (0, Lead::Word) => {
                self.text.push('\n');
                self.indent(level);
            }
            _ => self.indent(level),
        }
    }

    /// Returns the short name and operand of a function, if reading the short form returns the same value.
    fn short_form<'n>(&self, node: &'n Node<'_>) -> Option<(&'n str, &'n Node<'n>)> {
        let (Functions::Short, Kind::Object([member])) = (self.functions, node.kind) else {
            return None;
        };
        let operand = &member.value;
        let name = match member.key {
            "Ref" => "Ref",
            // A policy statement may contain a lone `Condition` that is not a function.
            key => key
                .strip_prefix("Fn::")
                .filter(|name| SHORT_FORMS.contains(name) && !matches!(*name, "Ref" | "Condition" | "GetStackOutput"))?,
        };
        let reads_back = match operand.kind {
            Kind::String(text) => name != "GetAtt" || !text.contains('.'),
            // A value can have only one tag.
            Kind::Object(_) => self.short_form(operand).is_none(),
            Kind::Array([resource, attribute]) if name == "GetAtt" => match (resource.as_str(), attribute.as_str()) {
                (Some(resource), Some(_)) => !resource.contains('.'),
                _ => true,
            },
            Kind::Array(_) => true,
            _ => false,
        };
        reads_back.then_some((name, operand))
    }

    fn gap(&mut self, lead: Lead) {
        if lead != Lead::Root {
            self.text.push(' ');
        }
    }

    fn indent(&mut self, level: usize) {
        self.text.extend(std::iter::repeat_n(' ', level));
    }

    fn word(&mut self, lead: Lead, word: &str) {
        self.gap(lead);
        self.text.push_str(word);
        self.text.push('\n');
    }

    /// Writes a number, with a tag if YAML 1.1 would read it as text, such as `1e3`.
    fn number(&mut self, lead: Lead, number: &str) {
        if matches!(plain(number), Plain::Number(same) if same == number) {
            self.word(lead, number);
        } else {
            self.word(lead, &format!("!!float {number}"));
        }
    }

    /// Writes text with several lines as a literal block, if possible; returns whether it did.
    fn block_scalar(&mut self, text: &str, level: usize) -> bool {
        let starts_plainly = !text.starts_with([' ', '\t', '\n']);
        if !text.contains('\n') || !starts_plainly || text.chars().any(|character| character != '\n' && needs_escape(character)) {
            return false;
        }
        let body = text.trim_end_matches('\n');
        self.text.push_str(match text.len() - body.len() {
            0 => "|-\n",
            1 => "|\n",
            _ => "|+\n",
        });
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.indent(level);
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
        true
    }

    /// Writes text on one line: plain if it is unambiguous, otherwise in quotes.
    fn line_scalar(&mut self, text: &str) {
        if is_safely_plain(text) {
            self.text.push_str(text);
        } else if text.chars().any(needs_escape) {
            self.text.push('"');
            for character in text.chars() {
                match character {
                    '"' => self.text.push_str("\\\""),
                    '\\' => self.text.push_str("\\\\"),
                    '\n' => self.text.push_str("\\n"),
                    '\t' => self.text.push_str("\\t"),
                    '\r' => self.text.push_str("\\r"),
                    _ if needs_escape(character) => self.text.push_str(&format!("\\u{:04x}", u32::from(character))),
                    _ => self.text.push(character),
                }
            }
            self.text.push('"');
        } else {
            self.text.push('\'');
            self.text.push_str(&text.replace('\'', "''"));
            self.text.push('\'');
        }
    }
}

/// Returns whether a character must be escaped in YAML, or would end a line.
fn needs_escape(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn is_safely_plain(text: &str) -> bool {
    let first_is_plain = text.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '_' | '/' | '$' | '(' | '^'));
    let is_inside_plain = |character: char| character.is_alphanumeric() || (character.is_ascii() && !character.is_ascii_control());
    let like_a_number = text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X' | b'o' | b'O' | b'_' | b'.' | b':' | b'+' | b'-'));
    let bytes = text.as_bytes();
    let like_a_date = bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-';
    first_is_plain
        && text.chars().all(is_inside_plain)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !like_a_number
        && !like_a_date
        && !matches!(text, "y" | "Y" | "n" | "N")
        && plain(text) == Plain::Text
}
