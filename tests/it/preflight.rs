//! Preflight: each thing that would make a plan fail gives exactly its finding.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use rackform::verify::preflight::{Address, NamedResource, NewTarget, Owner, Requirements, survey};
use rackform::verify::{
    Answer, Asked, FileSystem, Inspector, Key, Limits, MountTarget, Refusal, Repository, SecurityGroup, State, Subnet, TaskDefinition, Vpc,
    Zone,
};

use crate::program::Bench;

/// An account in which all is well until told otherwise.
#[derive(Clone)]
struct Account {
    vpc: Vpc,
    has_group: bool,
    key: &'static str,
    zones: Vec<Zone>,
    limits: Limits,
    targets: Vec<MountTarget>,
    holders: HashMap<&'static str, &'static str>,
    refuses: &'static str,
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
            holders: HashMap::new(),
            refuses: "",
        }
    }

    fn asked<T>(&self, action: &'static str, answer: T) -> Answer<T> {
        if self.refuses == action {
            return Err(Refusal { action, code: Some("UnauthorizedOperation".into()), message: "not authorized".into() });
        }
        Ok(answer)
    }
}

impl Inspector for Account {
    fn what(&self) -> &'static str {
        "the test's account"
    }
    fn file_system(&self, _: &str) -> Asked<FileSystem> {
        Ok(None)
    }
    fn mount_targets(&self, _: &str) -> Answer<Vec<MountTarget>> {
        self.asked("elasticfilesystem:DescribeMountTargets", self.targets.clone())
    }
    fn security_group(&self, _: &str) -> Asked<SecurityGroup> {
        let group = SecurityGroup { vpc: None, ingress: Vec::new() };
        self.asked("ec2:DescribeSecurityGroups", self.has_group.then_some(group))
    }
    fn vpc(&self, _: &str) -> Asked<Vpc> {
        self.asked("ec2:DescribeVpcAttribute", Some(self.vpc))
    }
    fn subnet(&self, id: &str) -> Asked<Subnet> {
        let zone = if id == "subnet-2" { "us-east-1b" } else { "us-east-1a" };
        self.asked("ec2:DescribeSubnets", Some(Subnet { vpc: "vpc-1".into(), zone: zone.into() }))
    }
    fn task_definition(&self, _: &str) -> Asked<TaskDefinition> {
        Ok(None)
    }
    fn repository(&self, _: &str) -> Asked<Repository> {
        Ok(None)
    }
    fn key(&self, _: &str) -> Asked<Key> {
        self.asked("kms:DescribeKey", Some(Key { arn: "arn".into(), state: self.key.into(), is_aws_managed: false }))
    }
    fn zones(&self) -> Answer<Vec<Zone>> {
        self.asked("ec2:DescribeAvailabilityZones", self.zones.clone())
    }
    fn limits(&self) -> Answer<Limits> {
        self.asked("ec2:DescribeAccountAttributes", self.limits.clone())
    }
    fn holder(&self, _: &str, name: &str, _: Option<&str>) -> Option<Asked<String>> {
        (name != "unasked").then(|| self.asked("ecr:DescribeRepositories", self.holders.get(name).map(|holder| (*holder).to_owned())))
    }
    fn bucket(&self, _: &str) -> Asked<()> {
        Ok(Some(()))
    }
}

/// A plan that brings two mount targets of a file system that is there, a repository, and more.
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
        yields: false,
    };
    Requirements {
        targets: vec![target("Target0", "subnet-1"), target("Target1", "subnet-2")],
        vpcs: vec!["vpc-1".into()],
        groups: vec!["sg-1".into()],
        keys: vec![("Files".into(), "key-1".into())],
        new_groups: 1,
        new_addresses: 2,
        names: vec![named("Layers", "rack-build-cache"), named("Role", "unasked")],
        held: Vec::new(),
        sizes: vec![("Build".into(), "1024".into(), "2048".into())],
    }
}

fn findings(requirements: &Requirements, account: &Account) -> Vec<String> {
    let verdicts = survey(requirements, account).into_iter().filter(|verdict| verdict.state != State::Passed);
    let words = |verdict: rackform::verify::Verdict| {
        assert!(verdict.remedy.is_some(), "{} says what to do", verdict.check);
        let id = verdict.logical_resource_id.or(verdict.physical_resource_id).unwrap_or_default();
        let state = if verdict.state == State::Failed { String::new() } else { format!("{:?} ", verdict.state) };
        format!("{state}{} {id}", verdict.check)
    };
    verdicts.map(words).collect()
}

