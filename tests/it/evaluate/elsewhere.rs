//! Values from other stacks, modules and macros: they stay unknown and are not errors.

use serde_json::{Value as Json, json};

use super::{template, value, with};

/// Returns our messages for an invalid expression.
fn messages(expression: &Json) -> Vec<String> {
    with(&template(expression), &[], &json!({}), |evaluation| {
        evaluation.err().unwrap_or_default().0.into_iter().map(|one| one.message).collect()
    })
}

#[test]
fn an_output_of_another_stack_stays_unknown() {
    let whole = json!({"Fn::GetStackOutput": {"StackName": {"Ref": "Name"}, "OutputName": "VpcId", "Region": "us-west-2"}});
    let known = json!({"Fn::GetStackOutput": {"StackName": "n", "OutputName": "VpcId", "Region": "us-west-2"}});
    assert_eq!(value(whole.clone()), known);
    assert_eq!(value(json!({"Fn::Join": ["-", ["a", whole]]})), json!({"Fn::Join": ["", ["a-", known]]}));
    for (operand, message) in [
        (json!("producer.VpcId"), "`Fn::GetStackOutput` takes an object with `StackName` and `OutputName`"),
        (json!({"StackName": "producer"}), "`Fn::GetStackOutput` requires `OutputName`"),
        (json!({"StackName": "p", "OutputName": "o", "Account": "1"}), "`Fn::GetStackOutput` has no member `Account`"),
    ] {
        assert_eq!(messages(&json!({"Fn::GetStackOutput": operand})), [message]);
    }
}

#[test]
fn operands_from_a_macro_are_not_checked() {
    let include = json!({"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/text"}}});
    for function in ["Fn::Sub", "Fn::Join", "Fn::Select", "Fn::FindInMap", "Fn::GetAtt", "Fn::Cidr"] {
        let expression = json!({function: include});
        assert_eq!(messages(&expression), Vec::<String>::new(), "{function}");
        assert_eq!(value(expression.clone()), expression, "{function}");
    }
}

#[test]
fn references_into_a_module_are_accepted() {
    let module = json!({
        "Resources": {
            "Net": {"Type": "Our::Network::Vpc::MODULE", "Properties": {}},
            "T": {"Type": "AWS::SNS::Topic", "DependsOn": "NetSubnet", "Properties": {
                "TopicName": {"Ref": "NetVpc"}, "DisplayName": {"Fn::GetAtt": ["Net.Vpc", "CidrBlock"]}
            }}
        },
        "Outputs": {"O": {"Value": {"Fn::Sub": "${NetVpc.VpcId}"}}}
    });
    with(&module, &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        let properties = evaluation.resources["T"].properties.to_json();
        assert_eq!(properties, json!({"TopicName": {"Ref": "NetVpc"}, "DisplayName": {"Fn::GetAtt": ["Net.Vpc", "CidrBlock"]}}));
        assert_eq!(evaluation.needs("T").collect::<Vec<_>>(), ["Net"]);
    });
    let mut other = module;
    other["Resources"]["Net"]["Type"] = json!("AWS::EC2::VPC");
    let unresolved = with(&other, &[], &json!({}), |evaluation| evaluation.unwrap_err().0.len());
    assert_eq!(unresolved, 4);
}

#[test]
fn a_cycle_that_a_macro_may_remove_is_a_warning() {
    let function = json!({"Type": "AWS::Serverless::Function", "Properties": {"DeploymentPreference": {"Alarms": [{"Ref": "Alarm"}]}}});
    let alarm = json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {"Dimensions": [{"Name": "F", "Value": {"Ref": "Function"}}]}});
    let template = json!({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Function": function, "Alarm": alarm}});
    with(&template, &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        let warned: Vec<&str> = evaluation.warnings.0.iter().map(|warning| warning.rule).collect();
        assert_eq!(warned, ["macro-not-run", "circular-dependency"]);
    });
}
