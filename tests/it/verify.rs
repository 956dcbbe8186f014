//! Verification: each defect causes exactly one finding.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicBool;

use rackform::apply::apply;
use rackform::backend::local::{CountingClock, LocalBackend, LocalOptions};
use rackform::backend::{Backend, deployed_state};
use rackform::diagnostic::Source;
use rackform::evaluate::evaluate;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::render::{RenderOptions, render};
use rackform::template::{Arena, Template};
use rackform::verify::local::LocalInspector;
use rackform::verify::{CHECKS, Expected, Ingress, InspectError, Observed, State, Verdict, check, inspect};

use crate::backend::{EventRecorder, target};
use crate::program::Bench;

/// Deploys a rack to the local backend; returns what its template expects and what exists, without the shared file system of apps.
fn account(template: &str, values: &[(&str, &str)]) -> (Expected, Observed) {
    let backend =
        LocalBackend::in_memory(LocalOptions { clock: Box::new(CountingClock::default()), ..LocalOptions::new("us-east-1") }).unwrap();
    apply(&backend, &target(&backend, "rack", template, values), &mut EventRecorder::default(), &AtomicBool::new(false)).unwrap();
    let stack = backend.describe_stack("rack").unwrap().unwrap();
    let state = deployed_state(&backend, &stack).unwrap();
    let (source, arena) = (Source::new("rack", stack.template.clone()), Arena::new());
    let template = Template::read(&source, &arena).unwrap();
    let mut given = ParameterOverrides::new();
    stack.parameters.iter().for_each(|(name, value)| given.add_deployed(name, value.clone()));
    let parameters = ParameterSet::resolve(&template, &given).unwrap();
    let mut expected = Expected::of(&evaluate(&template, &parameters, &state, &arena).unwrap());
    expected.file_systems.retain(|file_system| file_system.for_builds);
    let cache = expected.file_systems.first().and_then(|file_system| file_system.physical_id.clone());
    expected.mount_targets.retain(|target| target.file_system == cache);
    let observed = inspect(&expected, &LocalInspector::new(&backend, "us-east-1"));
    (expected, observed)
}

fn rack() -> String {
    render(&RenderOptions::default()).unwrap()
}

const FARGATE: [(&str, &str); 2] = [("BuildCache", "Yes"), ("BuildMethod", "fargate")];
const KEYED: [(&str, &str); 3] = [("BuildCache", "Yes"), ("BuildMethod", "fargate"), ("EnableSharedEFSVolumeEncryption", "true")];

/// Returns the checks that did not pass, and their resources.
fn findings(expected: &Expected, observed: &Observed) -> Vec<String> {
    let words = |verdict: Verdict| {
        let id = verdict.logical_resource_id.or(verdict.physical_resource_id).unwrap_or_default();
        assert!(verdict.remedy.is_some(), "{} has a remedy", verdict.check);
        match verdict.state {
            State::Failed => format!("{} {id}", verdict.check),
            state => format!("{state:?} {} {id}", verdict.check),
        }
    };
    check(expected, observed).into_iter().filter(|verdict| verdict.state != State::Passed).map(words).collect()
}

/// Returns the first resource of a table.
fn only<T>(table: &mut indexmap::IndexMap<String, rackform::verify::Lookup<T>>) -> &mut T {
    table.values_mut().next().unwrap().as_mut().unwrap().as_mut().unwrap()
}

fn cache_group(expected: &Expected, observed: &mut Observed) -> usize {
    observed.security_groups.get_index_of(expected.rules[0].group.as_ref().unwrap()).unwrap()
}

type Defect = fn(&mut Expected, &mut Observed);

