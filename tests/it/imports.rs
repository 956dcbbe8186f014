//! Imports of existing resources into a stack, with the program on the local backend.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

use crate::apply::{read_lines, start};
use crate::backend::NETWORK;
use crate::program::{Bench, Run};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", NETWORK);
    bench
}

fn succeeded(run: Run) -> Run {
    assert_eq!(run.code, 0, "{run}");
    run
}

/// Creates a file system that no stack manages, and returns its ID.
pub fn create_unmanaged_file_system(bench: &Bench, properties: &str) -> String {
    let template = format!(
        r#"{{"Resources": {{"Old": {{"Type": "AWS::EFS::FileSystem", "DeletionPolicy": "Retain", "Properties": {properties}}}}}}}"#
    );
    bench.file("old/rack.yaml", "name: old\nregion: us-east-1\ntemplate: old.json\n");
    bench.file("old/old.json", template);
    let run = |arguments: &[&str]| {
        Run::of(bench.command().current_dir(bench.path().join("old")).args(["--backend", "local:../.rackform"]).args(arguments))
    };
    succeeded(run(&["apply", "--yes"]));
    succeeded(run(&["delete", "--yes"]));
    let retained = succeeded(bench.run("local resources --retained --format json")).json();
    let of_type = |resource: &&Value| resource["ResourceType"] == "AWS::EFS::FileSystem";
    retained["resources"].as_array().unwrap().iter().rfind(of_type).unwrap()["PhysicalId"].as_str().unwrap().to_owned()
}

fn status(bench: &Bench) -> Value {
    succeeded(bench.run("status --format json")).json()
}

fn physical_id(bench: &Bench, logical_id: &str) -> Option<String> {
    let resources = succeeded(bench.run("local resources --format json")).json();
    let of_name = |resource: &&Value| resource["logical_id"] == logical_id || resource["LogicalId"] == logical_id;
    let found = resources["resources"].as_array().unwrap().iter().find(of_name)?.clone();
    found.get("physical_id").or(found.get("PhysicalId")).and_then(Value::as_str).map(str::to_owned)
}

#[test]
fn a_matching_file_system_is_imported() {
    let bench = bench();
    succeeded(bench.run("apply --yes"));
    let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": true}"#);
    let arguments = format!("-p Cache=Yes --import Files={id}");

    let human = succeeded(bench.run(&format!("plan {arguments}")));
    assert!(human.stdout.contains(&format!(" <  Files  AWS::EFS::FileSystem  import {id}")), "{human}");
    assert!(human.stdout.contains("Plan: 1 to import, then 1 to add, 1 to update, 0 to replace"), "{human}");
    assert!(!human.stdout.contains("RackformDefinition") && !human.stdout.contains("was not compared"), "{human}");
    let json = succeeded(bench.run(&format!("plan {arguments} --format json"))).json();
    assert_eq!(
        json["Imports"],
        serde_json::json!([{"Action": "Import", "LogicalResourceId": "Files", "ResourceType": "AWS::EFS::FileSystem",
            "ResourceIdentifier": {"FileSystemId": id}, "Compared": true}])
    );
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let problems: Vec<String> = validator.iter_errors(&json).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let markdown = succeeded(bench.run(&format!("plan {arguments} --format markdown")));
    assert!(markdown.stdout.contains("<code>Files</code>") && markdown.stdout.contains(&format!("<b>import {id}</b>")), "{markdown}");
    let diff = succeeded(bench.run(&format!("diff deployed rack {arguments}")));
    assert!(diff.stdout.contains(&format!("import {id}")), "{diff}");
    assert_eq!(bench.run(&format!("plan {arguments} --exit-code")).code, 2);

    let run = succeeded(bench.run(&format!("set Cache=Yes --import Files={id} --yes")));
    assert!(run.stderr.contains(&format!("imported: Files ({id}); starting the update")), "{run}");
    assert!(run.stderr.contains("`rackform drift` compares every property of Files with the template"), "{run}");
    assert_eq!(physical_id(&bench, "Files").as_deref(), Some(id.as_str()));
    assert!(succeeded(bench.run("local resources --retained")).stdout.contains("no retained resources"));
    // The template is unchanged, with its condition and deletion policy: turning the cache off deletes the file system.
    assert!(succeeded(bench.run("diff deployed rack -p Cache=Yes --exit-code")).stdout.contains("No changes"));
    let off = bench.run("set Cache=No --yes");
    assert!(off.code == 3 && off.stderr.contains("--allow-data-loss Files"), "{off}");
}

