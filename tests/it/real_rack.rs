//! The Convox rack template with a patched build cache: applied to the local backend, verified, and planned again.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};
use crate::support::shared_data;

/// Variants: `BuildMethod`, `Private`, `HighAvailability`, and the number of subnets in which builds can start.
pub const VARIANTS: [(&str, &str, &str, usize); 4] =
    [("fargate", "No", "true", 2), ("fargate", "Yes", "true", 4), ("fargate", "Yes", "false", 4), ("ec2", "Yes", "true", 0)];

/// Returns a directory with the patched template and a `rack.yaml` for this variant; `more` is added to `rack.yaml`.
pub fn bench(variant: (&str, &str, &str, usize), more: &str) -> Option<Bench> {
    let (method, private, available, _) = variant;
    let bench = Bench::new();
    bench.file("real.json", std::fs::read(shared_data()?.join("convox-rack-20260421.json")).unwrap());
    let patched = bench.run("patch real.json -o rack.json");
    assert_eq!(patched.code, 0, "{patched}");
    bench.file(
        "rack.yaml",
        format!(
            "name: rack\nregion: us-east-1\ntemplate: rack.json\n{more}parameters:\n  Password: hunter2hunter2\n  Version: '1'\n  BuildCache: Yes\n  \
             BuildMethod: {method}\n  Private: {private}\n  HighAvailability: '{available}'\n  FargateBuildCpu: 1024\n  FargateBuildMemory: 2048\n  \
             DefaultAmi: /racks/ami\n  DefaultAmiArm: /racks/ami\n"
        ),
    );
    Some(bench)
}

/// Asserts that no check failed and that every subnet in which builds can start has a mount target.
pub fn assert_verified(run: &Run, variant: (&str, &str, &str, usize)) {
    assert_eq!(run.code, 0, "{variant:?}: {run}");
    let report = run.json();
    assert_eq!((&report["summary"]["errors"], &report["summary"]["warnings"]), (&0.into(), &0.into()), "{variant:?}: {run}");
    let checks = report["checks"].as_array().unwrap();
    let passed = |name: &str| checks.iter().filter(|check| check["check"] == name && check["state"] == "passed").count();
    assert_eq!(passed("build-subnet-covered"), variant.3, "{variant:?}: {run}");
    assert_eq!((passed("task-revision-active"), passed("repository-present")), (1, 1), "{variant:?}: {run}");
    assert_eq!(passed("nfs-ingress"), usize::from(variant.0 == "fargate"), "{variant:?}: {run}");
    assert!(!format!("{run}").contains("hunter2"), "{run}");
}

#[test]
fn the_patched_convox_rack_passes_verification_on_the_local_backend() {
    for variant in VARIANTS {
        let Some(bench) = bench(variant, "") else { return };
        let applied = bench.run("apply --yes -q");
        assert_eq!(applied.code, 0, "{variant:?}: {applied}");
        assert_verified(&bench.run("verify --strict --format json"), variant);
        let next = bench.run("plan --preflight -p BuildCacheRetentionDays=7");
        assert_eq!(next.code, 0, "{variant:?}: {next}");
    }
}
