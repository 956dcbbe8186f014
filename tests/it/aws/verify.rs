//! Verification and preflight over the wire, against the endpoint.
#![allow(clippy::unwrap_used)]

use super::endpoint::{Account, element};
use super::proxy::{Fault, Proxy};
use crate::program::Bench;

#[test]
fn verify_passes_for_a_deployed_rack_with_a_build_cache() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let applied = account.run(&bench, "apply --yes --create-template-bucket");
    assert_eq!(applied.code, 0, "{applied}");
    let run = account.run(&bench, "verify --format json");
    assert_eq!(run.code, 0, "{run}");
    let report = run.json();
    assert_eq!((&report["summary"]["errors"], &report["summary"]["pending"]), (&0.into(), &0.into()), "{run}");
    let passed = |name: &str| {
        report["checks"].as_array().unwrap().iter().filter(|check| check["check"] == name).all(|check| check["state"] == "passed")
            && report["checks"].as_array().unwrap().iter().any(|check| check["check"] == name)
    };
    for name in [
        "file-system-encrypted",
        "mount-target-place",
        "nfs-ingress",
        "vpc-dns-hostnames",
        "task-volumes",
        "task-transit-encryption",
        "task-mount-points",
        "repository-lifecycle",
    ] {
        assert!(passed(name), "{name}\n{run}");
    }
}

/// A mount target is deleted outside CloudFormation between the end of an update and its verification.
#[test]
fn apply_reports_a_check_that_fails_after_the_update() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let breaks = account.clone();
    let proxy = Proxy::new(&account.address, move |action, count| {
        if action.contains("/mount-targets?") && count == 1 && breaks.status("rack") == "CREATE_COMPLETE" {
            let resources = breaks.ask("ListStackResources", &[("StackName", "rack")]);
            let target = resources.split("<member>").find(|member| member.contains(">BuildCacheTarget1<")).unwrap();
            let id = element(target, "PhysicalResourceId").unwrap();
            breaks.send("elasticfilesystem", &format!("DELETE /2015-02-01/mount-targets/{id} HTTP/1.1\r\n"), "");
        }
        Fault::None
    });
    let run = account.at(&proxy.address).run(&bench, "apply --yes --create-template-bucket");
    assert_eq!(account.status("rack"), "CREATE_COMPLETE", "{run}");
    assert!(run.stderr.contains("error[mount-target-available]: BuildCacheTarget1") && run.stderr.contains("does not exist"), "{run}");
    assert_eq!(run.code, 1, "{run}");
    let again = account.run(&bench, "verify");
    assert!(again.code == 1 && again.stdout.contains("error[mount-target-available]: BuildCacheTarget1"), "{again}");
}
