//! `build run` over the wire: against the emulated endpoint, and with canned responses where the endpoint lacks a feature.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use serde_json::{Value, json};

use super::endpoint::{Account, Running};
use super::proxy::{Fault, Proxy};
use super::wire::{RecordedRequest, Wire, refusal, success};
use crate::program::{Bench, Run};

const RACK: &str = "name: rack\nregion: us-east-1\nbackend: aws\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n";

fn call(account: &Account, service: &str, target: &str, body: &Value) -> Value {
    let head = format!("POST / HTTP/1.1\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: {target}\r\n");
    serde_json::from_str(&account.send(service, &head, &body.to_string())).unwrap_or_default()
}

fn logs(account: &Account, action: &str, body: &Value) {
    call(account, "logs", &format!("Logs_20140328.{action}"), body);
}

#[test]
fn a_build_is_requested_as_the_dry_run_shows_and_followed_to_its_end() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("rack.yaml", RACK);
    let applied = account.run(&bench, "apply --yes --create-template-bucket");
    assert_eq!(applied.code, 0, "{applied}");
    let proxy = Proxy::new(&account.address, |_, _| Fault::None);
    let arguments = "build run --app web --id B1 --url s3://source/web.tgz --push r.example/web --cpu 1024 --memory 2048 --task-tag team=a \
                 --propagate-tags --secret-env TOKEN --builder agent --service api --build-arg A=1 --format json";
    let secret = |command: &mut std::process::Command| {
        command.env("TOKEN", "planted-token");
    };
    let mut dry = account.command(&bench, &format!("{arguments} --dry-run"));
    secret(&mut dry);
    let dry = Run::of(&mut dry);
    assert_eq!(dry.code, 0, "{dry}");
    let mut command = account.at(&proxy.address).command(&bench, arguments);
    secret(&mut command);
    let running = Running::start(&mut command);
    assert!(proxy.wait_for("RunTask", 1));
    let requests: Vec<Value> =
        proxy.calls().into_iter().filter(|call| call.action == "RunTask").map(|call| serde_json::from_str(&call.body).unwrap()).collect();
    assert_eq!(requests.len(), 1, "{requests:#?}");
    let mut expected = dry.json();
    let sent = requests[0]["overrides"]["containerOverrides"][0]["environment"].as_array().unwrap();
    let auth = sent.iter().find(|variable| variable["name"] == "BUILD_AUTH").unwrap_or_else(|| panic!("{requests:#?}"))["value"].clone();
    let variables = expected["overrides"]["containerOverrides"][0]["environment"].as_array_mut().unwrap();
    for (name, value) in [("TOKEN", &"planted-token".into()), ("BUILD_AUTH", &auth)] {
        let variable = variables.iter_mut().find(|variable| variable["name"] == name).unwrap();
        assert_eq!(variable["value"], "****", "{dry}");
        variable["value"] = value.clone();
    }
    assert_eq!(requests[0], expected, "the dry run shows the request that is sent");
    let auth: Value = serde_json::from_str(auth.as_str().unwrap()).unwrap();
    let (registry, entry) = auth.as_object().unwrap().iter().next().unwrap();
    assert!(registry.ends_with(".dkr.ecr.us-east-1.amazonaws.com") && entry["Username"] == "AWS", "the cache's registry: {auth}");

    assert!(proxy.wait_for("DescribeTasks", 1));
    let cluster = expected["cluster"].as_str().unwrap();
    let ecs = |action: &str, body: &Value| call(&account, "ecs", &format!("AmazonEC2ContainerServiceV20141113.{action}"), body);
    let tasks = ecs("ListTasks", &json!({ "cluster": cluster }));
    let task = tasks["taskArns"][0].as_str().unwrap_or_else(|| panic!("{tasks}")).to_owned();
    let id = task.rsplit('/').next().unwrap().to_owned();
    let group = account.run(&bench, "status --format json").json()["outputs"]["LogGroup"].as_str().map(ToOwned::to_owned);
    let group = group.unwrap_or_else(|| panic!("no output LogGroup"));
    let stream = format!("build/build/{id}");
    logs(&account, "CreateLogStream", &json!({ "logGroupName": group, "logStreamName": stream }));
    let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let log_events = json!([{ "timestamp": now, "message": "step 1" }, { "timestamp": now + 1, "message": "npm got planted-token" }]);
    logs(&account, "PutLogEvents", &json!({ "logGroupName": group, "logStreamName": stream, "logEvents": log_events }));
    let stopped = account.run(&bench, &format!("build stop {id}"));
    assert_eq!(stopped.code, 0, "{stopped}");
    let run = running.finish();
    assert_eq!(run.code, 1, "the build was stopped\n{run}");
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["format_version"] == 2), "{run}");
    assert_eq!(lines[0]["started"]["taskArn"], task, "{run}");
    assert_eq!(lines[0]["started"]["logStream"], stream, "{run}");
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["log"]["message"].as_str()).collect();
    assert_eq!(messages, ["step 1", "npm got ****"], "each line is shown once\n{run}");
    let outcome = &lines.last().unwrap()["outcome"];
    assert_eq!((&outcome["succeeded"], &outcome["stopCode"]), (&false.into(), &"UserInitiated".into()), "{run}");
    assert_eq!(outcome["cause"], "the task was stopped by a user", "{run}");
    assert!(!format!("{run}").contains("planted-token"), "{run}");

    let gone = account.run(&bench, "build run --attach 00000000000000000000000000000000");
    assert_eq!(gone.code, 66, "{gone}");
}

