//! A dry run on AWS leaves nothing behind, even if it fails or is killed; and templates over the inline limit.
#![allow(clippy::unwrap_used)]

use super::endpoint::{Account, Running};
use super::faults::check_all;
use super::proxy::{Fault, Proxy};
use super::stories::{RACK, bench};

const DRY_RUN: &str = "plan --confirm-with-aws -p Days=30";

/// Returns an account with or without a stack `rack`.
fn account(with_stack: bool) -> Option<Account> {
    let account = Account::new()?;
    if with_stack {
        account.ask("CreateStack", &[("StackName", "rack"), ("TemplateBody", RACK)]);
        assert_eq!(account.wait_until_idle("rack"), "CREATE_COMPLETE");
    }
    Some(account)
}

/// Fails if the dry run left a change set or a stack.
fn untouched(account: &Account, with_stack: bool, context: &dyn std::fmt::Display) {
    let status = if with_stack { "CREATE_COMPLETE" } else { "gone" };
    let begun = std::time::Instant::now();
    // The deletion of a stack that exists only for a change set is asynchronous.
    while account.status("rack") != status && begun.elapsed().as_secs() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(account.status("rack"), status, "{context}");
    assert_eq!(account.open_change_sets("rack"), Vec::<String>::new(), "{context}");
}

/// Returns the calls of a dry run, in order.
fn calls(with_stack: bool) -> Option<Vec<(String, usize)>> {
    let account = account(with_stack)?;
    let proxy = Proxy::new(&account.address, |_, _| Fault::None);
    let run = account.at(&proxy.address).run(&bench(), DRY_RUN);
    assert_eq!(run.code, 0, "{run}");
    untouched(&account, with_stack, &run);
    let calls: Vec<(String, usize)> = proxy.calls().into_iter().map(|call| (call.action, call.count)).collect();
    assert!(calls.iter().any(|(action, _)| action == "CreateChangeSet"), "{calls:?}");
    Some(calls)
}

#[test]
fn ctrl_c_at_any_call_leaves_nothing() {
    let mut cases = Vec::new();
    for with_stack in [true, false] {
        let Some(calls) = calls(with_stack) else { return };
        cases.extend(calls.into_iter().map(|(action, count)| (with_stack, action, count)));
    }
    check_all(&cases, |(with_stack, action, count)| {
        let account = account(*with_stack).unwrap();
        let proxy = Proxy::faulting(&account.address, action, *count, Fault::Slow);
        let bench = bench();
        let running = Running::start(&mut account.at(&proxy.address).command(&bench, DRY_RUN));
        assert!(proxy.wait_for(action, *count), "{action} {count} was not received");
        running.interrupt();
        let run = running.finish();
        untouched(&account, *with_stack, &format!("interrupted at {action} {count}: {run}"));
    });
}

/// Commands that may follow, and whether they leave the stack unchanged.
const NEXT: [(&str, bool); 3] = [(DRY_RUN, true), ("recover --yes", true), ("apply --yes -p Days=30", false)];

/// Starts a dry run and kills it at a call.
fn killed(account: &Account, action: &str, count: usize, fault: Fault) {
    let proxy = Proxy::faulting(&account.address, action, count, fault);
    let bench = bench();
    let running = Running::start(&mut account.at(&proxy.address).command(&bench, DRY_RUN));
    assert!(proxy.wait_for(action, count), "{action} {count} was not received");
    running.kill();
}

#[test]
fn any_command_after_a_killed_dry_run_deletes_its_change_set() {
    let mut cases = Vec::new();
    for with_stack in [true, false] {
        let Some(calls) = calls(with_stack) else { return };
        let from = calls.iter().position(|(action, _)| action == "CreateChangeSet").unwrap();
        // A run killed before this call leaves nothing: one such case is enough.
        for (action, count) in calls.into_iter().skip(from.saturating_sub(1)) {
            for fault in [Fault::SilentBefore, Fault::SilentAfter] {
                cases.extend(NEXT.map(|next| (with_stack, action.clone(), count, fault, next)));
            }
        }
    }
    check_all(&cases, |(with_stack, action, count, fault, (next, untouched_after))| {
        let account = account(*with_stack).unwrap();
        killed(&account, action, *count, *fault);
        let context = format!("killed at {action} {count} ({fault:?})");
        // At most one change set may be left, and the stack that exists only for it. Neither prevents other commands.
        assert!(account.open_change_sets("rack").len() <= 1, "{context}: {:?}", account.open_change_sets("rack"));
        let nothing_there = account.status("rack") == "gone";
        let run = account.run(&bench(), next);
        let context = format!("{context}; then {next}: {run}");
        let code = if nothing_there && next.starts_with("recover") { 66 } else { 0 };
        assert_eq!(run.code, code, "{context}");
        if *untouched_after {
            untouched(&account, *with_stack, &context);
        } else {
            assert_eq!(account.open_change_sets("rack"), Vec::<String>::new(), "{context}");
        }
    });
}

