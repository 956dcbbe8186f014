//! New access through what a resource without a policy allows, and through rules and permissions in other forms than a policy.

use rackform::plan::{Certainty, RiskKind};
use serde_json::{Value as Json, json};

use super::{State, plan_resources, plan_texts};

/// Returns the certainty of each risk of wider access.
fn certainties(before: Json, after: Json) -> Vec<Certainty> {
    let plan = plan_resources(&before, &after);
    plan.risks.into_iter().filter(|risk| risk.kind == RiskKind::SecurityWidening).map(|risk| risk.certainty).collect()
}

/// Asserts that the change from one list of properties to the other certainly widens access, and that the reverse does not.
fn one_way(resource_type: &str, narrow: &Json, wide: &Json) {
    let resource = |properties: &Json| json!({"X": {"Type": resource_type, "Properties": properties}});
    assert_eq!(certainties(resource(narrow), resource(wide)), [Certainty::Certain], "{resource_type}: {narrow} to {wide}");
    assert_eq!(certainties(resource(wide), resource(narrow)), [], "{resource_type}: {wide} to {narrow}");
}

#[test]
fn a_resource_without_a_policy_has_the_default_of_its_service() {
    let policy = |action: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": action, "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let (endpoint, files) = (policy("s3:GetObject"), policy("elasticfilesystem:ClientMount"));
    one_way("AWS::EC2::VPCEndpoint", &json!({"VpcId": "v", "PolicyDocument": endpoint}), &json!({"VpcId": "v"}));
    one_way("AWS::EFS::FileSystem", &json!({"Encrypted": true, "FileSystemPolicy": files}), &json!({"Encrypted": true}));
    let api = policy("execute-api:Invoke");
    one_way("AWS::ApiGateway::RestApi", &json!({"Name": "n", "Policy": api}), &json!({"Name": "n"}));
    let private = json!({"Types": ["PRIVATE"]});
    one_way(
        "AWS::ApiGateway::RestApi",
        &json!({"Name": "n", "EndpointConfiguration": private}),
        &json!({"Name": "n", "EndpointConfiguration": private, "Policy": api}),
    );
}

#[test]
fn permissions_of_an_event_bus_and_a_layer_version_are_policies() {
    let bus = |principal: &str, condition: Json| {
        let mut properties = json!({"StatementId": "s", "EventBusName": "b", "Action": "events:PutEvents", "Principal": principal});
        if !condition.is_null() {
            properties["Condition"] = condition;
        }
        properties
    };
    one_way("AWS::Events::EventBusPolicy", &bus("111122223333", Json::Null), &bus("*", Json::Null));
    let organization = json!({"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"});
    one_way("AWS::Events::EventBusPolicy", &bus("*", organization), &bus("*", Json::Null));
    let layer = |principal: &str| json!({"LayerVersionArn": "l", "Action": "lambda:GetLayerVersion", "Principal": principal});
    one_way("AWS::Lambda::LayerVersionPermission", &layer("111122223333"), &layer("*"));
}

#[test]
fn a_new_role_with_every_permission_is_a_risk() {
    let topic = json!({"T": {"Type": "AWS::SNS::Topic"}});
    let with = |properties: Json| json!({"T": {"Type": "AWS::SNS::Topic"}, "R": {"Type": "AWS::IAM::Role", "Properties": properties}});
    let managed = |name: &str| json!({"ManagedPolicyArns": [format!("arn:aws:iam::aws:policy/{name}")]});
    assert_eq!(certainties(topic.clone(), with(managed("AdministratorAccess"))), [Certainty::Certain]);
    assert_eq!(certainties(topic.clone(), with(managed("AmazonS3ReadOnlyAccess"))), []);
    let statement = json!({"Effect": "Allow", "Action": "*:*", "Resource": "*"});
    let inline = json!({"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]});
    assert_eq!(certainties(topic, with(inline)), [Certainty::Certain]);
}

#[test]
fn rules_under_an_unknown_condition_are_possible_and_excuse_only_the_same_condition() {
    let rule = |port: u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
    let either = |yes: Json, no: Json| json!({"Fn::If": ["Unknown", yes, no]});
    let none = || json!({"Ref": "AWS::NoValue"});
    let template = |rules: Json| {
        json!({
            "Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/p"}},
            "Conditions": {"Unknown": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
            "Resources": {"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "SecurityGroupIngress": rules}}},
        })
        .to_string()
    };
    let found = |before: Json, after: Json| {
        let plan = plan_texts((&template(before), &[]), (&template(after), &[]), &State::default());
        plan.risks.into_iter().filter(|risk| risk.kind == RiskKind::SecurityWidening).map(|risk| risk.certainty).collect::<Vec<_>>()
    };
    let added = json!([rule(22), either(rule(23), none())]);
    assert_eq!(found(json!([rule(22)]), added.clone()), [Certainty::Possible]);
    assert_eq!(found(added.clone(), json!([rule(22)])), []);
    assert_eq!(found(added.clone(), json!([either(rule(23), none()), rule(22)])), []);
    assert_eq!(found(added.clone(), json!([rule(22), rule(23)])), [Certainty::Possible]);
    assert_eq!(found(added.clone(), json!([rule(22), either(none(), rule(23))])), [Certainty::Possible]);
    assert_eq!(found(added, json!([rule(22), rule(24)])), [Certainty::Certain]);
    assert_eq!(found(json!([rule(22), rule(23)]), either(json!([rule(22)]), json!([rule(23)]))), []);
}
