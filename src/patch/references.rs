//! Checks that the patched template has every name that the added pieces refer to.

use serde_json::Value;

use crate::diagnostic::Span;
use crate::template::{Arena, Node, Reference, ReferenceVisitor, Template};

/// Returns the first name that an added piece refers to and the template does not have, with what it would be: `condition`, or
/// `parameter or resource`.
pub(super) fn undeclared(template: &Template<'_>, value: &Value) -> Option<(&'static str, String)> {
    let arena = Arena::new();
    let node: &Node<'_> = arena.alloc(Node::from_json(value, &arena));
    let is_known = |name: &str| name.starts_with("AWS::") || template.parameters.contains(name) || template.resources.contains(name);
    let mut found = None;
    let mut visit = |reference: Reference<'_>, _: Span| {
        let (kind, name, is_known) = match reference {
            Reference::Name(name) | Reference::Attribute(name, _) | Reference::DependsOn(name) => {
                ("parameter or resource", name, is_known(name))
            }
            Reference::Condition(name) => ("condition", name, template.conditions.contains(name)),
            Reference::Mapping(name, _) => ("mapping", name, template.mappings.contains(name)),
        };
        if !is_known && found.is_none() {
            found = Some((kind, name.to_owned()));
        }
    };
    if value.get("Type").is_some() {
        visit.own_condition(node);
        visit.body(node);
    } else {
        visit.condition(node);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn a_missing_name_is_found_in_every_form_of_reference() {
        let text = r#"{"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": ["a", "b"]}}, "Resources": {"R": {"Type": "AWS::S3::Bucket"}}}"#;
        let (source, arena) = (Source::new("t.json", text), Arena::new());
        let template = Template::read(&source, &arena).unwrap_or_else(|problems| unreachable!("{problems}"));
        let sound = json!({ "Fn::If": ["C", [{ "Ref": "P" }, { "Fn::GetAtt": ["R", "Arn"] }], { "Fn::Sub": "${AWS::Region} ${P} ${R.Arn} \
            ${!X}" }] });
        assert_eq!(undeclared(&template, &sound), None);
        for (value, expected) in [
            (json!([{ "Ref": "X" }]), ("parameter or resource", "X")),
            (json!({ "Fn::If": ["X", 1, 2] }), ("condition", "X")),
            (json!({ "Type": "T", "Condition": "P" }), ("condition", "P")),
            (json!({ "Fn::Sub": "a ${X.Arn}" }), ("parameter or resource", "X")),
            (json!({ "Fn::GetAtt": "X.Arn" }), ("parameter or resource", "X")),
        ] {
            let (kind, name) = expected;
            assert_eq!(undeclared(&template, &value), Some((kind, name.to_owned())));
        }
    }
}
