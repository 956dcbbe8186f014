//! The risks of a plan and their messages.

use rackform::evaluate::State;
use rackform::plan::{Plan, RiskKind};
use serde_json::{Value as Json, json};

use super::{plan_parameter, plan_resources, plan_texts};

fn reasons(plan: &Plan, kind: RiskKind) -> Vec<&str> {
    plan.risks.iter().filter(|risk| risk.kind == kind).map(|risk| risk.reason.as_str()).collect()
}

fn one(kind: RiskKind, before: Json, after: Json) -> String {
    let plan = plan_resources(&before, &after);
    let found = reasons(&plan, kind);
    assert_eq!(found.len(), 1, "{:#?}", plan.risks);
    found[0].to_owned()
}

fn none(kind: RiskKind, before: Json, after: Json) {
    let plan = plan_resources(&before, &after);
    assert!(reasons(&plan, kind).is_empty(), "{:#?}", plan.risks);
}

#[test]
fn data_loss_of_a_replaced_file_system_names_the_property() {
    let template = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {"Files": {"Type": "AWS::EFS::FileSystem", "Properties": {"Encrypted": true, "KmsKeyId": {"Ref": "P"}}}}
    });
    let plan = plan_parameter(&template, "key-1", "key-2");
    assert_eq!(
        reasons(&plan, RiskKind::DataLoss),
        ["`Files` (AWS::EFS::FileSystem) is replaced because `KmsKeyId` changes (parameter `P`), which loses the file system's \
          files; `UpdateReplacePolicy: Retain` would keep the old one."]
    );
    assert_eq!(plan.risks[0].path.as_deref(), Some("/Properties/KmsKeyId"));
}

#[test]
fn retained_resources_and_task_definitions_are_no_data_loss() {
    none(
        RiskKind::DataLoss,
        json!({"F": {"Type": "AWS::EFS::FileSystem", "DeletionPolicy": "Retain"}}),
        json!({"T": {"Type": "AWS::SNS::Topic"}}),
    );
    let task = |cpu: &str| json!({"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "f", "Cpu": cpu}}});
    let plan = plan_resources(&task("256"), &task("512"));
    assert!(plan.risks.is_empty(), "{:#?}", plan.risks);
}

#[test]
fn a_deleted_bucket_loses_data_and_a_database_keeps_its_default_snapshot() {
    none(RiskKind::DataLoss, json!({"Db": {"Type": "AWS::RDS::DBInstance"}}), json!({"T": {"Type": "AWS::SNS::Topic"}}));
    let reason = one(RiskKind::DataLoss, json!({"B": {"Type": "AWS::S3::Bucket"}}), json!({"T": {"Type": "AWS::SNS::Topic"}}));
    assert!(reason.starts_with("`B` (AWS::S3::Bucket) is deleted"), "{reason}");
}

fn group(cidr: &str, from: u16, to: u16) -> Json {
    let rule = json!({"IpProtocol": "tcp", "FromPort": from, "ToPort": to, "CidrIp": cidr});
    json!({"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
        "GroupDescription": "g", "SecurityGroupIngress": [rule], "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]
    }}})
}

#[test]
fn wider_ingress_is_a_risk_and_narrower_ingress_is_not() {
    for (before, after, words) in [
        (
            group("10.0.0.0/24", 22, 22),
            group("10.0.0.0/16", 22, 22),
            "becomes wider: tcp port 22 from 10.0.0.0/16 instead of tcp port 22 from 10.0.0.0/24",
        ),
        (group("10.0.0.0/24", 22, 22), group("10.0.0.0/24", 20, 90), "becomes wider: tcp ports 20-90"),
        (group("10.0.0.0/24", 22, 22), group("10.0.1.0/24", 22, 22), "allows additional ingress: tcp port 22 from 10.0.1.0/24"),
        (
            json!({"T": {"Type": "AWS::SNS::Topic"}}),
            group("0.0.0.0/0", 22, 22),
            "allows ingress from everywhere: tcp port 22 from 0.0.0.0/0",
        ),
    ] {
        let reason = one(RiskKind::SecurityWidening, before, after);
        assert!(reason.contains(words), "{reason}");
    }
    none(RiskKind::SecurityWidening, group("10.0.0.0/16", 20, 90), group("10.0.0.0/24", 22, 22));
    none(RiskKind::SecurityWidening, json!({"T": {"Type": "AWS::SNS::Topic"}}), group("10.0.0.0/8", 22, 22));
}

