//! Generated templates of any size, the same on every machine.

use std::fmt::Write as _;

/// The numbers of resources to measure.
pub const SIZES: [usize; 5] = [10, 50, 100, 250, 500];

/// Returns a template of `resources` resources, each with literals, a condition, and a reference to the previous one.
pub fn template(resources: usize) -> String {
    let mut text = String::from(
        r#"{ "Parameters": { "Stage": { "Type": "String", "Default": "test" } },
  "Conditions": { "Live": { "Fn::Equals": [ { "Ref": "Stage" }, "live" ] } },
  "Resources": {"#,
    );
    for index in 0..resources {
        let previous = if index == 0 { r#""none""#.to_owned() } else { format!(r#"{{ "Ref": "Queue{}" }}"#, index - 1) };
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}
    "Queue{index}": {{ "Type": "AWS::SQS::Queue", "Properties": {{
      "QueueName": {{ "Fn::Sub": "${{AWS::StackName}}-${{Stage}}-{index}" }},
      "VisibilityTimeout": {{ "Fn::If": [ "Live", 300, 30 ] }},
      "Tags": [ {{ "Key": "Before", "Value": {previous} }}, {{ "Key": "Stage", "Value": {{ "Ref": "Stage" }} }} ] }} }}"#
        );
    }
    text.push_str("\n  } }\n");
    text
}