#[test]
fn an_import_followed_by_a_replacement_is_data_loss_and_denied() {
    let bench = bench();
    succeeded(bench.run("apply --yes"));
    let before = status(&bench);
    let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": false, "LifecyclePolicies": [{"TransitionToIA": "AFTER_7_DAYS"}]}"#);
    let denied = bench.run(&format!("set Cache=Yes --import Files={id} --yes"));
    assert_eq!(denied.code, 3, "{denied}");
    assert!(denied.stdout.contains("!!! DATA LOSS: 1 stateful resource is replaced"), "{denied}");
    let flat = denied.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(&format!("{id} would be imported and then be REPLACED by a new, empty resource, because its Encrypted")),
        "{denied}"
    );
    assert!(denied.stdout.contains("false -> true") && denied.stderr.contains("--allow-data-loss Files"), "{denied}");
    let risks = bench.run(&format!("plan -p Cache=Yes --import Files={id} --format json")).json()["Risks"].clone();
    assert_eq!((&risks[0]["Kind"], &risks[0]["LogicalResourceId"]), (&"data-loss".into(), &"Files".into()), "{risks}");
    assert_eq!(status(&bench), before, "nothing was changed");

    let run = succeeded(bench.run(&format!("set Cache=Yes --import Files={id} --yes --allow-data-loss Files")));
    assert!(run.stdout.contains("IMPORT_COMPLETE") || run.stderr.contains("IMPORT_COMPLETE"), "{run}");
    assert_ne!(physical_id(&bench, "Files"), Some(id), "the allowed replacement happened");
}

#[test]
fn an_import_followed_by_an_update_in_place_is_shown_without_data_loss() {
    let bench = bench();
    succeeded(bench.run("apply --yes"));
    let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": true, "ThroughputMode": "elastic"}"#);
    let plan = succeeded(bench.run(&format!("plan -p Cache=Yes --import Files={id}")));
    assert!(plan.stdout.contains("ThroughputMode") && plan.stdout.contains("elastic -> (absent)"), "{plan}");
    assert!(!plan.stdout.contains("DATA LOSS"), "{plan}");
}

#[test]
fn all_errors_of_imports_are_reported_together() {
    let bench = bench();
    succeeded(bench.run("apply --yes"));
    let run = bench.run(
        "set Cache=Yes --yes --import Fles=fs-01234567 --import Files=vol-01234567 --import Vpc=vpc-0123 --import Target=fsmt-0123456789abcdef0 \
         --import Target=fsmt-1123456789abcdef0 --import Subnet=subnet-1",
    );
    assert_eq!(run.code, 64, "{run}");
    for expected in [
        "`Fles`: the template defines no resource with this logical ID (did you mean `Files`?)",
        "`Files`: `vol-01234567` is not a valid FileSystemId of AWS::EFS::FileSystem",
        "`Vpc`: the stack already contains this resource as vpc-",
        "`Target`: two imports have this logical ID",
        "`Subnet`: the stack already contains this resource",
    ] {
        assert!(run.stderr.contains(expected), "{expected}\n{run}");
    }
    let off = bench.run("set Zone=us-east-1b --yes --import Files=fs-0123456789abcdef0");
    assert!(off.code == 64 && off.stderr.contains("its condition `CacheOn` is false with these parameters"), "{off}");
    let shape = bench.run("set Cache=Yes --yes --import Files");
    assert!(shape.code == 64 && shape.stderr.contains("LOGICAL_ID=IDENTIFIER"), "{shape}");
    assert_eq!(status(&bench)["status"], "CREATE_COMPLETE");
}

