//! Changes that let more in, over many types and shapes.

use rackform::plan::RiskKind;
use serde_json::{Value as Json, json};

use super::plan_resources;

fn reasons(before: Json, after: Json) -> Vec<String> {
    let plan = plan_resources(&before, &after);
    plan.risks.into_iter().filter(|risk| risk.kind == RiskKind::SecurityWidening).map(|risk| risk.reason).collect()
}

fn resource(resource_type: &str, properties: Json) -> Json {
    json!({"X": {"Type": resource_type, "Properties": properties}})
}

/// Expects that going there is told with these words, and going back is not told at all.
fn one_way(resource_type: &str, before: Json, after: Json, words: &str) {
    let there = reasons(resource(resource_type, before.clone()), resource(resource_type, after.clone()));
    assert!(there.iter().any(|reason| reason.contains(words)), "{resource_type} {words}: {there:?}");
    let back = reasons(resource(resource_type, after), resource(resource_type, before));
    assert!(back.is_empty(), "{resource_type}: {back:?}");
}

#[test]
fn switches_of_many_types_are_watched_both_as_leaves_and_inside_what_comes_or_goes() {
    let public = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true});
    one_way("AWS::S3::Bucket", json!({"PublicAccessBlockConfiguration": public}), json!({}), "no longer blocks public access");
    one_way("AWS::EC2::Volume", json!({"Size": 1, "Encrypted": true}), json!({"Size": 1, "Encrypted": false}), "no longer encrypted");
    one_way("AWS::DynamoDB::Table", json!({"SSESpecification": {"SSEEnabled": true}}), json!({}), "loses its own encryption settings");
    one_way("AWS::KMS::Key", json!({"KeyPolicy": {}, "EnableKeyRotation": "true"}), json!({"KeyPolicy": {}}), "no longer rotates");
    one_way("AWS::SQS::Queue", json!({"KmsMasterKeyId": "k"}), json!({}), "under its own key");
    one_way("AWS::IAM::Role", json!({"PermissionsBoundary": "arn"}), json!({}), "permissions boundary");
    one_way(
        "AWS::ECS::Service",
        json!({"EnableExecuteCommand": false}),
        json!({"NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}}}),
        "gets public addresses",
    );
    one_way(
        "AWS::EC2::LaunchTemplate",
        json!({"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}}}),
        json!({"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}}}),
        "session tokens",
    );
    one_way("AWS::ElasticLoadBalancingV2::Listener", json!({"Protocol": "HTTPS"}), json!({"Protocol": "HTTP"}), "not encrypted");
    one_way("AWS::Lambda::Url", json!({"AuthType": "AWS_IAM"}), json!({"AuthType": "NONE"}), "opens to the public");
    one_way(
        "AWS::OpenSearchService::Domain",
        json!({"EncryptionAtRestOptions": {"Enabled": true}, "NodeToNodeEncryptionOptions": {"Enabled": true}}),
        json!({"EncryptionAtRestOptions": {"Enabled": false}, "NodeToNodeEncryptionOptions": {"Enabled": false}}),
        "encrypted at rest",
    );
    one_way("AWS::Cognito::UserPool", json!({"MfaConfiguration": "ON"}), json!({"MfaConfiguration": "OPTIONAL"}), "second factor");
    one_way("AWS::RDS::DBInstance", json!({}), json!({"PubliclyAccessible": "true"}), "reachable from the internet");
}

fn statement(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

#[test]
fn a_policy_is_found_wherever_it_stands_and_as_text() {
    let document = |statements: Json| json!({"Version": "2012-10-17", "Statement": statements});
    let [small, large] = [statement("s3:GetObject", "a"), statement("s3:*", "a")].map(document);
    let words = "now also allows the action `s3:*`";
    for (resource_type, wrap) in [
        ("AWS::IAM::ManagedPolicy", (|policy| json!({"PolicyDocument": policy})) as fn(Json) -> Json),
        ("AWS::IAM::User", |policy| json!({"Policies": [{"PolicyName": "p", "PolicyDocument": policy}]})),
        ("AWS::S3::BucketPolicy", |policy| json!({"Bucket": "b", "PolicyDocument": policy})),
        ("AWS::KMS::Key", |policy| json!({"KeyPolicy": policy})),
        ("AWS::EFS::FileSystem", |policy| json!({"FileSystemPolicy": policy})),
        ("AWS::ECR::Repository", |policy| json!({"RepositoryPolicyText": policy})),
        ("AWS::EC2::VPCEndpoint", |policy| json!({"VpcId": "v", "ServiceName": "s", "PolicyDocument": policy})),
        ("AWS::Logs::ResourcePolicy", |policy| json!({"PolicyName": "p", "PolicyDocument": policy.to_string()})),
        ("AWS::SecretsManager::ResourcePolicy", |policy| json!({"SecretId": "s", "ResourcePolicy": policy})),
        ("AWS::Serverless::Function", |policy| json!({"Policies": [policy]})),
    ] {
        one_way(resource_type, wrap(small.clone()), wrap(large.clone()), words);
    }
}

#[test]
fn a_grant_widens_by_its_principal_its_resource_its_condition_and_its_exceptions() {
    let policy = |statement: Json| json!({"Bucket": "b", "PolicyDocument": {"Statement": statement}});
    let allow =
        |principal: Json, resource: &str| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:Get*", "Resource": resource});
    let bucket = "AWS::S3::BucketPolicy";
    one_way(bucket, policy(allow(json!({"AWS": "1"}), "a")), policy(allow(json!("*"), "a")), "the principal `*`");
    one_way(bucket, policy(allow(json!("*"), "a/b")), policy(allow(json!("*"), "a/*")), "the resource `a/*`");
    let mut conditioned = allow(json!("*"), "a");
    conditioned["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}});
    one_way(bucket, policy(conditioned), policy(allow(json!("*"), "a")), "without the condition there was");
    let denied = json!([allow(json!("*"), "a"), {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl", "Resource": "a"}]);
    one_way(bucket, policy(denied), policy(json!([allow(json!("*"), "a")])), "no longer denies `s3:GetObjectAcl`");
    let found = reasons(
        resource("AWS::IAM::Policy", policy(statement("s3:GetObject", "a"))),
        resource("AWS::IAM::Policy", policy(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "a"}))),
    );
    assert_eq!(found, ["A policy of `X` now also allows every action but `iam:*`."]);
    // A statement that is only split, reordered or written another way grants nothing new.
    let split = json!([statement("s3:GetObject", "a"), statement("s3:PutObject", "a")]);
    let joined = json!({"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "a"});
    assert!(reasons(resource("AWS::IAM::Policy", policy(split)), resource("AWS::IAM::Policy", policy(joined))).is_empty());
}

#[test]
fn doors_that_are_open_from_the_start_are_told() {
    let start = json!({"T": {"Type": "AWS::SNS::Topic"}});
    for (resource_type, properties, words) in [
        (
            "AWS::Lambda::Permission",
            json!({"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*"}),
            "lets anyone invoke",
        ),
        ("AWS::Lambda::Url", json!({"TargetFunctionArn": "f", "AuthType": "NONE"}), "by its URL"),
        ("AWS::RDS::DBInstance", json!({"PubliclyAccessible": true}), "reachable from the internet"),
        (
            "AWS::EC2::SecurityGroupIngress",
            json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"}),
            "tcp port 22 from ::/0",
        ),
        (
            "AWS::EC2::SecurityGroupIngress",
            json!({"GroupId": "sg-1", "IpProtocol": "-1", "SourcePrefixListId": "pl-1"}),
            "opens a group to more: every protocol and port from pl-1",
        ),
        (
            "AWS::EC2::NetworkAclEntry",
            json!({"NetworkAclId": "acl-1", "Protocol": -1, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}),
            "lets anyone in",
        ),
        (
            "AWS::SQS::QueuePolicy",
            json!({"Queues": ["q"], "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Resource": "*"}]}}),
            "allows anyone",
        ),
    ] {
        let mut after = start.clone();
        after["X"] = json!({"Type": resource_type, "Properties": properties});
        let found = reasons(start.clone(), after);
        assert!(found.iter().any(|reason| reason.contains(words)), "{resource_type} {words}: {found:?}");
    }
    let closed = [
        json!({"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*", "SourceArn": "a"}}),
        json!({"Type": "AWS::EC2::NetworkAclEntry", "Properties": {"NetworkAclId": "acl-1", "Protocol": -1, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}}),
        json!({"Type": "AWS::RDS::DBInstance", "Properties": {"PubliclyAccessible": false}}),
    ];
    for resource in closed {
        let mut after = start.clone();
        after["X"] = resource;
        assert!(reasons(start.clone(), after.clone()).is_empty(), "{after}");
    }
}

#[test]
fn networks_of_lists_and_rules_of_a_new_group_are_weighed() {
    let entries = |cidr: &str| json!({"PrefixListName": "p", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [{"Cidr": cidr}]});
    one_way("AWS::EC2::PrefixList", entries("10.0.0.0/24"), entries("10.0.0.0/8"), "opens wider");
    let cluster = |cidr: &str| json!({"RoleArn": "r", "ResourcesVpcConfig": {"SubnetIds": ["s"], "PublicAccessCidrs": [cidr]}});
    one_way("AWS::EKS::Cluster", cluster("203.0.113.0/24"), cluster("0.0.0.0/0"), "opens wider");
    // A rule from inside of a group that comes with it widens nothing that is there.
    let group = json!({
        "T": {"Type": "AWS::SNS::Topic"},
        "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g"}},
        "R": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": ["G", "GroupId"]}, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": "10.0.0.0/8"}}
    });
    assert!(reasons(json!({"T": {"Type": "AWS::SNS::Topic"}}), group).is_empty());
}

#[test]
fn a_policy_that_goes_takes_its_denials_along_unless_what_it_is_for_goes_too() {
    let deny = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*"}]});
    let bucket = json!({"Type": "AWS::S3::Bucket"});
    let policy = json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": deny}});
    let topic = json!({"Type": "AWS::SNS::Topic"});
    let both = json!({"B": bucket, "P": policy, "T": topic});
    assert_eq!(reasons(both.clone(), json!({"B": bucket, "T": topic})), ["`P` goes, and with it that it denies `s3:DeleteObject`."]);
    assert!(reasons(both.clone(), json!({"T": topic})).is_empty());
    // Under another logical ID it is still there.
    assert!(reasons(both, json!({"B": bucket, "T": topic, "Q": policy})).is_empty());
}
