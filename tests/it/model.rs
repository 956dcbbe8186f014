//! Tests of `model`.

use rackform::model::build_cache::{self, BuildCache, Surroundings};
use rackform::model::{ConditionName, LogicalId, ParameterName, ec2, json};
use serde_json::{Value, json};

fn resource(cache: &BuildCache, name: &str) -> Value {
    cache.resources().get(name).cloned().unwrap_or_default()
}

#[test]
fn the_file_system_is_encrypted_and_takes_the_racks_own_key_when_it_has_one() {
    let cache = BuildCache::new(&Surroundings::default());
    assert_eq!(
        resource(&cache, "BuildCacheFilesystem"),
        json!({
            "Type": "AWS::EFS::FileSystem",
            "Condition": "BuildCacheFargate",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "Encrypted": true,
                "KmsKeyId": {"Fn::If": ["EnableSharedEFSVolumeEncryptionCond", {"Ref": "CustomerManagedKey"}, {"Ref": "AWS::NoValue"}]},
                "FileSystemTags": [{"Key": "Name", "Value": {"Fn::Sub": "${AWS::StackName}-build-cache"}}]
            }
        })
    );
    let without_key = BuildCache::new(&Surroundings { key: None, ..Surroundings::default() });
    assert_eq!(resource(&without_key, "BuildCacheFilesystem")["Properties"].get("KmsKeyId"), None);
    assert_eq!(resource(&without_key, "BuildCacheFilesystem")["Properties"]["Encrypted"], true);
}

#[test]
fn nfs_comes_in_only_from_the_group_that_builds_run_in() {
    let cache = BuildCache::new(&Surroundings::default());
    assert_eq!(
        resource(&cache, "BuildCacheSecurity")["Properties"]["SecurityGroupIngress"],
        json!([{
            "IpProtocol": "tcp",
            "FromPort": 2049,
            "ToPort": 2049,
            "SourceSecurityGroupId": {"Fn::If": [
                "BlankBuildInstanceSecurityGroup",
                {"Fn::If": ["BlankInstanceSecurityGroup", {"Ref": "InstancesSecurity"}, {"Ref": "InstanceSecurityGroup"}]},
                {"Ref": "BuildInstanceSecurityGroup"}
            ]}
        }])
    );
}

#[test]
fn an_older_rack_with_fewer_choices_gets_plain_references() {
    let surroundings = Surroundings {
        existing_vpc: None,
        build_instance_security_group: None,
        instance_security_group: Some((ConditionName::read("NoGroup"), ParameterName::read("Group"))),
        third_zone: None,
        subnets: [LogicalId::read("A"), LogicalId::read("B"), LogicalId::read("C")],
        ..Surroundings::default()
    };
    let cache = BuildCache::new(&surroundings);
    assert_eq!(
        cache.resources().keys().collect::<Vec<_>>(),
        ["BuildCacheFilesystem", "BuildCacheSecurity", "BuildCacheTarget0", "BuildCacheTarget1", "BuildCacheRepository"]
    );
    assert_eq!(resource(&cache, "BuildCacheTarget1")["Properties"]["SubnetId"], json!({"Ref": "B"}));
    let security = &resource(&cache, "BuildCacheSecurity")["Properties"];
    assert_eq!(security["VpcId"], json!({"Ref": "Vpc"}));
    assert_eq!(
        security["SecurityGroupIngress"][0]["SourceSecurityGroupId"],
        json!({"Fn::If": ["NoGroup", {"Ref": "InstancesSecurity"}, {"Ref": "Group"}]})
    );
}

#[test]
fn the_third_mount_target_follows_the_third_zone() {
    let cache = BuildCache::new(&Surroundings::default());
    assert_eq!(
        cache.conditions()["BuildCacheFargateThirdAvailabilityZone"],
        json!({"Fn::And": [{"Condition": "BuildCacheFargate"}, {"Condition": "ThirdAvailabilityZoneAndHighAvailability"}]})
    );
    let conditions: Vec<Value> = (0..3).map(|index| resource(&cache, &format!("BuildCacheTarget{index}"))["Condition"].clone()).collect();
    assert_eq!(conditions, ["BuildCacheFargate", "BuildCacheFargate", "BuildCacheFargateThirdAvailabilityZone"]);
}

#[test]
fn the_lifecycle_policy_is_json_once_its_parameter_is_filled_in() {
    let cache = BuildCache::new(&Surroundings::default());
    let policy = &resource(&cache, "BuildCacheRepository")["Properties"]["LifecyclePolicy"]["Fn::If"];
    assert_eq!(policy[0], "BuildCacheCleanup");
    assert_eq!(policy[2], json!({"Ref": "AWS::NoValue"}));
    let text = policy[1]["LifecyclePolicyText"]["Fn::Sub"].as_str().unwrap_or_default();
    let filled_in: Value = serde_json::from_str(&text.replace("${BuildCacheRetentionDays}", "30")).unwrap_or_default();
    assert_eq!(
        filled_in["rules"][0]["selection"],
        json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30})
    );
    assert_eq!(filled_in["rules"][0]["action"], json!({"type": "expire"}));
}

#[test]
fn the_task_mounts_the_file_system_only_with_the_cache_on() {
    assert_eq!(
        json(&build_cache::volumes()),
        json!({"Fn::If": [
            "BuildCacheFargate",
            [{"Name": "build-cache", "EFSVolumeConfiguration": {"FilesystemId": {"Ref": "BuildCacheFilesystem"}, "TransitEncryption": "ENABLED"}}],
            {"Ref": "AWS::NoValue"}
        ]})
    );
    assert_eq!(
        json(&build_cache::mount_points()),
        json!({"Fn::If": [
            "BuildCacheFargate",
            [{"SourceVolume": "build-cache", "ContainerPath": "/kaniko/caches", "ReadOnly": false}],
            {"Ref": "AWS::NoValue"}
        ]})
    );
    assert_eq!(json(&build_cache::environment_variable()), json!({"Name": "DOCKER_BUILDKIT", "Value": "1"}));
}

#[test]
fn a_rule_of_its_own_is_spelled_like_one_inside_a_group() {
    let group: LogicalId<ec2::SecurityGroup> = LogicalId::new("Router");
    let rule = ec2::SecurityGroupIngress {
        group_id: group.reference(),
        rule: ec2::Ingress::tcp(80, 80, ec2::Peer::Cidr("10.0.0.0/8".into())).described("plain"),
    };
    assert_eq!(
        json(&rule),
        json!({"GroupId": {"Ref": "Router"}, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8", "Description": "plain"})
    );
}
