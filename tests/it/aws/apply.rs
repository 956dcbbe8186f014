//! Executing a plan: which requests are sent, and what is not executed.

use super::stack::{Account, bench, modified};

const SET: &str = "set Seconds=90 --yes";

#[test]
fn an_approved_plan_is_executed_once_with_tokens_and_previous_secrets() {
    let wire = Account::default().serve();
    let run = wire.run(&bench(""), SET);
    assert_eq!(run.code, 0, "{run}");
    let created = &wire.all("CreateChangeSet")[0];
    assert_eq!(created.field("ChangeSetType").as_deref(), Some("UPDATE"));
    assert!(created.field("ClientToken").is_some_and(|token| token.starts_with("rackform-")), "{}", created.body);
    let parameters = created.body.split('&').filter(|pair| pair.starts_with("Parameters.")).collect::<Vec<_>>().join(" ");
    assert!(parameters.contains("ParameterKey=Token") && parameters.contains("UsePreviousValue=true"), "{parameters}");
    assert!(parameters.contains("ParameterValue=90"), "{parameters}");
    assert_eq!(created.field("Capabilities.member.1"), None, "a queue requires no capability");
    let executed = wire.all("ExecuteChangeSet");
    assert_eq!(executed.len(), 1);
    assert_eq!(executed[0].field("ClientRequestToken").as_deref(), Some("rackform-0a1b2c3d"));
}

#[test]
fn the_express_mode_is_requested_only_on_demand_and_is_explained() {
    let wire = Account::default().serve();
    assert_eq!(wire.run(&bench(""), SET).code, 0);
    assert_eq!(wire.all("CreateChangeSet")[0].field("DeploymentConfig.Mode"), None);
    let wire = Account::default().serve();
    let run = wire.run(&bench(""), &format!("{SET} --express"));
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(wire.all("CreateChangeSet")[0].field("DeploymentConfig.Mode").as_deref(), Some("EXPRESS"));
    assert!(run.stderr.contains("reports success before the resources are ready") && run.stderr.contains("waiting until"), "{run}");
}

#[test]
fn a_change_set_that_exceeds_the_plan_is_deleted_unless_allowed() {
    let other = "<member><Type>Resource</Type><ResourceChange><PolicyAction>Delete</PolicyAction><Action>Remove</Action>\
        <LogicalResourceId>Files</LogicalResourceId><ResourceType>AWS::EFS::FileSystem</ResourceType></ResourceChange></member>";
    let more = Account { changes: modified("True", other), ..Account::default() };
    let wire = more.clone().serve();
    let run = wire.run(&bench(""), SET);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("would do more than the approved plan"), "{run}");
    assert!(run.stderr.contains("`Queue`: replacement predicted False, AWS reports True"), "{run}");
    assert!(run.stderr.contains("`Files`: AWS lists Remove AWS::EFS::FileSystem, which was not predicted"), "{run}");
    assert!(wire.all("ExecuteChangeSet").is_empty(), "{:?}", wire.actions());
    assert!(!wire.all("DeleteChangeSet").is_empty(), "{:?}", wire.actions());

    let wire = more.serve();
    let run = wire.run(&bench(""), &format!("{SET} --allow-unpredicted Queue --allow-unpredicted Files"));
    assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (0, 1), "{run}");
}

#[test]
fn a_change_set_with_fewer_changes_is_executed_and_reported() {
    let bench = bench("");
    bench.file(
        "queue.json",
        super::TEMPLATE
            .replace("\"Queue\": {", "\"More\": { \"Type\": \"AWS::SQS::Queue\", \"Properties\": { \"DelaySeconds\": 5 } }, \"Queue\": {"),
    );
    let wire = Account::default().serve();
    let run = wire.run(&bench, "apply -p Seconds=90 --yes");
    assert!(run.stderr.contains("AWS's change set does not list `More`"), "{run}");
    assert_eq!(wire.all("ExecuteChangeSet").len(), 1);
}

#[test]
fn a_change_set_without_changes_is_not_executed() {
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    let wire = Account { status: "FAILED", reason, ..Account::default() }.serve();
    let run = wire.run(&bench(""), SET);
    assert!(run.code == 0 && run.stderr.contains("nothing to do"), "{run}");
    assert!(wire.all("ExecuteChangeSet").is_empty() && !wire.all("DeleteChangeSet").is_empty(), "{:?}", wire.actions());
}

