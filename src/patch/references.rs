//! Names that the cache's pieces use, and whether the patched template has them.

use serde_json::Value;

use crate::template::Template;

/// Returns the first name that a piece uses and the template lacks, with what it would be: `condition`, or `parameter or resource`.
pub(super) fn dangling<'v>(template: &Template<'_>, value: &'v Value) -> Option<(&'static str, &'v str)> {
    let known = |name: &str| name.starts_with("AWS::") || template.parameters.contains(name) || template.resources.contains(name);
    let thing = |name: &'v str| (!known(name)).then_some(("parameter or resource", name));
    let condition = |name: &'v str| (!template.conditions.contains(name)).then_some(("condition", name));
    match value {
        Value::Array(items) => items.iter().find_map(|item| dangling(template, item)),
        Value::Object(members) => members.iter().find_map(|(key, operand)| {
            let first = operand.get(0).and_then(Value::as_str);
            let own = match (key.as_str(), operand) {
                ("Ref", Value::String(name)) => thing(name),
                ("Condition", Value::String(name)) => condition(name),
                ("Fn::If", _) => first.and_then(condition),
                ("Fn::GetAtt", Value::String(text)) => text.split('.').next().and_then(thing),
                ("Fn::GetAtt", _) => first.and_then(thing),
                ("Fn::Sub", Value::String(text)) => variables(text).find_map(thing),
                _ => None,
            };
            own.or_else(|| dangling(template, operand))
        }),
        _ => None,
    }
}

/// Returns the names between `${` and `}`, up to the dot of an attribute.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    inside.map(|(name, _)| name).filter(|name| !name.starts_with('!')).map(|name| name.split('.').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::{Arena, Source};

    #[test]
    fn a_name_that_nothing_has_is_found_wherever_it_is_used() {
        let text = r#"{"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": ["a", "b"]}}, "Resources": {"R": {"Type": "AWS::S3::Bucket"}}}"#;
        let (source, arena) = (Source::new("t.json", text), Arena::new());
        let template = Template::read(&source, &arena).unwrap_or_else(|problems| unreachable!("{problems}"));
        let sound = json!({ "Fn::If": ["C", [{ "Ref": "P" }, { "Fn::GetAtt": ["R", "Arn"] }], { "Fn::Sub": "${AWS::Region} ${P} ${R.Arn} ${!X}" }] });
        assert_eq!(dangling(&template, &sound), None);
        for (value, expected) in [
            (json!([{ "Ref": "X" }]), ("parameter or resource", "X")),
            (json!({ "Fn::If": ["X", 1, 2] }), ("condition", "X")),
            (json!({ "Type": "T", "Condition": "P" }), ("condition", "P")),
            (json!({ "Fn::Sub": "a ${X.Arn}" }), ("parameter or resource", "X")),
            (json!({ "Fn::GetAtt": "X.Arn" }), ("parameter or resource", "X")),
        ] {
            assert_eq!(dangling(&template, &value), Some(expected));
        }
    }
}
