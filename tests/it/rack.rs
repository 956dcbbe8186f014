//! Tests of the built-in rack: what it protects, who can reach it, what its roles can do, and what happens to data of a Convox rack.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::render::{document, evaluated, names};

/// Returns the resources of a type with their properties.
fn of_type<'d>(document: &'d Value, kind: &str) -> Vec<(&'d str, &'d Value)> {
    let resources = document["Resources"].as_object().unwrap().iter();
    resources.filter(|(_, resource)| resource["Type"] == kind).map(|(id, resource)| (id.as_str(), resource)).collect()
}

fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        other => vec![other.clone()],
    }
}

/// A change of these properties replaces the resource, and its content with it. The values are those of a Convox rack.
#[test]
fn what_holds_data_keeps_the_properties_that_would_replace_it() {
    let (resources, _) = evaluated("us-east-1", &[]);
    let key = |attribute: &str, kind: &str| json!({ "AttributeName": attribute, "KeyType": kind });
    for (id, name) in [("DynamoBuilds", "builds"), ("DynamoReleases", "releases")] {
        let table = &resources[id];
        assert!(table["TableName"].to_string().contains(&format!("-{name}\"")), "{table}");
        assert_eq!(table["KeySchema"], json!([key("id", "HASH")]));
        let index = json!([{
            "IndexName": "app.created",
            "KeySchema": [key("app", "HASH"), key("created", "RANGE")],
            "Projection": { "ProjectionType": "ALL" },
        }]);
        assert_eq!(table["GlobalSecondaryIndexes"], index);
    }
    let file_system = &resources["VolumeFilesystem"];
    assert!(file_system.get("Encrypted").is_none() && file_system.get("KmsKeyId").is_none(), "{file_system}");
    for bucket in ["Settings", "Logs", "ELBLogs"] {
        assert!(resources[bucket].get("BucketName").is_none(), "{bucket}");
    }
    for queue in ["AccountEvents", "CloudformationEvents"] {
        assert!(resources[queue].get("QueueName").is_none(), "{queue}");
    }
    assert!(resources["LogGroup"].get("LogGroupName").is_none());
    let (encrypted, _) = evaluated("us-east-1", &["EnableSharedEFSVolumeEncryption=true"]);
    assert_eq!(encrypted["VolumeFilesystem"]["Encrypted"], json!(true));
    assert!(encrypted["VolumeFilesystem"].get("KmsKeyId").is_some());
}