#[test]
fn a_lost_response_causes_no_second_execution() {
    let wire = Account { executions: vec![(0, "")], ..Account::default() }.serve();
    let run = wire.run(&bench(""), SET);
    assert_eq!(run.code, 0, "the change set is in execution\n{run}");
    let tokens: Vec<_> = wire.all("ExecuteChangeSet").iter().map(|request| request.field("ClientRequestToken")).collect();
    assert!(tokens.len() == 2 && tokens[0] == tokens[1], "{tokens:?}");

    // The second request gets the response that the execution is in progress.
    let wire = Account { executions: vec![(0, ""), (400, "InvalidChangeSetStatus")], ..Account::default() }.serve();
    let run = wire.run(&bench(""), SET);
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn an_obsolete_change_set_requires_a_new_plan() {
    let wire = Account { executions: vec![(400, "InvalidChangeSetStatus")], executed: "OBSOLETE", ..Account::default() }.serve();
    let run = wire.run(&bench(""), SET);
    assert_eq!(run.code, 75, "{run}");
    assert!(run.stderr.contains("changed after change set") && run.stderr.contains("plan again"), "{run}");
}

#[test]
fn every_option_reaches_aws() {
    let bench = bench(
        "cloudformation_role_arn: arn:aws:iam::111122223333:role/cloudformation\nstack_policy: policy.json\ntermination_protection: true\n\
         notification_topics: [arn:aws:sns:eu-west-1:111122223333:ops]\nrollback_monitoring_minutes: 5\ntags: {team: build}\n",
    );
    bench.file("policy.json", r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#);
    bench.file(
        "queue.json",
        super::TEMPLATE.replace(
            "\"Queue\": {",
            "\"Role\": { \"Type\": \"AWS::IAM::Role\", \"Condition\": \"Never\", \"Properties\": { \"RoleName\": \"r\", \"AssumeRolePolicyDocument\": {} } }, \"Queue\": {",
        )
        .replace("\"Resources\"", "\"Conditions\": { \"Never\": { \"Fn::Equals\": [\"a\", \"b\"] } }, \"Resources\""),
    );
    let wire = Account::default().serve();
    let alarm = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:queue";
    let run = wire.run(&bench, &format!("apply -p Seconds=90 --yes --disable-rollback --rollback-alarm {alarm}"));
    assert_eq!(run.code, 0, "{run}");
    let created = &wire.all("CreateChangeSet")[0];
    for (name, value) in [
        ("RoleARN", "arn:aws:iam::111122223333:role/cloudformation"),
        ("NotificationARNs.member.1", "arn:aws:sns:eu-west-1:111122223333:ops"),
        ("RollbackConfiguration.MonitoringTimeInMinutes", "5"),
        ("RollbackConfiguration.RollbackTriggers.member.1.Arn", alarm),
        ("OnStackFailure", "DO_NOTHING"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Tags.member.1.Key", "team"),
    ] {
        assert_eq!(created.field(name).as_deref(), Some(value), "{name}\n{}", created.body);
    }
    let actions = wire.actions();
    let place = |action: &str| actions.iter().position(|request| request == action);
    assert!(place("SetStackPolicy").is_some() && place("SetStackPolicy") < place("ExecuteChangeSet"), "{actions:?}");
    assert!(place("UpdateTerminationProtection") > place("ExecuteChangeSet"), "{actions:?}");
    assert!(run.stderr.contains("termination protection is on"), "{run}");

    let run = wire.run(&bench, "apply -p Seconds=91 --yes --on-failure delete");
    assert!(run.code == 64 && run.stderr.contains("requires a new stack"), "{run}");
}

#[test]
fn a_refused_change_set_is_reported_with_the_message_of_aws() {
    let wire = super::wire::Wire::new(|request| match request.action.as_str() {
        "CreateChangeSet" => super::wire::refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"),
        "DeleteChangeSet" => super::wire::refusal("ChangeSetNotFound", "ChangeSet does not exist"),
        action => super::deployed(action, ""),
    });
    let run = wire.run(&bench(""), SET);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("CreateChangeSet failed: Requires capabilities : [CAPABILITY_AUTO_EXPAND]"), "{run}");
}

#[test]
fn a_saved_plan_contains_all_options_and_accepts_no_others() {
    let wire = Account::default().serve();
    let bench = bench("");
    let run = wire.run(&bench, "plan -p Seconds=90 -o change.plan --on-failure do-nothing");
    assert_eq!(run.code, 0, "{run}");
    let run = wire.run(&bench, "apply change.plan --yes --on-failure rollback");
    assert!(run.code == 64 && run.stderr.contains("with a saved plan"), "{run}");
    let run = wire.run(&bench, "apply change.plan --yes");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(wire.all("CreateChangeSet")[0].field("OnStackFailure").as_deref(), Some("DO_NOTHING"));
}
