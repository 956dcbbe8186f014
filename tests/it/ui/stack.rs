//! The views of `status` and `delete`.

use super::{Bench, bench};

fn deployed() -> Bench {
    let bench = bench();
    bench.file("rack.yaml", "name: jobs\ntemplate: stack.json\n");
    let applied = bench.run("apply --yes -q -p Secret=correct-horse --no-preflight");
    assert_eq!(applied.code, 0, "{applied}");
    bench
}

#[test]
fn an_empty_parameter_is_shown_as_empty_quotes() {
    let run = deployed().run("status");
    let line = run.stdout.lines().find(|line| line.trim_start().starts_with("Key ")).unwrap_or_default();
    assert!(line.contains("\"\"") && line.contains("(default)"), "{run}");
}

#[test]
fn a_deletion_shows_resources_without_parameters() {
    let run = deployed().run("delete --yes --allow-data-loss Logs");
    assert!(run.code == 0 && run.stdout.contains("Logs"), "{run}");
    assert!(!run.stdout.contains("parameter"), "{run}");
}
