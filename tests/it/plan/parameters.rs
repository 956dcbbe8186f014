//! Deployed values that a new template drops.

use rackform::evaluate::State;
use rackform::plan::{Certainty, RiskKind};
use serde_json::{Value as Json, json};

use super::plan_texts;

/// Returns the certainty and the reason of each lost value; the old template has `flags`.
fn lost(before: &Json, flags: &[&str], after: &Json, new_flags: &[&str]) -> Vec<(Certainty, String)> {
    let plan = plan_texts((&before.to_string(), flags), (&after.to_string(), new_flags), &State::default());
    let risks = plan.risks.into_iter().filter(|risk| risk.kind == RiskKind::ParameterDefault);
    risks.map(|risk| (risk.certainty, risk.reason)).collect()
}

/// A template with one parameter, which a topic uses in a property.
fn template(name: &str, declaration: Json, property: &str) -> Json {
    json!({
        "Parameters": {name: declaration},
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {property: {"Fn::Sub": format!("${{{name}}}.example.com")}}}}
    })
}

fn text(default: &str) -> Json {
    json!({"Type": "String", "Default": default})
}

#[test]
fn a_renamed_parameter_loses_its_value() {
    let before = template("InternalSuffix", text(""), "DisplayName");
    // The same place, with any name.
    for name in ["InternalRouterSuffix", "Zone"] {
        let found = lost(&before, &["InternalSuffix=corp"], &template(name, text(""), "DisplayName"), &[]);
        let [(certainty, reason)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(*certainty, Certainty::Certain);
        assert!(reason.contains("`InternalSuffix`") && reason.contains("`corp`") && reason.contains(&format!("set `{name}`")), "{reason}");
    }
    // A similar name at another place.
    let found = lost(&before, &["InternalSuffix=corp"], &template("InternalRouterSuffix", text(""), "TopicName"), &[]);
    assert!(matches!(found.as_slice(), [(Certainty::Possible, _)]), "{found:?}");
}

#[test]
fn a_dropped_parameter_without_a_successor_or_with_its_value_is_no_loss() {
    let before = template("InternalSuffix", text(""), "DisplayName");
    let same = |flags: &[&str], after: &Json, new_flags: &[&str]| lost(&before, flags, after, new_flags);
    // The deployed value was the default, the new parameter has it as its default or is set, or is another setting.
    assert_eq!(same(&[], &template("Zone", text(""), "DisplayName"), &[]), []);
    assert_eq!(same(&["InternalSuffix=corp"], &template("Zone", text("corp"), "DisplayName"), &[]), []);
    assert_eq!(same(&["InternalSuffix=corp"], &template("Zone", text(""), "DisplayName"), &["Zone=x"]), []);
    assert_eq!(same(&["InternalSuffix=corp"], &template("Colour", text(""), "TopicName"), &[]), []);
    // A secret is not shown.
    let secret = json!({"Type": "String", "Default": "", "NoEcho": true});
    let found =
        lost(&template("Key", secret.clone(), "DisplayName"), &["Key=s3cr3t-value"], &template("Password", secret, "DisplayName"), &[]);
    assert!(matches!(found.as_slice(), [(_, reason)] if !reason.contains("s3cr3t")), "{found:?}");
}
