//! Changes that widen access, for many resource types.

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

/// Asserts that a change is reported with this text as a risk, and that the reverse change is not.
fn one_way(resource_type: &str, before: Json, after: Json, expected: &str) {
    let forward = reasons(resource(resource_type, before.clone()), resource(resource_type, after.clone()));
    assert!(forward.iter().any(|reason| reason.contains(expected)), "{resource_type} {expected}: {forward:?}");
    let reverse = reasons(resource(resource_type, after), resource(resource_type, before));
    assert!(reverse.is_empty(), "{resource_type}: {reverse:?}");
}

#[test]
fn unsafe_values_are_risks_also_inside_added_and_removed_objects() {
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
    one_way(
        "AWS::ElasticLoadBalancingV2::Listener",
        json!({"Protocol": "HTTPS"}),
        json!({"Protocol": "HTTP"}),
        "accepts unencrypted traffic",
    );
    one_way("AWS::Lambda::Url", json!({"AuthType": "AWS_IAM"}), json!({"AuthType": "NONE"}), "becomes public");
    one_way(
        "AWS::OpenSearchService::Domain",
        json!({"EncryptionAtRestOptions": {"Enabled": true}, "NodeToNodeEncryptionOptions": {"Enabled": true}}),
        json!({"EncryptionAtRestOptions": {"Enabled": false}, "NodeToNodeEncryptionOptions": {"Enabled": false}}),
        "encrypted at rest",
    );
    one_way(
        "AWS::Cognito::UserPool",
        json!({"MfaConfiguration": "ON"}),
        json!({"MfaConfiguration": "OPTIONAL"}),
        "multi-factor authentication",
    );
    one_way("AWS::RDS::DBInstance", json!({}), json!({"PubliclyAccessible": "true"}), "reachable from the internet");
}

fn statement(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

#[test]
fn policy_documents_are_found_in_any_property_and_as_json_text() {
    let document = |statements: Json| json!({"Version": "2012-10-17", "Statement": statements});
    let [small, large] = [statement("s3:GetObject", "a"), statement("s3:*", "a")].map(document);
    let expected = "now also allows the action `s3:*`";
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
        one_way(resource_type, wrap(small.clone()), wrap(large.clone()), expected);
    }
}

#[test]
fn grants_widen_by_principal_resource_condition_and_exceptions() {
    let policy = |statement: Json| json!({"Bucket": "b", "PolicyDocument": {"Statement": statement}});
    let allow =
        |principal: Json, resource: &str| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:Get*", "Resource": resource});
    let bucket = "AWS::S3::BucketPolicy";
    one_way(bucket, policy(allow(json!({"AWS": "1"}), "a")), policy(allow(json!("*"), "a")), "the principal `*`");
    one_way(bucket, policy(allow(json!("*"), "a/b")), policy(allow(json!("*"), "a/*")), "the resource `a/*`");
    let mut conditioned = allow(json!("*"), "a");
    conditioned["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}});
    one_way(bucket, policy(conditioned), policy(allow(json!("*"), "a")), "without the previous condition");
    let denied = json!([allow(json!("*"), "a"), {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl", "Resource": "a"}]);
    one_way(bucket, policy(denied), policy(json!([allow(json!("*"), "a")])), "no longer denies `s3:GetObjectAcl`");
    let found = reasons(
        resource("AWS::IAM::Policy", policy(statement("s3:GetObject", "a"))),
        resource("AWS::IAM::Policy", policy(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "a"}))),
    );
    assert_eq!(found, ["A policy of `X` now also allows every action except `iam:*`."]);
    // Splitting, joining or reordering statements grants nothing new.
    let split = json!([statement("s3:GetObject", "a"), statement("s3:PutObject", "a")]);
    let joined = json!({"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "a"});
    assert!(reasons(resource("AWS::IAM::Policy", policy(split)), resource("AWS::IAM::Policy", policy(joined))).is_empty());
}

#[test]
fn new_public_resources_are_risks() {
    let start = json!({"T": {"Type": "AWS::SNS::Topic"}});
    for (resource_type, properties, expected) in [
        (
            "AWS::Lambda::Permission",
            json!({"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*"}),
            "allows everyone to invoke",
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
            "adds ingress to an existing group: every protocol and port from pl-1",
        ),
        (
            "AWS::EC2::NetworkAclEntry",
            json!({"NetworkAclId": "acl-1", "Protocol": -1, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}),
            "allows ingress from everywhere",
        ),
        (
            "AWS::SQS::QueuePolicy",
            json!({"Queues": ["q"], "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Resource": "*"}]}}),
            "allows everyone",
        ),
    ] {
        let mut after = start.clone();
        after["X"] = json!({"Type": resource_type, "Properties": properties});
        let found = reasons(start.clone(), after);
        assert!(found.iter().any(|reason| reason.contains(expected)), "{resource_type} {expected}: {found:?}");
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
fn wider_networks_in_lists_are_risks_and_rules_of_a_new_group_are_not() {
    let entries = |cidr: &str| json!({"PrefixListName": "p", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [{"Cidr": cidr}]});
    one_way("AWS::EC2::PrefixList", entries("10.0.0.0/24"), entries("10.0.0.0/8"), "becomes wider");
    let cluster = |cidr: &str| json!({"RoleArn": "r", "ResourcesVpcConfig": {"SubnetIds": ["s"], "PublicAccessCidrs": [cidr]}});
    one_way("AWS::EKS::Cluster", cluster("203.0.113.0/24"), cluster("0.0.0.0/0"), "becomes wider");
    // A rule for private addresses of a new group widens no existing group.
    let group = json!({
        "T": {"Type": "AWS::SNS::Topic"},
        "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g"}},
        "R": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": ["G", "GroupId"]}, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": "10.0.0.0/8"}}
    });
    assert!(reasons(json!({"T": {"Type": "AWS::SNS::Topic"}}), group).is_empty());
}

#[test]
fn removing_a_policy_with_denials_is_a_risk_unless_its_bucket_is_removed_too() {
    let deny = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*"}]});
    let bucket = json!({"Type": "AWS::S3::Bucket"});
    let policy = json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": deny}});
    let topic = json!({"Type": "AWS::SNS::Topic"});
    let both = json!({"B": bucket, "P": policy, "T": topic});
    assert_eq!(reasons(both.clone(), json!({"B": bucket, "T": topic})), ["`P`, which denies `s3:DeleteObject`, is removed."]);
    assert!(reasons(both.clone(), json!({"T": topic})).is_empty());
    // The policy exists under another logical ID.
    assert!(reasons(both, json!({"B": bucket, "T": topic, "Q": policy})).is_empty());
}
