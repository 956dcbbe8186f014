//! Tests of `schema`: facts that plans depend on, and that every record can be read.

#![allow(clippy::panic)]

use std::collections::BTreeSet;

use rackform::schema::{self, PropertyFacts, RequiresRecreation, ResourceType, Types};

fn facts(name: &str) -> ResourceType {
    schema::resource_type(name).unwrap_or_else(|| panic!("{name} has no facts"))
}

fn create_only(name: &str) -> Vec<String> {
    facts(name).create_only().map(|path| path.to_string()).collect()
}

#[test]
fn create_only_properties_of_a_file_system() {
    assert_eq!(create_only("AWS::EFS::FileSystem"), ["/AvailabilityZoneName", "/Encrypted", "/KmsKeyId", "/PerformanceMode"]);
    assert_eq!(
        create_only("AWS::EFS::MountTarget"),
        ["/FileSystemId", "/IpAddress", "/IpAddressType", "/Ipv6Address", "/SubnetId"],
        "SecurityGroups must be updatable"
    );
    assert_eq!(create_only("AWS::EC2::SecurityGroup"), ["/GroupDescription", "/GroupName", "/VpcId"]);
}

#[test]
fn every_change_but_tags_replaces_a_task_definition() {
    let task = facts("AWS::ECS::TaskDefinition");
    assert_eq!(task.create_only().count(), 17);
    assert_eq!(task.requires_recreation(&["Tags", "0", "Value"]), RequiresRecreation::Never);
    assert_eq!(task.requires_recreation(&["ContainerDefinitions", "0", "Image"]), RequiresRecreation::Always);
}

#[test]
fn every_change_but_the_description_replaces_an_ingress_rule() {
    let ingress = facts("AWS::EC2::SecurityGroupIngress");
    for property in ingress.properties().member_names().filter(|name| !ingress.is_read_only(&[name])) {
        let expected = if property == "Description" { RequiresRecreation::Never } else { RequiresRecreation::Always };
        assert_eq!(ingress.requires_recreation(&[property]), expected, "{property}");
    }
}

#[test]
fn some_properties_replace_an_auto_scaling_group_conditionally() {
    let group = facts("AWS::AutoScaling::AutoScalingGroup");
    for property in ["VPCZoneIdentifier", "LaunchTemplate", "MixedInstancesPolicy"] {
        assert_eq!(group.requires_recreation(&[property]), RequiresRecreation::Conditionally, "{property}");
    }
    assert_eq!(group.requires_recreation(&["AutoScalingGroupName"]), RequiresRecreation::Always);
    assert_eq!(group.requires_recreation(&["MaxSize"]), RequiresRecreation::Never);
}

#[test]
fn create_only_paths_match_inside_objects_and_lists() {
    // `/BlockDeviceMappings/*/Ebs/...` and `/BlockDeviceMappings/Ebs/...` both occur in schemas.
    let nested = |name: &str, segments: &[&str]| facts(name).requires_recreation(segments);
    assert_eq!(nested("AWS::Cognito::UserPool", &["Policies"]), RequiresRecreation::Never);
    for resource_type in schema::resource_types() {
        for path in resource_type.create_only() {
            let mut path: Vec<_> = path.segments().map(|segment| if segment == "*" { "3" } else { segment }).collect();
            assert_eq!(resource_type.requires_recreation(&path), RequiresRecreation::Always, "at {path:?}");
            path.push("Below");
            assert_eq!(resource_type.requires_recreation(&path), RequiresRecreation::Always, "below {path:?}");
            assert_eq!(resource_type.requires_recreation(&path[..1]), RequiresRecreation::Always, "above {path:?}");
        }
    }
}

#[test]
fn stateful_types_describe_their_data() {
    assert_eq!(facts("AWS::EFS::FileSystem").holds_data(), Some("the file system's files"));
    assert!(facts("AWS::S3::Bucket").is_stateful() && facts("AWS::KMS::Key").is_stateful());
    assert!(!facts("AWS::EFS::MountTarget").is_stateful());
}

#[test]
fn some_types_are_deleted_before_their_replacement_is_created() {
    assert!(facts("AWS::EC2::SubnetRouteTableAssociation").delete_then_create());
    assert!(facts("AWS::EC2::VPCGatewayAttachment").delete_then_create());
    assert!(!facts("AWS::EC2::Subnet").delete_then_create());
}

