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
    assert_eq!(certainties(topic.clone(), with(inline)), [Certainty::Certain]);
    assert_eq!(certainties(topic, with(managed("IAMFullAccess"))), [Certainty::Certain]);
}

#[test]
fn a_new_identity_that_can_give_itself_any_permission_is_a_risk() {
    let topic = json!({"T": {"Type": "AWS::SNS::Topic"}});
    let with = |statements: Json| {
        let policies = json!([{"PolicyName": "p", "PolicyDocument": {"Statement": statements}}]);
        json!({"T": {"Type": "AWS::SNS::Topic"}, "R": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}})
    };
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": [action], "Resource": resource});
    let everything_but = json!({"Effect": "Allow", "NotAction": "organizations:*", "Resource": "*"});
    let denied = json!([allow("iam:*", "*"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]);
    let mut limited = allow("iam:*", "*");
    limited["Condition"] = json!({"StringEquals": {"iam:PermissionsBoundary": "arn:b"}});
    for (statements, expected) in [
        (json!([allow("iam:*", "*")]), 1),
        (json!(allow("iam:Put*Policy", "*")), 1),
        (json!([allow("iam:attachrolepolicy", "arn:aws:iam::*:role/*")]), 1),
        (json!([everything_but]), 1),
        (json!([allow("iam:*", "arn:aws:iam::111122223333:role/app-*")]), 0),
        (json!([allow("iam:Get*", "*")]), 0),
        (json!([allow("s3:*", "*")]), 0),
        (denied, 0),
        (json!([limited]), 0),
    ] {
        let found = certainties(topic.clone(), with(statements.clone()));
        assert_eq!(found, vec![Certainty::Certain; expected], "{statements}");
    }
    // A new policy of a role that had the permission before.
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [allow("iam:*", "*")]}}]}});
    let policy = json!({"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "R"}], "PolicyName": "p", "PolicyDocument": {"Statement": [allow("iam:*", "*")]}}});
    let bare = json!({"Type": "AWS::IAM::Role", "Properties": {}});
    assert_eq!(certainties(json!({"R": role}), json!({"R": bare, "P": policy})), []);
    assert_eq!(certainties(json!({"R": bare}), json!({"R": bare, "P": policy})), [Certainty::Certain]);
}

#[test]
fn the_arn_of_a_named_resource_is_the_written_one() {
    let bucket = |name: &str| json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}});
    let role = |resource: Json| {
        let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": resource});
        json!({"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]}})
    };
    let with = |name: &str, resource: Json| json!({"B": bucket(name), "R": role(resource)});
    let (attribute, text) = (json!({"Fn::GetAtt": ["B", "Arn"]}), json!("arn:aws:s3:::logs"));
    let (objects, written) = (json!({"Fn::Sub": "${B.Arn}/*"}), json!("arn:aws:s3:::logs/*"));
    for (old, new) in [(&attribute, &text), (&text, &attribute), (&objects, &written), (&written, &objects)] {
        assert_eq!(certainties(with("logs", old.clone()), with("logs", new.clone())), [], "{old} to {new}");
    }
    assert_eq!(certainties(with("logs", attribute.clone()), with("logs", json!("arn:aws:s3:::other"))), [Certainty::Certain]);
    // The policy follows the bucket to its new name.
    assert_eq!(certainties(with("logs", attribute.clone()), with("renamed", attribute)), []);
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