type Defect = fn(&mut Requirements, &mut Account);

#[test]
fn each_obstacle_gives_exactly_its_finding() {
    let there = |zone: &str, state: &str| MountTarget {
        id: "fsmt-1".into(),
        file_system: "fs-1".into(),
        subnet: "subnet-9".into(),
        zone: Some(zone.into()),
        state: state.into(),
        groups: Ok(None),
    };
    let obstacles: [(&str, Defect, &[&str]); 19] = [
        ("nothing", |_, _| {}, &[]),
        ("a zone without EFS", |_, account| account.zones[1].has_efs = Ok(Some(false)), &["zone-without-efs Target1"]),
        ("a zone out of order", |_, account| account.zones[0].is_available = false, &["zone-without-efs Target0"]),
        ("a local zone", |_, account| account.zones[0].kind = "local-zone".into(), &["zone-without-efs Target0"]),
        ("a zone that is not the account's", |_, account| drop(account.zones.remove(0)), &["zone-without-efs Target0"]),
        (
            "a zone by the table, which may differ from the account's",
            |plan, account| {
                plan.targets[0].address = Address::Likely("us-east-1a".into());
                account.zones.remove(0);
            },
            &[],
        ),
        ("two in one zone", |plan, _| plan.targets[1].address = Address::Subnet("subnet-1".into()), &["mount-target-taken Target1"]),
        ("no DNS support", |_, account| account.vpc.dns_support = false, &["vpc-dns vpc-1"]),
        ("no DNS hostnames", |_, account| account.vpc.dns_hostnames = false, &["vpc-dns vpc-1"]),
        ("a group that is not there", |_, account| account.has_group = false, &["existing-group sg-1"]),
        ("a key that is to be deleted", |_, account| account.key = "PendingDeletion", &["existing-key Files"]),
        ("no room for security groups", |_, account| account.limits.groups_in_use = Some(2500), &["security-group-quota "]),
        ("no room for addresses", |_, account| account.limits.elastic_ips_in_use = Some(4), &["elastic-ip-quota "]),
        ("too many groups", |plan, _| plan.targets[0].groups = 6, &["groups-per-interface Target0"]),
        (
            "a name that is taken",
            |_, account| account.holders.extend([("rack-build-cache", "arn:aws:ecr:us-east-1:1:repository/rack-build-cache")]),
            &["name-taken Layers"],
        ),
        ("a size that Fargate lacks", |plan, _| plan.sizes[0].2 = "100".into(), &["fargate-size Build"]),
        ("no leave to look at a VPC", |_, account| account.refuses = "ec2:DescribeVpcAttribute", &["Unchecked vpc-dns vpc-1"]),
        (
            "no leave to look at limits",
            |_, account| account.refuses = "ec2:DescribeAccountAttributes",
            &["Unchecked security-group-quota "],
        ),
        ("no leave to look for names", |_, account| account.refuses = "ecr:DescribeRepositories", &["Unchecked name-taken Layers"]),
    ];
    for (name, seed, expected) in obstacles {
        let (mut plan, mut account) = (requirements(), Account::new());
        seed(&mut plan, &mut account);
        assert_eq!(findings(&plan, &account), expected, "{name}");
    }
    let mut account = Account::new();
    account.targets = vec![there("us-east-1b", "available"), there("us-east-1a", "deleting")];
    assert_eq!(findings(&requirements(), &account), ["mount-target-taken Target1"], "one that goes is no obstacle");
}

#[test]
fn a_name_that_another_stack_has_stops_the_apply_before_anything_is_done() {
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
    assert_eq!(bench.run("status").code, 66, "nothing was done");
    let looked = bench.run("plan --preflight");
    assert_eq!((looked.code, looked.stderr.contains("name-taken")), (3, true), "{looked}");
    let json = bench.run("apply --yes --format json");
    let lines: Vec<serde_json::Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["preflight"]["summary"]["errors"], 1, "{json}");
    let tried = bench.run("apply --yes --no-preflight");
    assert_eq!(tried.code, 1, "it fails as foretold\n{tried}");
}

#[test]
fn a_plan_says_when_nothing_stands_in_its_way() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let run = bench.run("plan --preflight");
    assert_eq!((run.code, run.stderr.contains("demo: ")), (0, true), "{run}");
}

#[test]
fn what_is_told_of_the_account_holds_no_secret() {
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
