//! The resources of an area and what they refer to, as a Mermaid graph.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rackform::model::Sections;
use rackform::template::{Reference, ReferenceVisitor, Template};
use serde_json::Value as Json;

/// Returns the graph: an arrow leads from a resource to one that it refers to; resources of other areas are dashed.
pub fn mermaid(area: &Sections, template: &Template<'_>) -> String {
    let mut edges: BTreeSet<(&str, &str)> = BTreeSet::new();
    for entry in template.resources.iter().filter(|entry| area.resources.contains_key(entry.name)) {
        let mut visit = |reference: Reference<'_>, _| {
            let (Reference::Name(name) | Reference::Attribute(name, _) | Reference::DependsOn(name)) = reference else { return };
            if let Some(other) = template.resources.get(name).filter(|other| other.name != entry.name) {
                edges.insert((entry.name, other.name));
            }
        };
        visit.body(entry.body);
    }
    let mut text = "```mermaid\nflowchart LR\n".to_owned();
    for (name, body) in &area.resources {
        writeln!(text, "  {name}[\"{name}<br/>{}\"]", short(body["Type"].as_str().unwrap())).unwrap();
    }
    let outside: BTreeSet<&str> = edges.iter().map(|(_, to)| *to).filter(|to| !area.resources.contains_key(*to)).collect();
    for name in &outside {
        writeln!(text, "  {name}([\"{name}\"])").unwrap();
    }
    for (from, to) in &edges {
        let arrow = if outside.contains(to) { "-.->" } else { "-->" };
        writeln!(text, "  {from} {arrow} {to}").unwrap();
    }
    text + "```\n"
}

/// Returns a resource type without its vendor.
fn short(resource_type: &str) -> &str {
    resource_type.strip_prefix("AWS::").unwrap_or(resource_type)
}

/// Returns whether a value refers to a name anywhere, for documentation of uses.
pub fn mentions(value: &Json, key: &str, name: &str) -> bool {
    match value {
        Json::Object(members) => members.iter().any(|(own, value)| (own == key && value == name) || mentions(value, key, name)),
        Json::Array(items) => items.iter().any(|item| mentions(item, key, name)),
        _ => false,
    }
}
