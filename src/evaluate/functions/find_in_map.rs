//! `Fn::FindInMap`: looks up a value in `Mappings`.

use bumpalo::collections::Vec as ArenaVec;

use crate::diagnostic::Diagnostic;
use crate::evaluate::budget::bytes_of;
use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::evaluate::zones::availability_zones;
use crate::template::{Intrinsic, Kind, Node};
use crate::text::{MOST_SUGGESTIONS, did_you_mean};

const WORDING: &str =
    "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn find_in_map(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Option<Value<'a>> {
        let Some([map, top, second, rest @ ..]) = Self::operands(operand, 3..=4) else {
            self.problem("find-in-map-operands", operand, "`Fn::FindInMap` takes a map, a top-level key and a second-level key", WORDING);
            return Some(self.unevaluated(node));
        };
        let default = match rest {
            [] => None,
            [only] => match only.get("DefaultValue") {
                Some(value) => Some(value),
                None => {
                    self.problem(
                        "find-in-map-operands",
                        only,
                        "the fourth operand of `Fn::FindInMap` is `{\"DefaultValue\": ...}`",
                        WORDING,
                    );
                    return Some(self.unevaluated(node));
                }
            },
            _ => None,
        };
        let keys = [self.operand(map), self.operand(top), self.operand(second)];
        if keys.iter().any(Value::is_unknown) {
            let mut operands = ArenaVec::from_iter_in(keys, self.arena.bump());
            if let Some(value) = default.and_then(|default| self.value(default)) {
                operands.push(value);
            }
            return Some(self.unknown(Residual::FindInMap(operands.into_bump_slice()), node));
        }
        let [Some(map_name), Some(top_key), Some(second_key)] = keys.map(|key| key.text()) else {
            self.problem("find-in-map-operands", operand, "the name and keys of `Fn::FindInMap` must be strings", WORDING);
            return Some(self.unevaluated(node));
        };
        let mapping = self.template.mappings.get(map_name);
        let entries = mapping.and_then(|mapping| self.keys.get(mapping.body, top_key));
        if let Some(found) = entries.and_then(|entry| self.keys.get(entry, second_key)) {
            if self.is_spent(bytes_of(found), node) {
                return Some(self.unevaluated(node));
            }
            return Some(Value::new(self.literal(found).kind, node));
        }
        if let Some(default) = default {
            // That the default is used depends on the keys.
            let origin = |value: Value<'a>| if value.is_unknown() { value } else { Value::new(value.kind, node) };
            return self.value(default).map(origin);
        }
        if self.rests_on_assumed(operand, "mapping lookup") {
            return Some(self.unknown(Residual::FindInMap(self.arena.slice(&keys)), node));
        }
        // An include inside a mapping supplies its keys.
        let includes = |node: &Node<'_>| node.get("Fn::Transform").is_some();
        let entry = mapping.map(|mapping| mapping.body);
        if !self.macros && !entry.is_some_and(|body| includes(body) || body.get(top_key).is_some_and(includes)) {
            self.report_no_mapping(operand, [map, top, second], [map_name, top_key, second_key]);
        }
        Some(self.unevaluated(node))
    }

    fn report_no_mapping(&mut self, operand: &Node<'_>, nodes: [&'a Node<'a>; 3], [map, top, second]: [&'a str; 3]) {
        let template = self.template;
        // A suggestion would reveal a key that is similar to a secret.
        let is_looked_up = self.problems.0.len() < MOST_SUGGESTIONS && !nodes.iter().any(|node| self.is_secret(node));
        let suggestion =
            |name: &str, node: &'a Node<'a>| did_you_mean(name, node.members().iter().map(|member| member.key).filter(|_| is_looked_up));
        let [shown_map, shown_top, shown_second] =
            [(nodes[0], map), (nodes[1], top), (nodes[2], second)].map(|(node, text)| self.shown(node, text));
        let (message, hint) = match template.mappings.get(map) {
            None => {
                let hint = did_you_mean(map, template.mappings.iter().map(|entry| entry.name).filter(|_| is_looked_up));
                (format!("the template has no mapping `{shown_map}`"), hint)
            }
            Some(entry) => match entry.body.get(top) {
                None => (format!("mapping `{shown_map}` has no key `{shown_top}`"), suggestion(top, entry.body)),
                Some(body) => (format!("`{shown_top}` of mapping `{shown_map}` has no key `{shown_second}`"), suggestion(second, body)),
            },
        };
        let aws = if template.mappings.contains(map) {
            format!("Template error: Unable to get mapping for {shown_map}::{shown_top}::{shown_second}")
        } else {
            format!("Template error: Mapping named '{shown_map}' is not present in the 'Mappings' section of template.")
        };
        let mut diagnostic = Diagnostic::error("no-mapping", message).at(template.source, operand.span, "").with_aws_message(aws);
        diagnostic.hint = hint;
        let is_region = matches!(Intrinsic::of(nodes[1]), Some(Intrinsic::Ref(name)) if name.as_str() == Some("AWS::Region"));
        if is_region && let Some(entry) = template.mappings.get(map).filter(|entry| entry.body.get(top).is_none()) {
            // A region that does not exist is one problem, however many mappings lack it.
            if availability_zones(top).is_none() && self.problems.0.iter().any(|problem| is_about_key(problem, &shown_top)) {
                return;
            }
            let hint = diagnostic.hint.take().unwrap_or_else(|| regions_of(entry.body));
            diagnostic.hint = Some(format!("check the region: {hint}"));
        }
        self.problems.push(diagnostic);
    }

    /// Returns the value of a node without evaluating functions in it.
    pub(in crate::evaluate) fn literal(&self, node: &'a Node<'a>) -> Value<'a> {
        let kind = match node.kind {
            Kind::Null => ValueKind::Null,
            Kind::Bool(value) => ValueKind::Bool(value),
            Kind::Number(text) => ValueKind::Number(text),
            Kind::String(text) => ValueKind::String(text),
            Kind::Array(items) => {
                ValueKind::List(ArenaVec::from_iter_in(items.iter().map(|item| self.literal(item)), self.arena.bump()).into_bump_slice())
            }
            Kind::Object(members) => {
                let members = members.iter().map(|member| (member.key, self.literal(&member.value)));
                ValueKind::Map(ArenaVec::from_iter_in(members, self.arena.bump()).into_bump_slice())
            }
        };
        Value::new(kind, node)
    }
}

/// Returns whether a problem is that a mapping has no such top-level key.
fn is_about_key(problem: &Diagnostic, key: &str) -> bool {
    problem.rule == "no-mapping" && problem.message.starts_with("mapping ") && problem.message.ends_with(&format!(" has no key `{key}`"))
}

/// Returns the first regions of a mapping.
fn regions_of(mapping: &Node<'_>) -> String {
    const MOST: usize = 8;
    let names: Vec<&str> = mapping.members().iter().map(|member| member.key).take(MOST).collect();
    let more = mapping.members().len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the mapping has {}{more}", names.join(", "))
}
