//! Verification and preflight over the wire, against the endpoint.
#![allow(clippy::unwrap_used)]

use super::endpoint::Account;
use crate::program::Bench;

#[test]
fn the_account_holds_what_a_rack_with_a_build_cache_promises() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let applied = account.run(&bench, "apply --yes");
    assert_eq!(applied.code, 0, "{applied}");
    let run = account.run(&bench, "verify --format json");
    assert_eq!(run.code, 0, "{run}");
    let report = run.json();
    assert_eq!((&report["summary"]["errors"], &report["summary"]["pending"]), (&0.into(), &0.into()), "{run}");
    let kept = |name: &str| {
        report["checks"].as_array().unwrap().iter().filter(|check| check["check"] == name).all(|check| check["state"] == "kept")
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
        assert!(kept(name), "{name}\n{run}");
    }
}
