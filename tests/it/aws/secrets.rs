//! Secrets in every input of the program, searched for in everything that it writes.
//!
//! Allowed places: the request to CloudFormation that sets a parameter, and the local backend's store, which only its owner can read (mode
//! 0600, which a test of that backend checks).
#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::endpoint::{Account, Running};
use super::faults::check_all;
use super::proxy::{Fault, Proxy};
use crate::program::{Bench, Run};

/// The values of a `NoEcho` parameter: the deployed one, and a new one.
const DEPLOYED: &str = "planted-noecho-deployed";
const GIVEN: &str = "planted-noecho-given";

/// Credentials, and a password of the kind that other parameters carry.
const SECRET_KEY: &str = "planted-secret-access-key";
const SESSION: &str = "planted-session-token";
const REGISTRY: &str = "planted-registry-password";

/// `Password` and `Registry` reach resources, outputs and each other's text; `Registry` is `NoEcho` as well.
const TEMPLATE: &str = r#"{
  "Parameters": {
    "Password": {"Type": "String", "NoEcho": true}, "Registry": {"Type": "String", "NoEcho": true},
    "Days": {"Type": "Number", "Default": "7"}, "Group": {"Type": "String", "Default": ""}
  },
  "Conditions": {"Door": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Group"}, ""]}]}},
  "Resources": {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16",
      "Tags": [{"Key": "password", "Value": {"Fn::Sub": "https://user:${Password}@host"}}, {"Key": "registry", "Value": {"Ref": "Registry"}}]}},
    "Logs": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
    "Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Condition": "Door", "Properties": {"GroupId": {"Fn::Sub": "sg-${Group}-${Password}"},
      "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "CidrIp": "10.0.0.0/16"}}
  }
}"#;

/// Returns the planted secrets that a text contains.
fn found(text: &str) -> Vec<&'static str> {
    [DEPLOYED, GIVEN, SECRET_KEY, SESSION, REGISTRY].into_iter().filter(|planted| text.contains(planted)).collect()
}

fn check(what: &str, run: &Run) {
    let shown = found(&format!("{}{}", run.stdout, run.stderr));
    assert!(shown.is_empty(), "{what} shows {shown:?}\n{run}");
}

/// Searches every file below a folder, except the given ones.
fn check_files(folder: &Path, given: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_files(&path, given);
        } else if !given.iter().any(|name| path.ends_with(name)) {
            let shown = found(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
            assert!(shown.is_empty(), "{} contains {shown:?}", path.display());
        }
    }
}

#[test]
fn no_secret_is_written_at_any_verbosity_in_any_format() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("stack.json", TEMPLATE).file("secrets.yaml", format!("Password: {DEPLOYED}\nRegistry: {REGISTRY}\n"));
    bench.file("again.yaml", format!("Password: {GIVEN}\nRegistry: {REGISTRY}\n"));
    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\n");
    let run = |arguments: &str| {
        let mut command = account.command(&bench, arguments);
        command.env("AWS_SESSION_TOKEN", SESSION);
        let run = Running::start(&mut command).finish();
        check(arguments, &run);
        run
    };
    let made = run("apply --yes -vv --parameters secrets.yaml");
    assert_eq!((made.code, account.status("rack").as_str()), (0, "CREATE_COMPLETE"), "{made}");
    let mut looks = Vec::new();
    for verbosity in ["", " -v", " -vv"] {
        for look in ["status", "events", "verify"] {
            looks.extend(["human", "json"].map(|format| format!("{look} --format {format}{verbosity}")));
        }
        for look in ["params", "evaluate", "diff deployed rack", "plan"] {
            for format in ["human", "json", "markdown", "html", "change-set"] {
                looks.extend(["", " --parameters again.yaml"].map(|given| format!("{look} --format {format}{given}{verbosity}")));
            }
        }
    }
    check_all(&looks, |look| drop(run(look)));
    // The checks above are meaningful only if the output mentions the secret: its change is shown without its value.
    let changed = run("diff deployed rack --parameters again.yaml");
    assert!(changed.code == 0 && changed.stdout.contains("Password") && changed.stdout.contains("Vpc"), "{changed}");

    // A plan file contains no secret: its values are given again.
    bench.file("given.txt", GIVEN).file("registry.txt", REGISTRY);
    let planned = run("plan -o secret.plan --parameters again.yaml -vv");
    assert_eq!(planned.code, 0, "{planned}");
    let applied = run("apply secret.plan --yes -vv --secret Password=file:given.txt --secret Registry=file:registry.txt");
    assert_eq!(applied.code, 0, "{applied}");
    let planned = run("plan -o saved.plan -p Days=14 -vv");
    assert_eq!(planned.code, 0, "{planned}");
    assert_eq!(run("apply saved.plan --yes -vv").code, 0);
    run("apply --yes --format json --parameters again.yaml -vv");
    run("events --format json -vv");
    // The reason of a failed update contains the secret. Only the run that sent it can mask it: a later
    // `rackform events` shows the reason as AWS returns it to every reader of the stack's events.
    for (format, days) in [("human", 30), ("json", 60)] {
        let change = format!("apply --yes -vv --format {format} --parameters secrets.yaml -p Group=x -p Days={days}");
        let stopped = run(&change);
        assert_eq!(stopped.code, 3, "the security group does not exist\n{stopped}");
        let failed = run(&format!("{change} --no-preflight"));
        assert_eq!(failed.code, 1, "{failed}");
        assert!(format!("{failed}").contains("sg-x-"), "{failed}");
    }
    check_files(bench.path(), &["secrets.yaml", "again.yaml", "given.txt", "registry.txt"]);
    run("delete --yes -vv");
}

#[test]
fn no_secret_is_in_the_message_of_a_failed_call() {
    let Some(account) = Account::new() else { return };
    let bench = Bench::new();
    bench.file("stack.json", TEMPLATE).file("secrets.yaml", format!("Password: {GIVEN}\nRegistry: {REGISTRY}\n"));
    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\n");
    for fault in [Fault::Throttled, Fault::ServerError(500), Fault::CutAfter, Fault::Truncated] {
        for broken in ["DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet"] {
            // Often enough for a call to fail permanently, but finite: some calls are retried until they succeed.
            let proxy = Proxy::new(&account.address, move |action, count| if action == broken && count <= 3 { fault } else { Fault::None });
            let mut command = account.at(&proxy.address).command(&bench, "apply --yes -vv --parameters secrets.yaml");
            command.envs([("AWS_SESSION_TOKEN", SESSION), ("AWS_MAX_ATTEMPTS", "1"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")]);
            check(&format!("{broken} {fault:?}"), &Running::start(&mut command).finish());
        }
    }
    check_files(bench.path(), &["secrets.yaml"]);
}