#[test]
fn a_detached_build_continues_and_can_be_attached_to() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("rack.yaml", RACK);
    assert_eq!(account.run(&bench, "apply --yes --create-template-bucket").code, 0);
    let proxy = Proxy::new(&account.address, |_, _| Fault::None);
    let running = Running::start(&mut account.at(&proxy.address).command(&bench, "build run --app web --builder agent"));
    assert!(proxy.wait_for("DescribeTasks", 2));
    running.interrupt();
    let run = running.finish();
    assert_eq!(run.code, 130, "{run}");
    let id = run.stderr.split("--attach ").nth(1).and_then(|rest| rest.split('`').next()).unwrap_or_else(|| panic!("{run}")).to_owned();
    assert!(run.stderr.contains(&format!("rackform build stop {id}")), "{run}");
    let attached = Running::start(&mut account.command(&bench, &format!("build run --attach {id}")));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(account.run(&bench, &format!("build stop {id}")).code, 0);
    let attached = attached.finish();
    assert!(attached.code == 1 && attached.stderr.contains("the build was stopped"), "{attached}");
}

const SMALL: &str = r#"{ "Resources": { "Cluster": { "Type": "AWS::ECS::Cluster" },
  "ApiBuildTasks": { "Type": "AWS::ECS::TaskDefinition", "Properties": { "Family": "b", "ContainerDefinitions": [ { "Name": "build", "Image": "x/builder",
    "LogConfiguration": { "LogDriver": "awslogs", "Options": { "awslogs-group": "g", "awslogs-stream-prefix": "build" } } } ] } } } }"#;
const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task/builds/0f9d";

