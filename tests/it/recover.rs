//! Getting stuck, and getting out, as a user does it: the program over the embedded backend.
#![allow(clippy::unwrap_used)]

use crate::backend::NETWORK;
use crate::program::{Bench, Run};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", NETWORK);
    bench
}

fn done(run: &Run) -> &Run {
    assert_eq!(run.code, 0, "{run}");
    run
}

fn status(bench: &Bench) -> String {
    done(&bench.run("status --format json")).json()["status"].as_str().unwrap().to_owned()
}

/// Returns the names of the ways out, in order.
fn ways(bench: &Bench) -> Vec<String> {
    let run = bench.run("recover --dry-run --format json");
    let answer = done(&run).json();
    answer["recovery"]["proposals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|proposal| proposal["way"]["name"].as_str().unwrap().to_owned())
        .collect()
}

/// A stack whose update failed at `Target`, and whose rollback failed at `Subnet`.
fn stuck_in_its_rollback() -> Bench {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("set Cache=Yes Zone=us-east-1b --yes --fail-on Target:create --fail-on Subnet:rollback");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    assert!(run.stderr.contains("first failure: Target CREATE_FAILED"), "{run}");
    assert!(run.stderr.contains("rollback failure: Subnet UPDATE_FAILED"), "{run}");
    assert!(run.stderr.contains("next: rackform recover"), "{run}");
    bench
}

#[test]
fn a_failed_rollback_says_what_is_stuck_and_goes_on() {
    let bench = stuck_in_its_rollback();
    let shown = bench.run("recover");
    assert_eq!(shown.code, 4, "without a terminal and --yes it only shows: {shown}");
    assert!(shown.stdout.contains("first failure: Target") && shown.stdout.contains("stuck at: Subnet"), "{shown}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    assert_eq!(ways(&bench), ["continue", "continue", "delete"]);

    let again = bench.run("recover --yes --fail-on Subnet:rollback");
    assert_eq!(again.code, 1, "the reason is still there: {again}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    assert!(bench.run("recover --dry-run").stdout.contains("first failure: Target"), "what failed first stays what failed first");

    done(&bench.run("recover --yes"));
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_COMPLETE");
    assert!(done(&bench.run("plan")).stdout.starts_with("No changes"), "it is what it was");
    done(&bench.run("set Cache=Yes --yes"));
}

#[test]
fn only_what_is_stuck_can_be_skipped() {
    let bench = stuck_in_its_rollback();
    for (flags, words) in
        [("--skip Subnte", "did you mean `Subnet`"), ("--skip Vpc", "only what is stuck"), ("--retain Subnet", "no way out of")]
    {
        let run = bench.run(&format!("recover --yes {flags}"));
        assert_eq!(run.code, 64, "{run}");
        assert!(run.stderr.contains(words), "{flags}: {run}");
        assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    }
    let run = bench.run("recover --yes --retain Subnet");
    assert!(run.stderr.contains("`--retain` is no way out of"), "what was typed is what is refused: {run}");
    let run = bench.run("recover --yes --skip Subnet --fail-on Subnet:rollback");
    assert_eq!(done(&run).stderr.matches("Subnet ").count(), 1, "it is left as it is: {run}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn deleting_a_stack_that_is_stuck_leaves_nothing_in_the_account() {
    let bench = stuck_in_its_rollback();
    let run = bench.run("recover --choose delete --yes");
    assert_eq!(run.code, 3, "{run}");
    let run = bench.run("recover --choose delete --yes --allow-data-loss Files");
    let subnets = done(&run).stderr.lines().filter(|line| line.contains("DELETE_COMPLETE") && line.contains(" Subnet ")).count();
    assert_eq!(subnets, 2, "the one that was and the one that was to be: {run}");
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn a_failed_creation_is_deleted_and_made_anew() {
    let bench = bench();
    assert_eq!(bench.run("apply --yes --fail-on Subnet:create").code, 1);
    let run = bench.run("recover --yes");
    assert!(done(&run).stdout.contains("first failure: Subnet"), "{run}");
    assert!(run.stderr.contains("`rackform apply` creates it anew"), "{run}");
    done(&bench.run("apply --yes"));
    let run = bench.run("recover");
    assert!(done(&run).stdout.contains("not stuck"), "{run}");
}

#[test]
fn a_creation_whose_rollback_failed_is_deleted_with_what_is_left() {
    let bench = bench();
    let run = bench.run("apply --yes -p Cache=Yes --fail-on Target:create --fail-on Files:rollback");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "ROLLBACK_FAILED");
    let run = bench.run("recover --yes");
    assert_eq!(run.code, 3, "what holds data has to be named: {run}");
    assert!(run.stderr.contains("--allow-data-loss Files"), "{run}");
    done(&bench.run("recover --yes --allow-data-loss Files"));
    assert_eq!(bench.run("status").code, 66);
}

/// A stack whose deletion failed at the file system.
fn undeletable() -> Bench {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes"));
    let run = bench.run("delete --yes --allow-data-loss Files --fail-on Files:delete");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "DELETE_FAILED");
    bench
}

#[test]
fn what_cannot_be_deleted_is_retained_once_it_is_named() {
    let bench = undeletable();
    assert_eq!(ways(&bench), ["delete", "delete"]);
    let run = bench.run("recover --yes --retain Vpc");
    assert_eq!(run.code, 64, "{run}");
    let run = bench.run("recover --yes --retain Files");
    assert!(done(&run).stderr.contains("Files is retained in the account: fs-"), "{run}");
    assert_eq!(bench.run("status").code, 66);
    assert!(bench.run("local resources --retained").stdout.contains("AWS::EFS::FileSystem"));
}

#[test]
fn deleting_again_asks_for_the_data_again() {
    let bench = undeletable();
    let run = bench.run("recover --yes");
    assert_eq!(run.code, 3, "{run}");
    done(&bench.run("recover --yes --allow-data-loss Files"));
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn delete_retains_only_after_a_deletion_that_failed() {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes"));
    let run = bench.run("delete --yes --retain Files");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("CREATE_COMPLETE") && run.stderr.contains("DeletionPolicy: Retain"), "{run}");
    let bench = undeletable();
    let run = bench.run("delete --yes --retain Flies");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("failed at Files"), "{run}");
    done(&bench.run("delete --yes --retain Files"));
}

#[test]
fn what_is_protected_stays_whatever_state_it_is_in() {
    let bench = undeletable();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\nprotect: [Files]\n");
    for flags in ["--allow-data-loss Files", "--retain Files"] {
        let run = bench.run(&format!("recover --yes {flags}"));
        assert_eq!(run.code, 3, "{run}");
        assert!(run.stderr.contains("`Files` is protected in rack.yaml"), "{run}");
    }
    assert_eq!(status(&bench), "DELETE_FAILED");
}

#[test]
fn a_wish_that_is_no_way_out_names_the_ways_there_are() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("recover --choose cancel --yes");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("CREATE_COMPLETE") && run.stderr.contains("not stuck"), "{run}");
    let bench = stuck_in_its_rollback();
    let run = bench.run("recover --choose cancel --yes");
    assert!(run.stderr.contains("the ways out are: continue, delete"), "{run}");
}

