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
    let expected = "now allows `s3:*` on `a`; before only `s3:GetObject`.";
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
fn json_text_with_unknown_parts_is_a_policy_document() {
    let text = |path: &str| {
        let text = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "${T.TopicArn}/PATH"}]}"#;
        json!({"PolicyText": {"Fn::Sub": text.replace("PATH", path)}})
    };
    let with_topic = |properties: Json| {
        let mut resources = resource("AWS::ECR::RegistryPolicy", properties);
        resources["T"] = json!({"Type": "AWS::SNS::Topic"});
        resources
    };
    let found = reasons(with_topic(text("a/*")), with_topic(text("*")));
    assert_eq!(found, ["A policy of `X` now allows `s3:*` on `${T.TopicArn}/*`; before only on `${T.TopicArn}/a/*`."]);
    assert_eq!(reasons(with_topic(text("*")), with_topic(text("a/*"))), [""; 0]);
}

#[test]
fn grants_widen_by_principal_resource_condition_and_exceptions() {
    let policy = |statement: Json| json!({"Bucket": "b", "PolicyDocument": {"Statement": statement}});
    let allow =
        |principal: Json, resource: &str| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:Get*", "Resource": resource});
    let bucket = "AWS::S3::BucketPolicy";
    one_way(bucket, policy(allow(json!({"AWS": "1"}), "a")), policy(allow(json!("*"), "a")), "to everyone; before only to `1`.");
    one_way(bucket, policy(allow(json!("*"), "a/b")), policy(allow(json!("*"), "a/*")), "`a/*` to everyone; before only on `a/b`.");
    let mut conditioned = allow(json!("*"), "a");
    conditioned["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}});
    one_way(bucket, policy(conditioned), policy(allow(json!("*"), "a")), "without the previous condition on `aws:PrincipalOrgID`.");
    let denied = json!([allow(json!("*"), "a"), {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl", "Resource": "a"}]);
    one_way(bucket, policy(denied), policy(json!([allow(json!("*"), "a")])), "no longer denies `s3:GetObjectAcl` on `a` to everyone.");
    let found = reasons(
        resource("AWS::IAM::Policy", policy(statement("s3:GetObject", "a"))),
        resource("AWS::IAM::Policy", policy(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "a"}))),
    );
    assert_eq!(found, ["A policy of `X` now allows every action except `iam:*` on `a`; before only `s3:GetObject`."]);
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
    assert_eq!(
        reasons(both.clone(), json!({"B": bucket, "T": topic})),
        ["`P`, which denies `s3:DeleteObject` on every resource to everyone, is removed."]
    );
    assert!(reasons(both.clone(), json!({"T": topic})).is_empty());
    // The policy exists under another logical ID.
    assert!(reasons(both, json!({"B": bucket, "T": topic, "Q": policy})).is_empty());
}

fn policy(actions: Json) -> Json {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

/// Returns a role with inline policies and managed policies.
fn role(inline: &[Json], managed: Json) -> Json {
    let inline: Vec<Json> =
        inline.iter().enumerate().map(|(n, document)| json!({"PolicyName": format!("p{n}"), "PolicyDocument": document})).collect();
    json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "Policies": inline, "ManagedPolicyArns": managed}})
}

fn attached(document: &Json, roles: Json) -> Json {
    json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document, "Roles": roles}})
}

