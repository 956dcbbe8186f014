//! The pieces of the cache, fitted to what a template offers.

use serde_json::{Value, json};

use super::compare::value_of;
use super::offer::{Offer, ThirdZone};

/// One named entry for one section.
pub(super) type Piece = (&'static str, Value);

fn no_value() -> Value {
    json!({ "Ref": "AWS::NoValue" })
}

/// The parameters.
pub(super) fn parameters() -> Vec<Piece> {
    let switch = |description: &str, default: &str| json!({ "Type": "String", "Description": description, "Default": default, "AllowedValues": ["Yes", "No"] });
    vec![
        ("BuildCache", switch("Keep build caches between builds", "No")),
        ("BuildCacheCleanup", switch("Expire images in the build cache repository", "Yes")),
        (
            "BuildCacheRetentionDays",
            json!({ "Type": "Number", "Description": "Days after which images in the build cache repository expire", "Default": "30", "MinValue": 1, "MaxValue": 365 }),
        ),
    ]
}

/// The conditions.
pub(super) fn conditions(offer: &Offer<'_>) -> Vec<Piece> {
    let equals = |parameter: &str, value: &str| json!({ "Fn::Equals": [{ "Ref": parameter }, value] });
    let both = |a: &str, b: &str| json!({ "Fn::And": [{ "Condition": a }, { "Condition": b }] });
    let mut conditions = vec![("BuildCache", equals("BuildCache", "Yes")), ("BuildCacheCleanup", equals("BuildCacheCleanup", "Yes"))];
    conditions.push((
        "BuildCacheFargate",
        offer.fargate_condition.map_or_else(|| json!({ "Condition": "BuildCache" }), |condition| both("BuildCache", condition)),
    ));
    if let ThirdZone::When(condition) = offer.third_zone {
        conditions.push(("BuildCacheFargateThirdAvailabilityZone", both("BuildCacheFargate", condition)));
    }
    conditions.extend(offer.lacking_blanks.iter().map(|(condition, parameter)| (*condition, equals(parameter, ""))));
    conditions
}

/// The resources.
pub(super) fn resources(offer: &Offer<'_>) -> Vec<Piece> {
    let name = || json!([{ "Key": "Name", "Value": { "Fn::Sub": "${AWS::StackName}-build-cache" } }]);
    let mut filesystem = json!({ "Encrypted": true });
    if offer.customer_managed_key {
        filesystem["KmsKeyId"] = json!({ "Fn::If": ["EnableSharedEFSVolumeEncryptionCond", { "Ref": "CustomerManagedKey" }, no_value()] });
    }
    filesystem["FileSystemTags"] = name();
    let mut group = json!({ "Ref": "InstancesSecurity" });
    if offer.instance_group {
        group = json!({ "Fn::If": ["BlankInstanceSecurityGroup", group, { "Ref": "InstanceSecurityGroup" }] });
    }
    if offer.build_instance_group {
        group = json!({ "Fn::If": ["BlankBuildInstanceSecurityGroup", group, { "Ref": "BuildInstanceSecurityGroup" }] });
    }
    let target = |condition: &str, subnet: &str| {
        json!({
            "Type": "AWS::EFS::MountTarget", "Condition": condition,
            "Properties": { "FileSystemId": { "Ref": "BuildCacheFilesystem" }, "SubnetId": { "Ref": subnet }, "SecurityGroups": [{ "Ref": "BuildCacheSecurity" }] },
        })
    };
    let lifecycle = r#"{"rules":[{"rulePriority":1,"description":"expire build caches","selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":${BuildCacheRetentionDays}},"action":{"type":"expire"}}]}"#;
    let mut resources = vec![
        (
            "BuildCacheFilesystem",
            json!({
                "Type": "AWS::EFS::FileSystem", "Condition": "BuildCacheFargate", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete",
                "Properties": filesystem,
            }),
        ),
        (
            "BuildCacheSecurity",
            json!({
                "Type": "AWS::EC2::SecurityGroup", "Condition": "BuildCacheFargate",
                "Properties": {
                    "GroupDescription": { "Fn::Sub": "${AWS::StackName} build cache" },
                    "SecurityGroupIngress": [{ "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "SourceSecurityGroupId": group }],
                    "Tags": name(),
                    "VpcId": offer.vpc_id.map(value_of).unwrap_or_default(),
                },
            }),
        ),
        ("BuildCacheTarget0", target("BuildCacheFargate", "Subnet0")),
        ("BuildCacheTarget1", target("BuildCacheFargate", "Subnet1")),
    ];
    match offer.third_zone {
        ThirdZone::Never => {}
        ThirdZone::Always => resources.push(("BuildCacheTarget2", target("BuildCacheFargate", "Subnet2"))),
        ThirdZone::When(_) => resources.push(("BuildCacheTarget2", target("BuildCacheFargateThirdAvailabilityZone", "Subnet2"))),
    }
    resources.push((
        "BuildCacheRepository",
        json!({
            "Type": "AWS::ECR::Repository", "Condition": "BuildCache", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete",
            "Properties": {
                "RepositoryName": { "Fn::Sub": "${AWS::StackName}-build-cache" },
                "ImageTagMutability": "MUTABLE",
                "EmptyOnDelete": true,
                "LifecyclePolicy": { "Fn::If": ["BuildCacheCleanup", { "LifecyclePolicyText": { "Fn::Sub": lifecycle } }, no_value()] },
                "Tags": name(),
            },
        }),
    ));
    resources
}

/// The mount point in the Fargate build task's container.
pub(super) fn mount_point() -> Value {
    json!({ "SourceVolume": "build-cache", "ContainerPath": "/kaniko/caches", "ReadOnly": false })
}

/// The volume of the Fargate build task.
pub(super) fn volume() -> Value {
    json!({ "Name": "build-cache", "EFSVolumeConfiguration": { "FilesystemId": { "Ref": "BuildCacheFilesystem" }, "TransitEncryption": "ENABLED" } })
}

/// `value` when the Fargate cache is on, else nothing.
pub(super) fn when_cached(value: Value) -> Value {
    json!({ "Fn::If": ["BuildCacheFargate", value, no_value()] })
}

/// What tells BuildKit to the EC2 build task.
pub(super) fn docker_buildkit() -> Value {
    json!({ "Name": "DOCKER_BUILDKIT", "Value": "1" })
}
