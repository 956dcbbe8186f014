//! Parameters whose values are names of SSM parameters: an update uses the current values in Parameter Store.

use super::super::program::Bench;
use super::wire::{RecordedRequest, Wire, success};

const TEMPLATE: &str = r#"
Parameters:
  Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/service/ami }
Resources:
  Instance:
    Type: AWS::EC2::Instance
    Properties: { ImageId: !Ref Image, InstanceType: t3.micro }
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: jobs.yaml\n").file("jobs.yaml", TEMPLATE);
    bench
}

/// Returns a server with a stack that was created when the SSM parameter was `ami-old`; `stored` returns its current value.
fn wire(stored: impl Fn(&RecordedRequest) -> (u16, String) + Send + Sync + 'static) -> Wire {
    Wire::new(move |request| match request.action.as_str() {
        "DescribeStacks" => success(
            "DescribeStacks",
            "<Stacks><member><StackName>jobs</StackName><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
             <StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters><member>\
             <ParameterKey>Image</ParameterKey><ParameterValue>/aws/service/ami</ParameterValue><ResolvedValue>ami-old</ResolvedValue>\
             </member></Parameters></member></Stacks>",
        ),
        "GetTemplate" => success("GetTemplate", &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('<', "&lt;"))),
        "ListStackResources" => success(
            "ListStackResources",
            "<StackResourceSummaries><member><LogicalResourceId>Instance</LogicalResourceId><PhysicalResourceId>i-1</PhysicalResourceId>\
             <ResourceType>AWS::EC2::Instance</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>",
        ),
        "" if request.head.contains("amazonssm.getparameters") => stored(request),
        action => super::deployed(action, ""),
    })
}

fn holding(kind: &str, value: &str) -> (u16, String) {
    let parameter = format!(
        r#"{{"Name":"/aws/service/ami","Type":"{kind}","Value":"{value}","Version":2,"ARN":"arn:aws:ssm:eu-west-1::parameter/aws/service/ami"}}"#
    );
    (200, format!(r#"{{"Parameters":[{parameter}],"InvalidParameters":[]}}"#))
}

#[test]
fn a_new_value_of_an_ssm_parameter_is_a_change() {
    let wire = wire(|_| holding("String", "ami-new"));
    for arguments in ["diff deployed rack", "plan", "diff deployed deployed"] {
        let run = wire.run(&bench(), arguments);
        assert_eq!(run.code, 0, "{run}");
        assert!(run.stdout.contains("ImageId") && run.stdout.contains("ami-old -> ami-new"), "{run}");
        assert!(run.stdout.contains("requires replacement (parameter Image)"), "{run}");
        assert!(run.stdout.contains("SSM parameter /aws/service/ami"), "{run}");
    }
    let plan = wire.run(&bench(), "plan --format json").json();
    assert_eq!((&plan["SsmParameters"][0]["Before"], &plan["SsmParameters"][0]["After"]), (&"ami-old".into(), &"ami-new".into()));
    let same = self::wire(|_| holding("String", "ami-old")).run(&bench(), "plan");
    assert!(same.stdout.starts_with("No changes"), "{same}");
}

#[test]
fn without_permission_current_ssm_values_are_reported_as_unread() {
    let wire = wire(|_| {
        let message = "User is not authorized to perform: ssm:GetParameters";
        (400, format!(r#"{{"__type":"AccessDeniedException","message":"{message}"}}"#))
    });
    let run = wire.run(&bench(), "plan");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.starts_with("No changes"), "{run}");
    assert!(
        run.stderr.contains("cannot read the current values of `/aws/service/ami` in Parameter Store")
            && run.stderr.contains("not authorized"),
        "{run}"
    );
    let moved = wire.run(&bench(), "diff deployed rack -p Image=/other");
    assert!(moved.stdout.contains("ImageId") && moved.stdout.contains("parameter Image"), "{moved}");
}

#[test]
fn ssm_parameters_that_cloudformation_refuses_fail_the_plan() {
    let missing = wire(|_| (200, r#"{"Parameters":[],"InvalidParameters":["/aws/service/ami"]}"#.to_owned()));
    let run = missing.run(&bench(), "plan");
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stderr.contains("refers to an SSM parameter that does not exist: `/aws/service/ami`"), "{run}");

    let secure = wire(|_| holding("SecureString", "AQICAHg-encrypted"));
    let run = secure.run(&bench(), "plan");
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stderr.contains("`Image` names a SecureString") && run.stderr.contains("resolve:ssm-secure:"), "{run}");
    assert!(!run.to_string().contains("AQICAHg"), "{run}");
}

#[test]
fn a_stack_without_resolved_values_can_be_planned() {
    let wire = Wire::new(|request| match request.action.as_str() {
        "DescribeStacks" => success(
            "DescribeStacks",
            "<Stacks><member><StackName>jobs</StackName><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
             <StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters><member>\
             <ParameterKey>Image</ParameterKey><ParameterValue>ami-old</ParameterValue></member></Parameters></member></Stacks>",
        ),
        "GetTemplate" => success("GetTemplate", &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('<', "&lt;"))),
        action => super::deployed(action, ""),
    });
    let run = wire.run(&bench(), "plan");
    assert!(run.code == 0 && run.stdout.starts_with("No changes"), "{run}");
}

#[test]
fn more_than_ten_ssm_parameters_are_read_in_several_calls() {
    let mut template = "Parameters:\n".to_owned();
    for number in 0..12 {
        template.push_str(&format!("  P{number}: {{ Type: 'AWS::SSM::Parameter::Value<String>', Default: '/p/{number:02}' }}\n"));
    }
    template.push_str("Resources: { Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref P11 } } }\n");
    let bench = bench();
    bench.file("jobs.yaml", template);
    let wire = wire(|request| {
        let names: Vec<String> = serde_json::from_str::<serde_json::Value>(&request.body).unwrap()["Names"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        assert!(names.len() <= 10);
        let one = |name: &String| format!(r#"{{"Name":"{name}","Type":"String","Value":"value of {name}"}}"#);
        (200, format!(r#"{{"Parameters":[{}],"InvalidParameters":[]}}"#, names.iter().map(one).collect::<Vec<_>>().join(",")))
    });
    let run = wire.run(&bench, "diff deployed rack");
    assert!(run.code == 0 && run.stdout.contains("Topic"), "{run}");
    assert_eq!(wire.requests().iter().filter(|request| request.head.contains("amazonssm.getparameters")).count(), 2);
    let topic = wire.run(&bench, "diff deployed rack --format change-set");
    assert!(topic.stdout.contains("value of /p/11"), "{topic}");
}

#[test]
fn permissions_list_the_ssm_parameters() {
    let run = wire(|_| holding("String", "ami-old")).run(&bench(), "permissions --for request --format policy");
    assert!(run.stdout.contains("ssm:GetParameters") && run.stdout.contains("arn:aws:ssm:eu-west-1::parameter/aws/service/ami"), "{run}");
}