#[test]
fn new_grants_of_a_policy_are_risks() {
    let role = |action: &str, principal: &str| {
        json!({"R": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]},
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:Get*", action], "Resource": "arn:aws:s3:::b"}]}}]
        }}})
    };
    assert_eq!(
        one(RiskKind::SecurityWidening, role("s3:GetObject", "a"), role("s3:PutObject", "a")),
        "A policy of `R` now allows `s3:PutObject` on `arn:aws:s3:::b`."
    );
    assert_eq!(
        one(RiskKind::SecurityWidening, role("s3:GetObject", "a"), role("s3:GetObject", "*")),
        "A policy of `R` now allows `sts:AssumeRole` to everyone; before only to `a`."
    );
    none(RiskKind::SecurityWidening, role("s3:PutObject", "a"), role("s3:GetObjectAcl", "a"));
}

#[test]
fn turning_off_a_protection_is_a_risk() {
    let database = |public: bool| json!({"D": {"Type": "AWS::RDS::DBInstance", "Properties": {"PubliclyAccessible": public}}});
    assert!(one(RiskKind::SecurityWidening, database(false), database(true)).contains("reachable from the internet"));
    none(RiskKind::SecurityWidening, database(true), database(false));
    let task = |encryption: &str| {
        json!({"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "Volumes": [{"Name": "v", "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "TransitEncryption": encryption}}]
        }}})
    };
    assert!(one(RiskKind::SecurityWidening, task("ENABLED"), task("DISABLED")).contains("no longer encrypts"));
}

#[test]
fn a_replacement_that_keeps_its_name_collides() {
    let role = |path: &str, name: &str| json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": {}}}});
    let reason = one(RiskKind::ReplacementCollision, role("/", "n"), role("/a/", "n"));
    assert!(reason.contains("keeps the name `n`"), "{reason}");
    none(RiskKind::ReplacementCollision, role("/", "n"), role("/a/", "m"));
}

#[test]
fn a_new_resource_with_the_name_of_a_deleted_one_collides() {
    let queue = |id: &str, name: Json| json!({ id: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}} });
    let reason = one(RiskKind::ReplacementCollision, queue("Old", json!("jobs")), queue("New", json!("jobs")));
    assert!(
        reason.contains("`New` (AWS::SQS::Queue) is created with the name `jobs` of `Old`, which is deleted only at the end"),
        "{reason}"
    );
    let named = json!({"Fn::Sub": "${AWS::StackName}-jobs"});
    one(RiskKind::ReplacementCollision, queue("Old", named.clone()), queue("New", named));
    none(RiskKind::ReplacementCollision, queue("Old", json!("jobs")), queue("New", json!("other")));
}

#[test]
fn deleting_any_stateful_type_is_data_loss_and_retaining_it_is_not() {
    let keeper = json!({"T": {"Type": "AWS::SNS::Topic"}});
    let mut count = 0;
    for stateful in rackform::schema::resource_types().filter(|facts| facts.is_stateful()) {
        let data_loss = |policy: &str| {
            let mut before = keeper.clone();
            before["X"] = json!({"Type": stateful.name(), "DeletionPolicy": policy});
            reasons(&plan_resources(&before, &keeper), RiskKind::DataLoss).join(" ")
        };
        let reason = data_loss("Delete");
        assert!(reason.contains(stateful.holds_data().unwrap()) && reason.contains(stateful.name()), "{}: {reason}", stateful.name());
        assert_eq!(data_loss("Retain"), "", "{}", stateful.name());
        count += 1;
    }
    assert!(count > 60, "{count}");
}

