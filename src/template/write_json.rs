//! Writes JSON: the same tree, the same bytes.

use super::edit::Style;
use super::node::{Kind, Node};

/// Writes a tree as JSON in the layout of `style`, numbers as they were written.
pub fn write_json(root: &Node<'_>, style: &Style) -> String {
    let mut writer = Writer { style, text: String::new() };
    if style.bom {
        writer.text.push('\u{feff}');
    }
    writer.value(root, 0);
    if style.trailing_newline {
        writer.text.push_str(style.newline);
    }
    writer.text
}

struct Writer<'s> {
    style: &'s Style,
    text: String,
}

impl Writer<'_> {
    fn value(&mut self, node: &Node<'_>, depth: usize) {
        match node.kind {
            Kind::Null => self.text.push_str("null"),
            Kind::Bool(true) => self.text.push_str("true"),
            Kind::Bool(false) => self.text.push_str("false"),
            Kind::Number(number) => self.text.push_str(number),
            Kind::String(text) => self.string(text),
            Kind::Array([]) => self.text.push_str("[]"),
            Kind::Object([]) => self.text.push_str("{}"),
            Kind::Array(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.next(index, depth + 1);
                    self.value(item, depth + 1);
                }
                self.line(depth);
                self.text.push(']');
            }
            Kind::Object(members) => {
                self.text.push('{');
                for (index, member) in members.iter().enumerate() {
                    self.next(index, depth + 1);
                    self.string(member.key);
                    self.text.push_str(if self.style.indent.is_some() { ": " } else { ":" });
                    self.value(&member.value, depth + 1);
                }
                self.line(depth);
                self.text.push('}');
            }
        }
    }

    fn next(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.text.push(',');
        }
        self.line(depth);
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.style.indent {
            self.text.push_str(self.style.newline);
            for _ in 0..depth {
                self.text.push_str(indent);
            }
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        let mut done = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..0x20 => "",
                _ => continue,
            };
            self.text.push_str(&text[done..at]);
            if escape.is_empty() {
                self.text.push_str(&format!("\\u{byte:04x}"));
            } else {
                self.text.push_str(escape);
            }
            done = at + 1;
        }
        self.text.push_str(&text[done..]);
        self.text.push('"');
    }
}