#[test]
fn each_defect_causes_exactly_one_finding() {
    let defects: [(&str, Defect, &[&str]); 37] = [
        ("nothing", |_, _| {}, &[]),
        ("the file system is missing", |_, observed| observed.file_systems[0] = Ok(None), &["file-system-available BuildCacheFilesystem"]),
        (
            "the file system is being deleted",
            |_, observed| only(&mut observed.file_systems).state = "deleting".into(),
            &["file-system-available BuildCacheFilesystem"],
        ),
        (
            "the file system is being created",
            |_, observed| only(&mut observed.file_systems).state = "creating".into(),
            &["Pending file-system-available BuildCacheFilesystem"],
        ),
        (
            "the file system is not encrypted",
            |_, observed| only(&mut observed.file_systems).encrypted = Some(false),
            &["file-system-encrypted BuildCacheFilesystem"],
        ),
        (
            "another key",
            |_, observed| only(&mut observed.file_systems).key = Some("arn:aws:kms:us-east-1:1:key/other".into()),
            &["file-system-key BuildCacheFilesystem"],
        ),
        (
            "throughput",
            |_, observed| only(&mut observed.file_systems).throughput_mode = "elastic".into(),
            &["file-system-throughput BuildCacheFilesystem"],
        ),
        (
            "colder storage",
            |_, observed| only(&mut observed.file_systems).lifecycle = Ok(vec![("TransitionToIA".into(), "AFTER_7_DAYS".into())]),
            &["file-system-lifecycle BuildCacheFilesystem"],
        ),
        (
            "a mount target is missing",
            |_, observed| drop(observed.mount_targets[0].as_mut().unwrap().remove(1)),
            &["mount-target-available BuildCacheTarget1"],
        ),
        (
            "a mount target is being created",
            |_, observed| observed.mount_targets[0].as_mut().unwrap()[2].state = "creating".into(),
            &["Pending mount-target-available BuildCacheTarget2"],
        ),
        (
            "a mount target failed",
            |_, observed| observed.mount_targets[0].as_mut().unwrap()[2].state = "error".into(),
            &["mount-target-available BuildCacheTarget2"],
        ),
        (
            "a mount target in another subnet",
            |_, observed| observed.mount_targets[0].as_mut().unwrap()[0].subnet = "subnet-other".into(),
            &["mount-target-place BuildCacheTarget0"],
        ),
        (
            "a mount target with another group",
            |_, observed| observed.mount_targets[0].as_mut().unwrap()[0].groups = Ok(Some(vec!["sg-default".into()])),
            &["mount-target-security-group BuildCacheTarget0"],
        ),
        (
            "a build subnet in a zone without a mount target",
            |expected, observed| {
                expected.build_subnets.push("subnet-4".into());
                let vpc = observed.vpcs.keys().next().unwrap().clone();
                observed.subnets.insert("subnet-4".into(), Ok(Some(rackform::verify::Subnet { vpc, zone: "us-east-1f".into() })));
            },
            &["build-subnet-covered subnet-4"],
        ),
        (
            "no rule for NFS",
            |expected, observed| {
                let index = cache_group(expected, observed);
                observed.security_groups[index].as_mut().unwrap().as_mut().unwrap().ingress.clear();
            },
            &["nfs-ingress BuildCacheSecurity"],
        ),
        (
            "a rule for another port",
            |expected, observed| {
                let index = cache_group(expected, observed);
                observed.security_groups[index].as_mut().unwrap().as_mut().unwrap().ingress[0].to_port = Some(2048);
            },
            &["nfs-ingress BuildCacheSecurity"],
        ),
        (
            "open to all as well",
            |expected, observed| {
                let index = cache_group(expected, observed);
                let all = Ingress { protocol: "-1".into(), from_port: None, to_port: None, source: "0.0.0.0/0".into() };
                observed.security_groups[index].as_mut().unwrap().as_mut().unwrap().ingress.push(all);
            },
            &["nfs-ingress-only BuildCacheSecurity"],
        ),
        (
            "the rule allows another group than that of the tasks",
            |expected, observed| {
                let group = Ok(Some(rackform::verify::SecurityGroup { vpc: observed.vpcs.keys().next().cloned(), ingress: Vec::new() }));
                expected.rules[0].build_group = Some("sg-builds".into());
                observed.security_groups.insert("sg-builds".into(), group);
                // The template's rule allows the rack's group, which builds then no longer use.
            },
            &["nfs-ingress BuildCacheSecurity"],
        ),
        (
            "the cache's security group is missing",
            |expected, observed| {
                let index = cache_group(expected, observed);
                observed.security_groups[index] = Ok(None);
            },
            &["nfs-ingress BuildCacheSecurity"],
        ),
        (
            "the security group of builds is missing",
            |expected, observed| drop(observed.security_groups.insert(expected.rules[0].build_group.clone().unwrap(), Ok(None))),
            &["build-security-group "],
        ),
        (
            "the security group of builds is in another VPC",
            |expected, observed| {
                let group = expected.rules[0].build_group.as_ref().unwrap();
                observed.security_groups[group].as_mut().unwrap().as_mut().unwrap().vpc = Some("vpc-other".into());
            },
            &["build-security-group "],
        ),
        ("no DNS support", |_, observed| only(&mut observed.vpcs).dns_support = false, &["vpc-dns-support "]),
        ("no DNS hostnames", |_, observed| only(&mut observed.vpcs).dns_hostnames = false, &["vpc-dns-hostnames "]),
        (
            "two subnets in one zone",
            |expected, observed| {
                let zone = "us-east-1a".to_owned();
                let subnet = expected.mount_targets[1].subnet.clone().unwrap();
                observed.subnets[&subnet].as_mut().unwrap().as_mut().unwrap().zone = zone;
            },
            &["subnet-zones BuildCacheFilesystem"],
        ),
        (
            "the revision is deregistered",
            |_, observed| only(&mut observed.task_definitions).status = "INACTIVE".into(),
            &["task-revision-active ApiBuildFargate"],
        ),
        ("the revision is missing", |_, observed| observed.task_definitions[0] = Ok(None), &["task-revision-active ApiBuildFargate"]),
        ("no volume", |_, observed| only(&mut observed.task_definitions).volumes.clear(), &["task-volumes ApiBuildFargate"]),
        (
            "another file system",
            |_, observed| only(&mut observed.task_definitions).volumes[0].efs.as_mut().unwrap().file_system = "fs-other".into(),
            &["task-volumes ApiBuildFargate"],
        ),
        (
            "no transit encryption",
            |_, observed| only(&mut observed.task_definitions).volumes[0].efs.as_mut().unwrap().transit_encryption = false,
            &["task-transit-encryption ApiBuildFargate"],
        ),
        (
            "mounted elsewhere",
            |_, observed| only(&mut observed.task_definitions).containers[0].mount_points[0].path = "/cache".into(),
            &["task-mount-points ApiBuildFargate"],
        ),
        (
            "no build container",
            |_, observed| only(&mut observed.task_definitions).containers.clear(),
            &["task-mount-points ApiBuildFargate"],
        ),
        (
            "too little memory for Fargate",
            |_, observed| only(&mut observed.task_definitions).memory = Some("100".into()),
            &["task-size ApiBuildFargate"],
        ),
        ("the repository is missing", |_, observed| observed.repositories[0] = Ok(None), &["repository-present BuildCacheRepository"]),
        (
            "immutable tags",
            |_, observed| only(&mut observed.repositories).tag_mutability = "IMMUTABLE".into(),
            &["repository-tags BuildCacheRepository"],
        ),
        (
            "no lifecycle rule",
            |_, observed| only(&mut observed.repositories).lifecycle_policy = Ok(None),
            &["repository-lifecycle BuildCacheRepository"],
        ),
        (
            "no permission to describe file systems",
            |_, observed| {
                let action = "elasticfilesystem:DescribeFileSystems";
                observed.file_systems[0] = Err(InspectError { action, code: Some("AccessDeniedException".into()), message: "no".into() });
            },
            &["Unchecked file-system-available BuildCacheFilesystem"],
        ),
        (
            "no permission to read the lifecycle policy",
            |_, observed| {
                let refusal =
                    InspectError { action: "ecr:GetLifecyclePolicy", code: Some("AccessDeniedException".into()), message: "no".into() };
                only(&mut observed.repositories).lifecycle_policy = Err(refusal);
            },
            &["Unchecked repository-lifecycle BuildCacheRepository"],
        ),
    ];
    let (expected, observed) = account(&rack(), &FARGATE);
    for (name, seed, findings_expected) in defects {
        let (mut expected, mut observed) = (expected.clone(), observed.clone());
        seed(&mut expected, &mut observed);
        let found = findings(&expected, &observed);
        let fits = |(found, wanted): (&String, &&str)| found == wanted || (wanted.ends_with(' ') && found.starts_with(*wanted));
        let is_same = found.len() == findings_expected.len() && found.iter().zip(findings_expected).all(fits);
        assert!(is_same, "{name}: {found:?}, not {findings_expected:?}");
    }
}

