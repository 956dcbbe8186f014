//! Risks that something is kept for less time.

use rackform::plan::{Certainty, RiskKind};
use serde_json::{Value as Json, json};

use super::plan_resources;

/// Returns the certainty of each shortened retention.
fn shortened(resource_type: &str, before: Json, after: Json) -> Vec<Certainty> {
    let resource = |properties: Json| json!({"R": {"Type": resource_type, "Properties": properties}});
    let plan = plan_resources(&resource(before), &resource(after));
    plan.risks.iter().filter(|risk| risk.kind == RiskKind::RetentionShortened).map(|risk| risk.certainty).collect()
}

#[test]
fn a_shorter_period_is_a_risk_and_a_longer_one_is_not() {
    let none = || json!({});
    for (resource_type, name, long, short) in [
        ("AWS::Logs::LogGroup", "RetentionInDays", json!(30), json!(7)),
        ("AWS::SQS::Queue", "MessageRetentionPeriod", json!(1_209_600), json!(60)),
        ("AWS::KMS::Key", "PendingWindowInDays", json!(30), json!(7)),
        ("AWS::RDS::DBInstance", "BackupRetentionPeriod", json!(7), json!(0)),
        ("AWS::ElastiCache::ReplicationGroup", "SnapshotRetentionLimit", json!(5), json!(1)),
        ("AWS::Kinesis::Stream", "RetentionPeriodHours", json!(48), json!(24)),
        ("AWS::Events::Archive", "RetentionDays", json!(0), json!(10)),
    ] {
        let with = |value: &Json| json!({ name: value });
        assert_eq!(shortened(resource_type, with(&long), with(&short)), [Certainty::Certain], "{resource_type}");
        assert!(shortened(resource_type, with(&short), with(&long)).is_empty(), "{resource_type}");
    }
    // Without the property, log events are kept forever, and a queue keeps messages for four days.
    assert_eq!(shortened("AWS::Logs::LogGroup", none(), json!({"RetentionInDays": 3653})), [Certainty::Certain]);
    assert!(shortened("AWS::Logs::LogGroup", json!({"RetentionInDays": 3653}), none()).is_empty());
    assert!(shortened("AWS::SQS::Queue", none(), json!({"MessageRetentionPeriod": 345_600})).is_empty());
    let unknown = json!({"RetentionInDays": {"Fn::GetAtt": ["Other", "Value"]}});
    let resources = |value: Json| json!({"R": {"Type": "AWS::Logs::LogGroup", "Properties": value}, "Other": {"Type": "Custom::Days", "Properties": {"ServiceToken": "t"}}});
    let plan = plan_resources(&resources(json!({"RetentionInDays": 7})), &resources(unknown));
    let found: Vec<_> = plan.risks.iter().filter(|risk| risk.kind == RiskKind::RetentionShortened).map(|risk| risk.certainty).collect();
    assert_eq!(found, [Certainty::Possible]);
}

#[test]
fn a_protection_that_is_turned_off_is_a_risk() {
    for (resource_type, on, off) in [
        ("AWS::DynamoDB::Table", json!({"DeletionProtectionEnabled": true}), json!({"DeletionProtectionEnabled": false})),
        ("AWS::DynamoDB::Table", json!({"DeletionProtectionEnabled": true}), json!({})),
        (
            "AWS::DynamoDB::Table",
            json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}),
            json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}}),
        ),
        ("AWS::RDS::DBCluster", json!({"DeletionProtection": true}), json!({"DeletionProtection": false})),
        ("AWS::Cognito::UserPool", json!({"DeletionProtection": "ACTIVE"}), json!({"DeletionProtection": "INACTIVE"})),
        ("AWS::EC2::Instance", json!({"DisableApiTermination": true}), json!({"DisableApiTermination": false})),
        ("AWS::EFS::FileSystem", json!({"BackupPolicy": {"Status": "ENABLED"}}), json!({"BackupPolicy": {"Status": "DISABLED"}})),
        (
            "AWS::S3::Bucket",
            json!({"VersioningConfiguration": {"Status": "Enabled"}}),
            json!({"VersioningConfiguration": {"Status": "Suspended"}}),
        ),
        (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            json!({"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": "true"}]}),
            json!({"LoadBalancerAttributes": []}),
        ),
    ] {
        assert_eq!(shortened(resource_type, on.clone(), off.clone()), [Certainty::Certain], "{resource_type} {off}");
        assert!(shortened(resource_type, off, on).is_empty(), "{resource_type}");
    }
}

