//! `verify` and preflight with canned responses in each service's format: denials, pages, throttling, missing resources, and incomplete
//! responses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::expect_fun_call)]

mod account;
mod before;

use serde_json::Value as Json;

use self::account::{Account, CALLS, Call, Reply, bench};
use super::faults::check_all;
use crate::program::Run;

/// Returns the states of a report's verdicts with a name, or of all of them.
fn states(run: &Run, name: &str) -> Vec<String> {
    let report = run.json();
    let checks = report["checks"].as_array().expect(&run.to_string());
    let named = checks.iter().filter(|check| name.is_empty() || check["check"] == name);
    named.map(|check| check["state"].as_str().unwrap().to_owned()).collect()
}

/// Returns the unchecked verdicts.
fn unchecked(run: &Run) -> Vec<Json> {
    let report = run.json();
    report["checks"].as_array().unwrap().iter().filter(|check| check["state"] == "unchecked").cloned().collect()
}

/// Fails if a check reports `failed` for a resource that was not inspected.
fn claims_nothing(run: &Run, context: &str) {
    assert!(!states(run, "").contains(&"failed".to_owned()), "{context}: {run}");
    assert!(!format!("{run}").contains("does not exist"), "{context}: {run}");
}

#[test]
fn documented_responses_pass_every_check() {
    let wire = Account::default().serve();
    let run = wire.run(&bench(), "verify --strict --format json");
    assert_eq!(run.code, 0, "{run}");
    assert!(states(&run, "").iter().all(|state| state == "passed"), "{run}");
    for name in ["build-subnet-covered", "mount-target-security-group", "file-system-key", "vpc-dns-hostnames", "repository-lifecycle"] {
        assert!(!states(&run, name).is_empty(), "{name}: {run}");
    }
    let requests: Vec<Call> = wire.requests().iter().filter_map(account::call).collect();
    let never: Vec<&Call> = CALLS.iter().map(|(call, _)| call).filter(|call| !requests.contains(call)).collect();
    assert!(never.is_empty(), "calls that are never sent: {never:?}");
}

#[test]
fn a_denied_call_is_unchecked_and_names_the_permission() {
    for (call, permission) in CALLS {
        let wire = Account::default().responding(call, Reply::Denied).serve();
        let run = wire.run(&bench(), "verify --format json");
        claims_nothing(&run, permission);
        assert_eq!(run.code, 0, "{permission}: {run}");
        let unchecked = unchecked(&run);
        let named = |verdict: &Json| {
            verdict["found"].as_str().unwrap().contains(&format!("no permission for {permission}: because no identity-based policy allows"))
                && verdict["remedy"].as_str().unwrap().contains("rackform permissions --for verify")
        };
        assert!(!unchecked.is_empty() && unchecked.iter().all(named), "{permission}: {run}");
        let strict = wire.run(&bench(), "verify --strict");
        assert_eq!(strict.code, 1, "{permission}: {strict}");
        assert!(strict.stdout.contains(&format!("no permission for {permission}")), "{permission}: {strict}");
    }
}

