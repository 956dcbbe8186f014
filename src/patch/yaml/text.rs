//! Writes values as block YAML in the style of the document.

use serde_json::Value;

use super::super::insertion::Insertion;
use crate::template::{Document, Kind, Node, SHORT_FORMS, Style};

/// Maximum length of a list or function on one line.
const WIDTH: usize = 100;

/// The style of a YAML document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::patch) struct YamlStyle {
    /// The number of spaces by which members are indented.
    indent: usize,
    /// Whether functions use short forms: `!Ref Vpc`.
    short_forms: bool,
    /// Whether short lists use flow style, in brackets.
    flow_lists: bool,
    /// Whether a list's dashes are indented relative to its key.
    indented_lists: bool,
}

/// Balances of nodes that follow each style rule (+1) and nodes that do not (-1).
#[derive(Default)]
struct StyleCounts {
    short_forms: isize,
    flow_lists: isize,
    indented_lists: isize,
}

impl YamlStyle {
    /// Detects the style of a document.
    pub(in crate::patch) fn detect(document: &Document<'_>, style: &Style) -> Self {
        let mut counts = StyleCounts::default();
        counts.count(document, document.root);
        Self {
            indent: style.indent.as_ref().map_or(2, String::len).max(2),
            short_forms: counts.short_forms >= 0,
            flow_lists: counts.flow_lists > 0,
            indented_lists: counts.indented_lists >= 0,
        }
    }

    /// Returns the lines of one new child, relative to the column of its neighbours.
    pub(in crate::patch) fn child(&self, insertion: &Insertion<'_>) -> Vec<String> {
        match &insertion.key {
            Some(key) => self.member(key, &insertion.value),
            None => self.item(&insertion.value),
        }
    }

    fn member(&self, key: &str, value: &Value) -> Vec<String> {
        let key = scalar(key);
        if let Some(text) = self.inline(value).filter(|text| key.len() + text.len() < WIDTH || !is_container(value)) {
            return vec![format!("{key}: {text}")];
        }
        let (head, body) = self.open(value);
        let mut lines = vec![format!("{key}:{head}")];
        let is_list = body.first().is_some_and(|line| line.starts_with('-'));
        let indent = if is_list && !self.indented_lists { 0 } else { self.indent };
        lines.extend(body.into_iter().map(|line| format!("{}{line}", " ".repeat(indent))));
        lines
    }

    fn item(&self, value: &Value) -> Vec<String> {
        if let Some(text) = self.inline(value).filter(|text| text.len() < WIDTH || !is_container(value)) {
            return vec![format!("- {text}")];
        }
        let (head, body) = self.open(value);
        let mut lines: Vec<String> = body.into_iter().map(|line| format!("  {line}")).collect();
        if head.is_empty() {
            if let Some(first) = lines.first_mut() {
                first.replace_range(..1, "-");
            }
        } else {
            lines.insert(0, format!("-{head}"));
        }
        lines
    }

    /// Returns the text after the colon or dash, and the lines below it.
    fn open(&self, value: &Value) -> (String, Vec<String>) {
        if let Some((name, operand)) = self.short_form(value) {
            return (format!(" !{name}"), self.open(operand).1);
        }
        let lines = match value {
            Value::Object(members) => members.iter().flat_map(|(key, value)| self.member(key, value)).collect(),
            Value::Array(items) => items.iter().flat_map(|item| self.item(item)).collect(),
            scalar => vec![plain(scalar)],
        };
        (String::new(), lines)
    }

    /// Returns a value on one line, if the document's style writes it so.
    fn inline(&self, value: &Value) -> Option<String> {
        if let Some((name, operand)) = self.short_form(value) {
            return Some(format!("!{name} {}", self.inline(operand)?));
        }
        match value {
            Value::Object(members) if members.is_empty() => Some("{}".to_owned()),
            Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
            Value::Object(members) => {
                let (key, operand) =
                    members.iter().next().filter(|(key, _)| members.len() == 1 && self.flow_lists && function(key).is_some())?;
                Some(format!("{{{key}: {}}}", self.inline(operand)?))
            }
            Value::Array(_) if !self.flow_lists => None,
            Value::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(|item| self.inline(item)).collect();
                Some(format!("[{}]", items?.join(", "))).filter(|text| text.len() < WIDTH)
            }
            scalar => Some(plain(scalar)),
        }
    }

    /// Returns a function's name and operand if it can be written as a short form. YAML allows one tag per value, so a function
    /// whose operand is a short form is written in its long form.
    fn short_form<'v>(&self, value: &'v Value) -> Option<(&'static str, &'v Value)> {
        let (key, operand) = value.as_object().filter(|members| self.short_forms && members.len() == 1)?.iter().next()?;
        let name = function(key)?;
        (self.short_form(operand).is_none() && (key != "Condition" || operand.is_string())).then_some((name, operand))
    }
}

impl StyleCounts {
    fn count(&mut self, document: &Document<'_>, node: &Node<'_>) {
        let text = document.source.text();
        let column = |offset: u32| {
            let offset = offset as usize;
            offset - text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
        };
        match node.kind {
            Kind::Object(members) => {
                for member in members {
                    let tagged = document.source.slice(member.key_span).starts_with('!');
                    if member.key == "Ref" || member.key.starts_with("Fn::") {
                        self.short_forms += if tagged { 1 } else { -1 };
                    }
                    let is_block = matches!(member.value.kind, Kind::Array(_)) && document.source.slice(member.value.span).starts_with('-');
                    if is_block && !tagged {
                        self.indented_lists += if column(member.value.span.start) > column(member.key_span.start) { 1 } else { -1 };
                    }
                    self.count(document, &member.value);
                }
            }
            Kind::Array(items) => {
                if items.iter().all(|item| item.scalar().is_some() || function_node(item)) {
                    self.flow_lists += if document.source.slice(node.span).starts_with('[') { 1 } else { -1 };
                }
                items.iter().for_each(|item| self.count(document, item));
            }
            _ => {}
        }
    }
}

fn function_node(node: &Node<'_>) -> bool {
    matches!(node.kind, Kind::Object([member]) if function(member.key).is_some())
}

/// Returns the name of a function's short form.
fn function(key: &str) -> Option<&'static str> {
    let name = match key {
        "Condition" | "Ref" => key,
        _ => key.strip_prefix("Fn::").filter(|name| !matches!(*name, "Condition" | "Ref"))?,
    };
    SHORT_FORMS.into_iter().find(|known| *known == name)
}

/// Returns whether a value has parts that can be written on separate lines.
fn is_container(value: &Value) -> bool {
    match value {
        Value::Object(members) if members.len() == 1 => {
            members.iter().any(|(key, operand)| function(key).is_none() || is_container(operand))
        }
        other => other.is_object() || other.is_array(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Returns a string as a plain scalar if both YAML 1.1 and 1.2 read it as that string; quoted otherwise.
fn scalar(text: &str) -> String {
    let keywords = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_./:- ".contains(character))
        && !text.ends_with([':', ' '])
        && !text.contains(": ")
        && !keywords.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else if text.contains(['"', '\\']) && !text.contains('\'') && !text.contains(char::is_control) {
        format!("'{text}'")
    } else {
        Value::from(text).to_string()
    }
}