#[test]
fn all_policies_of_a_role_count_together() {
    let (read, write) = (policy(json!("s3:Get*")), policy(json!("s3:Put*")));
    let this = json!([{"Ref": "R"}]);
    let before = json!({"R": role(&[read.clone(), write.clone()], json!([]))});
    // Grants move from an inline policy to policies that are attached in each way.
    for after in [
        json!({"R": role(std::slice::from_ref(&read), json!([])), "M": attached(&write, this.clone())}),
        json!({"R": role(std::slice::from_ref(&read), json!([{"Ref": "M"}])), "M": attached(&write, json!([]))}),
        json!({"R": role(&[], json!([])), "M": attached(&write, this.clone()),
            "P": {"Type": "AWS::IAM::RolePolicy", "Properties": {"PolicyName": "p", "RoleName": {"Ref": "R"}, "PolicyDocument": read}}}),
        json!({"R": role(&[policy(json!(["s3:GetObject", "s3:Put*"]))], json!([]))}),
    ] {
        assert_eq!(reasons(before.clone(), after), [""; 0]);
    }
    // One risk for a new policy of an existing role, however many actions it has and however many roles it is attached to.
    let two = json!({"R": role(&[], json!([])), "S": role(&[], json!([]))});
    let mut after = two.clone();
    after["M"] = attached(&policy(json!(["s3:Get*", "s3:Put*", "iam:PassRole"])), json!([{"Ref": "R"}, {"Ref": "S"}]));
    assert_eq!(reasons(two, after), ["A policy of `M` now allows `iam:PassRole` and 2 more actions on every resource."]);
    // The administrator's policy covers everything that replaces it.
    let administrator = json!({"R": role(&[], json!(["arn:aws:iam::aws:policy/AdministratorAccess"]))});
    assert_eq!(reasons(administrator.clone(), before.clone()), [""; 0]);
    let expected = "A new managed policy of `R` now allows every action on every resource; before only `s3:Get*` and `s3:Put*`.";
    assert_eq!(reasons(before, administrator), [expected]);
    // A user gets the policies of its new group.
    let user = |groups: Json| {
        json!({"U": {"Type": "AWS::IAM::User", "Properties": {"Groups": groups}},
            "G": {"Type": "AWS::IAM::Group", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": policy(json!("ec2:*"))}]}}})
    };
    assert_eq!(reasons(user(json!([])), user(json!([{"Ref": "G"}]))), ["A policy of `G` now allows `ec2:*` on every resource."]);
}

#[test]
fn policies_of_one_bucket_count_together_and_a_new_role_widens_nothing() {
    let statement = |action: &str| json!({"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": action, "Resource": "*"});
    let bucket_policy = |action: &str| json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": {"Statement": [statement(action)]}}});
    let bucket = json!({"Type": "AWS::S3::Bucket"});
    let before = json!({"B": bucket, "P": bucket_policy("s3:*")});
    assert_eq!(reasons(before.clone(), json!({"B": bucket, "Q": bucket_policy("s3:Get*")})), [""; 0]);
    let expected = "A policy of `P` now allows `s3:*` on every resource to `111111111111`.";
    assert_eq!(reasons(json!({"B": bucket}), before.clone()), [expected]);
    assert_eq!(reasons(json!({"T": {"Type": "AWS::SNS::Topic"}}), before), [""; 0]);
    let new_role = json!({"T": {"Type": "AWS::SNS::Topic"}, "R": role(&[policy(json!("s3:*"))], json!([]))});
    assert_eq!(reasons(json!({"T": {"Type": "AWS::SNS::Topic"}}), new_role), [""; 0]);
}

#[test]
fn permissions_of_a_function_and_boundaries_are_compared() {
    let permission = |properties: Json| {
        let mut all = json!({"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"});
        for (key, value) in properties.as_object().unwrap() {
            all[key] = value.clone();
        }
        all
    };
    let source = json!({"SourceArn": "arn:aws:sns:eu-west-1:1:t"});
    let expected = "without the previous condition on `aws:SourceArn`";
    one_way("AWS::Lambda::Permission", permission(source), permission(json!({})), expected);
    let narrow = json!({"SourceArn": "arn:aws:sns:eu-west-1:1:t"});
    let wide = json!({"SourceArn": "arn:aws:sns:*:1:t"});
    one_way("AWS::Lambda::Permission", permission(narrow), permission(wide), "under wider conditions on `aws:SourceArn`");
    let everyone = permission(json!({"Principal": "*"}));
    one_way("AWS::Lambda::Permission", permission(json!({})), everyone, "to everyone; before only to `sns.amazonaws.com`");
    let bounded = |boundary: &str| {
        let document = |actions: Json| json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy(actions)}});
        let role =
            json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "PermissionsBoundary": {"Ref": boundary}}});
        json!({"R": role, "Small": document(json!("s3:*")), "Large": document(json!(["s3:*", "ec2:*"]))})
    };
    let found = reasons(bounded("Small"), bounded("Large"));
    assert_eq!(found, ["The permissions boundary of `R` now allows `ec2:*` on every resource."]);
    assert_eq!(reasons(bounded("Large"), bounded("Small")), [""; 0]);
}

/// Returns a security group with inline rules.
fn group(rules: Json) -> Json {
    json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": "vpc-1", "SecurityGroupIngress": rules}})
}

fn rule(port: u16, cidr: &str) -> Json {
    json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr})
}

fn separate(group: Json, mut rule: Json) -> Json {
    rule["GroupId"] = group;
    json!({"Type": "AWS::EC2::SecurityGroupIngress", "Properties": rule})
}

