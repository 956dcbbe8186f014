//! Changes that CloudFormation or a service refuses.

use rackform::plan::{Certainty, Effect, Plan, Refusal, RefusalKind};
use serde_json::{Value as Json, json};

use super::{effect, plan_parameter, plan_resources};

/// Plans the change of one resource's properties.
fn changed(resource_type: &str, before: &Json, after: &Json) -> Plan {
    let resources = |properties: &Json| json!({"X": {"Type": resource_type, "Properties": properties}});
    plan_resources(&resources(before), &resources(after))
}

/// Returns the only refusal of a plan, which has a way out and a source.
fn only(plan: &Plan) -> &Refusal {
    assert_eq!(plan.refusals.len(), 1, "{:#?}", plan.refusals);
    let refusal = &plan.refusals[0];
    assert!(refusal.fix.is_some() && refusal.source.is_some(), "{refusal:#?}");
    refusal
}

#[test]
fn properties_without_update_support_are_refused() {
    use Certainty::{Certain, Possible};
    use RefusalKind::{NoUpdateSupport, Shrink};
    let volume = |extra: Json| {
        let mut properties = json!({"AvailabilityZone": "us-east-1a", "Size": 100, "Encrypted": false});
        extra.as_object().into_iter().flatten().for_each(|(name, value)| properties[name] = value.clone());
        properties
    };
    let pool = |schema: Json| json!({ "Schema": schema });
    let attribute = |name: &str, mutable: bool| json!({"Name": name, "AttributeDataType": "String", "Mutable": mutable});
    for (resource_type, before, after, kind, certainty) in [
        ("AWS::EC2::Volume", volume(json!({})), volume(json!({"AvailabilityZone": "us-east-1b"})), NoUpdateSupport, Certain),
        ("AWS::EC2::Volume", volume(json!({})), volume(json!({"Encrypted": true})), NoUpdateSupport, Certain),
        ("AWS::EC2::Volume", volume(json!({})), volume(json!({"SnapshotId": "snap-12345678"})), NoUpdateSupport, Certain),
        ("AWS::EC2::Volume", volume(json!({"KmsKeyId": "a"})), volume(json!({"KmsKeyId": "b"})), NoUpdateSupport, Certain),
        ("AWS::EC2::Volume", volume(json!({"SnapshotId": "s"})), volume(json!({})), NoUpdateSupport, Possible),
        ("AWS::EC2::Volume", volume(json!({})), volume(json!({"Size": 50})), Shrink, Certain),
        ("AWS::EC2::Volume", volume(json!({"Size": "100"})), volume(json!({"Size": "99"})), Shrink, Certain),
        ("AWS::KMS::Key", json!({}), json!({"MultiRegion": true}), NoUpdateSupport, Certain),
        ("AWS::KMS::Key", json!({"KeySpec": "RSA_2048"}), json!({"KeySpec": "RSA_4096"}), NoUpdateSupport, Certain),
        ("AWS::KMS::Key", json!({"KeyUsage": "SIGN_VERIFY"}), json!({}), NoUpdateSupport, Certain),
        (
            "AWS::CloudFormation::WaitCondition",
            json!({"Handle": "h", "Timeout": "10"}),
            json!({"Handle": "h", "Timeout": "20"}),
            NoUpdateSupport,
            Certain,
        ),
        ("AWS::SDB::Domain", json!({"Description": "a"}), json!({"Description": "b"}), NoUpdateSupport, Certain),
        ("AWS::CloudFormation::CustomResource", json!({"ServiceToken": "a"}), json!({"ServiceToken": "b"}), NoUpdateSupport, Certain),
        ("Custom::Setup", json!({"ServiceToken": "a"}), json!({"ServiceToken": "b"}), NoUpdateSupport, Certain),
        (
            "AWS::Cognito::UserPool",
            json!({"UsernameAttributes": ["email"]}),
            json!({"UsernameAttributes": ["phone_number"]}),
            NoUpdateSupport,
            Certain,
        ),
        (
            "AWS::Cognito::UserPool",
            json!({"AliasAttributes": ["email"]}),
            json!({"AliasAttributes": ["email", "phone_number"]}),
            NoUpdateSupport,
            Certain,
        ),
        ("AWS::Cognito::UserPool", json!({}), json!({"UsernameConfiguration": {"CaseSensitive": false}}), NoUpdateSupport, Certain),
        ("AWS::Cognito::UserPool", pool(json!([attribute("a", true)])), pool(json!([attribute("a", false)])), NoUpdateSupport, Certain),
        (
            "AWS::Cognito::UserPool",
            pool(json!([attribute("a", true), attribute("b", true)])),
            pool(json!([attribute("b", true)])),
            NoUpdateSupport,
            Certain,
        ),
        ("AWS::CloudTrail::EventDataStore", json!({"KmsKeyId": "a"}), json!({"KmsKeyId": "b"}), NoUpdateSupport, Certain),
        ("AWS::RDS::DBInstance", json!({"AllocatedStorage": "100"}), json!({"AllocatedStorage": "50"}), Shrink, Certain),
        ("AWS::RDS::DBInstance", json!({"EngineVersion": "15.4"}), json!({"EngineVersion": "14.9"}), NoUpdateSupport, Certain),
        (
            "AWS::RDS::DBCluster",
            json!({"EngineVersion": "8.0.mysql_aurora.3.04.0"}),
            json!({"EngineVersion": "5.7.mysql_aurora.2.11.1"}),
            NoUpdateSupport,
            Certain,
        ),
        ("AWS::ElastiCache::ReplicationGroup", json!({"EngineVersion": "7.0"}), json!({"EngineVersion": "6.2"}), NoUpdateSupport, Certain),
        ("AWS::EKS::Cluster", json!({"Version": "1.30"}), json!({"Version": "1.29"}), NoUpdateSupport, Possible),
        ("AWS::EKS::Cluster", json!({"Version": "1.28"}), json!({"Version": "1.30"}), NoUpdateSupport, Certain),
        ("AWS::MSK::Cluster", json!({"NumberOfBrokerNodes": 6}), json!({"NumberOfBrokerNodes": 3}), Shrink, Possible),
        ("AWS::SageMaker::NotebookInstance", json!({"VolumeSizeInGB": 20}), json!({"VolumeSizeInGB": 10}), Shrink, Certain),
        ("AWS::MSK::Cluster", json!({"KafkaVersion": "3.6.0"}), json!({"KafkaVersion": "3.5.1"}), NoUpdateSupport, Certain),
        (
            "AWS::MSK::Cluster",
            json!({"BrokerNodeGroupInfo": {"InstanceType": "m", "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 100}}}}),
            json!({"BrokerNodeGroupInfo": {"InstanceType": "m", "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 50}}}}),
            Shrink,
            Certain,
        ),
        ("AWS::FSx::FileSystem", json!({"StorageCapacity": 64}), json!({"StorageCapacity": 32}), Shrink, Certain),
        (
            "AWS::FSx::FileSystem",
            json!({"FileSystemType": "ONTAP", "StorageCapacity": 64}),
            json!({"FileSystemType": "ONTAP", "StorageCapacity": 32}),
            Shrink,
            Possible,
        ),
        ("AWS::Kinesis::Stream", json!({"ShardCount": 2}), json!({"ShardCount": 5}), NoUpdateSupport, Certain),
        ("AWS::SSM::Parameter", json!({"Tier": "Advanced"}), json!({"Tier": "Standard"}), NoUpdateSupport, Certain),
        (
            "AWS::KinesisFirehose::DeliveryStream",
            json!({"ExtendedS3DestinationConfiguration": {"S3BackupMode": "Enabled"}}),
            json!({"ExtendedS3DestinationConfiguration": {"S3BackupMode": "Disabled"}}),
            NoUpdateSupport,
            Certain,
        ),
        (
            "AWS::OpenSearchService::Domain",
            json!({"NodeToNodeEncryptionOptions": {"Enabled": true}}),
            json!({"NodeToNodeEncryptionOptions": {"Enabled": false}}),
            NoUpdateSupport,
            Certain,
        ),
        ("AWS::Organizations::Account", json!({"Email": "a@example.com"}), json!({"Email": "b@example.com"}), NoUpdateSupport, Certain),
        ("AWS::ServiceDiscovery::Service", json!({"Tags": []}), json!({"Tags": [{"Key": "k", "Value": "v"}]}), NoUpdateSupport, Possible),
    ] {
        let plan = changed(resource_type, &before, &after);
        let refusal = only(&plan);
        assert_eq!((refusal.kind, refusal.certainty), (kind, certainty), "{resource_type} {before} {after}: {refusal:#?}");
        assert!(refusal.reason.starts_with(&format!("`X` ({resource_type}) ")) && refusal.reason.contains("the update"), "{refusal:#?}");
        let is_refused = effect(&plan, "X").is_some_and(|effect| effect.effect == Effect::Refused);
        assert_eq!(is_refused, certainty == Certain, "{resource_type}");
    }
}

#[test]
fn what_a_service_accepts_is_not_refused() {
    let attribute = |name: &str| json!({"Name": name, "AttributeDataType": "String"});
    for (resource_type, before, after) in [
        ("AWS::EC2::Volume", json!({"Size": 50, "AvailabilityZone": "a"}), json!({"Size": 100, "AvailabilityZone": "a"})),
        ("AWS::EC2::Volume", json!({"Encrypted": false}), json!({})),
        ("AWS::EC2::Volume", json!({"VolumeType": "gp2", "Iops": 1}), json!({"VolumeType": "gp3", "Iops": 2})),
        ("AWS::KMS::Key", json!({}), json!({"KeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": false, "Description": "d"})),
        ("AWS::Cognito::UserPool", json!({"Schema": [attribute("a")]}), json!({"Schema": [attribute("a"), attribute("b")]})),
        ("AWS::CloudTrail::EventDataStore", json!({}), json!({"KmsKeyId": "a"})),
        ("AWS::RDS::DBInstance", json!({"EngineVersion": "8.0.28"}), json!({"EngineVersion": "8.0"})),
        (
            "AWS::RDS::DBInstance",
            json!({"EngineVersion": "8.0.28", "AllocatedStorage": "20"}),
            json!({"EngineVersion": "8.0.33", "AllocatedStorage": "100"}),
        ),
        // Another create-only property replaces the instance, which is created with the new size.
        ("AWS::RDS::DBInstance", json!({"DBName": "a", "AllocatedStorage": "100"}), json!({"DBName": "b", "AllocatedStorage": "50"})),
        ("AWS::Kinesis::Stream", json!({"ShardCount": 2}), json!({"ShardCount": 4})),
        ("AWS::EKS::Cluster", json!({"Version": "1.29"}), json!({"Version": "1.30"})),
        // Without `EnableVersionUpgrade`, another version replaces the domain.
        ("AWS::OpenSearchService::Domain", json!({"EngineVersion": "OpenSearch_2.5"}), json!({"EngineVersion": "OpenSearch_1.3"})),
        ("AWS::SSM::Parameter", json!({"Tier": "Standard"}), json!({"Tier": "Advanced"})),
        ("Custom::Setup", json!({"ServiceToken": "a", "Color": "red"}), json!({"ServiceToken": "a", "Color": "blue"})),
    ] {
        let plan = changed(resource_type, &before, &after);
        let refusals: Vec<_> = plan.refusals.iter().filter(|refusal| refusal.kind != RefusalKind::NoChanges).collect();
        assert!(refusals.is_empty(), "{resource_type} {before} {after}: {refusals:#?}");
    }
}

#[test]
fn a_refusal_quotes_the_service_where_a_source_proves_its_words() {
    let template = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {"C": {"Type": "Custom::Setup", "Properties": {"ServiceToken": {"Ref": "P"}, "Color": "red"}}}
    });
    let plan = plan_parameter(
        &template,
        "arn:aws:lambda:us-east-1:123456789012:function:one",
        "arn:aws:lambda:us-east-1:123456789012:function:two",
    );
    let refusal = only(&plan);
    assert_eq!(refusal.message.as_deref(), Some("Modifying service token is not allowed."));
    assert_eq!(refusal.path.as_deref(), Some("/Properties/ServiceToken"));
    assert_eq!(refusal.reason, "`C` (Custom::Setup) changes `ServiceToken`, which the type cannot update, so the update fails.");
    let replaced = plan.effects.iter().filter(|effect| effect.effect == Effect::Replaced).count();
    assert_eq!(replaced, 0, "{:#?}", plan.effects);
}

#[test]
fn an_unknown_value_may_be_refused() {
    let resources = |zone: Json| json!({"X": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "a", "Size": zone}}});
    let plan = plan_resources(&resources(json!(100)), &resources(json!({"Fn::ImportValue": "size"})));
    assert_eq!(only(&plan).certainty, Certainty::Possible);
    // A new function has another ARN, so the token certainly changes.
    let resources = |name: &str| {
        json!({
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": name, "Role": "r", "Code": {"ZipFile": "x"}}},
            "C": {"Type": "Custom::Setup", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}},
        })
    };
    let plan = plan_resources(&resources("a"), &resources("b"));
    assert_eq!(only(&plan).certainty, Certainty::Certain);
}

#[test]
fn a_table_changes_one_global_index_for_each_update() {
    let index = |name: &str, key: &str| json!({"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}});
    let table = |indexes: &[Json]| json!({"KeySchema": [], "AttributeDefinitions": [], "GlobalSecondaryIndexes": indexes});
    let refusal = |before: &[Json], after: &[Json]| changed("AWS::DynamoDB::Table", &table(before), &table(after)).refusals.pop();
    for (before, after, words) in [
        (vec![], vec![index("a", "k"), index("b", "k")], "creates 2 global indexes"),
        (vec![index("a", "k")], vec![index("b", "k")], "creates 1 and deletes 1 global indexes"),
        (vec![index("a", "k")], vec![index("a", "l")], "changes the keys or the projection of its global index `a`"),
    ] {
        let refusal = refusal(&before, &after).unwrap();
        assert_eq!((refusal.kind, refusal.certainty), (RefusalKind::NoUpdateSupport, Certainty::Certain), "{refusal:#?}");
        assert!(refusal.reason.contains(words) && refusal.message.is_some(), "{refusal:#?}");
    }
    assert!(refusal(&[index("a", "k")], &[index("a", "k"), index("b", "k")]).is_none());
    let mut faster = index("a", "k");
    faster["ProvisionedThroughput"] = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    assert!(refusal(&[index("a", "k")], &[faster]).is_none());
}

/// A load balancer with a listener that forwards to a target group.
fn balanced(scheme: &str, balancer: &str, port: u16) -> Json {
    json!({
        balancer: {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Scheme": scheme, "Subnets": ["subnet-1", "subnet-2"]}},
        "Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Port": port, "Protocol": "HTTP", "VpcId": "vpc-1"}},
        "Listen": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
            "LoadBalancerArn": {"Ref": balancer}, "Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}]
        }}
    })
}

