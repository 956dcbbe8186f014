//! Planning from the actual resources: `--drift`, CloudFormation's deployment mode `REVERT_DRIFT`.

use super::super::program::Bench;
use super::wire::{Wire, success};

const DEPLOYED: &str = r#"{ "Parameters": { "Token": { "Type": "String", "NoEcho": true, "Default": "planted-token" } },
  "Resources": {
    "Queue": { "Type": "AWS::SQS::Queue", "Properties": { "VisibilityTimeout": 30, "KmsMasterKeyId": "key", "QueueName": "jobs" } },
    "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Ref": "Token" } } },
    "Gone": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "gone" } } } }"#;

/// Returns a folder whose template sets another timeout of the queue.
fn bench(timeout: &str) -> Bench {
    let bench = Bench::new();
    bench
        .file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: jobs.json\n")
        .file("jobs.json", DEPLOYED.replace("\"VisibilityTimeout\": 30", &format!("\"VisibilityTimeout\": {timeout}")));
    bench
}

fn one(id: &str, kind: &str, status: &str, differences: &[(&str, &str, &str, &str)]) -> String {
    let difference = |(path, kind, expected, actual): &(&str, &str, &str, &str)| {
        format!(
            "<member><PropertyPath>{path}</PropertyPath><ExpectedValue>{expected}</ExpectedValue><ActualValue>{actual}</ActualValue>\
             <DifferenceType>{kind}</DifferenceType></member>"
        )
    };
    let differences: String = differences.iter().map(difference).collect();
    format!(
        "<member><StackId>1</StackId><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>id-{id}</PhysicalResourceId>\
         <ResourceType>{kind}</ResourceType><StackResourceDriftStatus>{status}</StackResourceDriftStatus>\
         <Timestamp>2026-01-03T00:00:00Z</Timestamp><PropertyDifferences>{differences}</PropertyDifferences></member>"
    )
}

const QUEUE: [(&str, &str, &str, &str); 1] = [("/VisibilityTimeout", "NOT_EQUAL", "30", "45")];

/// Returns a server with a stack some of whose resources drifted.
fn wire(drifts: String) -> Wire {
    Wire::new(move |request| match request.action.as_str() {
        "GetTemplate" => success("GetTemplate", &format!("<TemplateBody>{}</TemplateBody>", DEPLOYED.replace('"', "&quot;"))),
        "DescribeStacks" => success(
            "DescribeStacks",
            "<Stacks><member><StackName>jobs</StackName><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
             <StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters><member>\
             <ParameterKey>Token</ParameterKey><ParameterValue>****</ParameterValue></member></Parameters></member></Stacks>",
        ),
        "ListStackResources" => {
            let resource = |(id, kind): (&str, &str)| {
                format!(
                    "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>id-{id}</PhysicalResourceId>\
                     <ResourceType>{kind}</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus></member>"
                )
            };
            let all = [("Queue", "AWS::SQS::Queue"), ("Topic", "AWS::SNS::Topic"), ("Gone", "AWS::SNS::Topic")].map(resource);
            success("ListStackResources", &format!("<StackResourceSummaries>{}</StackResourceSummaries>", all.concat()))
        }
        "ListChangeSets" => success("ListChangeSets", "<Summaries/>"),
        "DetectStackDrift" => success("DetectStackDrift", "<StackDriftDetectionId>d1</StackDriftDetectionId>"),
        "DescribeStackDriftDetectionStatus" => success(
            "DescribeStackDriftDetectionStatus",
            "<StackId>1</StackId><StackDriftDetectionId>d1</StackDriftDetectionId><DetectionStatus>DETECTION_COMPLETE</DetectionStatus>\
             <Timestamp>2026-01-03T00:00:00Z</Timestamp>",
        ),
        "DescribeStackResourceDrifts" => {
            success("DescribeStackResourceDrifts", &format!("<StackResourceDrifts>{drifts}</StackResourceDrifts>"))
        }
        action => super::deployed(action, ""),
    })
}

fn assert_valid(plan: &serde_json::Value) {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let problems: Vec<String> = validator.iter_errors(plan).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}\n{plan}");
}

#[test]
fn drift_is_reverted_only_on_request_and_shown_as_drift() {
    let wire = wire(one("Queue", "AWS::SQS::Queue", "MODIFIED", &QUEUE));
    let plain = wire.run(&bench("30"), "plan");
    assert!(plain.stdout.starts_with("No changes"), "without --drift, CloudFormation does not detect drift\n{plain}");
    for arguments in ["plan --drift", "diff deployed rack --drift", "diff deployed deployed --drift"] {
        let run = wire.run(&bench("30"), arguments);
        assert!(run.stdout.contains("45 -> 30") && run.stdout.contains("(drift: reset to the template's value)"), "{run}");
    }
    let shown = wire.run(&bench("30"), "plan --drift");
    assert!(shown.stdout.contains("REVERT_DRIFT"), "{shown}");

    let json = wire.run(&bench("30"), "plan --drift --format json").json();
    let change = &json["ChangeSet"]["Changes"][0]["ResourceChange"];
    let target = &change["Details"][0]["Target"];
    assert_eq!((&json["DeploymentMode"], &change["ResourceDriftStatus"]), (&"REVERT_DRIFT".into(), &"MODIFIED".into()), "{json}");
    assert_eq!((&target["BeforeValue"], &target["AfterValue"]), (&"45".into(), &"30".into()));
    assert_eq!((&target["Drift"]["PreviousValue"], &target["Drift"]["ActualValue"]), (&"30".into(), &"45".into()));
    assert_eq!(json["Effects"][0]["Causes"][0]["Source"]["kind"], "drift");
    assert_valid(&json);
}