#[test]
fn the_rules_of_a_group_count_together() {
    let [web, db] = ["Web", "Db"].map(|id| json!({"Fn::GetAtt": [id, "GroupId"]}));
    let before = json!({"Web": group(json!([rule(22, "10.0.0.0/24")])), "Db": group(json!([])), "R": separate(web.clone(), rule(443, "10.0.0.0/8"))});
    let moved =
        json!({"Web": group(json!([])), "Db": group(json!([rule(22, "0.0.0.0/0")])), "R": separate(db.clone(), rule(443, "10.0.0.0/8"))});
    assert_eq!(
        reasons(before.clone(), moved),
        [
            "`Db` allows ingress from everywhere: tcp port 22 from 0.0.0.0/0.",
            "`R` allows additional ingress: tcp port 443 from 10.0.0.0/8.",
        ]
    );
    // The same access, inline or as a separate rule, whole or in halves, in any order, referenced in either way.
    let inline = json!({"Web": group(json!([rule(443, "10.0.0.0/8"), rule(22, "10.0.0.0/24")])), "Db": group(json!([]))});
    let halves = json!({"Web": group(json!([rule(22, "10.0.0.0/25"), rule(22, "10.0.0.128/25")])), "Db": group(json!([])),
        "S": separate(json!({"Ref": "Web"}), rule(443, "10.0.0.0/8"))});
    for (old, new) in [(&before, &inline), (&inline, &before), (&before, &halves), (&halves, &before), (&inline, &halves)] {
        assert_eq!(reasons(old.clone(), new.clone()), [""; 0]);
    }
    // A group as the source.
    let from =
        |id: &str| json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": {"Fn::GetAtt": [id, "GroupId"]}});
    let source = |id: &str| json!({"Web": group(json!([])), "Db": group(json!([])), "App": group(json!([from(id)]))});
    assert_eq!(reasons(source("Web"), source("Db")), ["`App` allows additional ingress: tcp port 80 from another security group."]);
}

#[test]
fn wider_egress_is_a_risk() {
    let limited = |rules: Json| json!({"GroupDescription": "g", "SecurityGroupEgress": rules});
    let rule = |cidr: &str| json!([{"IpProtocol": "-1", "CidrIp": cidr}]);
    one_way("AWS::EC2::SecurityGroup", limited(rule("10.0.0.0/24")), limited(rule("10.0.0.0/8")), "Egress of `X` becomes wider");
    // A group that loses its rules allows no egress; one that is created without rules allows all of it.
    let none = || json!({"GroupDescription": "g"});
    assert_eq!(
        reasons(resource("AWS::EC2::SecurityGroup", limited(rule("10.0.0.0/24"))), resource("AWS::EC2::SecurityGroup", none())),
        [""; 0]
    );
    let recreated = reasons(
        resource("AWS::EC2::SecurityGroup", limited(rule("10.0.0.0/24"))),
        resource("AWS::EC2::SecurityGroup", json!({"GroupDescription": "h"})),
    );
    assert!(matches!(recreated.as_slice(), [only] if only.contains("every protocol and port to 0.0.0.0/0")), "{recreated:?}");
    assert_eq!(
        reasons(resource("AWS::EC2::SecurityGroup", none()), resource("AWS::EC2::SecurityGroup", limited(rule("0.0.0.0/0")))),
        [""; 0]
    );
    assert_eq!(
        reasons(
            resource("AWS::EC2::SecurityGroup", limited(rule("0.0.0.0/0"))),
            resource("AWS::EC2::SecurityGroup", json!({"GroupDescription": "g"}))
        ),
        [""; 0]
    );
    // The same egress as a separate rule.
    let separate = |group: Json| {
        json!({"X": {"Type": "AWS::EC2::SecurityGroup", "Properties": group},
            "E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Ref": "X"}, "IpProtocol": "-1", "CidrIp": "10.0.0.0/24"}}})
    };
    let inline = resource("AWS::EC2::SecurityGroup", limited(rule("10.0.0.0/24")));
    assert_eq!(reasons(inline, separate(json!({"GroupDescription": "g"}))), [""; 0]);
    // A separate rule removes the one for all egress, so that an explicit one allows more.
    let opened = reasons(separate(json!({"GroupDescription": "g"})), separate(limited(rule("0.0.0.0/0"))));
    assert!(matches!(opened.as_slice(), [only] if only.contains("0.0.0.0/0")), "{opened:?}");
}