#[test]
fn a_target_group_belongs_to_one_load_balancer() {
    let plan = plan_resources(&balanced("internal", "Balancer", 8080), &balanced("internet-facing", "Balancer", 8080));
    let refusal = only(&plan);
    assert_eq!((refusal.kind, refusal.certainty), (RefusalKind::OneOwner, Certainty::Certain));
    assert_eq!(refusal.logical_resource_id.as_deref(), Some("Listen"));
    assert_eq!(refusal.message.as_deref(), Some("The following target groups cannot be associated with more than one load balancer"));
    // A renamed load balancer is another one.
    assert_eq!(
        only(&plan_resources(&balanced("internal", "Balancer", 8080), &balanced("internal", "Other", 8080))).kind,
        RefusalKind::OneOwner
    );
    // A target group that is replaced too is free.
    let plan = plan_resources(&balanced("internal", "Balancer", 8080), &balanced("internet-facing", "Balancer", 8081));
    assert!(plan.refusals.is_empty(), "{:#?}", plan.refusals);
    let rule = |scheme: &str| {
        let mut resources = balanced(scheme, "Balancer", 8080);
        resources["Listen"]["Properties"]["DefaultActions"] = json!([{"Type": "fixed-response"}]);
        let forward = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": {"Ref": "Group"}}]}}]);
        resources["Rule"] = json!({"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {
            "ListenerArn": {"Ref": "Listen"}, "Priority": 1, "Conditions": [], "Actions": forward
        }});
        resources
    };
    assert_eq!(only(&plan_resources(&rule("internal"), &rule("internet-facing"))).logical_resource_id.as_deref(), Some("Rule"));
}