#[test]
fn a_changed_property_that_drifted_shows_all_three_values() {
    let wire = wire(one("Queue", "AWS::SQS::Queue", "MODIFIED", &QUEUE));
    let run = wire.run(&bench("60"), "plan --drift");
    assert!(run.stdout.contains("45 -> 60") && run.stdout.contains("drift: the deployed template has 30"), "{run}");
    let settled = wire.run(&bench("45"), "plan --drift");
    assert!(
        settled.stdout.contains("Listed by CloudFormation, but not changed")
            && settled.stdout.contains("made outside CloudFormation (drift)"),
        "{settled}"
    );
    let json = wire.run(&bench("45"), "plan --drift --format json").json();
    let change = &json["ChangeSet"]["Changes"][0]["ResourceChange"];
    assert_eq!((&change["Action"], &change["LogicalResourceId"]), (&"SyncWithActual".into(), &"Queue".into()), "{json}");
    assert_valid(&json);
}

#[test]
fn deleted_resources_are_created_again_and_list_items_restored() {
    let run = wire(one("Gone", "AWS::SNS::Topic", "DELETED", &[])).run(&bench("30"), "plan --drift");
    assert!(run.stdout.contains("+  Gone") || run.stdout.contains("+ Gone"), "{run}");
    assert!(run.stdout.contains("add (drift)"), "{run}");
    let places = [("/KmsMasterKeyId", "REMOVE", "key", "null"), ("/DelaySeconds", "ADD", "null", "5")];
    let run = wire(one("Queue", "AWS::SQS::Queue", "MODIFIED", &places)).run(&bench("30"), "plan --drift");
    assert!(run.stdout.contains("KmsMasterKeyId") && run.stdout.contains("DelaySeconds"), "{run}");
}

#[test]
fn a_drifted_secret_is_never_shown() {
    let places = [("/DisplayName", "NOT_EQUAL", "planted-token", "planted-other")];
    let wire = wire(one("Topic", "AWS::SNS::Topic", "MODIFIED", &places));
    for arguments in ["plan --drift -vv", "plan --drift --format json", "plan --drift -o saved.plan"] {
        let bench = bench("30");
        let run = wire.run(&bench, arguments);
        assert_eq!(run.code, 0, "{run}");
        let saved = std::fs::read_to_string(bench.path().join("saved.plan")).unwrap_or_default();
        assert!(!format!("{run}{saved}").contains("planted-other"), "{run}{saved}");
    }
}

#[test]
fn the_request_matches_the_approved_plan() {
    let wire = wire(one("Queue", "AWS::SQS::Queue", "MODIFIED", &QUEUE));
    let mode = |wire: &Wire| wire.all("CreateChangeSet").last().and_then(|request| request.field("DeploymentMode"));
    wire.run(&bench("60"), "apply --yes --no-preflight");
    assert_eq!((wire.all("CreateChangeSet").len(), mode(&wire)), (1, None));
    for arguments in
        ["apply --drift --yes --no-preflight", "set Token=planted-token --drift --yes --no-preflight", "plan --drift --confirm-with-aws"]
    {
        let before = wire.all("CreateChangeSet").len();
        wire.run(&bench("30"), arguments);
        assert_eq!((wire.all("CreateChangeSet").len(), mode(&wire).as_deref()), (before + 1, Some("REVERT_DRIFT")), "{arguments}");
    }
    let bench = bench("30");
    wire.run(&bench, "plan --drift -o saved.plan");
    wire.run(&bench, "apply saved.plan --yes --no-preflight");
    assert_eq!(mode(&wire).as_deref(), Some("REVERT_DRIFT"), "a saved plan keeps its mode");
    let run = wire.run(&bench, "apply saved.plan --drift --yes");
    assert_eq!(run.code, 64, "{run}");
}

#[test]
fn the_local_backend_reports_that_it_has_no_drift() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: jobs\ntemplate: jobs.json\n").file("jobs.json", DEPLOYED);
    let made = bench.run("apply --yes -p Token=planted-token");
    assert_eq!(made.code, 0, "{made}");
    let run = bench.run("plan --drift");
    assert!(run.code == 0 && run.stdout.contains("No changes"), "{run}");
    assert!(run.stderr.contains("the local backend has no drift"), "{run}");
}