#[test]
fn composite_identifiers_are_supported_and_unsupported_types_are_refused() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: api.json\n").file(
        "api.json",
        r#"{"Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": "abc123", "StageName": "live"}},
            "Mine": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:f"}}}}"#,
    );
    let run = bench.run("plan --import Stage=abc123 --import Mine=x");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("write RestApiId=...,StageName=..."), "{run}");
    assert!(run.stderr.contains("`Mine`: CloudFormation cannot import Custom::Thing"), "{run}");
    let run = bench.run("plan --import Stage=RestApiId=abc123,StageNane=live");
    assert!(
        run.stderr.contains("`StageNane` is not part of the primary identifier") && run.stderr.contains("did you mean `StageName`?"),
        "{run}"
    );
    let other = bench.run("plan --import Stage=StageName=test,RestApiId=abc123");
    assert!(other.stderr.contains("the template sets StageName to `live`, but the import identifies `test`"), "{other}");
    let plan = succeeded(bench.run("plan --import Stage=StageName=live,RestApiId=abc123"));
    assert!(plan.stdout.contains("import RestApiId=abc123, StageName=live"), "{plan}");
    assert!(plan.stdout.contains("rackform drift") && plan.stdout.contains("comparing AWS::ApiGateway::Stage is not supported"), "{plan}");

    // An import can create the stack.
    succeeded(bench.run("apply --yes --import Stage=StageName=live,RestApiId=abc123"));
    assert_eq!(physical_id(&bench, "Stage").as_deref(), Some("abc123|live"));
    assert!(physical_id(&bench, "Queue").is_some());
    assert_eq!(status(&bench)["status"], "UPDATE_COMPLETE");
}

#[test]
fn an_interrupted_import_is_resumed_by_the_same_command_or_abandoned() {
    let interrupted = || {
        let bench = bench();
        succeeded(bench.run("apply --yes"));
        let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": true}"#);
        let command = format!("set Cache=Yes --import Files={id} --yes");
        let failed = bench.run(&format!("{command} --fail-on Target:create"));
        assert_eq!(failed.code, 1, "{failed}");
        assert!(failed.stderr.contains("run the same command again to continue with the update"), "{failed}");
        assert_eq!(physical_id(&bench, "Files"), Some(id.clone()), "the import is kept");
        (bench, id, command)
    };
    let (bench, id, command) = interrupted();
    let again = succeeded(bench.run(&command));
    assert!(again.stderr.contains(&format!("`Files` is already in the stack as {id}; skipping its import")), "{again}");
    assert_eq!(physical_id(&bench, "Files"), Some(id));
    assert!(succeeded(bench.run("diff deployed rack -p Cache=Yes")).stdout.contains("No changes"), "the template is unchanged");

    let (bench, id, _) = interrupted();
    let other = succeeded(bench.run("set Zone=us-east-1b --yes"));
    assert!(other.stdout.contains("remove from the stack, keep in the account"), "{other}");
    assert!(succeeded(bench.run("local resources --retained")).stdout.contains(&id));
    assert!(succeeded(bench.run("diff deployed rack -p Zone=us-east-1b")).stdout.contains("No changes"));
}

#[test]
fn an_import_killed_at_any_event_is_resumed_by_the_same_command() {
    let mut seen_statuses = std::collections::BTreeSet::new();
    // The first lines are the plan and the preflight, the others are events.
    for lines in [3, 4, 6, 7, 9] {
        let bench = bench();
        succeeded(bench.run("apply --yes"));
        let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": true}"#);
        let command = format!("set Cache=Yes --import Files={id} --yes");
        let mut child = start(&bench, &format!("{command} --format json --step-delay-ms 40"));
        let enough = read_lines(&mut child, lines);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(enough, "there were fewer than {lines} lines");
        seen_statuses.insert(status(&bench)["status"].as_str().unwrap().to_owned());
        succeeded(bench.run(&command));
        assert_eq!(status(&bench)["status"], "UPDATE_COMPLETE", "killed after {lines} lines");
        assert_eq!(physical_id(&bench, "Files"), Some(id), "killed after {lines} lines");
        assert!(physical_id(&bench, "Target").is_some());
        assert!(succeeded(bench.run("diff deployed rack -p Cache=Yes")).stdout.contains("No changes"), "killed after {lines} lines");
    }
    assert!(seen_statuses.contains("IMPORT_IN_PROGRESS") && seen_statuses.contains("UPDATE_IN_PROGRESS"), "{seen_statuses:?}");
}

