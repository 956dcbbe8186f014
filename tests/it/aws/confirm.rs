//! `plan --confirm-with-aws`: the change set compared with the prediction, and deleted afterwards.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::super::program::Run;
use super::stack::{Account, bench, modified};

const CONFIRM: &str = "plan -p Seconds=90 --confirm-with-aws";

#[test]
fn agreement_is_reported_and_the_change_set_deleted() {
    let wire = Account::default().serve();
    let run = wire.run(&bench(""), CONFIRM);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.ends_with("AWS's change set agrees with the prediction (1 change).\n"), "{run}");
    let name = wire.all("CreateChangeSet")[0].field("ChangeSetName").unwrap();
    assert!(name.starts_with("rackform-confirm-"), "{name}");
    let values = wire.all("DescribeChangeSet")[0].field("IncludePropertyValues");
    assert_eq!(values.as_deref(), Some("true"));
    assert_eq!(wire.actions().iter().filter(|action| *action == "DeleteChangeSet").count(), 1, "{:?}", wire.actions());
    assert!(wire.all("ExecuteChangeSet").is_empty() && wire.all("DeleteStack").is_empty());
    let other = wire.run(&bench(""), CONFIRM);
    assert_eq!(other.code, 0, "{other}");
    assert_ne!(wire.all("CreateChangeSet")[1].field("ChangeSetName").unwrap(), name, "two runs never share a name");
}

#[test]
fn disagreement_is_reported() {
    let changes = modified("Conditional", "").replace("<AfterValue>90</AfterValue>", "<AfterValue>91</AfterValue>");
    let wire = Account { changes, ..Account::default() }.serve();
    let run = wire.run(&bench(""), CONFIRM);
    assert_eq!(run.code, 5, "{run}");
    assert!(run.stdout.contains("AWS's change set differs from the prediction"), "{run}");
    assert!(run.stdout.contains("`Queue`: replacement predicted False, AWS reports Conditional"), "{run}");
    assert!(run.stdout.contains("`Queue` /Properties/VisibilityTimeout: predicted 90, AWS reports 91"), "{run}");
    let json = wire.run(&bench(""), &format!("{CONFIRM} --format json")).json();
    assert_eq!(json["Confirmation"]["Disagreements"][0]["Kind"], "replacement", "{json}");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json")).unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &json), "{json}");
}

#[test]
fn a_stack_created_only_for_the_change_set_is_deleted_too() {
    let wire = Account { is_new: true, ..Account::default() }.serve();
    let run = wire.run(&bench(""), "plan -p Token=planted-secret --confirm-with-aws");
    assert_eq!(run.code, 5, "an addition was predicted, and a modification listed\n{run}");
    let actions = wire.actions();
    let place = |action: &str| actions.iter().position(|request| request == action);
    assert!(place("CreateChangeSet") < place("DeleteStack"), "{actions:?}");
    assert_eq!(place("DeleteChangeSet"), None, "deleting the stack deletes its change set: {actions:?}");
    assert_eq!(wire.all("CreateChangeSet")[0].field("ChangeSetType").as_deref(), Some("CREATE"));
    assert!(!format!("{run}").contains("planted-secret"), "{run}");
}

#[test]
fn a_refused_change_set_is_reported_and_leaves_nothing() {
    let wire = Account { status: "FAILED", reason: "Template error: nothing works", ..Account::default() }.serve();
    let run = wire.run(&bench(""), CONFIRM);
    assert!(run.code == 1 && run.stderr.contains("AWS refuses this change: Template error: nothing works"), "{run}");
    assert!(!wire.all("DeleteChangeSet").is_empty());
}

#[test]
fn an_interrupted_run_deletes_its_change_set() {
    for signal in ["-INT", "-TERM"] {
        let wire = Account { status: "CREATE_IN_PROGRESS", ..Account::default() }.serve();
        let bench = bench("");
        let child = wire.command(&bench, CONFIRM).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while wire.all("DescribeChangeSet").is_empty() && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let run = Run::from_output(&child.wait_with_output().unwrap());
        assert_eq!(run.code, 130, "{run}");
        assert!(run.stderr.contains("interrupted before anything was changed"), "{run}");
        assert!(!wire.all("DeleteChangeSet").is_empty(), "{signal}: {:?}", wire.actions());
    }
}

#[test]
fn the_local_backend_cannot_confirm_a_plan() {
    let run = bench("").run("plan --backend local --confirm-with-aws -p Token=t");
    assert!(run.code == 64 && run.stderr.contains("the backend is local"), "{run}");
}
