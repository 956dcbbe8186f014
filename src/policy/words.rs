//! Reading the texts of a policy: wildcards, policy variables, intrinsic functions.

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::pattern::{Pattern, Symbol};

/// The unknown parts of the texts of one comparison: equal expressions are the same part.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    numbers: FxHashMap<String, u32>,
    /// The parts that are an account number.
    accounts: Vec<u32>,
}

impl Atoms {
    pub(super) fn number(&mut self, expression: String) -> u32 {
        let next = self.numbers.len() as u32;
        let is_account = matches!(expression.as_str(), r#"{"Ref":"AWS::AccountId"}"#);
        let number = *self.numbers.entry(expression).or_insert(next);
        if is_account && !self.accounts.contains(&number) {
            self.accounts.push(number);
        }
        number
    }

    pub(super) fn is_account(&self, atom: u32) -> bool {
        self.accounts.contains(&atom)
    }
}

/// How wildcards in a text are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wildcards {
    /// They are ordinary characters.
    None,
    /// They match any characters.
    Any,
    /// They match within one of the first five parts of an ARN, and anything in the last.
    Arn,
}

/// How texts are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) wildcards: Wildcards,
    /// Whether `${...}` is a policy variable, as in version 2012-10-17.
    pub(super) variables: bool,
    pub(super) fold: bool,
}

/// Returns the symbols and the shown text of a value, or `None` if it is no text.
pub(super) fn read(json: &Json, reading: Reading, atoms: &mut Atoms) -> Option<Pattern> {
    let (mut symbols, mut text) = (Vec::new(), String::new());
    append(json, reading, atoms, &mut symbols, &mut text)?;
    if reading.wildcards == Wildcards::Arn {
        confine(&mut symbols);
    }
    Some(Pattern::new(symbols, reading.fold, text))
}

/// Returns whether JSON is an intrinsic function.
pub(super) fn is_function(json: &Json) -> bool {
    matches!(json, Json::Object(members) if members.len() == 1 && members.keys().all(|key| key == "Ref" || key.starts_with("Fn::")))
}

fn append(json: &Json, reading: Reading, atoms: &mut Atoms, symbols: &mut Vec<Symbol>, text: &mut String) -> Option<()> {
    match json {
        Json::String(literal) => append_literal(literal, reading, atoms, symbols, text),
        Json::Number(number) => append_literal(&number.to_string(), reading, atoms, symbols, text),
        Json::Bool(value) => append_literal(if *value { "true" } else { "false" }, reading, atoms, symbols, text),
        Json::Object(_) if is_function(json) => append_function(json, reading, atoms, symbols, text),
        _ => return None,
    }
    Some(())
}

fn append_function(json: &Json, reading: Reading, atoms: &mut Atoms, symbols: &mut Vec<Symbol>, text: &mut String) {
    let start = (symbols.len(), text.len());
    if let Some([Json::String(delimiter), Json::Array(items)]) = json.get("Fn::Join").and_then(Json::as_array).map(Vec::as_slice) {
        let mut append_item = |(index, item): (usize, &Json)| {
            if index > 0 {
                append_literal(delimiter, reading, atoms, symbols, text);
            }
            append(item, reading, atoms, symbols, text)
        };
        if items.iter().enumerate().try_for_each(|item| append_item(item).ok_or(())).is_ok() {
            return;
        }
        symbols.truncate(start.0);
        text.truncate(start.1);
    }
    if let Some(template) = json.get("Fn::Sub").and_then(Json::as_str) {
        return append_sub(template, reading, atoms, symbols, text);
    }
    let name = match (json.get("Ref"), json.get("Fn::GetAtt")) {
        (Some(Json::String(name)), _) => Some(name.clone()),
        (_, Some(Json::String(name))) => Some(name.clone()),
        (_, Some(Json::Array(parts))) => parts.iter().map(Json::as_str).collect::<Option<Vec<_>>>().map(|parts| parts.join(".")),
        _ => None,
    };
    let expression = match (&name, json.get("Ref")) {
        (Some(name), None) => format!("attribute {name}"),
        _ => json.to_string(),
    };
    symbols.push(Symbol::Atom(atoms.number(expression)));
    text.push_str(&name.map_or_else(|| "${...}".to_owned(), |name| format!("${{{name}}}")));
}

/// Appends the text of a `Fn::Sub` without a map.
fn append_sub(template: &str, reading: Reading, atoms: &mut Atoms, symbols: &mut Vec<Symbol>, text: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, following)) = after.split_once('}') else { break };
        append_literal(before, reading, atoms, symbols, text);
        match name.strip_prefix('!') {
            Some(literal) => append_literal(&format!("${{{literal}}}"), reading, atoms, symbols, text),
            None if name.contains('.') => append_function(&serde_json::json!({ "Fn::GetAtt": name }), reading, atoms, symbols, text),
            None => append_function(&serde_json::json!({ "Ref": name }), reading, atoms, symbols, text),
        }
        rest = following;
    }
    append_literal(rest, reading, atoms, symbols, text);
}

fn append_literal(literal: &str, reading: Reading, atoms: &mut Atoms, symbols: &mut Vec<Symbol>, text: &mut String) {
    text.push_str(literal);
    let mut rest = literal;
    while let Some(c) = rest.chars().next() {
        if reading.variables
            && let Some(name) = rest.strip_prefix("${").and_then(|after| after.split_once('}')).map(|(name, _)| name)
        {
            rest = &rest[name.len() + 3..];
            // `${*}`, `${?}` and `${$}` are these characters; any other name is a variable.
            match name {
                "*" | "?" | "$" => symbols.extend(name.chars().map(Symbol::Char)),
                _ => symbols.push(Symbol::Atom(atoms.number(format!("variable {}", variable_name(name))))),
            }
            continue;
        }
        rest = &rest[c.len_utf8()..];
        symbols.push(match c {
            '*' if reading.wildcards != Wildcards::None => Symbol::Star,
            '?' if reading.wildcards != Wildcards::None => Symbol::One,
            c => Symbol::Char(c),
        });
    }
}

/// The name of a variable ignores case; its default value, after a comma, does not.
fn variable_name(text: &str) -> String {
    match text.split_once(',') {
        Some((name, default)) => format!("{},{}", name.trim().to_ascii_lowercase(), default.trim()),
        None => text.trim().to_ascii_lowercase(),
    }
}

/// Confines the wildcards of the first five parts of an ARN to their part.
fn confine(symbols: &mut [Symbol]) {
    let colons: Vec<usize> = (0..symbols.len()).filter(|index| symbols[*index] == Symbol::Char(':')).collect();
    let Some(last) = colons.get(4) else { return };
    for symbol in &mut symbols[..*last] {
        *symbol = match *symbol {
            Symbol::Star => Symbol::StarInSegment,
            Symbol::One => Symbol::OneInSegment,
            other => other,
        };
    }
}

/// Returns the items of a list; any other value counts as a list of one item.
pub(super) fn items(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}