/// Responds like CloudFormation with a small rack on EC2 instances; the test responds for ECS and CloudWatch Logs.
///
/// The closure gets the action, the number of earlier requests for it, and the request.
fn small(answer: impl Fn(&str, usize, &RecordedRequest) -> (u16, Value) + Send + Sync + 'static) -> Wire {
    let resource = |logical: &str, physical: &str, kind: &str| {
        format!(
            "<member><LogicalResourceId>{logical}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>{kind}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
             <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member>"
        )
    };
    let resources = resource("Cluster", "builds", "AWS::ECS::Cluster")
        + &resource("ApiBuildTasks", "arn:aws:ecs:eu-west-1:111122223333:task-definition/b:1", "AWS::ECS::TaskDefinition");
    let counts = std::sync::Mutex::new(std::collections::HashMap::new());
    Wire::new(move |request| match request.action.as_str() {
        "" => {
            let known = ["RunTask", "DescribeTasks", "StopTask", "GetLogEvents", "GetAuthorizationToken"];
            let is_target = |name: &&str| request.head.contains(&format!(".{}\r\n", name.to_ascii_lowercase()));
            let action = known.into_iter().find(is_target).unwrap_or("other");
            let number = {
                let mut counts = counts.lock().unwrap();
                let count: &mut usize = counts.entry(action).or_insert(0);
                *count += 1;
                *count - 1
            };
            let (status, body) = answer(action, number, request);
            (status, body.to_string())
        }
        action @ "DescribeStacks" => success(
            action,
            "<Stacks><member><StackName>jobs</StackName><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
             <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>",
        ),
        action @ "GetTemplate" => success(action, &format!("<TemplateBody>{}</TemplateBody>", SMALL.replace('"', "&quot;"))),
        action @ "DescribeStackEvents" => success(action, "<StackEvents/>"),
        action @ "ListStackResources" => success(action, &format!("<StackResourceSummaries>{resources}</StackResourceSummaries>")),
        other => refusal("InvalidAction", &format!("unexpected request: {other}")),
    })
}

fn small_bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\n");
    bench
}

fn refused(code: &str, message: &str) -> (u16, Value) {
    (400, json!({ "__type": code, "message": message }))
}

fn stopped(exit_code: Option<i32>, code: &str, reason: &str) -> Value {
    let mut container = json!({ "name": "build", "lastStatus": "STOPPED" });
    if let Some(exit_code) = exit_code {
        container["exitCode"] = exit_code.into();
    }
    json!({ "taskArn": TASK, "lastStatus": "STOPPED", "stopCode": code, "stoppedReason": reason, "containers": [container] })
}

#[test]
fn failed_placements_and_refusals_are_explained() {
    let failure =
        |reason: &str| (200, json!({ "tasks": [], "failures": [{ "arn": "i-1", "reason": reason }, { "arn": "i-2", "reason": reason }] }));
    let cases: Vec<((u16, Value), [&str; 3])> = vec![
        (
            failure("RESOURCE:MEMORY"),
            ["RESOURCE:MEMORY, 2 container instances", "no container instance has enough free memory", "`--memory`"],
        ),
        (failure("AGENT"), ["AGENT", "agent of the instance is disconnected", "restart its agent"]),
        (failure("ATTRIBUTE"), ["ATTRIBUTE", "no container instance has an attribute", "AMI"]),
        (
            refused("InvalidParameterException", "No Container Instances were found in your cluster."),
            ["No Container Instances", "has no container instance", "Auto Scaling group"],
        ),
        (refused("ClusterNotFoundException", "Cluster not found."), ["Cluster not found", "the cluster does not exist", "rackform drift"]),
        (
            refused("AccessDeniedException", "User: u is not authorized to perform: iam:PassRole on resource: r"),
            ["iam:PassRole", "lacks permission to pass the build task's roles", "--for build"],
        ),
        (refused("ConflictException", "clientToken was used"), ["clientToken was used", "a different build", "`--client-token`"]),
    ];
    for (response, expected) in cases {
        let wire = small(move |action, _, _| if action == "RunTask" { response.clone() } else { refused("Unexpected", action) });
        let run = wire.run(&small_bench(), "build run --app web");
        assert_eq!(run.code, 1, "{run}");
        for text in expected {
            assert!(run.stderr.contains(text), "{text}\n{run}");
        }
    }
}

