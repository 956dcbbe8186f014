//! CloudFormation's responses that the endpoint does not support, replayed through the SDK: change sets, hooks, denials by a stack policy.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use rackform::backend::Backend as _;

use super::contract::backend_at;
use super::play::{Line, Play};
use super::server::{Server, refusal};
use crate::program::Bench;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded-responses")
}

fn recorded(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

#[test]
fn change_sets_are_read_as_aws_documents_them() {
    let mut read = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let expected = entry.unwrap().path();
        if expected.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let answer = std::fs::read_to_string(expected.with_extension("xml")).unwrap();
        let server = Server::new(move |action, _| match action {
            "DescribeChangeSet" => (200, answer.clone()),
            other => refusal("InvalidAction", other),
        });
        let found = backend_at(&server.address, "111122223333").describe_change_set("rack", "recorded").unwrap();
        let expected: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&expected).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&found.changes).unwrap(), expected);
        assert_eq!((found.name.as_str(), found.status.as_str()), ("recorded", "CREATE_COMPLETE"));
        read += 1;
    }
    assert!(read >= 4, "{read}");
}

#[test]
fn unknown_api_values_are_kept_and_shown() {
    let read = |answer: String| {
        let server = Server::new(move |_, _| (200, answer.clone()));
        backend_at(&server.address, "111122223333").describe_change_set("rack", "recorded").unwrap().changes
    };
    let known = recorded("property-values.xml");
    let mut seen = 0;
    for (tag, word) in [
        ("Action", "Teleport"),
        ("PolicyAction", "Bury"),
        ("Replacement", "Perhaps"),
        ("Attribute", "Colour"),
        ("RequiresRecreation", "Seldom"),
        ("AttributeChangeType", "Swap"),
        ("Evaluation", "Later"),
        ("ChangeSource", "Weather"),
        ("Type", "Rumour"),
    ] {
        let Some((head, rest)) = known.split_once(&format!("<{tag}>")) else { continue };
        let (_, tail) = rest.split_once(&format!("</{tag}>")).unwrap();
        let changes = read(format!("{head}<{tag}>{word}</{tag}>{tail}"));
        let json = serde_json::to_string(&changes).unwrap();
        assert!(json.contains(&format!("\"{tag}\":\"{word}\"")), "{tag}: {json}");
        let again: Vec<rackform::cloudformation::Change> = serde_json::from_str(&json).unwrap();
        assert_eq!(again, changes, "a plan with it can be saved");
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");

    let approved: rackform::plan::Plan = serde_json::from_value(serde_json::json!({
        "format_version": 2, "ChangeSet": {"Status": "CREATE_COMPLETE", "Changes": []}, "Effects": [], "Risks": [], "Parameters": [],
        "Outputs": []
    }))
    .unwrap();
    let changes = read(recorded("import.xml").replace("<Action>Import<", "<Action>Conjure<"));
    let excess = rackform::plan::unapproved_changes(&approved, &changes, false);
    assert_eq!(excess.len(), 1, "it was not approved");
    let message = excess[0].to_string();
    assert!(message.contains("AWS lists Conjure AWS::ECR::Repository"), "{message}");
}

#[test]
fn a_failed_hook_is_shown_with_its_reason() {
    let server = Server::new(|action, _| match action {
        "DescribeStackEvents" => (200, recorded("hook-events.xml")),
        other => refusal("InvalidAction", other),
    });
    let bench = Bench::new();
    bench.file("rack.yaml", "name: rack\nregion: eu-west-1\nbackend: aws\n");
    let run = server.run(&bench, "events");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("Example::Storage::Encrypted") && run.stdout.contains("the team's own key"), "{run}");
    let failed = server.run(&bench, "events --failed");
    assert!(failed.stdout.contains("Files") && failed.stdout.contains("The following hook(s) failed"), "{failed}");
}

/// Follows an update that fails for a reason and is rolled back; returns standard error.
fn run_failed_update(logical_id: &'static str, reason: &'static str, nested: Vec<(&'static str, Vec<Line>)>) -> String {
    let looks = vec![
        vec![
            (logical_id, "UPDATE_IN_PROGRESS", ""),
            (logical_id, "UPDATE_FAILED", reason),
            ("Other", "UPDATE_FAILED", "Resource update cancelled"),
        ],
        vec![
            ("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Files, Other]."),
            (logical_id, "UPDATE_COMPLETE", ""),
        ],
        vec![("jobs", "UPDATE_ROLLBACK_COMPLETE", "")],
    ];
    let play = Play {
        before: vec![("jobs", "CREATE_COMPLETE", ""), ("jobs", "UPDATE_IN_PROGRESS", "User Initiated")],
        looks,
        under_way: true,
        template: r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#,
        nested,
        ..Play::default()
    };
    let bench = Bench::new();
    bench.file("queue.json", play.template).file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: queue.json\n");
    let run = play.serve().run(&bench, "apply --yes");
    assert_eq!(run.code, 1, "{run}");
    run.stderr.split("first failure").nth(1).map(ToOwned::to_owned).unwrap_or_else(|| run.to_string())
}

#[test]
fn a_refusal_by_the_stack_policy_is_the_root_cause() {
    // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>
    let message = run_failed_update(
        "Files",
        "Action denied by stack policy: Statement [#1] does not allow [Update:*] for resource [LogicalResourceId/Files]",
        vec![],
    );
    assert!(
        message.contains("Files") && message.contains("does not allow [Update:*]") && !message.contains("Resource update cancelled"),
        "{message}"
    );
}

#[test]
fn a_failure_in_a_nested_stack_is_traced_to_where_it_happened() {
    let reason = "Embedded stack arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs-Nested-1X/2 was not successfully updated: \
                  The following resource(s) failed to update: [Inner].";
    let inside: Vec<Line> = vec![
        ("jobs-Nested-1X", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Inner", "UPDATE_FAILED", "Bad request: the visibility timeout is over 43200 seconds"),
        ("jobs-Nested-1X", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Inner]."),
    ];
    let message = run_failed_update("Nested", reason, vec![("jobs-Nested-1X", inside)]);
    assert!(message.contains("Inner") && message.contains("over 43200 seconds"), "{message}");
}
