//! Stuck stacks and their recovery, as a user does it: the program with the local backend.
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

/// Returns the names of the recovery options, in order.
fn options(bench: &Bench) -> Vec<String> {
    let run = bench.run("recover --dry-run --format json");
    let answer = done(&run).json();
    answer["recovery"]["options"].as_array().unwrap().iter().map(|option| option["action"]["name"].as_str().unwrap().to_owned()).collect()
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
fn a_failed_rollback_shows_what_is_stuck_and_can_be_continued() {
    let bench = stuck_in_its_rollback();
    let shown = bench.run("recover");
    assert_eq!(shown.code, 4, "without a terminal and --yes it only shows: {shown}");
    assert!(shown.stdout.contains("first failure: Target") && shown.stdout.contains("stuck at: Subnet"), "{shown}");
    assert!(shown.stderr.contains("`rackform recover --yes` runs `continue`: continues the rollback"), "{shown}");
    let chosen = bench.run("recover --skip Subnet");
    assert_eq!(chosen.code, 4, "{chosen}");
    assert!(chosen.stderr.contains("`rackform recover --skip Subnet --yes` runs `continue --skip Subnet`"), "{chosen}");
    let chosen = bench.run("recover --choose delete --allow-data-loss Files");
    assert_eq!(chosen.code, 4, "{chosen}");
    assert!(chosen.stderr.contains("`rackform recover --choose delete --yes --allow-data-loss Files` runs `delete"), "{chosen}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    assert_eq!(options(&bench), ["continue", "continue", "delete"]);

    let again = bench.run("recover --yes --fail-on Subnet:rollback");
    assert_eq!(again.code, 1, "the cause is not fixed: {again}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    assert!(bench.run("recover --dry-run").stdout.contains("first failure: Target"), "the first failure stays the root cause");

    done(&bench.run("recover --yes"));
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_COMPLETE");
    assert!(done(&bench.run("plan")).stdout.starts_with("No changes"), "the stack is in its previous state");
    done(&bench.run("set Cache=Yes --yes"));
}

#[test]
fn only_stuck_resources_can_be_skipped() {
    let bench = stuck_in_its_rollback();
    for (flags, words) in [
        ("--skip Subnte", "did you mean `Subnet`"),
        ("--skip Vpc", "only stuck resources"),
        ("--retain Subnet", "is not a recovery option in"),
    ] {
        let run = bench.run(&format!("recover --yes {flags}"));
        assert_eq!(run.code, 64, "{run}");
        assert!(run.stderr.contains(words), "{flags}: {run}");
        assert_eq!(status(&bench), "UPDATE_ROLLBACK_FAILED");
    }
    let run = bench.run("recover --yes --retain Subnet");
    assert!(run.stderr.contains("`--retain` is not a recovery option in"), "the error names the typed option: {run}");
    let run = bench.run("recover --yes --skip Subnet --fail-on Subnet:rollback");
    assert_eq!(done(&run).stderr.matches("Subnet ").count(), 1, "it is skipped: {run}");
    assert_eq!(status(&bench), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn deleting_a_stuck_stack_leaves_nothing_in_the_account() {
    let bench = stuck_in_its_rollback();
    let run = bench.run("recover --choose delete --yes");
    assert_eq!(run.code, 3, "{run}");
    let run = bench.run("recover --choose delete --yes --allow-data-loss Files");
    let subnets = done(&run).stderr.lines().filter(|line| line.contains("DELETE_COMPLETE") && line.contains(" Subnet ")).count();
    assert_eq!(subnets, 2, "the old and the new one: {run}");
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn a_failed_creation_is_deleted_and_created_again() {
    let bench = bench();
    assert_eq!(bench.run("apply --yes --fail-on Subnet:create").code, 1);
    let run = bench.run("recover --yes");
    assert!(done(&run).stdout.contains("first failure: Subnet"), "{run}");
    assert!(run.stderr.contains("to create it again, use `rackform apply`"), "{run}");
    done(&bench.run("apply --yes"));
    let run = bench.run("recover");
    assert!(done(&run).stdout.contains("not stuck"), "{run}");
}

#[test]
fn a_creation_whose_rollback_failed_is_deleted_with_its_remaining_resources() {
    let bench = bench();
    let run = bench.run("apply --yes -p Cache=Yes --fail-on Target:create --fail-on Files:rollback");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "ROLLBACK_FAILED");
    let run = bench.run("recover --yes");
    assert_eq!(run.code, 3, "resources with data have to be named: {run}");
    assert!(run.stderr.contains("--allow-data-loss Files"), "{run}");
    done(&bench.run("recover --yes --allow-data-loss Files"));
    assert_eq!(bench.run("status").code, 66);
}

/// A stack whose deletion failed at the file system.
fn failed_deletion() -> Bench {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes"));
    let run = bench.run("delete --yes --allow-data-loss Files --fail-on Files:delete");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "DELETE_FAILED");
    bench
}

#[test]
fn a_resource_that_cannot_be_deleted_is_retained_when_named() {
    let bench = failed_deletion();
    assert_eq!(options(&bench), ["delete", "delete", "force-delete"]);
    let run = bench.run("recover --yes --retain Vpc");
    assert_eq!(run.code, 64, "{run}");
    let run = bench.run("recover --yes --retain Files");
    assert!(done(&run).stderr.contains("Files is retained in the account: fs-"), "{run}");
    assert_eq!(bench.run("status").code, 66);
    assert!(bench.run("local resources --retained").stdout.contains("AWS::EFS::FileSystem"));
}

#[test]
fn a_forced_deletion_is_a_choice_that_says_what_it_leaves_behind() {
    let bench = failed_deletion();
    let shown = bench.run("recover --dry-run");
    assert!(shown.stdout.contains("--choose force-delete --yes --allow-data-loss Files"), "{shown}");
    assert!(shown.stdout.contains("costing until you delete them") && shown.stdout.contains("Files (fs-"), "{shown}");
    let run = bench.run("recover --yes --choose force-delete");
    assert_eq!(run.code, 3, "a second attempt to delete may succeed: {run}");
    assert_eq!(bench.run("recover --yes --choose force-delete --retain Files").code, 64);
    assert_eq!(status(&bench), "DELETE_FAILED");
    let run = bench.run("recover --yes --choose force-delete --allow-data-loss Files");
    assert!(done(&run).stderr.contains("Files is retained in the account: fs-"), "{run}");
    assert_eq!(bench.run("status").code, 66);
    assert!(bench.run("local resources --retained").stdout.contains("AWS::EFS::FileSystem"));
}

#[test]
fn a_repeated_deletion_requires_approval_of_data_loss_again() {
    let bench = failed_deletion();
    let run = bench.run("recover --yes");
    assert_eq!(run.code, 3, "{run}");
    done(&bench.run("recover --yes --allow-data-loss Files"));
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn delete_retains_resources_only_after_a_failed_deletion() {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes"));
    let run = bench.run("delete --yes --retain Files");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("CREATE_COMPLETE") && run.stderr.contains("DeletionPolicy: Retain"), "{run}");
    let bench = failed_deletion();
    let run = bench.run("delete --yes --retain Flies");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("failed at Files"), "{run}");
    done(&bench.run("delete --yes --retain Files"));
}

#[test]
fn protected_resources_stay_in_every_status() {
    let bench = failed_deletion();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\nprotect: [Files]\n");
    for flags in ["--allow-data-loss Files", "--retain Files"] {
        let run = bench.run(&format!("recover --yes {flags}"));
        assert_eq!(run.code, 3, "{run}");
        assert!(run.stderr.contains("`Files` is protected in rack.yaml"), "{run}");
    }
    assert_eq!(status(&bench), "DELETE_FAILED");
}

#[test]
fn an_unavailable_recovery_option_lists_the_available_ones() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("recover --choose cancel --yes");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("CREATE_COMPLETE") && run.stderr.contains("not stuck"), "{run}");
    let bench = stuck_in_its_rollback();
    let run = bench.run("recover --choose cancel --yes");
    assert!(run.stderr.contains("the recovery options are: continue, delete"), "{run}");
}

#[test]
fn status_shows_the_last_operation_and_its_root_cause() {
    let bench = stuck_in_its_rollback();
    let run = bench.run("status");
    assert!(done(&run).stdout.contains("first failure: Target CREATE_FAILED") && run.stdout.contains("last operation: update"), "{run}");
    let last = bench.run("status --format json").json()["last_operation"].clone();
    assert_eq!(last["root_cause"]["logical_id"], "Target", "{last}");
}

#[test]
fn failed_events_show_the_root_cause_first_and_only_the_last_operation() {
    let bench = stuck_in_its_rollback();
    done(&bench.run("recover --yes"));
    assert_eq!(bench.run("set Cache=Yes --yes --fail-on Files:create").code, 1);
    let run = bench.run("events --failed");
    let lines: Vec<&str> = done(&run).stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{run}");
    assert!(lines[0].contains("Files"), "{run}");
    assert!(run.stderr.contains("earlier failed operations: 1"), "{run}");
    let last = bench.run("events --last-operation");
    assert!(done(&last).stdout.lines().next().unwrap().contains("UPDATE_IN_PROGRESS"), "{last}");
    assert!(last.stdout.lines().count() < bench.run("events").stdout.lines().count());
    assert_eq!(done(&bench.run("events --since 2000-01-01T00:00:00Z")).stdout, bench.run("events").stdout);
    assert!(done(&bench.run("events --since 2100-01-01T00:00:00Z")).stdout.is_empty());
    assert_eq!(bench.run("events --since yesterday").code, 64);
}

#[test]
fn a_failed_update_without_rollback_can_be_rolled_back() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("set Cache=Yes Zone=us-east-1b --yes --on-failure do-nothing --fail-on Target:create");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("first failure: Target CREATE_FAILED") && run.stderr.contains("next: rackform recover"), "{run}");
    assert_eq!(status(&bench), "UPDATE_FAILED");
    let left = done(&bench.run("local resources --format json")).stdout.clone();
    assert!(left.contains("AWS::EFS::FileSystem"), "created resources are kept: {left}");
    assert_eq!(options(&bench), ["rollback", "delete"]);
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
fn a_failed_creation_is_kept_or_deleted_as_requested() {
    let bench = bench();
    let run = bench.run("apply --yes --disable-rollback --fail-on Group:create");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(status(&bench), "CREATE_FAILED");
    assert_eq!(options(&bench), ["delete"]);
    done(&bench.run("recover --yes"));
    let run = bench.run("apply --yes --on-failure delete --fail-on Group:create");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("first failure: Group CREATE_FAILED"), "{run}");
    assert_eq!(bench.run("status").code, 66, "the stack is deleted");
    done(&bench.run("apply --yes"));
}
