//! Writes values as JSON in the style of the document.

use serde_json::Value;

use super::insertion::{Insertion, Step};
use crate::diagnostic::Source;
use crate::template::{Document, Kind, Node, Style};

/// Maximum line length for a value on one line.
const WIDTH: usize = 140;

/// The JSON style of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonStyle {
    /// One level of indentation; `None` if the document is on one line.
    indent: Option<String>,
    /// Whether short objects and arrays are written on one line.
    inline: bool,
    /// Whether there are spaces inside braces: `{ "a": 1 }`.
    padded_objects: bool,
    /// Whether there are spaces inside brackets: `[ 1 ]`.
    padded_arrays: bool,
    /// The separator between a key and its value.
    colon: &'static str,
    /// The separator between members or items on one line.
    comma: &'static str,
}

/// Counts the nodes that follow one style rule and those that do not.
#[derive(Default)]
struct Count {
    yes: usize,
    no: usize,
}

impl Count {
    fn add(&mut self, yes: bool) {
        if yes { self.yes += 1 } else { self.no += 1 }
    }

    fn is_majority(&self) -> bool {
        self.yes > self.no
    }
}

/// What the document's nodes show about its style.
#[derive(Default)]
struct StyleCounts {
    inline: Count,
    padded_objects: Count,
    padded_arrays: Count,
    colon: Count,
    comma: Count,
}

impl JsonStyle {
    /// Detects the style of a document.
    pub(super) fn detect(document: &Document<'_>, style: &Style) -> Self {
        let mut counts = StyleCounts::default();
        counts.count(document.source, document.root, 5000);
        let is_unused = |votes: &Count| votes.yes + votes.no == 0;
        Self {
            indent: style.indent.clone(),
            inline: counts.inline.is_majority(),
            padded_objects: counts.padded_objects.is_majority(),
            padded_arrays: counts.padded_arrays.is_majority(),
            colon: if counts.colon.is_majority() { ": " } else { ":" },
            comma: if counts.comma.is_majority() || (is_unused(&counts.comma) && style.indent.is_some()) { ", " } else { "," },
        }
    }

    /// Returns the text of one new child: the first line without indentation, the other lines indented relative to it.
    pub(super) fn child(&self, insertion: &Insertion<'_>) -> String {
        let unit = self.indent.as_ref().map_or(0, |unit| unit.replace('\t', "    ").len());
        let steps = insertion.path.iter().filter(|step| matches!(step, Step::Key(_) | Step::Index(_))).count();
        let mut text = String::new();
        if let Some(key) = &insertion.key {
            text.push_str(&Value::from(key.as_str()).to_string());
            text.push_str(self.colon);
        }
        let column = (steps + 1) * unit + text.len();
        self.write(&mut text, &insertion.value, 0, column, insertion.open_levels);
        text
    }

    fn write(&self, text: &mut String, value: &Value, depth: usize, column: usize, open_levels: usize) {
        let line = self.line(value);
        let short = open_levels == 0 && self.inline && column + line.len() < WIDTH;
        let Some(unit) = self.indent.as_deref().filter(|_| !short && !is_empty(value)) else {
            text.push_str(&line);
            return;
        };
        let width = unit.replace('\t', "    ").len();
        let base = column.saturating_sub(text.rsplit('\n').next().map_or(0, |line| line.trim_start().len()));
        let children: Vec<(Option<String>, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(key, value)| (Some(Value::from(key.as_str()).to_string()), value)).collect(),
            Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
            _ => Vec::new(),
        };
        let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
        text.push(open);
        for (index, (key, child)) in children.iter().enumerate() {
            text.push_str(if index == 0 { "\n" } else { ",\n" });
            text.push_str(&unit.repeat(depth + 1));
            let mut column = base + width;
            if let Some(key) = key {
                text.push_str(key);
                text.push_str(self.colon);
                column += key.len() + self.colon.len();
            }
            // Only objects inherit the open levels: in a resource that is `Properties`; arrays stay on one line if they fit.
            let inner = if open_levels > 1 && !child.is_array() { open_levels - 1 } else { 0 };
            self.write(text, child, depth + 1, column, inner);
        }
        text.push('\n');
        text.push_str(&unit.repeat(depth));
        text.push(close);
    }

    /// Returns a value on one line.
    fn line(&self, value: &Value) -> String {
        let (children, open, close, padded): (Vec<String>, _, _, _) = match value {
            Value::Object(members) => {
                let member = |(key, value): (&String, &Value)| format!("{}{}{}", Value::from(key.as_str()), self.colon, self.line(value));
                (members.iter().map(member).collect(), '{', '}', self.padded_objects)
            }
            Value::Array(items) => (items.iter().map(|item| self.line(item)).collect(), '[', ']', self.padded_arrays),
            scalar => return scalar.to_string(),
        };
        let pad = if padded && !children.is_empty() { " " } else { "" };
        format!("{open}{pad}{}{pad}{close}", children.join(self.comma))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

impl StyleCounts {
    /// Counts a node and its descendants, up to about `limit` nodes.
    fn count(&mut self, source: &Source, node: &Node<'_>, limit: usize) {
        if self.inline.yes + self.inline.no > limit {
            return;
        }
        let text = source.slice(node.span);
        let on_one_line = !text.contains('\n');
        let padded = text.as_bytes().get(1) == Some(&b' ');
        match node.kind {
            Kind::Object(members) if !members.is_empty() => {
                if members.iter().all(|member| member.value.scalar().is_some()) {
                    self.inline.add(on_one_line);
                }
                if on_one_line {
                    self.padded_objects.add(padded);
                }
                for member in members {
                    let gap = source.text().get(member.key_span.end as usize..member.value.span.start as usize).unwrap_or_default();
                    self.colon.add(gap.ends_with(' '));
                    self.count(source, &member.value, limit);
                }
                for pair in members.windows(2).filter(|_| on_one_line) {
                    self.comma.add(gap_has_blank(source, pair[0].value.span.end, pair[1].key_span.start));
                }
            }
            Kind::Array(items) if !items.is_empty() => {
                if on_one_line {
                    self.padded_arrays.add(padded);
                }
                for item in items {
                    self.count(source, item, limit);
                }
                for pair in items.windows(2).filter(|_| on_one_line) {
                    self.comma.add(gap_has_blank(source, pair[0].span.end, pair[1].span.start));
                }
            }
            _ => {}
        }
    }
}

fn gap_has_blank(source: &Source, from: u32, to: u32) -> bool {
    source.text().get(from as usize..to as usize).unwrap_or_default().contains(' ')
}