#[test]
fn a_rack_with_a_customer_managed_key_expects_that_key() {
    let (expected, observed) = account(&rack(), &KEYED);
    assert_eq!(findings(&expected, &observed), [""; 0]);
    let mut disabled = observed.clone();
    let key = expected.keys[0].1.clone().unwrap();
    disabled.keys[&key].as_mut().unwrap().as_mut().unwrap().state = "PendingDeletion".into();
    assert_eq!(findings(&expected, &disabled), ["key-enabled CustomerManagedKey"]);
    let mut other = observed;
    only(&mut other.file_systems).key = Some("alias/aws/elasticfilesystem".into());
    assert_eq!(findings(&expected, &other), ["file-system-key BuildCacheFilesystem"]);
}

#[test]
fn only_resources_of_the_deployed_configuration_are_checked() {
    let checks = |values: &[(&str, &str)]| {
        let (expected, observed) = account(&rack(), values);
        assert_eq!(findings(&expected, &observed), [""; 0], "{values:?}");
        let mut names: Vec<&str> = check(&expected, &observed).iter().map(|verdict| verdict.check).collect();
        names.dedup();
        names
    };
    assert_eq!(
        checks(&[("BuildCache", "No"), ("BuildMethod", "ec2")]),
        ["task-revision-active", "task-volumes", "task-mount-points", "task-buildkit", "key-enabled"]
    );
    let on_instances = checks(&[("BuildCache", "Yes"), ("BuildMethod", "ec2")]);
    assert_eq!(on_instances[4..], ["repository-present", "repository-tags", "repository-lifecycle", "key-enabled"]);
    assert!(checks(&[("BuildCache", "No"), ("BuildMethod", "fargate")]).contains(&"task-size"));
}

