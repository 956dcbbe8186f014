//! The effects of executing a plan, and their order.

use rackform::cloudformation::{ChangeSource, PolicyAction};
use rackform::plan::{CauseSource, UnknownKind};
use serde_json::json;

use super::{change, effect, effect_lines, plan_parameter, plan_resources};

#[test]
fn replacing_a_subnet_replaces_its_create_only_dependents() {
    let template = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {
            "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "Subnet"}}},
            "Route": {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": {"Ref": "Nat"}}},
            "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Ref": "P"}}},
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
        }
    });
    let plan = plan_parameter(&template, "10.0.1.0/24", "10.0.9.0/24");
    assert_eq!(effect_lines(&plan), ["replaced Subnet", "replaced Nat", "updated-in-place Route"]);
    assert_eq!(effect(&plan, "Subnet").unwrap().causes[0].source, CauseSource::Parameter("P".into()));
    assert_eq!(effect(&plan, "Nat").unwrap().causes[0].source, CauseSource::Resource("Subnet".into()));
    assert_eq!(effect(&plan, "Route").unwrap().causes[0].path.as_deref(), Some("/Properties/NatGatewayId"));
}

#[test]
fn a_changed_condition_and_its_parameter_are_causes() {
    let template = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "P"}, "Yes"]}, "Off": {"Fn::Not": [{"Condition": "On"}]}},
        "Resources": {
            "Old": {"Type": "AWS::SNS::Topic", "Condition": "Off"},
            "New": {"Type": "AWS::SNS::Topic", "Condition": "On"},
            "Both": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::If": ["On", "on", "off"]}}}
        }
    });
    let plan = plan_parameter(&template, "No", "Yes");
    assert_eq!(effect_lines(&plan), ["created New", "updated-in-place Both", "deleted Old"]);
    for id in ["Old", "New", "Both"] {
        let sources: Vec<_> = effect(&plan, id).unwrap().causes.iter().map(|cause| cause.source.clone()).collect();
        let condition = if id == "Old" { "Off" } else { "On" };
        assert_eq!(sources, [CauseSource::Condition(condition.into()), CauseSource::Parameter("P".into())], "{id}");
    }
}

#[test]
fn deletions_are_last_and_dependents_are_deleted_first() {
    let old = json!({
        "A": {"Type": "AWS::SNS::Topic"},
        "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "A"}}},
        "C": {"Type": "AWS::SSM::Parameter", "DependsOn": "B", "DeletionPolicy": "Retain", "Properties": {"Type": "String", "Value": "c"}}
    });
    let new = json!({"D": {"Type": "AWS::SNS::Topic"}});
    assert_eq!(effect_lines(&plan_resources(&old, &new)), ["created D", "retained C", "deleted B", "deleted A"]);
}

#[test]
fn attributes_that_are_properties_change_with_them_and_names_do_not() {
    let resources = |display: &str| {
        json!({
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "DisplayName": display}},
            "Shown": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["Topic", "DisplayName"]}}},
            "Named": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["Topic", "TopicName"]}}},
            "Arn": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Topic"}}}
        })
    };
    let plan = plan_resources(&resources("a"), &resources("b"));
    assert_eq!(effect_lines(&plan), ["updated-in-place Topic", "updated-in-place Shown"]);
    assert!(change(&plan, "Shown").is_none(), "AWS does not list it");
    let why = effect(&plan, "Shown").unwrap().differs_from_list.as_deref().unwrap();
    assert!(why.contains("Topic.DisplayName"), "{why}");
    let bare: Vec<_> =
        plan.change_set_without_values.changes.iter().map(|change| change.resource_change.logical_resource_id.as_str()).collect();
    assert_eq!(bare, ["Named", "Shown", "Topic"]);
}

#[test]
fn an_unchanged_attribute_of_a_replaced_resource_changes_nothing() {
    let resources = |name: &str| {
        json!({
            "One": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": "v"}},
            "Two": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["One", "Value"]}}}
        })
    };
    let plan = plan_resources(&resources("a"), &resources("b"));
    assert_eq!(effect_lines(&plan), ["replaced One", "untouched Two"]);
    assert!(change(&plan, "Two").is_some(), "AWS lists it");
    assert!(effect(&plan, "Two").unwrap().differs_from_list.is_some());
}

#[test]
fn a_read_only_attribute_may_change() {
    let resources = |code: &str| {
        json!({
            "Custom": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:111111111111:function:f", "Input": code}},
            "Reader": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::GetAtt": ["Custom", "Out"]}}}
        })
    };
    let plan = plan_resources(&resources("1"), &resources("2"));
    assert_eq!(effect_lines(&plan), ["updated-in-place Custom", "replaced Reader (possible)"]);
}

#[test]
fn reordered_unordered_lists_and_numbers_as_text_are_unchanged() {
    let group = |cidrs: &[&str], port: serde_json::Value| {
        let rules: Vec<_> =
            cidrs.iter().map(|cidr| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr})).collect();
        json!({"Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "SecurityGroupIngress": rules}}})
    };
    let plan = plan_resources(&group(&["10.0.0.0/24", "10.0.1.0/24"], json!(80)), &group(&["10.0.1.0/24", "10.0.0.0/24"], json!("80")));
    assert!(!plan.has_changes(), "{:?}", effect_lines(&plan));
}

