//! The express mode: which racks it is refused for.
#![allow(clippy::unwrap_used)]

use crate::backend::NETWORK;
use crate::program::{Bench, Run};

fn bench(rack: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", format!("name: demo\nregion: us-east-1\ntemplate: network.json\n{rack}")).file("network.json", NETWORK);
    bench
}

fn denied(run: Run, reasons: &[&str]) {
    assert_eq!(run.code, 3, "{run}");
    assert!(
        run.stderr.contains("express mode is only for unprotected development racks") && run.stderr.contains("omit `--express`"),
        "{run}"
    );
    for reason in reasons {
        assert!(run.stderr.contains(reason), "{reason}: {run}");
    }
}

#[test]
fn a_guarded_rack_is_refused_with_every_reason_and_nothing_changes() {
    let bench = bench("protect: [Files]\ntermination_protection: true\n");
    denied(bench.run("apply --yes --express -p Cache=Yes"), &["`protect` in rack.yaml names Files", "termination protection"]);
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn data_at_risk_is_refused_also_if_its_loss_is_allowed() {
    let bench = bench("");
    assert_eq!(bench.run("apply --yes -p Cache=Yes").code, 0);
    denied(bench.run("set Cache=No --yes --express --allow-data-loss Files"), &["the change loses data, or may: Files"]);
    assert!(bench.run("local resources").stdout.contains("Files"));
    let policy = r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#;
    bench
        .file("policy.json", policy)
        .file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\nstack_policy: policy.json\n");
    assert_eq!(bench.run("apply --yes").code, 0);
    let other = NETWORK.replace("\"Outputs\"", "\"Metadata\": {\"Note\": \"x\"}, \"Outputs\"");
    bench.file("network.json", other);
    denied(bench.run("set Cache=No --yes --express"), &["stack policy"]);
}

#[test]
fn a_backend_without_the_mode_says_so() {
    let bench = bench("");
    let run = bench.run("apply --yes --express");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("the backend `local") && run.stderr.contains("omit `--express`"), "{run}");
    assert_eq!(bench.run("status").code, 66);
}
