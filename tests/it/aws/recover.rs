//! Recovery on CloudFormation: which requests are sent.

use super::follow::{TEMPLATE, bench};
use super::play::{Line, Play};

fn play(before: &[Line], looks: Vec<Vec<Line>>, resources: &[(&'static str, &'static str, &'static str)]) -> Play {
    Play { before: before.to_vec(), looks, template: TEMPLATE, resources: resources.to_vec(), ..Play::default() }
}

/// An update that failed at one queue, and whose rollback failed at another.
const STUCK: [Line; 8] = [
    ("jobs", "CREATE_IN_PROGRESS", "User Initiated"),
    ("jobs", "CREATE_COMPLETE", ""),
    ("jobs", "UPDATE_IN_PROGRESS", "User Initiated"),
    ("Early", "UPDATE_FAILED", "Resource update cancelled"),
    ("Fast", "UPDATE_FAILED", "quota exceeded"),
    ("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Early, Fast]."),
    ("Queue", "UPDATE_FAILED", "The specified queue does not exist"),
    ("jobs", "UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: [Queue]."),
];

const UNDONE: [Line; 3] =
    [("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"), ("Queue", "UPDATE_COMPLETE", ""), ("jobs", "UPDATE_ROLLBACK_COMPLETE", "")];

const RESOURCES: [(&str, &str, &str); 2] = [("Early", "AWS::SQS::Queue", "UPDATE_FAILED"), ("Queue", "AWS::SQS::Queue", "UPDATE_FAILED")];

#[test]
fn a_failed_rollback_is_continued_without_skipped_resources() {
    let server = play(&STUCK, vec![vec![], UNDONE[..2].to_vec(), UNDONE[2..].to_vec()], &RESOURCES).serve();
    let shown = server.run(&bench(), "recover --dry-run");
    assert_eq!(shown.code, 0, "{shown}");
    assert!(shown.stdout.contains("first failure: Fast UPDATE_FAILED: quota exceeded"), "{shown}");
    assert!(shown.stdout.contains("stuck at: Queue") && !shown.stdout.contains("stuck at: Early"), "{shown}");
    assert!(shown.stdout.contains("rackform recover --skip Queue --yes"), "{shown}");
    let refused = server.run(&bench(), "recover --skip Early --yes");
    assert_eq!(refused.code, 64, "a resource that was cancelled before the rollback is not stuck: {refused}");
    assert!(!server.requests().contains(&"ContinueUpdateRollback".to_owned()));
    let run = server.run(&bench(), "recover --skip Queue --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(
        server.bodies("ContinueUpdateRollback")[0].contains("ResourcesToSkip.member.1=Queue"),
        "{:?}",
        server.bodies("ContinueUpdateRollback")
    );
    assert!(server.bodies("ContinueUpdateRollback")[0].contains("ClientRequestToken="));
}

#[test]
fn a_failed_deletion_retains_the_named_resources() {
    let before: [Line; 5] = [
        ("jobs", "CREATE_IN_PROGRESS", "User Initiated"),
        ("jobs", "CREATE_COMPLETE", ""),
        ("jobs", "DELETE_IN_PROGRESS", "User Initiated"),
        ("Queue", "DELETE_FAILED", "access denied"),
        ("jobs", "DELETE_FAILED", "The following resource(s) failed to delete: [Queue]."),
    ];
    let looks: Vec<Vec<Line>> =
        vec![vec![("jobs", "DELETE_IN_PROGRESS", "User Initiated"), ("Queue", "DELETE_SKIPPED", ""), ("jobs", "DELETE_COMPLETE", "")]];
    let server = play(&before, looks.clone(), &[("Queue", "AWS::SQS::Queue", "DELETE_FAILED")]).serve();
    let run = server.run(&bench(), "recover --retain Queue --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("Queue is retained in the account: id-Queue"), "{run}");
    assert!(server.bodies("DeleteStack")[0].contains("RetainResources.member.1=Queue"), "{:?}", server.bodies("DeleteStack"));
    assert!(!server.bodies("DeleteStack")[0].contains("DeletionMode"), "{:?}", server.bodies("DeleteStack"));
    // CloudFormation decides what it leaves.
    let server = play(&before, looks, &[("Queue", "AWS::SQS::Queue", "DELETE_FAILED")]).serve();
    let run = server.run(&bench(), "recover --choose force-delete --yes --allow-data-loss Queue");
    assert_eq!(run.code, 0, "{run}");
    let body = &server.bodies("DeleteStack")[0];
    assert!(body.contains("DeletionMode=FORCE_DELETE_STACK") && !body.contains("RetainResources"), "{body}");
}

#[test]
fn a_stale_change_set_is_deleted() {
    let before: [Line; 1] = [("jobs", "REVIEW_IN_PROGRESS", "User Initiated")];
    let server = play(&before, vec![vec![("jobs", "DELETE_IN_PROGRESS", "User Initiated"), ("jobs", "DELETE_COMPLETE", "")]], &[]).serve();
    let run = server.run(&bench(), "recover --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("only a change set exists"), "{run}");
    assert_eq!(server.bodies("DeleteStack").len(), 1);
}

#[test]
fn an_update_in_progress_can_only_be_waited_for_or_cancelled() {
    let under_way = || {
        let mut play = play(&STUCK[..3], Vec::new(), &[("Queue", "AWS::SQS::Queue", "UPDATE_IN_PROGRESS")]);
        play.before.push(("Queue", "UPDATE_IN_PROGRESS", ""));
        play
    };
    let mut waited = under_way();
    waited.under_way = true;
    waited.looks = vec![vec![], vec![], vec![], vec![("Queue", "UPDATE_COMPLETE", ""), ("jobs", "UPDATE_COMPLETE", "")]];
    let server = waited.serve();
    let run = server.run(&bench(), "recover --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("with Queue in progress") && run.stdout.contains("--choose cancel"), "{run}");
    assert!(!server.requests().contains(&"CancelUpdateStack".to_owned()), "{:?}", server.requests());
    let mut cancelled = under_way();
    cancelled.looks = vec![vec![("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"), ("jobs", "UPDATE_ROLLBACK_COMPLETE", "")]];
    let server = cancelled.serve();
    let run = server.run(&bench(), "recover --choose cancel --yes");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(server.bodies("CancelUpdateStack").len(), 1);
    assert!(run.stderr.contains("UPDATE_ROLLBACK_COMPLETE") && run.stderr.contains("cancelled by a user"), "{run}");
}

#[test]
fn a_failed_update_without_rollback_is_rolled_back() {
    let mut before = STUCK[..5].to_vec();
    before.push(("jobs", "UPDATE_FAILED", "The following resource(s) failed to update: [Fast]."));
    let server = play(&before, vec![UNDONE.to_vec()], &RESOURCES).serve();
    let run = server.run(&bench(), "recover --yes");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(server.bodies("RollbackStack").len(), 1);
}

/// Runs a command with a role for CloudFormation, by flag or in rack.yaml, and returns the body of the only request of an action.
fn with_role(server: &super::server::Server, arguments: &str, action: &str, by_flag: bool) -> String {
    let bench = bench();
    let role = "arn:aws:iam::111122223333:role/deployer";
    let flag = if by_flag { format!(" --cloudformation-role-arn {role}") } else { String::new() };
    if !by_flag {
        bench.file("rack.yaml", format!("{}cloudformation_role_arn: {role}\n", bench.read("rack.yaml")));
    }
    let run = server.run(&bench, &format!("{arguments}{flag}"));
    assert_eq!(run.code, 0, "{run}");
    let mut bodies = server.bodies(action);
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    bodies.remove(0)
}

#[test]
fn the_role_for_cloudformation_reaches_every_operation() {
    let role = "RoleARN=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdeployer";
    for by_flag in [true, false] {
        let server = play(&STUCK, vec![vec![], UNDONE[..2].to_vec(), UNDONE[2..].to_vec()], &RESOURCES).serve();
        let request = with_role(&server, "recover --skip Queue --yes", "ContinueUpdateRollback", by_flag);
        assert!(request.contains(role) && request.contains("ResourcesToSkip.member.1=Queue"), "{request}");

        let failed: [Line; 5] = [
            ("jobs", "CREATE_COMPLETE", ""),
            ("jobs", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("Queue", "UPDATE_IN_PROGRESS", ""),
            ("Queue", "UPDATE_FAILED", "quota exceeded"),
            ("jobs", "UPDATE_FAILED", "The following resource(s) failed to update: [Queue]."),
        ];
        let server = play(&failed, vec![vec![], UNDONE.to_vec()], &RESOURCES[1..]).serve();
        let request = with_role(&server, "recover --yes", "RollbackStack", by_flag);
        assert!(request.contains(role) && request.contains("StackName=") && request.contains("ClientRequestToken="), "{request}");

        let gone = vec![vec![("jobs", "DELETE_IN_PROGRESS", "User Initiated"), ("jobs", "DELETE_COMPLETE", "")]];
        let server = play(&failed[..1], gone, &[]).serve();
        let request = with_role(&server, "delete --yes", "DeleteStack", by_flag);
        assert!(request.contains(role), "{request}");
    }
}