#[test]
fn what_is_attached_has_one_owner() {
    let attached = |image: &str| {
        json!({
            "Server": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": image, "InstanceType": "t3.micro"}},
            "Data": {"Type": "AWS::EC2::Volume", "DeletionPolicy": "Retain", "Properties": {"AvailabilityZone": "us-east-1a", "Size": 1}},
            "Attachment": {"Type": "AWS::EC2::VolumeAttachment", "Properties": {"InstanceId": {"Ref": "Server"}, "VolumeId": {"Ref": "Data"}, "Device": "/dev/sdf"}},
        })
    };
    let plan = plan_resources(&attached("ami-1"), &attached("ami-2"));
    let refusal = only(&plan);
    assert_eq!((refusal.kind, refusal.certainty), (RefusalKind::OneOwner, Certainty::Certain));
    assert_eq!(
        refusal.reason,
        "`Attachment` (AWS::EC2::VolumeAttachment) takes the volume that the resource that it replaces holds until the end of the update; it \
         can be in one place only, so the update fails."
    );
    let gateway = |subnet: &str| json!({"SubnetId": subnet, "AllocationId": "eipalloc-1"});
    let plan = changed("AWS::EC2::NatGateway", &gateway("subnet-1"), &gateway("subnet-2"));
    assert_eq!(only(&plan).kind, RefusalKind::OneOwner);
    let server = |image: &str, interface: &str| json!({"ImageId": image, "NetworkInterfaces": [{"DeviceIndex": "0", "NetworkInterfaceId": interface}]});
    let plan = changed("AWS::EC2::Instance", &server("ami-1", "eni-1"), &server("ami-2", "eni-1"));
    assert_eq!(only(&plan).kind, RefusalKind::OneOwner);
    let plan = changed("AWS::EC2::Instance", &server("ami-1", "eni-1"), &server("ami-2", "eni-2"));
    assert!(plan.refusals.is_empty(), "{:#?}", plan.refusals);
}

