//! Preflight: each condition that would make a plan fail causes exactly one finding.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use rackform::verify::preflight::{Address, NamedResource, NewTarget, Owner, Requirements, check_requirements};
use rackform::verify::{
    FileSystem, InspectError, InspectResult, Inspector, Key, Limits, Lookup, MountTarget, Repository, SecurityGroup, State, Subnet,
    TaskDefinition, Vpc, Zone,
};

use crate::program::Bench;

/// An account in which every check passes, unless a test changes it.
#[derive(Clone)]
struct Account {
    vpc: Vpc,
    has_group: bool,
    key: &'static str,
    zones: Vec<Zone>,
    limits: Limits,
    targets: Vec<MountTarget>,
    name_owners: HashMap<&'static str, &'static str>,
    denied_action: &'static str,
}

impl Account {
    fn new() -> Self {
        let zone = |name: &str| Zone { name: name.into(), kind: "availability-zone".into(), is_available: true, has_efs: Ok(Some(true)) };
        Self {
            vpc: Vpc { dns_support: true, dns_hostnames: true },
            has_group: true,
            key: "Enabled",
            zones: vec![zone("us-east-1a"), zone("us-east-1b"), zone("us-east-1c")],
            limits: Limits {
                groups_per_interface: Some(5),
                elastic_ips: Some(5),
                elastic_ips_in_use: Some(2),
                groups_in_use: Some(20),
                ..Limits::default()
            },
            targets: Vec::new(),
            name_owners: HashMap::new(),
            denied_action: "",
        }
    }

    fn respond<T>(&self, action: &'static str, response: T) -> InspectResult<T> {
        if self.denied_action == action {
            return Err(InspectError { action, code: Some("UnauthorizedOperation".into()), message: "not authorized".into() });
        }
        Ok(response)
    }
}

impl Inspector for Account {
    fn description(&self) -> &'static str {
        "the test account"
    }
    fn file_system(&self, _: &str) -> Lookup<FileSystem> {
        Ok(None)
    }
    fn mount_targets(&self, _: &str) -> InspectResult<Vec<MountTarget>> {
        self.respond("elasticfilesystem:DescribeMountTargets", self.targets.clone())
    }
    fn security_group(&self, _: &str) -> Lookup<SecurityGroup> {
        let group = SecurityGroup { vpc: None, ingress: Vec::new() };
        self.respond("ec2:DescribeSecurityGroups", self.has_group.then_some(group))
    }
    fn vpc(&self, _: &str) -> Lookup<Vpc> {
        self.respond("ec2:DescribeVpcAttribute", Some(self.vpc))
    }
    fn subnet(&self, id: &str) -> Lookup<Subnet> {
        let zone = if id == "subnet-2" { "us-east-1b" } else { "us-east-1a" };
        self.respond("ec2:DescribeSubnets", Some(Subnet { vpc: "vpc-1".into(), zone: zone.into() }))
    }
    fn task_definition(&self, _: &str) -> Lookup<TaskDefinition> {
        Ok(None)
    }
    fn repository(&self, _: &str) -> Lookup<Repository> {
        Ok(None)
    }
    fn key(&self, _: &str) -> Lookup<Key> {
        self.respond("kms:DescribeKey", Some(Key { arn: "arn".into(), state: self.key.into(), is_aws_managed: false }))
    }
    fn zones(&self) -> InspectResult<Vec<Zone>> {
        self.respond("ec2:DescribeAvailabilityZones", self.zones.clone())
    }
    fn limits(&self) -> InspectResult<Limits> {
        self.respond("ec2:DescribeAccountAttributes", self.limits.clone())
    }
    fn name_owner(&self, _: &str, name: &str, _: Option<&str>) -> Option<Lookup<String>> {
        (name != "not-supported")
            .then(|| self.respond("ecr:DescribeRepositories", self.name_owners.get(name).map(|owner| (*owner).to_owned())))
    }
    fn bucket(&self, _: &str) -> Lookup<()> {
        Ok(Some(()))
    }
}

/// A plan that creates two mount targets of an existing file system, a repository, and other resources.
fn requirements() -> Requirements {
    let target = |logical_id: &str, subnet: &str| NewTarget {
        logical_id: logical_id.into(),
        owner: Owner::Existing("fs-1".into()),
        address: Address::Subnet(subnet.into()),
        groups: 1,
    };
    let named = |logical_id: &str, name: &str| NamedResource {
        logical_id: logical_id.into(),
        resource_type: "AWS::ECR::Repository".into(),
        name: name.into(),
        scope: None,
        replaces: None,
        releases_name: false,
    };
    Requirements {
        targets: vec![target("Target0", "subnet-1"), target("Target1", "subnet-2")],
        vpcs: vec!["vpc-1".into()],
        groups: vec!["sg-1".into()],
        keys: vec![("Files".into(), "key-1".into())],
        new_groups: 1,
        new_addresses: 2,
        names: vec![named("Layers", "rack-build-cache"), named("Role", "not-supported")],
        stack_resources: Vec::new(),
        sizes: vec![("Build".into(), "1024".into(), "2048".into())],
    }
}

fn findings(requirements: &Requirements, account: &Account) -> Vec<String> {
    let verdicts = check_requirements(requirements, account).into_iter().filter(|verdict| verdict.state != State::Passed);
    let words = |verdict: rackform::verify::Verdict| {
        assert!(verdict.remedy.is_some(), "{} has a remedy", verdict.check);
        let id = verdict.logical_resource_id.or(verdict.physical_resource_id).unwrap_or_default();
        let state = if verdict.state == State::Failed { String::new() } else { format!("{:?} ", verdict.state) };
        format!("{state}{} {id}", verdict.check)
    };
    verdicts.map(words).collect()
}

type Defect = fn(&mut Requirements, &mut Account);