#[test]
fn properties_have_types_and_constraints() {
    let file_system = facts("AWS::EFS::FileSystem");
    let Some(mode) = file_system.property(&["ThroughputMode"]) else { panic!("ThroughputMode has no facts") };
    assert_eq!(mode.types, Types::STRING);
    let tags = file_system.tag_property().map(|path| path.to_string());
    assert_eq!(tags.as_deref(), Some("/FileSystemTags"));
    let transition =
        file_system.property(&["LifecyclePolicies", "0", "TransitionToIA"]).map(|facts| facts.allowed_values().collect::<Vec<_>>());
    assert!(transition.is_some_and(|values| values.contains(&"AFTER_30_DAYS")));

    let volume = facts("AWS::ECS::TaskDefinition").property(&["Volumes", "0", "EFSVolumeConfiguration", "FilesystemId"]);
    assert_eq!(volume.map(|facts| facts.types), Some(Types::STRING));
    assert!(facts("AWS::ECS::TaskDefinition").property(&["Volumes", "0", "EfsVolume"]).is_none());

    let policy = facts("AWS::IAM::Role").property(&["AssumeRolePolicyDocument"]);
    assert!(policy.is_some_and(|facts| facts.is_json()));
    assert_eq!(facts("AWS::EFS::MountTarget").required().collect::<Vec<_>>(), ["FileSystemId", "SecurityGroups", "SubnetId"]);
    assert!(facts("AWS::EFS::MountTarget").is_read_only(&["Id"]));
    assert!(facts("AWS::EC2::NatGateway").attributes().any(|name| name == "NatGatewayId"));
    assert!(facts("AWS::RDS::DBInstance").attributes().any(|name| name == "Endpoint.Address"));
}

#[test]
fn custom_resources_and_unknown_types_have_no_facts() {
    assert!(schema::resource_type("Custom::KMSKey").is_none());
    assert!(schema::resource_type("AWS::EC2::Subnets").is_none());
    assert!(schema::resource_type("").is_none());
}

/// Reads every reachable record, so that a damaged record fails the test.
fn walk(facts: &PropertyFacts, depth: usize, seen: &mut usize) {
    *seen += 1;
    if depth == 0 {
        return;
    }
    for name in facts.member_names() {
        assert!(!name.is_empty());
        let member = facts.member(name);
        assert!(member.is_some(), "listed member {name} not found");
        member.iter().for_each(|member| walk(member, depth - 1, seen));
    }
    for name in facts.required().chain(facts.allowed_values()).chain(facts.required_or()).chain(facts.required_xor()) {
        assert!(name.len() < 4096);
    }
    let (low, high) = facts.range();
    assert!(low <= high, "empty range");
    assert!(facts.length().1.is_none_or(|high| facts.length().0 <= high));
    assert!(facts.pattern().is_none_or(|pattern| !pattern.is_empty()));
    for part in facts.items().into_iter().chain(facts.values()).chain(facts.all_of()).chain(facts.any_of()).chain(facts.one_of()) {
        walk(&part, depth - 1, seen);
    }
}

#[test]
fn every_record_can_be_read() {
    let mut names = BTreeSet::new();
    let mut seen = 0;
    for resource_type in schema::resource_types() {
        assert!(names.insert(resource_type.name()), "duplicate type {}", resource_type.name());
        assert_eq!(schema::resource_type(resource_type.name()).map(|found| found.name()), Some(resource_type.name()));
        walk(&resource_type.properties(), 6, &mut seen);
        for path in resource_type
            .create_only()
            .chain(resource_type.read_only())
            .chain(resource_type.primary_identifier())
            .chain(resource_type.write_only())
        {
            assert!(path.segments().len() > 0 && path.segments().all(|segment| !segment.is_empty()), "{}", resource_type.name());
        }
    }
    assert_eq!(names.len(), 1898, "{}", schema::provenance());
    assert!(seen > 50_000, "only {seen} records");
    assert!(schema::provenance().starts_with("cfn-lint 1.58.0 (MIT-0)"));
}
