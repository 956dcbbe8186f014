//! Values as JSON in the style of the document around them.

use serde_json::Value;

use super::insertion::{Insertion, Step};
use crate::diagnostic::Source;
use crate::template::{Document, Kind, Node, Style};

/// How long a line may get before a value is opened up.
const WIDTH: usize = 140;

/// How a document writes its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonStyle {
    /// One level of indentation; `None` when everything stands on one line.
    indent: Option<String>,
    /// Whether short objects and arrays stand on one line among others on lines of their own.
    inline: bool,
    /// Whether blanks stand inside braces: `{ "a": 1 }`.
    padded_objects: bool,
    /// Whether blanks stand inside brackets: `[ 1 ]`.
    padded_arrays: bool,
    /// What stands between a key and its value.
    colon: &'static str,
    /// What stands between neighbours on one line.
    comma: &'static str,
}

/// Votes on one question of style.
#[derive(Default)]
struct Votes {
    yes: usize,
    no: usize,
}

impl Votes {
    fn add(&mut self, yes: bool) {
        if yes { self.yes += 1 } else { self.no += 1 }
    }

    fn won(&self) -> bool {
        self.yes > self.no
    }
}

#[derive(Default)]
struct Poll {
    inline: Votes,
    padded_objects: Votes,
    padded_arrays: Votes,
    colon: Votes,
    comma: Votes,
}

impl JsonStyle {
    /// Reads the style off a document.
    pub(super) fn detect(document: &Document<'_>, style: &Style) -> Self {
        let mut poll = Poll::default();
        poll.ask(document.source, document.root, 5000);
        let unasked = |votes: &Votes| votes.yes + votes.no == 0;
        Self {
            indent: style.indent.clone(),
            inline: poll.inline.won(),
            padded_objects: poll.padded_objects.won(),
            padded_arrays: poll.padded_arrays.won(),
            colon: if poll.colon.won() { ": " } else { ":" },
            comma: if poll.comma.won() || (unasked(&poll.comma) && style.indent.is_some()) { ", " } else { "," },
        }
    }

    /// Returns the text of one new child, its first line without indentation and the others relative to it.
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
            // Of a resource only `Properties` is opened as the resource is; other members are short.
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

impl Poll {
    /// Asks a node and everything in it, until enough were asked.
    fn ask(&mut self, source: &Source, node: &Node<'_>, enough: usize) {
        if self.inline.yes + self.inline.no > enough {
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
                    self.ask(source, &member.value, enough);
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
                    self.ask(source, item, enough);
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