#[test]
fn each_conflict_causes_exactly_one_finding() {
    let target = |zone: &str, state: &str| MountTarget {
        id: "fsmt-1".into(),
        file_system: "fs-1".into(),
        subnet: "subnet-9".into(),
        zone: Some(zone.into()),
        state: state.into(),
        groups: Ok(None),
    };
    let conflicts: [(&str, Defect, &[&str]); 19] = [
        ("nothing", |_, _| {}, &[]),
        ("a zone without EFS", |_, account| account.zones[1].has_efs = Ok(Some(false)), &["zone-without-efs Target1"]),
        ("a zone that is not available", |_, account| account.zones[0].is_available = false, &["zone-without-efs Target0"]),
        ("a local zone", |_, account| account.zones[0].kind = "local-zone".into(), &["zone-without-efs Target0"]),
        ("a zone that the account lacks", |_, account| drop(account.zones.remove(0)), &["zone-without-efs Target0"]),
        (
            "a predicted zone that the account lacks",
            |plan, account| {
                plan.targets[0].address = Address::Likely("us-east-1a".into());
                account.zones.remove(0);
            },
            &[],
        ),
        (
            "two mount targets in one zone",
            |plan, _| plan.targets[1].address = Address::Subnet("subnet-1".into()),
            &["mount-target-taken Target1"],
        ),
        ("no DNS support", |_, account| account.vpc.dns_support = false, &["vpc-dns vpc-1"]),
        ("no DNS hostnames", |_, account| account.vpc.dns_hostnames = false, &["vpc-dns vpc-1"]),
        ("a missing security group", |_, account| account.has_group = false, &["existing-group sg-1"]),
        ("a key with scheduled deletion", |_, account| account.key = "PendingDeletion", &["existing-key Files"]),
        ("security group quota reached", |_, account| account.limits.groups_in_use = Some(2500), &["security-group-quota "]),
        ("Elastic IP quota reached", |_, account| account.limits.elastic_ips_in_use = Some(4), &["elastic-ip-quota "]),
        ("too many security groups", |plan, _| plan.targets[0].groups = 6, &["groups-per-interface Target0"]),
        (
            "a name that is in use",
            |_, account| account.name_owners.extend([("rack-build-cache", "arn:aws:ecr:us-east-1:1:repository/rack-build-cache")]),
            &["name-taken Layers"],
        ),
        ("a size that Fargate does not support", |plan, _| plan.sizes[0].2 = "100".into(), &["fargate-size Build"]),
        (
            "no permission to describe the VPC",
            |_, account| account.denied_action = "ec2:DescribeVpcAttribute",
            &["Unchecked vpc-dns vpc-1"],
        ),
        (
            "no permission to describe quotas",
            |_, account| account.denied_action = "ec2:DescribeAccountAttributes",
            &["Unchecked security-group-quota "],
        ),
        (
            "no permission to look up names",
            |_, account| account.denied_action = "ecr:DescribeRepositories",
            &["Unchecked name-taken Layers"],
        ),
    ];
    for (name, seed, expected) in conflicts {
        let (mut plan, mut account) = (requirements(), Account::new());
        seed(&mut plan, &mut account);
        assert_eq!(findings(&plan, &account), expected, "{name}");
    }
    let mut account = Account::new();
    account.targets = vec![target("us-east-1b", "available"), target("us-east-1a", "deleting")];
    assert_eq!(
        findings(&requirements(), &account),
        ["mount-target-taken Target1"],
        "a mount target that is being deleted does not conflict"
    );
}

#[test]
fn a_name_that_another_stack_uses_stops_apply_before_any_change() {
    let bench = Bench::new();
    let layers = |logical_id: &str| {
        format!(r#"{{"Resources": {{"{logical_id}": {{"Type": "AWS::ECR::Repository", "Properties": {{"RepositoryName": "layers"}}}}}}}}"#)
    };
    bench.file("first.json", layers("Layers")).file("second.json", layers("Cache"));
    bench.file("rack.yaml", "name: first\ntemplate: first.json\n");
    assert_eq!(bench.run("apply --yes").code, 0);
    bench.file("rack.yaml", "name: second\ntemplate: second.json\n");
    let refused = bench.run("apply --yes");
    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("error[name-taken]: Cache") && refused.stderr.contains("--no-preflight"), "{refused}");
    assert_eq!(bench.run("status").code, 66, "no stack was created");
    let planned = bench.run("plan --preflight");
    assert_eq!((planned.code, planned.stderr.contains("name-taken")), (3, true), "{planned}");
    let json = bench.run("apply --yes --format json");
    let lines: Vec<serde_json::Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["preflight"]["summary"]["errors"], 1, "{json}");
    let skipped = bench.run("apply --yes --no-preflight");
    assert_eq!(skipped.code, 1, "it fails as preflight predicted\n{skipped}");
}

#[test]
fn preflight_reports_that_every_check_passed() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let run = bench.run("plan --preflight");
    assert_eq!((run.code, run.stderr.contains("demo: ")), (0, true), "{run}");
}

#[test]
fn preflight_masks_secrets() {
    let bench = Bench::new();
    bench.file(
        "rack.json",
        r#"{"Parameters": {"Token": {"Type": "String", "NoEcho": true}},
            "Resources": {"Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::Sub": "sg-${Token}"},
              "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/16"}}}}"#,
    );
    bench.file("rack.yaml", "name: demo\ntemplate: rack.json\n");
    for arguments in ["plan --preflight -vv -p Token=hunter2-hunter2", "apply --yes --format json -p Token=hunter2-hunter2"] {
        let run = bench.run(arguments);
        assert!(run.to_string().contains("existing-group"), "{run}");
        assert!(!run.to_string().contains("hunter2"), "{run}");
    }
}