#[test]
fn buckets_and_keys_stay_when_the_stack_is_deleted() {
    let document = document();
    for kind in ["AWS::S3::Bucket", "AWS::KMS::Key"] {
        for (id, resource) in of_type(&document, kind) {
            assert_eq!((&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")), "{id}");
        }
    }
}

#[test]
fn every_bucket_is_encrypted_and_refuses_the_public_and_requests_without_tls() {
    let document = document();
    let policies = of_type(&document, "AWS::S3::BucketPolicy");
    for (id, bucket) in of_type(&document, "AWS::S3::Bucket") {
        let properties = &bucket["Properties"];
        let blocks = properties["PublicAccessBlockConfiguration"].as_object().unwrap();
        assert!(blocks.len() == 4 && blocks.values().all(|block| *block == json!(true)), "{id}");
        assert!(properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0].is_object(), "{id}");
        let (_, policy) = policies.iter().find(|(_, policy)| policy["Properties"]["Bucket"] == json!({ "Ref": id })).unwrap();
        let statements = items(&policy["Properties"]["PolicyDocument"]["Statement"]);
        let insecure = json!({ "Bool": { "aws:SecureTransport": "false" } });
        let denies = |statement: &Value| {
            statement["Effect"] == "Deny" && statement["Condition"] == insecure && statement["Action"] == json!(["s3:*"])
        };
        assert!(statements.iter().any(denies), "{id}");
    }
}

/// Every other statement names resources of the rack or of its apps. Each of these has actions that read or have no resource-level
/// permissions, or belongs to the API, which creates the stacks of apps.
#[test]
fn only_listed_statements_of_roles_apply_to_all_resources() {
    let expected = BTreeSet::from([
        "ApiBuildExecutionRole SignInToRegistry",
        "ApiBuildRole SignInToRegistry",
        "ApiPolicyV2 List",
        "ApiRole Alarms",
        "ApiRole Balancers",
        "ApiRole FileSystems",
        "ApiRole ManageCertificates",
        "ApiRole Read",
        "ApiRole SecurityGroups",
        "ApiRole SignInToRegistry",
        "ApiRole Tasks",
        "BuildInstancesRole ReadHooks",
        "InstancesAutoscalerRole Read",
        "InstancesRole ReadHooks",
    ]);
    let document = document();
    let mut found = BTreeSet::new();
    for (id, resource) in document["Resources"].as_object().unwrap() {
        let properties = &resource["Properties"];
        let mut documents: Vec<&Value> =
            properties["Policies"].as_array().into_iter().flatten().map(|policy| &policy["PolicyDocument"]).collect();
        if resource["Type"] == "AWS::IAM::ManagedPolicy" {
            documents.push(&properties["PolicyDocument"]);
        }
        for statement in documents.iter().flat_map(|document| items(&document["Statement"])) {
            // A conditional statement is the first branch of `Fn::If`.
            let statement = statement.get("Fn::If").map_or(&statement, |branches| &branches[1]);
            assert!(!items(&statement["Action"]).contains(&json!("*")), "{id}: {statement}");
            if items(&statement["Resource"]).contains(&json!("*")) {
                found.insert(format!("{id} {}", statement["Sid"].as_str().unwrap()));
            }
        }
    }
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}

/// Returns the security groups that everyone can reach, with the ports: in their own rules and in separate ones.
fn open_groups(resources: &Value) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for (id, properties) in resources.as_object().unwrap() {
        let separate = properties.get("GroupId").map(|_| properties.clone());
        for rule in items(&properties["SecurityGroupIngress"]).into_iter().chain(separate) {
            if rule["CidrIp"] == "0.0.0.0/0" {
                open.insert(format!("{id} {} {}", rule["IpProtocol"].as_str().unwrap(), rule["FromPort"]));
            }
        }
    }
    open
}

#[test]
fn only_balancers_are_open_to_the_internet() {
    let open = |flags: &[&str]| Vec::from_iter(open_groups(&evaluated("us-east-1", flags).0));
    assert_eq!(open(&[]), ["ApiBalancerSecurity tcp 443", "RouterSecurity tcp 443", "RouterSecurity tcp 80"]);
    assert_eq!(open(&["NLB=Yes", "InternalOnly=Yes", "WhiteList=192.0.2.0/24"]), ["NLBAllowCIDRSlot0Ingress -1 null"]);
    assert_eq!(open(&["NLB=Yes", "NLBAllowCIDR=192.0.2.0/24", "NLBInternal=Yes", "InternalOnly=Yes", "PrivateApi=Yes"]), [""; 0]);
}

#[test]
fn an_allow_list_has_a_rule_for_each_block() {
    let (resources, _) = evaluated("us-east-1", &["WhiteList=192.0.2.1/32,198.51.100.0/24", "Private=Yes"]);
    let block = |slot: &str| resources.get(slot).map(|rule| rule["CidrIp"].clone());
    assert_eq!(block("ApiBalancerWhiteListSlot0Ingress"), Some(json!("192.0.2.1/32")));
    assert_eq!(block("ApiBalancerWhiteListSlot1Ingress"), Some(json!("198.51.100.0/24")));
    assert_eq!(block("ApiBalancerWhiteListSlot2Ingress"), None);
    assert!(resources.get("ApiBalancerNat0Ingress").is_some(), "private instances reach the API through their NAT gateways");
    let (resources, _) = evaluated("us-east-1", &["NLBInternal=Yes", "NLBInternalAllowCIDR="]);
    assert_eq!(resources["NLBInternalAllowCIDRSlot0Ingress"]["CidrIp"], json!("10.0.0.0/16"));
    assert!(resources.get("NLBInternalAllowCIDRSlot1Ingress").is_none());
}

