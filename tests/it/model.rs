//! Tests of `model`.

use rackform::model::build_cache::{self, BuildCache, HostTemplate};
use rackform::model::kms::{Encryptable, EncryptionKey, KeyService};
use rackform::model::{Arn, ConditionName, Declared, LogicalId, OrNoValue, ParameterName, ec2, ecr, ecs, efs, iam, json, logs, rack};
use serde_json::{Value, json};

fn resource(cache: &BuildCache, name: &str) -> Value {
    cache.resources().get(name).cloned().unwrap_or_default()
}

#[test]
fn the_file_system_is_encrypted_with_the_customer_managed_key_if_there_is_one() {
    let cache = BuildCache::new(&rack::host_template());
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
    let without_key = BuildCache::new(&HostTemplate { key: None, ..rack::host_template() });
    assert_eq!(resource(&without_key, "BuildCacheFilesystem")["Properties"].get("KmsKeyId"), None);
    assert_eq!(resource(&without_key, "BuildCacheFilesystem")["Properties"]["Encrypted"], true);
}

#[test]
fn a_customer_managed_key_encrypts_each_type_of_resource_with_one_call() {
    let key = EncryptionKey::only_if(&ConditionName::new("Encrypt"), LogicalId::new("Key"));
    let when_encrypted = |value: Value| json!({"Fn::If": ["Encrypt", value, {"Ref": "AWS::NoValue"}]});
    let arn = json!({"Fn::GetAtt": ["Key", "Arn"]});
    assert_eq!(json(&efs::FileSystem::new(vec![]).encrypted_with(&key))["KmsKeyId"], when_encrypted(json!({"Ref": "Key"})));
    assert_eq!(json(&logs::LogGroup::new(None, vec![]).encrypted_with(&key))["KmsKeyId"], when_encrypted(arn.clone()));
    let repository = ecr::Repository {
        repository_name: "images".into(),
        image_tag_mutability: ecr::TagMutability::Immutable,
        empty_on_delete: false,
        encryption_configuration: None,
        lifecycle_policy: None,
        tags: vec![],
    };
    assert_eq!(
        json(&repository.encrypted_with(&key))["EncryptionConfiguration"],
        when_encrypted(json!({"EncryptionType": "KMS", "KmsKey": arn}))
    );
    let principals = [KeyService::Efs, KeyService::Ecr, KeyService::Logs].map(|service| json(&service.statement())["Principal"].clone());
    assert_eq!(
        principals,
        [json!({"AWS": "*"}), json!({"AWS": "*"}), json!({"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}})]
    );
}

#[test]
fn only_the_security_group_of_builds_can_reach_nfs() {
    let cache = BuildCache::new(&rack::host_template());
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
fn an_older_rack_with_fewer_parameters_gets_plain_references() {
    let host = HostTemplate {
        existing_vpc: None,
        build_instance_security_group: None,
        instance_security_group: Some((ConditionName::from_name("NoGroup"), ParameterName::from_name("Group"))),
        third_zone: None,
        subnets: [LogicalId::from_name("A"), LogicalId::from_name("B"), LogicalId::from_name("C")],
        ..rack::host_template()
    };
    let cache = BuildCache::new(&host);
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
fn the_third_mount_target_exists_only_with_a_third_zone() {
    let cache = BuildCache::new(&rack::host_template());
    assert_eq!(
        cache.conditions()["BuildCacheFargateThirdAvailabilityZone"],
        json!({"Fn::And": [{"Condition": "BuildCacheFargate"}, {"Condition": "ThirdAvailabilityZoneAndHighAvailability"}]})
    );
    let conditions: Vec<Value> = (0..3).map(|index| resource(&cache, &format!("BuildCacheTarget{index}"))["Condition"].clone()).collect();
    assert_eq!(conditions, ["BuildCacheFargate", "BuildCacheFargate", "BuildCacheFargateThirdAvailabilityZone"]);
}

#[test]
fn the_lifecycle_policy_is_valid_json_after_substitution() {
    let cache = BuildCache::new(&rack::host_template());
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
fn the_task_mounts_the_file_system_only_if_the_cache_is_enabled() {
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
fn a_separate_ingress_rule_has_the_same_properties_as_an_inline_one() {
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

#[test]
fn a_task_definition_for_ec2_serializes_to_cloudformation_properties() {
    let role: LogicalId<iam::Role> = LogicalId::new("Role");
    let container = ecs::ContainerDefinition {
        secrets: vec![ecs::Secret { name: "PASSWORD".to_owned(), value_from: "arn:aws:ssm:us-east-1:123456789012:parameter/p".into() }],
        ..ecs::ContainerDefinition::new("build", "example/build:1".into())
    };
    let task = ecs::TaskDefinition {
        family: "builds".into(),
        launch_type: ecs::LaunchType::Ec2,
        task_role: role.arn(),
        execution_role: iam_arn("arn:aws:iam::123456789012:role/start"),
        containers: vec![container],
        volumes: Some(OrNoValue::always(vec![ecs::Volume::host("docker", "/var/run/docker.sock"), ecs::Volume::scratch("temp")])),
        tags: vec![],
    };
    assert_eq!(
        json(&Declared::new(task)),
        json!({
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Family": "builds",
                "RequiresCompatibilities": ["EC2"],
                "TaskRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "ExecutionRoleArn": "arn:aws:iam::123456789012:role/start",
                "ContainerDefinitions": [{
                    "Name": "build",
                    "Image": "example/build:1",
                    "Secrets": [{"Name": "PASSWORD", "ValueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/p"}]
                }],
                "Volumes": [{"Name": "docker", "Host": {"SourcePath": "/var/run/docker.sock"}}, {"Name": "temp"}]
            }
        })
    );
}

fn iam_arn(arn: &str) -> rackform::model::Value<Arn<iam::Role>> {
    Arn::existing(arn).into()
}

#[test]
fn an_access_point_with_its_own_directory_serializes_to_cloudformation_properties() {
    let point: LogicalId<efs::AccessPoint> = LogicalId::new("AppCache");
    let properties = efs::AccessPoint {
        posix_user: Some(OrNoValue::always(efs::PosixUser { uid: "1000".into(), gid: "1000".into() })),
        root_directory: Some(OrNoValue::always(efs::RootDirectory {
            path: "/app".into(),
            creation_info: Some(OrNoValue::always(efs::CreationInfo {
                owner_uid: "1000".into(),
                owner_gid: "1000".into(),
                permissions: "0755".into(),
            })),
        })),
        ..efs::AccessPoint::new(build_cache::FILE_SYSTEM.reference())
    };
    assert_eq!(
        json(&properties),
        json!({
            "FileSystemId": {"Ref": "BuildCacheFilesystem"},
            "PosixUser": {"Uid": "1000", "Gid": "1000"},
            "RootDirectory": {"Path": "/app", "CreationInfo": {"OwnerUid": "1000", "OwnerGid": "1000", "Permissions": "0755"}}
        })
    );
    let volume = ecs::EfsVolume::access_point(build_cache::FILE_SYSTEM.reference(), point.reference()).with_iam();
    assert_eq!(
        json(&ecs::Volume::efs("cache", volume)),
        json!({"Name": "cache", "EFSVolumeConfiguration": {
            "FilesystemId": {"Ref": "BuildCacheFilesystem"},
            "TransitEncryption": "ENABLED",
            "AuthorizationConfig": {"AccessPointId": {"Ref": "AppCache"}, "IAM": "ENABLED"}
        }})
    );
}

#[test]
fn a_lifecycle_policy_without_parameters_is_a_plain_string() {
    let rule = ecr::LifecycleRule { description: "Old", tags: ecr::TagStatus::Untagged, days_since_push: 7.into() };
    let policy = json(&ecr::LifecyclePolicy { rules: vec![rule.clone(), ecr::LifecycleRule { tags: ecr::TagStatus::Any, ..rule }] });
    let text: Value = serde_json::from_str(policy["LifecyclePolicyText"].as_str().unwrap_or_default()).unwrap_or_default();
    assert_eq!(text["rules"][0]["selection"]["tagStatus"], "untagged");
    assert_eq!(text["rules"][1]["rulePriority"], 2);
    assert_eq!(text["rules"][1]["selection"]["countNumber"], 7);
}

#[test]
fn intrinsic_functions_serialize_to_cloudformation_syntax() {
    type Text = rackform::model::Value<String>;
    let zones = rackform::model::Value::availability_zones();
    let functions = [
        (Text::select(1, &zones), json!({"Fn::Select": [1, {"Fn::GetAZs": ""}]})),
        (Text::select(0, &rackform::model::Value::split("/", "a/b")), json!({"Fn::Select": [0, {"Fn::Split": ["/", "a/b"]}]})),
        (
            Text::select(0, &rackform::model::Value::cidr("10.0.0.0/16", 3, 8)),
            json!({"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/16", 3, 8]}]}),
        ),
        (Text::find_in_map("Map", "top", "second"), json!({"Fn::FindInMap": ["Map", "top", "second"]})),
        (Text::import_value("shared"), json!({"Fn::ImportValue": "shared"})),
        (Text::base64("text"), json!({"Fn::Base64": "text"})),
        (
            Text::join("-", vec!["a".into(), OrNoValue::unless(&build_cache::BUILD_CACHE_ENABLED, "b")]),
            json!({"Fn::Join": ["-", ["a", {"Fn::If": ["BuildCache", {"Ref": "AWS::NoValue"}, "b"]}]]}),
        ),
    ];
    for (function, spelled) in functions {
        assert_eq!(json(&function), spelled);
    }
}
