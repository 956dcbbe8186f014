//! Condition expressions as sentences.

use serde_json::Value as Json;

/// Returns when a condition expression is true, such as "`BuildMethod` is `fargate` and `RegionHasEFS`".
pub fn of(condition: &Json) -> String {
    whole(condition, true)
}

fn whole(condition: &Json, is_true: bool) -> String {
    let (name, operand) = condition.as_object().unwrap().iter().next().unwrap();
    let operands = || operand.as_array().unwrap();
    match name.as_str() {
        "Condition" if is_true => format!("`{}`", operand.as_str().unwrap()),
        "Condition" => format!("not `{}`", operand.as_str().unwrap()),
        "Fn::Not" => whole(&operands()[0], !is_true),
        "Fn::Equals" => equality(&operands()[0], &operands()[1], is_true),
        "Fn::And" | "Fn::Or" => {
            // The negation of "a and b" is "not a or not b".
            let word = if (name == "Fn::And") == is_true { " and " } else { " or " };
            let parts = operands().iter().map(|part| {
                let text = whole(part, is_true);
                let is_nested = part.get("Fn::And").or(part.get("Fn::Or")).is_some();
                if is_nested { format!("({text})") } else { text }
            });
            parts.collect::<Vec<_>>().join(word)
        }
        other => format!("{}`{}`", if is_true { "" } else { "not " }, serde_json::json!({ other: operand })),
    }
}

fn equality(left: &Json, right: &Json, is_true: bool) -> String {
    let is = if is_true { "is" } else { "is not" };
    match (left.as_str(), right.as_str()) {
        (None, Some("")) => format!("{} {is} blank", value(left)),
        (Some(""), None) => format!("{} {is} blank", value(right)),
        (Some(_), None) => format!("{} {is} {}", value(right), value(left)),
        _ => format!("{} {is} {}", value(left), value(right)),
    }
}

fn value(value: &Json) -> String {
    if let Some(name) = value.get("Ref").and_then(Json::as_str) {
        return match name {
            "AWS::Region" => "the region".to_owned(),
            "AWS::Partition" => "the partition".to_owned(),
            name => format!("`{name}`"),
        };
    }
    if let Some([Json::String(map), key, Json::String(fact)]) = value.get("Fn::FindInMap").and_then(Json::as_array).map(Vec::as_slice) {
        return format!("`{fact}` of {} in `{map}`", self::value(key));
    }
    // A list is joined to compare it with a text.
    if let Some([Json::String(_), list]) = value.get("Fn::Join").and_then(Json::as_array).map(Vec::as_slice) {
        return self::value(list);
    }
    match value {
        Json::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

#[test]
fn conditions_read_as_sentences() {
    let cases = [
        (serde_json::json!({"Fn::Equals": [{"Ref": "A"}, ""]}), "`A` is blank"),
        (serde_json::json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, "x"]}]}), "`A` is not `x`"),
        (
            serde_json::json!({"Fn::And": [{"Condition": "B"}, {"Fn::Or": [{"Condition": "C"}, {"Fn::Not": [{"Condition": "D"}]}]}]}),
            "`B` and (`C` or not `D`)",
        ),
        (
            serde_json::json!({"Fn::Equals": [{"Fn::FindInMap": ["RegionConfig", {"Ref": "AWS::Region"}, "EFS"]}, "Yes"]}),
            "`EFS` of the region in `RegionConfig` is `Yes`",
        ),
        (serde_json::json!({"Fn::Not": [{"Fn::And": [{"Condition": "B"}, {"Condition": "C"}]}]}), "not `B` or not `C`"),
    ];
    for (condition, sentence) in cases {
        assert_eq!(of(&condition), sentence);
    }
}