#[test]
fn a_lost_response_is_retried_with_the_same_token_and_throttling_is_retried() {
    let wire = small(|action, number, request| {
        let token = request.body.contains("nextToken");
        match action {
            "RunTask" if number == 0 => (0, Value::Null),
            "RunTask" => (200, json!({ "tasks": [{ "taskArn": TASK, "lastStatus": "PENDING", "containers": [] }], "failures": [] })),
            "DescribeTasks" if number < 5 => refused("ThrottlingException", "Rate exceeded"),
            "DescribeTasks" => {
                (200, json!({ "tasks": [stopped(Some(7), "EssentialContainerExited", "Essential container in task exited")] }))
            }
            "GetLogEvents" if token => (200, json!({ "events": [], "nextForwardToken": "f/1" })),
            "GetLogEvents" => (200, json!({ "events": [{ "timestamp": 1, "message": "compiling" }], "nextForwardToken": "f/1" })),
            other => refused("Unexpected", other),
        }
    });
    let run = wire.run(&small_bench(), "build run --app web --id B1");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(run.stdout, "compiling\n", "standard output is the log, each line once\n{run}");
    assert!(run.stderr.contains("the build failed with exit code 7"), "{run}");
    let bodies: Vec<Value> = wire
        .requests()
        .iter()
        .filter(|request| request.head.contains(".runtask"))
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    assert!(bodies.len() == 2 && bodies[0] == bodies[1] && bodies[0]["clientToken"].as_str().unwrap().len() <= 64, "{bodies:#?}");
}

#[test]
fn a_build_that_never_ran_is_explained() {
    let reason = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32";
    let wire = small(move |action, _, _| match action {
        "RunTask" => (200, json!({ "tasks": [{ "taskArn": TASK, "lastStatus": "PENDING", "containers": [] }], "failures": [] })),
        "DescribeTasks" => (200, json!({ "tasks": [stopped(None, "TaskFailedToStart", reason)] })),
        "GetLogEvents" => refused("ResourceNotFoundException", "The specified log stream does not exist."),
        other => refused("Unexpected", other),
    });
    let run = wire.run(&small_bench(), "build run --app web");
    assert_eq!(run.code, 1, "{run}");
    for text in ["the build did not start", "mount.nfs4", "TaskFailedToStart", "TCP 2049", "nfs-ingress"] {
        assert!(run.stderr.contains(text), "{text}\n{run}");
    }
    let json = wire.run(&small_bench(), "build run --attach 0f9d --format json");
    let last: Value = serde_json::from_str(json.stdout.lines().last().unwrap()).unwrap();
    assert!(last["outcome"]["fix"].as_str().is_some_and(|fix| fix.contains("verify")), "{json}");
    assert!(last["outcome"].get("exitCode").is_none(), "{json}");
}

const IMAGE: &str = "444455556666.dkr.ecr.us-east-1.amazonaws.com/web";

fn token(password: &str) -> (u16, Value) {
    use base64::Engine as _;
    let token = base64::prelude::BASE64_STANDARD.encode(format!("AWS:{password}"));
    (
        200,
        json!({ "authorizationData": [{ "authorizationToken": token, "proxyEndpoint": "https://444455556666.dkr.ecr.us-east-1.amazonaws.com" }] }),
    )
}

fn variables(request: &RecordedRequest) -> serde_json::Map<String, Value> {
    let request: Value = serde_json::from_str(&request.body).unwrap();
    let variables = request["overrides"]["containerOverrides"][0]["environment"].as_array().unwrap();
    variables.iter().map(|variable| (variable["name"].as_str().unwrap().to_owned(), variable["value"].clone())).collect()
}