#[test]
fn a_failed_import_is_rolled_back_and_a_failed_rollback_is_recovered() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: two.json\n").file(
        "two.json",
        r#"{"Parameters": {"On": {"Type": "String", "Default": "No"}}, "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "Yes"]}},
            "Resources": {
              "A": {"Type": "AWS::EFS::FileSystem", "Condition": "IsOn"}, "B": {"Type": "AWS::EFS::FileSystem", "Condition": "IsOn"},
              "Queue": {"Type": "AWS::SQS::Queue"}}}"#,
    );
    succeeded(bench.run("apply --yes"));
    let same = bench.run("set On=Yes --yes --import A=fs-0123456789abcdef0 --import B=fs-0123456789abcdef0");
    assert!(same.code == 64 && same.stderr.contains("is also imported as `A`"), "{same}");
    let command = "set On=Yes --yes --import A=fs-0123456789abcdef0 --import B=fs-1123456789abcdef0";
    let failed = bench.run(&format!("{command} --fail-on B:create"));
    assert_eq!(failed.code, 1, "{failed}");
    assert!(failed.stderr.contains("first failure: B IMPORT_FAILED"), "{failed}");
    assert_eq!((status(&bench)["status"].as_str(), physical_id(&bench, "A")), (Some("IMPORT_ROLLBACK_COMPLETE"), None));

    let stuck = bench.run(&format!("{command} --fail-on B:create --fail-on A:rollback"));
    assert_eq!(stuck.code, 1, "{stuck}");
    assert_eq!(status(&bench)["status"], "IMPORT_ROLLBACK_FAILED");
    let options = succeeded(bench.run("recover --dry-run"));
    assert!(options.stdout.contains("stuck at: A") && options.stdout.contains("recover --choose delete --yes"), "{options}");
    assert!(options.stdout.contains("if it refuses, nothing has changed"), "{options}");
    succeeded(bench.run("recover --yes"));
    assert_eq!(status(&bench)["status"], "IMPORT_ROLLBACK_COMPLETE");
    succeeded(bench.run(command));
    assert_eq!(physical_id(&bench, "A").as_deref(), Some("fs-0123456789abcdef0"));
}

#[test]
fn a_saved_plan_imports_and_a_stale_one_is_refused() {
    let bench = bench();
    succeeded(bench.run("apply --yes"));
    let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": true}"#);
    succeeded(bench.run(&format!("plan -p Cache=Yes --import Files={id} -o import.plan")));
    succeeded(bench.run(&format!("plan -p Cache=Yes --import Files={id} -o stale.plan")));
    assert_eq!(bench.read("import.plan"), bench.read("stale.plan"), "the same plan is the same bytes");
    let tampered = bench.read("import.plan").replace(&id, "fs-ffffffffffffffff0");
    bench.file("tampered.plan", tampered);
    assert_eq!(bench.run("apply tampered.plan --yes").code, 65);
    let flag = bench.run("apply import.plan --yes --import Files=fs-0123456789abcdef0");
    assert_eq!(flag.code, 64, "a saved plan accepts no further imports: {flag}");
    let run = succeeded(bench.run("apply import.plan --yes"));
    assert!(run.stdout.contains(&format!("import {id}")), "{run}");
    assert_eq!(physical_id(&bench, "Files"), Some(id));
    let stale = bench.run("apply stale.plan --yes");
    assert!(stale.code == 75 && stale.stderr.contains("changed after the plan was made"), "{stale}");
}

#[test]
fn imports_do_not_show_secrets() {
    let bench = Bench::new();
    let template = NETWORK.replace(
        r#""Properties": {"Encrypted": true}"#,
        r#""Properties": {"Encrypted": true, "FileSystemTags": [{"Key": "token", "Value": {"Ref": "Token"}}]}"#,
    );
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", template);
    succeeded(bench.run("apply --yes"));
    let run = succeeded(bench.run("set Cache=Yes Token=planted-secret --yes --import Files=fs-0123456789abcdef0 -v"));
    assert!(!run.to_string().contains("planted-secret"), "{run}");
    assert!(run.stdout.contains("the update sets FileSystemTags"), "{run}");
    let json = bench.run("plan -p Cache=Yes --import Files=fs-0123456789abcdef0 --format json");
    assert!(!json.to_string().contains("planted-secret"), "{json}");
}
