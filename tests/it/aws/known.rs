//! Values that the planner reads from the deployed stack: SSM parameters, attributes in outputs, drift.

use super::super::program::Bench;
use super::wire::{Wire, success};

const TEMPLATE: &str = r#"
Parameters:
  Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /image }
  Other: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /other }
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 30 } }
  Topic:
    Type: AWS::SNS::Topic
    Properties: { DisplayName: !Sub 'queue ${Queue.QueueType} of ${Image}' }
Outputs:
  Kind: { Value: !GetAtt Queue.QueueType }
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench
        .file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: queue.yaml\n")
        .file("queue.yaml", TEMPLATE.replace("queue ${", "the queue ${").replace("VisibilityTimeout: 30", "VisibilityTimeout: 60"));
    bench
}

fn wire() -> Wire {
    Wire::new(|request| match request.action.as_str() {
        "DescribeStacks" => success(
            "DescribeStacks",
            "<Stacks><member><StackName>jobs</StackName><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
             <StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters>\
             <member><ParameterKey>Image</ParameterKey><ParameterValue>/image</ParameterValue><ResolvedValue>ami-7</ResolvedValue></member>\
             <member><ParameterKey>Other</ParameterKey><ParameterValue>/other</ParameterValue><ResolvedValue>o</ResolvedValue></member>\
             </Parameters><Outputs><member><OutputKey>Kind</OutputKey><OutputValue>standard</OutputValue></member></Outputs></member></Stacks>",
        ),
        "GetTemplate" => {
            success("GetTemplate", &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('<', "&lt;").replace('>', "&gt;")))
        }
        "ListStackResources" => success(
            "ListStackResources",
            "<StackResourceSummaries><member><LogicalResourceId>Queue</LogicalResourceId><PhysicalResourceId>https://queue/1</PhysicalResourceId>\
             <ResourceType>AWS::SQS::Queue</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus></member>\
             <member><LogicalResourceId>Topic</LogicalResourceId><PhysicalResourceId>arn:topic</PhysicalResourceId>\
             <ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>",
        ),
        "DetectStackDrift" => success("DetectStackDrift", "<StackDriftDetectionId>d1</StackDriftDetectionId>"),
        "DescribeStackDriftDetectionStatus" => success(
            "DescribeStackDriftDetectionStatus",
            "<StackId>1</StackId><StackDriftDetectionId>d1</StackDriftDetectionId><DetectionStatus>DETECTION_COMPLETE</DetectionStatus>\
             <Timestamp>2026-01-03T00:00:00Z</Timestamp>",
        ),
        "DescribeStackResourceDrifts" => success(
            "DescribeStackResourceDrifts",
            "<StackResourceDrifts><member><StackId>1</StackId><LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
             <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><Timestamp>2026-01-03T00:00:00Z</Timestamp><PropertyDifferences><member>\
             <PropertyPath>/VisibilityTimeout</PropertyPath><ExpectedValue>30</ExpectedValue><ActualValue>45</ActualValue>\
             <DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences></member></StackResourceDrifts>",
        ),
        "" if request.head.contains("amazonssm.getparameters") => {
            let one = |name: &str, value: &str| format!(r#"{{"Name":"{name}","Type":"String","Value":"{value}"}}"#);
            let value = if request.body.contains("/new") { one("/new", "n") } else { one("/other", "o") };
            (200, format!(r#"{{"Parameters":[{},{value}]}}"#, one("/image", "ami-7")))
        }
        action => super::deployed(action, ""),
    })
}

#[test]
fn ssm_values_and_attributes_in_outputs_are_known_and_exports_are_not_requested() {
    let wire = wire();
    let run = wire.run(&bench(), "diff deployed rack --format change-set");
    assert_eq!(run.code, 0, "a YAML template of a stack is read\n{run}");
    let changes = run.json();
    let topic =
        changes["Changes"].as_array().unwrap().iter().find(|change| change["ResourceChange"]["LogicalResourceId"] == "Topic").unwrap();
    let target = &topic["ResourceChange"]["Details"][0]["Target"];
    assert_eq!(target["BeforeValue"], "queue standard of ami-7", "{run}");
    assert_eq!(target["AfterValue"], "the queue standard of ami-7", "{run}");
    assert!(!wire.actions().contains(&"ListExports".to_owned()), "{:?}", wire.actions());
    // The value of an SSM parameter that the stack does not use is unknown, which is not an error.
    let other = wire.run(&bench(), "diff deployed rack -p Other=/new");
    assert_eq!(other.code, 0, "{other}");
}

#[test]
fn drift_is_shown_with_the_plan_and_whether_the_plan_changes_it() {
    let run = wire().run(&bench(), "plan --drift");
    assert!(run.stdout.contains("`Queue` (AWS::SQS::Queue) is MODIFIED; this plan changes it"), "{run}");
    assert!(run.stdout.contains("/VisibilityTimeout: 30 in the template, actual value 45"), "{run}");
    let json = wire().run(&bench(), "plan --drift --format json").json();
    assert_eq!((&json["Drift"][0]["WrittenOver"], &json["Drift"][0]["Differences"][0]["Actual"]), (&true.into(), &"45".into()), "{json}");
}