#[test]
fn status_tells_the_last_operation_and_what_it_failed_for() {
    let bench = stuck_in_its_rollback();
    let run = bench.run("status");
    assert!(done(&run).stdout.contains("first failure: Target CREATE_FAILED") && run.stdout.contains("last operation: update"), "{run}");
    let last = bench.run("status --format json").json()["last_operation"].clone();
    assert_eq!(last["root_cause"]["logical_id"], "Target", "{last}");
}

#[test]
fn failures_come_root_cause_first_and_of_the_last_operation_only() {
    let bench = stuck_in_its_rollback();
    done(&bench.run("recover --yes"));
    assert_eq!(bench.run("set Cache=Yes --yes --fail-on Files:create").code, 1);
    let run = bench.run("events --failed");
    let lines: Vec<&str> = done(&run).stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{run}");
    assert!(lines[0].contains("Files"), "{run}");
    assert!(run.stderr.contains("earlier operations that failed: 1"), "{run}");
    let last = bench.run("events --last-operation");
    assert!(done(&last).stdout.lines().next().unwrap().contains("UPDATE_IN_PROGRESS"), "{last}");
    assert!(last.stdout.lines().count() < bench.run("events").stdout.lines().count());
    assert_eq!(done(&bench.run("events --since 2000-01-01T00:00:00Z")).stdout, bench.run("events").stdout);
    assert!(done(&bench.run("events --since 2100-01-01T00:00:00Z")).stdout.is_empty());
    assert_eq!(bench.run("events --since yesterday").code, 64);
}

#[test]
fn an_update_that_was_left_where_it_failed_is_undone() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("set Cache=Yes Zone=us-east-1b --yes --on-failure do-nothing --fail-on Target:create");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("first failure: Target CREATE_FAILED") && run.stderr.contains("next: rackform recover"), "{run}");
    assert_eq!(status(&bench), "UPDATE_FAILED");
    let left = done(&bench.run("local resources --format json")).stdout.clone();
    assert!(left.contains("AWS::EFS::FileSystem"), "what was made stays to be looked at: {left}");
    assert_eq!(ways(&bench), ["rollback", "delete"]);
    let refused = bench.run("set Cache=Yes --yes");
    assert!(refused.code != 0 && refused.stderr.contains("rackform recover"), "{refused}");

    let stuck = bench.run("recover --yes --fail-on Subnet:rollback");
    assert_eq!(stuck.code, 1, "{stuck}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    done(&bench.run("recover --yes"));
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_COMPLETE");
    let back = done(&bench.run("local resources --format json")).stdout.clone();
    assert!(!back.contains("AWS::EFS::FileSystem"), "{back}");
    done(&bench.run("set Cache=Yes Zone=us-east-1b --yes"));
}

#[test]
fn a_creation_that_fails_stays_or_goes_as_asked() {
    let bench = bench();
    let run = bench.run("apply --yes --disable-rollback --fail-on Group:create");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "CREATE_FAILED");
    assert_eq!(ways(&bench), ["delete"]);
    done(&bench.run("recover --yes"));
    let run = bench.run("apply --yes --on-failure delete --fail-on Group:create");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("first failure: Group CREATE_FAILED"), "{run}");
    assert_eq!(bench.run("status").code, 66, "nothing is left");
    done(&bench.run("apply --yes"));
}
