//! Writes JSON.

use super::edit::Style;
use super::json::MAX_DEPTH;
use super::node::{Kind, Node};

/// Writes a tree as JSON in the layout of `style`; numbers keep their text.
pub fn write_json(root: &Node<'_>, style: &Style) -> String {
    let indent = style.indent.as_ref().map(|unit| format!("{}{}", style.newline, unit.repeat(MAX_DEPTH)));
    let mut writer = Writer {
        indent,
        unit: style.indent.as_ref().map_or(0, String::len),
        newline: style.newline.len(),
        text: String::with_capacity(64 * 1024),
    };
    if style.bom {
        writer.text.push('\u{feff}');
    }
    writer.value(root, 0);
    if style.trailing_newline {
        writer.text.push_str(style.newline);
    }
    writer.text
}

struct Writer {
    /// A line end with the deepest indentation; a prefix of it is the indentation of any other level.
    indent: Option<String>,
    /// The length of one level of indentation.
    unit: usize,
    /// The length of the line end.
    newline: usize,
    text: String,
}

impl Writer {
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
                    self.text.push_str(if self.indent.is_some() { ": " } else { ":" });
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
        if let Some(indent) = &self.indent {
            let length = self.newline + depth * self.unit;
            self.text.push_str(indent.get(..length).unwrap_or(indent));
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            self.text.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                b'"' => self.text.push_str("\\\""),
                b'\\' => self.text.push_str("\\\\"),
                b'\n' => self.text.push_str("\\n"),
                b'\r' => self.text.push_str("\\r"),
                b'\t' => self.text.push_str("\\t"),
                byte => self.text.push_str(&format!("\\u{byte:04x}")),
            }
            rest = &rest[at + 1..];
        }
        self.text.push_str(rest);
        self.text.push('"');
    }
}