#[test]
fn a_logical_id_cannot_change_its_type() {
    let resource = |resource_type: &str| json!({"X": {"Type": resource_type}});
    for (before, after) in [("AWS::SNS::Topic", "AWS::SQS::Queue"), ("Custom::One", "Custom::Two")] {
        let plan = plan_resources(&resource(before), &resource(after));
        let refusal = only(&plan);
        assert_eq!((refusal.kind, refusal.certainty), (RefusalKind::TypeChange, Certainty::Certain));
        assert_eq!(effect(&plan, "X").map(|effect| effect.effect), Some(Effect::Refused));
    }
}

#[test]
fn an_instance_that_stops_and_starts_keeps_what_it_has() {
    let resources = |user_data: &str, image: &str| {
        json!({
            "I": {"Type": "AWS::EC2::Instance", "Properties": {
                "ImageId": image, "UserData": user_data, "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.0.4",
                "Volumes": [{"VolumeId": "vol-1", "Device": "/dev/sdf"}]
            }},
            "A": {"Type": "AWS::EC2::VolumeAttachment", "Properties": {
                "InstanceId": {"Ref": "I"}, "VolumeId": "vol-2", "Device": "/dev/sdg"
            }}
        })
    };
    let collides = |plan: &Plan| plan.risks.iter().any(|risk| risk.kind == rackform::plan::RiskKind::ReplacementCollision);
    let stopped = plan_resources(&resources("a", "ami-1"), &resources("b", "ami-1"));
    assert!(effect(&stopped, "I").unwrap().stops_and_starts);
    assert!(stopped.refusals.is_empty() && !collides(&stopped), "{:#?} {:#?}", stopped.refusals, stopped.risks);
    let replaced = plan_resources(&resources("a", "ami-1"), &resources("b", "ami-2"));
    assert_eq!(replaced.refusals.iter().filter(|refusal| refusal.kind == RefusalKind::OneOwner).count(), 2, "{:#?}", replaced.refusals);
    assert!(collides(&replaced));
}

