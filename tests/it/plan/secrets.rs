//! A plan never contains `NoEcho` values.

use serde_json::json;

use super::{change, plan_parameter};

#[test]
fn secrets_are_masked_everywhere_in_a_plan() {
    let template = json!({
        "Parameters": {"P": {"Type": "String", "NoEcho": true}, "Size": {"Type": "String", "Default": "1"}},
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Plain": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "P"}}},
            "Inside": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "postgres://u:${P}@db"}}},
            "Encoded": {"Type": "AWS::EC2::Instance", "Properties": {"UserData": {"Fn::Base64": {"Fn::Sub": "password=${P}"}}}},
            "Listed": {"Type": "AWS::S3::Bucket", "Metadata": {"Note": ["a", {"Ref": "P"}]}, "Properties": {"Tags": [{"Key": "k", "Value": {"Ref": "P"}}]}}
        },
        "Outputs": {"O": {"Value": {"Fn::Join": ["-", ["x", {"Ref": "P"}]]}}}
    });
    let plan = plan_parameter(&template, "hunter2-old", "hunter2-new");
    let everything = serde_json::to_string(&plan).unwrap() + &serde_json::to_string(&plan.change_set_without_values).unwrap();
    for secret in ["hunter2", "aHVudGVyMi", "cGFzc3dvcmQ9"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert_eq!(change(&plan, "Inside").unwrap().details[0].target.after_value.as_deref(), Some("****"));
    assert_eq!(plan.parameters[0].after.as_deref(), Some("****"));
    assert_eq!(plan.effects.len(), 4, "a changed secret changes the resources that use it");
}