#[test]
fn private_subnets_exist_if_something_is_in_them_and_have_nat_gateways_if_it_needs_the_internet() {
    let has = |flags: &[&str], id: &str| names(&evaluated("us-east-1", flags).0).contains(id);
    for (flags, [subnets, third, nat]) in [
        (&[][..], [false, false, false]),
        (&["Private=Yes"], [true, true, true]),
        (&["PrivateBuild=Yes", "HighAvailability=false"], [true, false, true]),
        (&["PrivateApi=Yes"], [true, true, false]),
        (&["PrivateApi=Yes", "MaxAvailabilityZones=2"], [true, false, false]),
    ] {
        assert_eq!([has(flags, "SubnetPrivate0"), has(flags, "SubnetPrivate2"), has(flags, "Nat0")], [subnets, third, nat], "{flags:?}");
    }
    let (resources, _) = evaluated("us-east-1", &["AvailabilityZones=us-east-1d,us-east-1e,us-east-1f", "Private=Yes"]);
    for (index, zone) in ["us-east-1d", "us-east-1e", "us-east-1f"].iter().enumerate() {
        for kind in ["Subnet", "SubnetPrivate"] {
            assert_eq!(resources[format!("{kind}{index}")]["AvailabilityZone"], json!(zone));
        }
    }
}

/// The build cache in every variant: where builds run, high availability, privacy, whose VPC, whose key, two or three zones.
#[test]
fn the_cache_is_whole_in_every_variant_and_absent_without_it() {
    let choices = [
        ["BuildMethod=ec2", "BuildMethod=fargate"],
        ["HighAvailability=true", "HighAvailability=false"],
        ["Private=No", "Private=Yes"],
        ["ExistingVpc=", "ExistingVpc=vpc-0123456789abcdef0"],
        ["EnableSharedEFSVolumeEncryption=false", "EnableSharedEFSVolumeEncryption=true"],
    ];
    for variant in 0..1 << choices.len() {
        for region in ["us-east-1", "us-west-1"] {
            let mut flags: Vec<&str> = choices.iter().enumerate().map(|(bit, values)| values[(variant >> bit) & 1]).collect();
            let [on_fargate, small, keyed] = [0, 1, 4].map(|bit| (variant >> bit) & 1 == 1);
            let is_part = |id: &&String| id.starts_with("BuildCache");
            flags.push("BuildCache=No");
            let (without, outputs) = evaluated(region, &flags);
            assert_eq!(names(&without).iter().chain(&names(&outputs)).filter(is_part).count(), 0, "{region} {flags:?}");

            *flags.last_mut().unwrap() = "BuildCache=Yes";
            let (resources, _) = evaluated(region, &flags);
            let targets = (0..3).filter(|index| resources.get(format!("BuildCacheTarget{index}")).is_some()).count();
            let zones = if small || region == "us-west-1" { 2 } else { 3 };
            assert_eq!(targets, if on_fargate { zones } else { 0 }, "{region} {flags:?}");
            assert!(resources.get("BuildCacheRepository").is_some(), "{region} {flags:?}");
            if on_fargate {
                let file_system = &resources["BuildCacheFilesystem"];
                assert_eq!((&file_system["Encrypted"], file_system.get("KmsKeyId").is_some()), (&json!(true), keyed), "{region} {flags:?}");
                let volume = &resources["ApiBuildFargate"]["Volumes"][0]["EFSVolumeConfiguration"];
                assert_eq!(volume["TransitEncryption"], "ENABLED", "{region} {flags:?}");
            } else {
                assert!(resources["ApiBuildTasks"].to_string().contains("DOCKER_BUILDKIT"), "{region} {flags:?}");
            }
            // Only the tasks and what the cache adds differ.
            let changed = names(&resources).into_iter().filter(|id| resources[id] != without[id]).collect::<Vec<_>>();
            let task = if on_fargate { "ApiBuildFargate" } else { "ApiBuildTasks" };
            assert!(changed.iter().all(|id| id.starts_with("BuildCache") || id == task), "{region} {flags:?}: {changed:?}");
        }
    }
}
