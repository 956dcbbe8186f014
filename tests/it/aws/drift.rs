//! Drift, from CloudFormation's pages of results.

use super::deployed;
use super::server::{Server, refusal, success};
use crate::program::Bench;

const TEMPLATE: &str = r#"{"Parameters":{"Token":{"Type":"String","NoEcho":"true"}},"Resources":{
  "Queue":{"Type":"AWS::SQS::Queue","Properties":{"VisibilityTimeout":30,"QueueName":{"Fn::Sub":"q-${Token}"}}},
  "Gone":{"Type":"AWS::SQS::Queue"},"Kept":{"Type":"AWS::SQS::Queue"},"Odd":{"Type":"Custom::Odd"}}}"#;

fn found(id: &str, kind: &str, status: &str, rest: &str) -> String {
    format!(
        "<member><StackId>1</StackId><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>p-{id}</PhysicalResourceId><ResourceType>{kind}\
         </ResourceType><StackResourceDriftStatus>{status}</StackResourceDriftStatus><Timestamp>2026-01-02T03:04:06Z</Timestamp>{rest}</member>"
    )
}

fn difference(path: &str, expected: &str, actual: &str) -> String {
    format!(
        "<member><PropertyPath>{path}</PropertyPath><ExpectedValue>{expected}</ExpectedValue><ActualValue>{actual}</ActualValue>\
         <DifferenceType>NOT_EQUAL</DifferenceType></member>"
    )
}

fn drifted(action: &str, body: &str) -> (u16, String) {
    let page = |drifts: &str, next: &str| success(action, &format!("<StackResourceDrifts>{drifts}</StackResourceDrifts>{next}"));
    match action {
        "GetTemplate" => success(action, &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('"', "&quot;"))),
        "DetectStackDrift" => success(action, "<StackDriftDetectionId>d-1</StackDriftDetectionId>"),
        "DescribeStackDriftDetectionStatus" => success(
            action,
            "<StackId>1</StackId><StackDriftDetectionId>d-1</StackDriftDetectionId><StackDriftStatus>DRIFTED</StackDriftStatus>\
             <DetectionStatus>DETECTION_COMPLETE</DetectionStatus><Timestamp>2026-01-02T03:04:06Z</Timestamp>",
        ),
        "DescribeStackResourceDrifts" if body.contains("NextToken=two") => {
            let gone = found("Gone", "AWS::SQS::Queue", "DELETED", "");
            let odd = found("Odd", "Custom::Odd", "NOT_CHECKED", "");
            page(&format!("{gone}{odd}"), "")
        }
        "DescribeStackResourceDrifts" => {
            let differences = difference("/VisibilityTimeout", "30", "600") + &difference("/QueueName", "q-hush-hush", "q-other");
            let queue = found("Queue", "AWS::SQS::Queue", "MODIFIED", &format!("<PropertyDifferences>{differences}</PropertyDifferences>"));
            page(&format!("{queue}{}", found("Kept", "AWS::SQS::Queue", "IN_SYNC", "")), "<NextToken>two</NextToken>")
        }
        other => deployed(other, body),
    }
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\n");
    bench
}

#[test]
fn drift_lists_modified_deleted_and_unchecked_resources() {
    let run = Server::new(drifted).run(&bench(), "drift --exit-code");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.starts_with("Drift in jobs: 2 of 4 resources\n"), "{run}");
    for line in [
        "- Gone  AWS::SQS::Queue  deleted",
        "~ Queue  AWS::SQS::Queue  modified",
        "/VisibilityTimeout  30 -> 600",
        "Not checked (1):\n  Odd  Custom::Odd",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{run}");
    }
}

#[test]
fn drift_never_shows_a_property_with_a_secret_parameter() {
    let server = Server::new(drifted);
    for form in ["human", "json"] {
        let run = server.run(&bench(), &format!("drift -vv --format {form}"));
        assert_eq!(run.code, 0, "{run}");
        assert!(run.stdout.contains("****") && !run.to_string().contains("hush-hush"), "{run}");
    }
}

#[test]
fn drift_of_a_busy_stack_sends_no_request() {
    let server = Server::new(|action: &str, body: &str| match action {
        "DescribeStacks" => {
            let (status, text) = deployed(action, body);
            (status, text.replace("UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"))
        }
        "DetectStackDrift" => refusal("ValidationError", "unexpected request"),
        other => drifted(other, body),
    });
    let run = server.run(&bench(), "drift");
    assert_eq!(run.code, 75, "{run}");
    assert!(!server.requests().contains(&"DetectStackDrift".to_owned()));
}

#[test]
fn resources_missing_in_the_response_are_not_checked() {
    let resources = |action: &str| {
        let member = |id: &str, kind: &str| {
            format!(
                "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>p-{id}</PhysicalResourceId><ResourceType>{kind}\
                 </ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member>"
            )
        };
        let all = member("Kept", "AWS::SQS::Queue") + &member("Silent", "AWS::EFS::MountTarget");
        success(action, &format!("<StackResourceSummaries>{all}</StackResourceSummaries>"))
    };
    let run = Server::new(move |action, body| match action {
        "ListStackResources" => resources(action),
        "DescribeStackResourceDrifts" => {
            let drifts = found("Kept", "AWS::SQS::Queue", "IN_SYNC", "");
            success(action, &format!("<StackResourceDrifts>{drifts}</StackResourceDrifts>"))
        }
        _ => drifted(action, body),
    })
    .run(&bench(), "drift");
    assert!(run.stdout.starts_with("No drift detected: 1 of 2 resources of `jobs` could be compared"), "{run}");
    assert!(run.stdout.contains("Not checked (1):\n  Silent  AWS::EFS::MountTarget"), "{run}");
}