#[test]
fn a_build_gets_ecr_credentials_that_are_never_shown() {
    use base64::Engine as _;
    let engines_form = base64::prelude::BASE64_STANDARD.encode("AWS:planted-ecr-password");
    let line = format!("docker has planted-ecr-password, which is {engines_form}");
    let aws = small(move |action, number, request| match action {
        "GetAuthorizationToken" => {
            assert!(request.head.contains("/us-east-1/ecr/"), "the region is the registry's, not the stack's: {}", request.head);
            token("planted-ecr-password")
        }
        "RunTask" => {
            let expected =
                json!({ "444455556666.dkr.ecr.us-east-1.amazonaws.com": { "Username": "AWS", "Password": "planted-ecr-password" } });
            let auth: Value = serde_json::from_str(variables(request)["BUILD_AUTH"].as_str().unwrap()).unwrap();
            assert_eq!(auth, expected);
            (200, json!({ "tasks": [{ "taskArn": TASK, "lastStatus": "PROVISIONING" }] }))
        }
        "GetLogEvents" if number > 0 => (200, json!({ "events": [], "nextForwardToken": "f/1" })),
        "GetLogEvents" => (200, json!({ "events": [{ "timestamp": 1, "message": line }], "nextForwardToken": "f/1" })),
        _ => (200, json!({ "tasks": [stopped(Some(0), "EssentialContainerExited", "Essential container in task exited")] })),
    });
    let run = aws.run(&small_bench(), &format!("build run --app web --push {IMAGE} --mount-wait 0 --format json -vv"));
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("docker has ****, which is ****"), "{run}");
    assert!(!run.to_string().contains("planted") && !run.to_string().contains(&engines_form), "{run}");
    let dry = aws.run(&small_bench(), &format!("build run --app web --push {IMAGE} --dry-run"));
    assert!(dry.code == 0 && dry.stdout.contains("****") && !dry.to_string().contains("planted"), "{dry}");
}

#[test]
fn a_build_without_permission_for_a_token_uses_its_own_role() {
    let aws = small(|action, _, request| match action {
        "GetAuthorizationToken" => refused("AccessDeniedException", "not authorized to perform: ecr:GetAuthorizationToken"),
        "RunTask" => {
            assert!(!variables(request).contains_key("BUILD_AUTH"));
            (200, json!({ "tasks": [{ "taskArn": TASK, "lastStatus": "PROVISIONING" }] }))
        }
        _ => (200, json!({})),
    });
    let run = aws.run(&small_bench(), &format!("build run --app web --push {IMAGE} --mount-wait 0 --detach"));
    assert!(run.code == 0 && run.stderr.contains("ecr:GetAuthorizationToken") && run.stderr.contains("permissions --for build"), "{run}");
}

#[test]
fn a_build_requested_twice_runs_once_despite_new_credentials() {
    let first = std::sync::Mutex::new(None);
    let aws = small(move |action, number, request| match action {
        "GetAuthorizationToken" => token(&format!("planted-{number}")),
        "RunTask" if number == 0 => {
            let mut request: Value = serde_json::from_str(&request.body).unwrap();
            *first.lock().unwrap() = Some(json!({
                "taskArn": TASK, "lastStatus": "RUNNING", "taskDefinitionArn": request["taskDefinition"], "startedBy": request["startedBy"],
                "overrides": request["overrides"].take(),
            }));
            (200, json!({ "tasks": [{ "taskArn": TASK, "lastStatus": "PROVISIONING" }] }))
        }
        "RunTask" => (400, json!({ "__type": "ConflictException", "message": "clientToken was used", "resourceIds": [TASK] })),
        "DescribeTasks" => (200, json!({ "tasks": [first.lock().unwrap().clone().unwrap()] })),
        _ => (200, json!({})),
    });
    let bench = small_bench();
    let arguments = format!("build run --app web --id B1 --push {IMAGE} --mount-wait 0 --detach");
    let (one, two) = (aws.run(&bench, &arguments), aws.run(&bench, &arguments));
    assert_eq!((one.code, two.code), (0, 0), "{one}\n{two}");
    assert!(two.stderr.contains("--attach 0f9d"), "{two}");
    let other = aws.run(&bench, &format!("{arguments} --target other"));
    assert!(other.code == 1 && other.stderr.contains("a different build"), "{other}");
}
