//! Credentials, region and endpoint: how they are chosen, and the errors when requests are impossible.

use super::super::program::{Bench, Run};
use super::wire::{Wire, refusal, success};

fn bench(rack: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", format!("name: jobs\nbackend: aws\n{rack}"));
    bench
}

#[test]
fn a_role_is_assumed_before_any_request_and_verbose_output_shows_the_caller() {
    let wire = Wire::new(|request| match request.action.as_str() {
        "AssumeRole" => success(
            "AssumeRole",
            "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:rackform</AssumedRoleId>\
             <Arn>arn:aws:sts::111122223333:assumed-role/deployer/rackform</Arn></AssumedRoleUser>",
        ),
        "GetCallerIdentity" => success(
            "GetCallerIdentity",
            "<Arn>arn:aws:sts::111122223333:assumed-role/deployer/rackform</Arn><UserId>A</UserId><Account>111122223333</Account>",
        ),
        _ => refusal("ValidationError", "Stack with id jobs does not exist"),
    });
    let run = wire.run(&bench("region: eu-west-1\nrole_arn: arn:aws:iam::111122223333:role/deployer\n"), "status -v");
    assert_eq!(run.code, 66, "{run}");
    assert!(run.stderr.contains("as arn:aws:sts::111122223333:assumed-role/deployer/rackform (account 111122223333)"), "{run}");
    assert_eq!(wire.all("AssumeRole").len(), 1, "one AssumeRole request: {:?}", wire.actions());
    let requests = wire.requests();
    assert_eq!(requests[0].earlier, 0);
    assert_eq!(requests[0].field("RoleArn").as_deref(), Some("arn:aws:iam::111122223333:role/deployer"));
    let looked = requests.iter().find(|request| request.action == "DescribeStacks").unwrap();
    assert!(looked.head.contains("credential=asiarole/"), "the stack is requested with the credentials of the role\n{}", looked.head);
    assert!(!format!("{run}").contains("role-secret") && !format!("{run}").contains("role-token"), "{run}");
}