#[test]
fn functions_with_a_runtime_that_lambda_no_longer_accepts_are_refused() {
    let function = |runtime: &str, extra: Json| {
        let mut properties =
            json!({"Runtime": runtime, "Handler": "index.handler", "Role": "arn:aws:iam::1:role/r", "Code": {"ZipFile": "1"}});
        extra.as_object().into_iter().flatten().for_each(|(name, value)| properties[name] = value.clone());
        json!({"Type": "AWS::Lambda::Function", "Properties": properties})
    };
    let planned = |before: Option<Json>, after: Json| {
        let topic = || json!({"Type": "AWS::SNS::Topic"});
        let before = before.map_or_else(|| json!({"T": topic()}), |function| json!({"T": topic(), "F": function}));
        plan_resources(&before, &json!({"T": topic(), "F": after}))
    };
    let memory = || json!({"MemorySize": 512});
    for (before, after) in [
        // The creation is refused since 2024, the update only later.
        (None, function("nodejs14.x", json!({}))),
        (None, function("python2.7", json!({}))),
        (Some(function("nodejs12.x", json!({}))), function("nodejs12.x", memory())),
        (Some(function("nodejs20.x", json!({}))), function("nodejs12.x", json!({}))),
        (Some(function("nodejs14.x", json!({"FunctionName": "a"}))), function("nodejs14.x", json!({"FunctionName": "b"}))),
    ] {
        let plan = planned(before, after);
        let refusal = only(&plan);
        assert_eq!((refusal.kind, refusal.certainty), (RefusalKind::DeprecatedRuntime, Certainty::Certain), "{refusal:#?}");
        assert_eq!(effect(&plan, "F").map(|effect| effect.effect), Some(Effect::Refused));
    }
    for (before, after) in [
        (Some(function("nodejs12.x", json!({}))), function("nodejs22.x", json!({}))),
        (Some(function("nodejs12.x", json!({}))), function("nodejs12.x", json!({"Tags": [{"Key": "a", "Value": "b"}]}))),
        (Some(function("nodejs14.x", json!({}))), function("nodejs14.x", memory())),
        // AWS announced to refuse it at a date that it has often postponed.
        (None, function("python3.9", json!({}))),
    ] {
        assert_eq!(planned(before, after).refusals, Vec::new());
    }
}