#[test]
fn mount_targets_that_swap_subnets_collide() {
    let targets = |a: &str, b: &str| {
        let target = |subnet: &str| json!({"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "F"}, "SubnetId": subnet, "SecurityGroups": ["sg-1"]}});
        json!({"F": {"Type": "AWS::EFS::FileSystem"}, "A": target(a), "B": target(b)})
    };
    let plan = plan_resources(&targets("s-1", "s-2"), &targets("s-2", "s-1"));
    assert_eq!(reasons(&plan, RiskKind::ReplacementCollision).len(), 2, "{:#?}", plan.risks);
    none(RiskKind::ReplacementCollision, targets("s-1", "s-2"), targets("s-3", "s-4"));
}

#[test]
fn reset_parameters_and_removed_outputs_and_exports_are_risks() {
    let template = |outputs: Json| {
        json!({"Parameters": {"Size": {"Type": "String", "Default": "small"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Size"}}}}, "Outputs": outputs}).to_string()
    };
    let before = template(json!({"Zone": {"Value": "z", "Export": {"Name": "rack-zone"}}, "Plain": {"Value": "p"}}));
    let after = template(json!({}));
    let plan = plan_texts((&before, &["Size=large"]), (&after, &[]), &State::default());
    let default = reasons(&plan, RiskKind::ParameterDefault);
    assert_eq!(default, ["Parameter `Size` changes from `large` to the template's default `small`, because no value is set for it."]);
    let exports = reasons(&plan, RiskKind::ExportRemoved);
    assert!(exports.len() == 1 && exports[0].contains("its export `rack-zone`"), "{exports:?}");
    let outputs = reasons(&plan, RiskKind::OutputRemoved);
    assert!(outputs.len() == 1 && outputs[0].contains("`Plain`, which has no export, is removed"), "{outputs:?}");
}

#[test]
fn replacements_that_delete_first_and_interrupting_updates_are_risks() {
    let association = |subnet: &str| json!({"A": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"RouteTableId": "r", "SubnetId": subnet}}});
    assert!(one(RiskKind::Interruption, association("s-1"), association("s-2")).contains("deletes the old resource before"));
    let database = |class: &str| json!({"D": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": class}}});
    assert!(one(RiskKind::Interruption, database("db.t3.micro"), database("db.t3.small")).contains("updated with some interruption"));
}

#[test]
fn a_mount_target_deleted_with_its_file_system_is_no_separate_risk() {
    let target = json!({"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": "subnet-1", "SecurityGroups": []}});
    let files = json!({"Type": "AWS::EFS::FileSystem"});
    let topic = json!({"Type": "AWS::SNS::Topic"});
    let both = json!({"Files": files, "Target": target, "Topic": topic});
    let plan = plan_resources(&both, &json!({"Topic": topic}));
    assert_eq!(plan.risks.iter().map(|risk| risk.kind).collect::<Vec<_>>(), [RiskKind::DataLoss], "{:#?}", plan.risks);
    let reason = one(RiskKind::Interruption, both, json!({"Files": files, "Topic": topic}));
    assert!(reason.starts_with("`Target` (AWS::EFS::MountTarget) is deleted"), "{reason}");
}

#[test]
fn instances_that_are_all_replaced_are_an_interruption() {
    let group = |launch: &str| {
        json!({"G": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "UpdatePolicy": {"AutoScalingRollingUpdate": {"MinInstancesInService": 1}},
            "Properties": {"MinSize": "1", "MaxSize": "2", "LaunchConfigurationName": launch}
        }})
    };
    let reason = one(RiskKind::Interruption, group("a"), group("b"));
    assert!(reason.contains("the instances of `G`") && reason.contains("all replaced, in batches"), "{reason}");
    let nodes = |version: &str, size: u32| json!({"N": {"Type": "AWS::EKS::Nodegroup", "Properties": {"Version": version, "ScalingConfig": {"MinSize": size}}}});
    let reason = one(RiskKind::Interruption, nodes("1.29", 1), nodes("1.30", 1));
    assert!(reason.contains("the nodes of `N`") && reason.contains("because `Version` changes"), "{reason}");
    none(RiskKind::Interruption, nodes("1.29", 1), nodes("1.29", 2));
}

#[test]
fn an_earlier_version_of_tls_is_wider_access() {
    let resource = |resource_type: &str, name: &str, value: &str| json!({"X": {"Type": resource_type, "Properties": {name: value}}});
    for (resource_type, name, strict, lax) in [
        ("AWS::ElasticLoadBalancingV2::Listener", "SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"),
        ("AWS::ElasticLoadBalancingV2::Listener", "SslPolicy", "ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS-1-2-2017-01"),
        ("AWS::ElasticLoadBalancingV2::Listener", "SslPolicy", "ELBSecurityPolicy-FS-1-2-Res-2020-10", "ELBSecurityPolicy-FS-1-1-2019-08"),
        ("AWS::ApiGateway::DomainName", "SecurityPolicy", "TLS_1_2", "TLS_1_0"),
    ] {
        let reason = one(RiskKind::SecurityWidening, resource(resource_type, name, strict), resource(resource_type, name, lax));
        assert!(reason.contains("an earlier version of TLS"), "{reason}");
        none(RiskKind::SecurityWidening, resource(resource_type, name, lax), resource(resource_type, name, strict));
    }
    let viewer = |version: &str| json!({"D": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"ViewerCertificate": {"MinimumProtocolVersion": version}}}}});
    one(RiskKind::SecurityWidening, viewer("TLSv1.2_2021"), viewer("TLSv1.1_2016"));
    none(RiskKind::SecurityWidening, viewer("TLSv1"), viewer("TLSv1.2_2019"));
}
