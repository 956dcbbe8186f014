//! The real rack template with a build cache patched in: deployed, verified, and looked at before the next plan.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};
use crate::support::shared_data;

/// Where builds run, whether the rack is private, whether it has a third availability zone, and in how many subnets builds may start.
pub const FORMS: [(&str, &str, &str, usize); 4] =
    [("fargate", "No", "true", 2), ("fargate", "Yes", "true", 4), ("fargate", "Yes", "false", 4), ("ec2", "Yes", "true", 0)];

/// Returns a folder with the patched template and a rack file in that form; `more` are further lines of it.
pub fn bench(form: (&str, &str, &str, usize), more: &str) -> Option<Bench> {
    let (method, private, available, _) = form;
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

/// Fails unless nothing is broken and every subnet in which builds may start has its mount target.
pub fn holds(run: &Run, form: (&str, &str, &str, usize)) {
    assert_eq!(run.code, 0, "{form:?}: {run}");
    let report = run.json();
    assert_eq!((&report["summary"]["errors"], &report["summary"]["warnings"]), (&0.into(), &0.into()), "{form:?}: {run}");
    let checks = report["checks"].as_array().unwrap();
    let kept = |name: &str| checks.iter().filter(|check| check["check"] == name && check["state"] == "kept").count();
    assert_eq!(kept("build-subnet-covered"), form.3, "{form:?}: {run}");
    assert_eq!((kept("task-revision-active"), kept("repository-present")), (1, 1), "{form:?}: {run}");
    assert_eq!(kept("nfs-ingress"), usize::from(form.0 == "fargate"), "{form:?}: {run}");
    assert!(!format!("{run}").contains("hunter2"), "{run}");
}

#[test]
fn the_patched_rack_is_deployed_and_holds_what_it_promises_on_the_local_backend() {
    for form in FORMS {
        let Some(bench) = bench(form, "") else { return };
        let applied = bench.run("apply --yes -q");
        assert_eq!(applied.code, 0, "{form:?}: {applied}");
        holds(&bench.run("verify --strict --format json"), form);
        let next = bench.run("plan --preflight -p BuildCacheRetentionDays=7");
        assert_eq!(next.code, 0, "{form:?}: {next}");
    }
}