#[test]
fn update_replace_policy_retain_keeps_the_old_resource() {
    let resources = |family: &str| json!({"Files": {"Type": "AWS::EFS::FileSystem", "UpdateReplacePolicy": "Retain", "Properties": {"Encrypted": true, "PerformanceMode": family}}});
    let plan = plan_resources(&resources("generalPurpose"), &resources("maxIO"));
    assert_eq!(effect(&plan, "Files").unwrap().policy_action, Some(PolicyAction::ReplaceAndRetain));
    assert_eq!(change(&plan, "Files").unwrap().policy_action, Some(PolicyAction::ReplaceAndRetain));
}

#[test]
fn exponentially_growing_references_terminate() {
    let resources = |name: &str| {
        let link = |index: usize| {
            let up = json!({"Fn::GetAtt": [format!("T{index}"), "DisplayName"]});
            json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["", [up, up]]}}})
        };
        let mut all: serde_json::Map<_, _> = (0..60).map(|index| (format!("T{}", index + 1), link(index))).collect();
        all.insert("T0".into(), json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}));
        serde_json::Value::Object(all)
    };
    let plan = plan_resources(&resources("a"), &resources("b"));
    assert_eq!(plan.effects.len(), 61);
}

#[test]
fn a_search_domain_is_upgraded_in_place_only_with_its_update_policy() {
    let domain = |version: &str, policy: serde_json::Value| json!({"D": {"Type": "AWS::OpenSearchService::Domain", "UpdatePolicy": policy, "Properties": {"EngineVersion": version}}});
    let lines = |policy: serde_json::Value| {
        effect_lines(&plan_resources(&domain("OpenSearch_1.3", policy.clone()), &domain("OpenSearch_2.11", policy)))
    };
    assert_eq!(lines(json!({"EnableVersionUpgrade": true})), ["updated-in-place D"]);
    assert_eq!(lines(json!({"EnableVersionUpgrade": "false"})), ["replaced D"]);
    assert_eq!(lines(json!({})), ["replaced D"]);
}

#[test]
fn a_nested_stack_may_change_with_every_update() {
    let resources = |name: &str| {
        json!({
            "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "u"}},
            "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}
        })
    };
    let plan = plan_resources(&resources("a"), &resources("b"));
    assert_eq!(effect_lines(&plan), ["updated-in-place Nested (possible)", "updated-in-place Topic"]);
    // What reads its outputs is named with the nested stack.
    assert!(plan.unknowns[0].reason.contains("what reads its outputs: `Reader`"), "{:?}", plan.unknowns);
    // AWS lists a nested stack as `Automatic` even if nothing in the template differs.
    let unchanged = plan_resources(&resources("a"), &resources("a"));
    assert!(unchanged.has_changes());
    assert_eq!(unchanged.change_set.changes[0].resource_change.details[0].change_source, ChangeSource::Automatic);
    assert_eq!(unchanged.unknowns.iter().map(|unknown| unknown.kind).collect::<Vec<_>>(), [UnknownKind::NestedStack]);
}

#[test]
fn every_form_of_get_att_has_the_attribute_as_its_cause() {
    let template = |form: serde_json::Value| {
        json!({
            "Parameters": {"P": {"Type": "String"}},
            "Resources": {
                "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": {"Fn::Sub": "https://s3.amazonaws.com/b/${P}"}}},
                "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "VpcId": form}}
            }
        })
    };
    for form in [
        json!({"Fn::GetAtt": "Nested.Outputs.Vpc"}),
        json!({"Fn::GetAtt": ["Nested", "Outputs.Vpc"]}),
        json!({"Fn::GetAtt": ["Nested", "Outputs", "Vpc"]}),
    ] {
        let plan = plan_parameter(&template(form.clone()), "one", "two");
        let causes = &effect(&plan, "Group").unwrap().causes;
        let sources: Vec<String> = causes.iter().map(|cause| format!("{:?}", cause.source)).collect();
        assert_eq!(sources, [r#"Attribute("Nested.Outputs.Vpc")"#], "{form}");
    }
}

#[test]
fn changes_of_macro_results_are_possible() {
    let topic = |macro_name: &str| json!({"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Transform": {"Name": macro_name, "Parameters": {}}}}}});
    assert_eq!(effect_lines(&plan_resources(&topic("A"), &topic("B"))), ["updated-in-place T (possible)"]);
    assert!(effect_lines(&plan_resources(&topic("A"), &topic("A"))).is_empty());
    let included = json!({"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "d", "Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}}}});
    let plan = plan_resources(&included, &json!({"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "d"}}}));
    assert!(plan.change_set.changes.is_empty(), "the result of the macro is unknown, so nothing is listed");
    assert!(plan.effects.iter().all(|effect| effect.possible), "{:?}", plan.effects);
}

#[test]
fn a_rolling_update_replaces_instances_if_their_launch_template_changes() {
    let group = |version: &str, desired: &str, policy: serde_json::Value| {
        json!({"G": {"Type": "AWS::AutoScaling::AutoScalingGroup", "UpdatePolicy": policy, "Properties": {
            "MinSize": "1", "MaxSize": "9", "DesiredCapacity": desired, "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": version}
        }}})
    };
    let rolls = |before, after| effect(&plan_resources(&before, &after), "G").is_some_and(|effect| effect.rolls_instances);
    let rolling = json!({"AutoScalingRollingUpdate": {"MinInstancesInService": 1}});
    assert!(rolls(group("1", "2", rolling.clone()), group("2", "2", rolling.clone())));
    assert!(!rolls(group("1", "2", rolling.clone()), group("1", "3", rolling)));
    assert!(!rolls(group("1", "2", json!({})), group("2", "2", json!({}))));
}