#[test]
fn a_lifecycle_rule_that_expires_more_is_a_risk() {
    let bucket = |rules: Json| json!({"LifecycleConfiguration": {"Rules": rules}});
    let rule = |days: u32, status: &str| json!({"ExpirationInDays": days, "Status": status, "Prefix": "logs/"});
    let kind = "AWS::S3::Bucket";
    assert_eq!(shortened(kind, json!({}), bucket(json!([rule(30, "Enabled")]))), [Certainty::Certain]);
    assert_eq!(shortened(kind, bucket(json!([rule(30, "Enabled")])), bucket(json!([rule(7, "Enabled")]))), [Certainty::Certain]);
    assert_eq!(shortened(kind, bucket(json!([rule(7, "Disabled")])), bucket(json!([rule(7, "Enabled")]))), [Certainty::Certain]);
    assert!(shortened(kind, bucket(json!([rule(7, "Enabled")])), bucket(json!([rule(30, "Enabled")]))).is_empty());
    assert!(shortened(kind, bucket(json!([rule(7, "Enabled")])), bucket(json!([rule(7, "Disabled")]))).is_empty());
    // A rule that already covers the whole bucket.
    let all = json!({"ExpirationInDays": 5, "Status": "Enabled"});
    assert!(shortened(kind, bucket(json!([all])), bucket(json!([all, rule(7, "Enabled")]))).is_empty());
    let policy = |count: u32| {
        let selection = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count});
        let text = json!({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}).to_string();
        json!({"LifecyclePolicy": {"LifecyclePolicyText": text}})
    };
    let kind = "AWS::ECR::Repository";
    assert_eq!(shortened(kind, policy(10), policy(5)), [Certainty::Certain]);
    assert_eq!(shortened(kind, json!({}), policy(5)), [Certainty::Certain]);
    assert!(shortened(kind, policy(5), policy(10)).is_empty());
    // An archived image cannot be pulled; what expired before cannot be archived later.
    let archiving = |count: u32| {
        let text = policy(count)["LifecyclePolicy"]["LifecyclePolicyText"].as_str().unwrap().to_owned();
        let text = text.replace(r#"{"type":"expire"}"#, r#"{"type":"transition","targetStorageClass":"archive"}"#);
        json!({"LifecyclePolicy": {"LifecyclePolicyText": text}})
    };
    assert_eq!(shortened(kind, json!({}), archiving(5)), [Certainty::Certain]);
    assert_eq!(shortened(kind, archiving(5), policy(5)), [Certainty::Certain]);
    assert!(shortened(kind, policy(5), archiving(5)).is_empty());
}

#[test]
fn a_deletion_policy_that_keeps_less_data_is_a_risk() {
    let bucket = |policy: Json| {
        let mut resource = json!({"Type": "AWS::S3::Bucket"});
        resource["DeletionPolicy"] = policy;
        json!({ "R": resource })
    };
    let kinds = |before: &str, after: &str| -> Vec<RiskKind> {
        plan_resources(&bucket(json!(before)), &bucket(json!(after))).risks.iter().map(|risk| risk.kind).collect()
    };
    assert_eq!(kinds("Retain", "Delete"), [RiskKind::RetentionShortened]);
    assert!(kinds("Delete", "Retain").is_empty());
}

#[test]
fn an_instance_of_a_cluster_is_not_its_data() {
    let member =
        json!({"R": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": "c"}}, "T": {"Type": "AWS::SNS::Topic"}});
    let plan = plan_resources(&member, &json!({"T": {"Type": "AWS::SNS::Topic"}}));
    assert!(plan.risks.iter().all(|risk| risk.kind != RiskKind::DataLoss), "{:?}", plan.risks);
}