#[test]
fn each_reason_why_aws_is_unreachable_has_its_own_hint() {
    let expired = Wire::new(|_| refusal("ExpiredToken", "The security token included in the request is expired"));
    let run = expired.run(&bench("region: eu-west-1\n"), "status");
    assert_eq!(run.code, 69, "{run}");
    assert!(run.stderr.contains("token included in the request is expired (ExpiredToken)"), "{run}");
    assert!(run.stderr.contains("hint: the credentials have expired"), "{run}");

    let run = expired.run(&bench(""), "status");
    assert!(run.code == 69 && run.stderr.contains("no AWS region is configured") && run.stderr.contains("`--region`"), "{run}");

    let mut without_credentials = expired.command(&bench("region: eu-west-1\n"), "status");
    without_credentials.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let empty = bench("region: eu-west-1\n");
    let run = Run::of(without_credentials.current_dir(empty.path()));
    assert!(run.code == 69 && run.stderr.contains("no usable AWS credentials") && run.stderr.contains("`--profile NAME`"), "{run}");
    for inside in ["dispatch failure", "credential provider", "chain", "Ec2InstanceMetadata"] {
        assert!(!run.stderr.contains(inside), "no internal terms of the SDK: {inside}\n{run}");
    }

    let nowhere = bench("region: eu-west-1\n");
    let run = Run::of(expired.command(&nowhere, "status").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
    assert!(run.code == 69 && run.stderr.contains("DescribeStacks got no response"), "{run}");
    assert!(
        run.stderr.contains("AWS_ENDPOINT_URL") && run.stderr.contains("only reads") && !run.stderr.contains("may have started"),
        "{run}"
    );

    let run = Run::of(expired.command(&nowhere, "status").env("AWS_MAX_ATTEMPTS", "none"));
    assert!(
        run.code == 69 && run.stderr.contains("invalid AWS_MAX_ATTEMPTS `none`"),
        "an invalid environment variable does not panic\n{run}"
    );
}

#[test]
fn invalid_arns_in_rack_yaml_are_reported() {
    let bench = bench("role_arn: deployer\nnotification_topics: [ops]\non_failure: panic\n");
    let run = bench.run("status");
    assert_eq!(run.code, 65, "{run}");
    for part in ["`role_arn` must be an ARN", "`notification_topics` must be an ARN", "one of rollback, delete, do-nothing"] {
        assert!(run.stderr.contains(part), "{part}\n{run}");
    }
}

/// Runs `status` with an AWS configuration file and no other credentials.
fn with_config(config: &str, arguments: &str) -> Run {
    let wire = Wire::new(|_| refusal("InvalidAction", "unexpected request"));
    let bench = bench("region: eu-west-1\n");
    bench.file("aws-config", config);
    let mut command = wire.command(&bench, arguments);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_CONFIG_FILE", bench.path().join("aws-config"));
    let run = Run::of(&mut command);
    assert!(wire.actions().is_empty(), "{:?}", wire.actions());
    assert!(run.code == 69 && !run.stderr.contains("dispatch failure"), "{run}");
    run
}

#[test]
fn profile_mistakes_are_reported_in_plain_words() {
    let run = with_config("[profile staging]\nregion = eu-west-1\n", "status --profile stagin");
    assert!(run.stderr.contains("AWS profile `stagin` does not exist") && run.stderr.contains("did you mean `staging`?"), "{run}");

    let run = with_config("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\n", "status --profile dev");
    assert!(run.stderr.contains("profile `base`, the source profile of `dev`, does not exist in ~/.aws/config"), "{run}");

    let sso = "[profile dev]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = dev\n[sso-session s]\n\
               sso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n";
    let run = with_config(sso, "status --profile dev");
    assert!(run.stderr.contains("no SSO session exists") && run.stderr.contains("aws sso login"), "{run}");
}

#[test]
fn the_caller_identity_is_shown_once() {
    let wire = Wire::new(|request| match request.action.as_str() {
        "GetCallerIdentity" => {
            success("GetCallerIdentity", "<Arn>arn:aws:iam::111122223333:user/dev</Arn><UserId>A</UserId><Account>111122223333</Account>")
        }
        action => super::deployed(action, ""),
    });
    let run = wire.run(&super::bench(), "plan --preflight -vv");
    assert_eq!(run.stderr.matches("using AWS").count(), 1, "{run}");
    assert_eq!(wire.all("GetCallerIdentity").len(), 1, "{:?}", wire.actions());
}

#[test]
fn a_named_profile_takes_precedence_over_environment_keys() {
    let wire = Wire::new(|request| super::deployed(&request.action, ""));
    let bench = bench("region: eu-west-1\n");
    bench.file("aws-config", "[profile other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n");
    let asked_as = |arguments: &str| {
        let mut command = wire.command(&bench, arguments);
        command.env("AWS_CONFIG_FILE", bench.path().join("aws-config"));
        Run::of(&mut command)
    };
    let run = asked_as("status --profile other");
    assert_eq!(run.code, 0, "{run}");
    assert!(wire.requests().iter().all(|request| request.head.contains("credential=akiaother/")), "{}", wire.requests()[0].head);
    let count = wire.requests().len();
    let run = asked_as("status --profile unknown");
    assert!(run.code == 69 && run.stderr.contains("AWS profile `unknown` does not exist"), "{run}");
    assert_eq!(wire.requests().len(), count, "no request was sent with other credentials");
}

#[test]
fn configuration_mistakes_are_reported_without_sdk_internals() {
    let wire = Wire::new(|request| super::deployed(&request.action, ""));
    let bench = bench("region: eu-west-1\n");
    let run = Run::of(wire.command(&bench, "status").env("AWS_ENDPOINT_URL", "notaurl"));
    assert!(run.code == 69 && run.stderr.contains("invalid AWS_ENDPOINT_URL `notaurl`; it must be a URL"), "{run}");
    let run = Run::of(wire.command(&bench, "status").args(["--region", "us east"]));
    assert!(run.code == 69 && run.stderr.contains("invalid region `us east`"), "{run}");
    assert!(wire.requests().is_empty(), "no request was sent");
}