#[test]
fn an_account_that_denies_every_call_does_not_pass() {
    let wire = CALLS.iter().fold(Account::default(), |account, (call, _)| account.responding(*call, Reply::Denied)).serve();
    let run = wire.run(&bench(), "verify --format json");
    assert_eq!(run.code, 69, "the list of CloudFormation proves nothing about the resources\n{run}");
    claims_nothing(&run, "all");
    let named = unchecked(&run).iter().map(|verdict| verdict["found"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n");
    for permission in ["elasticfilesystem:DescribeFileSystems", "ec2:DescribeSubnets", "ecs:DescribeTaskDefinition", "kms:DescribeKey"] {
        assert!(named.contains(permission), "{permission}: {run}");
    }
}

#[test]
fn throttled_calls_are_retried_and_persistent_throttling_is_unchecked() {
    check_all(&CALLS, |(call, permission)| {
        let wire = Account::default().responding(*call, Reply::Throttled(1)).serve();
        let run = wire.run(&bench(), "verify --strict --format json");
        assert_eq!(run.code, 0, "{permission}: {run}");
    });
    check_all(&CALLS, |(call, permission)| {
        let wire = Account::default().responding(*call, Reply::Throttled(usize::MAX)).serve();
        // The adaptive retry mode also delays the first attempt of other calls; the standard mode only backs off.
        let run = Run::of(wire.command(&bench(), "verify --format json").env("AWS_RETRY_MODE", "standard"));
        claims_nothing(&run, permission);
        let unchecked = unchecked(&run);
        let named = |verdict: &Json| {
            verdict["found"].as_str().unwrap().starts_with(&format!("{permission} failed: Rate exceeded"))
                && verdict["remedy"].as_str().unwrap().contains("AWS throttles this account's requests")
        };
        assert!(run.code == 0 && !unchecked.is_empty() && unchecked.iter().all(named), "{permission}: {run}");
    });
}

#[test]
fn each_services_error_code_for_a_missing_resource_fails_the_check() {
    let missing = [
        (Call::FileSystems, "file-system-available"),
        (Call::TaskDefinition, "task-revision-active"),
        (Call::Repositories, "repository-present"),
        (Call::LifecyclePolicy, "repository-lifecycle"),
        (Call::Key, "key-enabled"),
        (Call::SecurityGroups, "nfs-ingress"),
        (Call::Subnets, "build-subnet-covered"),
        (Call::VpcAttribute, "vpc-dns-support"),
    ];
    for (call, check) in missing {
        let wire = Account::default().responding(call, Reply::Missing).serve();
        let run = wire.run(&bench(), "verify --format json");
        assert!(states(&run, check).contains(&"failed".to_owned()), "{call:?}: {run}");
        assert!(unchecked(&run).is_empty(), "the response that the resource does not exist is a result: {call:?}: {run}");
        // A missing lifecycle policy is a warning; every other missing resource makes builds fail.
        let code = if call == Call::LifecyclePolicy { 0 } else { 1 };
        assert_eq!(run.code, code, "{call:?}: {run}");
    }
    // ECS uses `ClientException` for many other errors, too.
    let other = "An error occurred: the identifier that was given is not valid";
    let wire = Account::default().responding(Call::TaskDefinition, Reply::Json(400, "ClientException", other)).serve();
    let run = wire.run(&bench(), "verify --format json");
    claims_nothing(&run, "ClientException");
    assert!(unchecked(&run)[0]["found"].as_str().unwrap().contains(other), "{run}");
}

#[test]
fn all_pages_of_mount_targets_are_read() {
    let wire = Account { page: 1, ..Account::default() }.serve();
    let run = wire.run(&bench(), "verify --strict --format json");
    assert_eq!(run.code, 0, "{run}");
    let pages = wire.requests().iter().filter(|request| account::call(request) == Some(Call::MountTargets)).count();
    assert_eq!(pages, 2, "{:?}", wire.actions());
    assert!(wire.actions().iter().any(|action| action.contains("Marker=page-2")), "{:?}", wire.actions());
    // If the second page is denied, the first page is not treated as the whole list.
    let wire = Account { page: 1, ..Account::default() }.responding(Call::MountTargets, Reply::DeniedFrom(2)).serve();
    let run = wire.run(&bench(), "verify --format json");
    claims_nothing(&run, "the second page");
    assert!(!unchecked(&run).is_empty(), "{run}");
}

/// For a response of status 200 that lacks the requested value, the check neither passes nor fails.
#[test]
fn an_incomplete_response_is_unchecked() {
    let odd = [
        (Call::FileSystems, r#"{"FileSystems": []}"#, "file-system-available"),
        (
            Call::FileSystems,
            r#"{"FileSystems": [{"FileSystemId": "fs-1", "LifeCycleState": "available", "OwnerId": "1", "CreationToken": "t",
                "CreationTime": 1, "NumberOfMountTargets": 2, "SizeInBytes": {"Value": 6144}, "PerformanceMode": "generalPurpose", "Tags": []}]}"#,
            "file-system-encrypted",
        ),
        (Call::TaskDefinition, "{}", "task-revision-active"),
        (Call::Repositories, r#"{"repositories": []}"#, "repository-present"),
        (Call::Key, r#"{"KeyMetadata": {"KeyId": "key-1"}}"#, "key-enabled"),
        (Call::SecurityGroups, "<DescribeSecurityGroupsResponse/>", "nfs-ingress"),
        (Call::Subnets, "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>", "subnet-zones"),
        (Call::VpcAttribute, "<DescribeVpcAttributeResponse><vpcId>vpc-1</vpcId></DescribeVpcAttributeResponse>", "vpc-dns-support"),
    ];
    for (call, body, check) in odd {
        let wire = Account::default().responding(call, Reply::Body(body)).serve();
        let run = wire.run(&bench(), "verify --format json");
        claims_nothing(&run, body);
        assert!(states(&run, check).contains(&"unchecked".to_owned()), "{body}: {run}");
        assert_eq!(run.code, 0, "{body}: {run}");
    }
    // The HTML page of a proxy.
    for (call, permission) in CALLS {
        let wire = Account::default().responding(call, Reply::Body("<html><body>captive portal</body></html>")).serve();
        let run = wire.run(&bench(), "verify --format json");
        claims_nothing(&run, permission);
    }
}

#[test]
fn an_unreachable_service_is_called_and_reported_once() {
    let wire = Account::default().responding(Call::SecurityGroups, Reply::Broken).responding(Call::Subnets, Reply::Broken).serve();
    let run = wire.run(&bench(), "verify --format json");
    claims_nothing(&run, "EC2");
    assert_eq!(run.code, 0, "{run}");
    assert!(states(&run, "nfs-ingress").contains(&"unchecked".to_owned()), "{run}");
    let attempts = wire.requests().iter().filter(|request| request.body.contains("Version=2016-11-15")).count();
    assert_eq!(attempts, 2, "one call with two attempts: further calls would wait for the same timeout\n{:?}", wire.actions());
}