#[test]
fn read_only_commands_report_a_stale_change_set_and_keep_it() {
    for with_stack in [true, false] {
        let Some(account) = account(with_stack) else { return };
        killed(&account, "CreateChangeSet", 1, Fault::SilentAfter);
        let left = account.open_change_sets("rack");
        assert_eq!(left.len(), 1);
        for command in ["status", "plan -p Days=30", "recover --dry-run"] {
            let run = account.run(&bench(), command);
            assert_eq!(run.code, 0, "{command}: {run}");
            assert!(run.stderr.contains(&format!("an interrupted dry run left change set `{}`", left[0])), "{command}: {run}");
            assert!(run.stderr.contains("`rackform recover` deletes it"), "{command}: {run}");
            assert_eq!(run.stderr.contains("stack `rack`, which contains nothing else"), !with_stack, "{command}: {run}");
            assert_eq!(account.open_change_sets("rack"), left, "{command}: {run}");
        }
        let cleared = account.run(&bench(), "recover --yes");
        assert!(cleared.code == 0 && cleared.stderr.contains(&format!("deleted change set `{}`", left[0])), "{cleared}");
        untouched(&account, with_stack, &cleared);
    }
}

#[test]
fn the_change_set_of_a_running_dry_run_is_kept() {
    for with_stack in [true, false] {
        let Some(account) = account(with_stack) else { return };
        // The first run gets no response for longer than the other two runs take, and then retries.
        let proxy = Proxy::faulting(&account.address, "DescribeChangeSet", 1, Fault::SilentBefore);
        let first_bench = bench();
        let mut command = account.at(&proxy.address).command(&first_bench, DRY_RUN);
        let first = Running::start(command.env("RACKFORM_CALL_TIMEOUT", "15"));
        assert!(proxy.wait_for("DescribeChangeSet", 1), "{:?}", proxy.calls());
        let left = account.open_change_sets("rack");
        assert_eq!(left.len(), 1);
        let look = account.run(&bench(), "status");
        assert!(look.code == 0 && !look.stderr.contains("interrupted dry run"), "{look}");
        let second = account.run(&bench(), DRY_RUN);
        assert_eq!(second.code, 0, "{second}");
        assert_eq!(account.open_change_sets("rack"), left, "the second run deletes only its own change set\n{second}");
        let first = first.finish();
        assert_eq!(first.code, 0, "{first}");
        untouched(&account, with_stack, &first);
    }
}

/// Whether the process of another machine still runs is unknown; the name of the change set contains its time limit.
#[test]
fn a_change_set_of_another_machine_is_deleted_after_its_time_limit() {
    let Some(account) = account(true) else { return };
    let until = |seconds: i64| jiff::Timestamp::now().as_second() + seconds;
    let live = format!("rackform-confirm-{:x}-7-7-7-0a1b2c3d4e5f6071", until(600));
    let stale = format!("rackform-confirm-{:x}-7-7-7-0a1b2c3d4e5f6071", until(-1));
    for name in [live.as_str(), stale.as_str(), "unrelated"] {
        let template = RACK.replace("\"Default\": \"7\"", "\"Default\": \"8\"");
        account.ask("CreateChangeSet", &[("StackName", "rack"), ("ChangeSetName", name), ("TemplateBody", &template)]);
    }
    assert_eq!(account.open_change_sets("rack").len(), 3);
    let run = account.run(&bench(), DRY_RUN);
    assert!(run.code == 0 && run.stderr.contains(&format!("deleted change set `{stale}`")), "{run}");
    let mut left = account.open_change_sets("rack");
    left.sort();
    assert_eq!(left, [live, "unrelated".to_owned()], "{run}");
}

#[test]
fn a_template_over_the_inline_limit_goes_through_a_bucket() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    let long = format!(r#"{{"Metadata": {{"Pad": "{}"}}, {}"#, "y".repeat(60_000), &RACK.trim_start()[1..]);
    bench.file("stack.json", long);
    let refused = account.run(&bench, "apply --yes");
    assert!(refused.code != 0 && refused.stderr.contains("bucket"), "{refused}");
    assert_eq!(account.status("rack"), "gone", "{refused}");
    let made = account.run(&bench, "apply --yes --create-template-bucket");
    assert_eq!((made.code, account.status("rack").as_str()), (0, "CREATE_COMPLETE"), "{made}");
    // The next run finds the bucket by its name, without the option.
    bench.file(
        "rack.yaml",
        format!(
            "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\ntemplate_bucket: rackform-templates-{}-us-east-1\n",
            account.id
        ),
    );
    let set = account.run(&bench, "set Days=30 --yes");
    assert_eq!((set.code, account.status("rack").as_str()), (0, "UPDATE_COMPLETE"), "{set}");
    let same = account.run(&bench, "set Days=30 --yes");
    assert_eq!((same.code, account.started_count("rack", "UPDATE_IN_PROGRESS")), (0, 1), "{same}");
}