#[test]
fn builds_on_instances_expect_buildkit() {
    let (expected, mut observed) = account(&rack(), &[("BuildMethod", "ec2")]);
    only(&mut observed.task_definitions).containers[0].buildkit = Some("0".into());
    assert_eq!(findings(&expected, &observed), ["task-buildkit ApiBuildTasks"]);
}

#[test]
fn a_lifecycle_rule_is_compared_as_json() {
    let (expected, mut observed) = account(&rack(), &FARGATE);
    let repository = only(&mut observed.repositories);
    let text = repository.lifecycle_policy.clone().unwrap().unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    repository.lifecycle_policy = Ok(Some(serde_json::to_string_pretty(&json).unwrap()));
    assert_eq!(findings(&expected, &observed), [""; 0], "whitespace is no difference");
    only(&mut observed.repositories).lifecycle_policy = Ok(Some(text.replace("30", "3")));
    assert_eq!(findings(&expected, &observed), ["repository-lifecycle BuildCacheRepository"]);
}

#[test]
fn the_security_group_of_builds_follows_three_rules() {
    let group = |values: &[(&str, &str)]| {
        let values: Vec<(&str, &str)> = FARGATE.iter().chain(values).copied().collect();
        account(&rack(), &values).0.rules[0].build_group.clone().unwrap()
    };
    assert!(group(&[]).starts_with("sg-"));
    assert_eq!(group(&[("InstanceSecurityGroup", "sg-0aaaaaaaaaaaaaaaa")]), "sg-0aaaaaaaaaaaaaaaa");
    let both = [("InstanceSecurityGroup", "sg-0aaaaaaaaaaaaaaaa"), ("BuildInstanceSecurityGroup", "sg-0bbbbbbbbbbbbbbbb")];
    assert_eq!(group(&both), "sg-0bbbbbbbbbbbbbbbb");
}

#[test]
fn every_check_is_documented() {
    let page = include_str!("../../docs/checks.md");
    for check in CHECKS {
        assert!(
            page.contains(&format!("| `{}` | {} |", check.name, check.summary)),
            "docs/checks.md lacks `{}`: {}",
            check.name,
            check.summary
        );
    }
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, CHECKS.len(), "docs/checks.md lists checks that do not exist");
}

#[test]
fn the_program_verifies_what_it_applied() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let missing = bench.run("verify");
    assert_eq!(missing.code, 66, "{missing}");
    let applied = bench.run("apply --yes --format json");
    assert_eq!(applied.code, 0, "{applied}");
    let last: serde_json::Value = serde_json::from_str(applied.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["verification"]["summary"]["errors"], 0, "{applied}");
    let run = bench.run("verify --strict");
    assert_eq!((run.code, run.stdout.contains("mount-target-available       BuildCacheTarget1")), (0, true), "{run}");
    let json = bench.run("verify --format json");
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/verify.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(&json.json()).map(|error| error.to_string()).collect();
    assert_eq!(problems, [""; 0], "{json}");
}

#[test]
fn resources_outside_the_local_backend_are_unchecked_and_fail_strict() {
    let bench = Bench::new();
    bench.file(
        "rack.yaml",
        "name: demo\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n  InstanceSecurityGroup: sg-0aaaaaaaaaaaaaaaa\n",
    );
    assert_eq!(bench.run("apply --yes").code, 0);
    let run = bench.run("verify");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("unchecked[build-security-group]: sg-0aaaaaaaaaaaaaaaa"), "{run}");
    assert_eq!(bench.run("verify --strict").code, 1);
}

#[test]
fn a_stack_whose_creation_failed_is_reported_once() {
    let bench = Bench::new();
    let template =
        r#"{"Resources": {"A": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::SQS::Queue"}, "C": {"Type": "AWS::SQS::Queue"}}}"#;
    bench.file("queues.json", template).file("rack.yaml", "name: rack\ntemplate: queues.json\n");
    assert_eq!(bench.run("apply --yes --fail-on C").code, 1);
    let run = bench.run("verify");
    assert_eq!((run.code, run.stdout.matches("resource-present").count()), (1, 1), "{run}");
    assert!(
        run.stdout.contains("the creation of the stack failed and was rolled back") && run.stdout.contains("rackform recover"),
        "{run}"
    );
}
