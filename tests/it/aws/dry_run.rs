//! A dry run on AWS leaves nothing behind, whatever ends it; and templates that are too long to be sent inline.
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
        assert_eq!(account.settled("rack"), "CREATE_COMPLETE");
    }
    Some(account)
}

/// Fails unless the account is what it was before.
fn untouched(account: &Account, with_stack: bool, told: &dyn std::fmt::Display) {
    let status = if with_stack { "CREATE_COMPLETE" } else { "gone" };
    let begun = std::time::Instant::now();
    // A stack that was only there for a change set goes a moment after it was told to.
    while account.status("rack") != status && begun.elapsed().as_secs() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(account.status("rack"), status, "{told}");
    assert_eq!(account.open_change_sets("rack"), Vec::<String>::new(), "{told}");
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
        assert!(proxy.wait_for(action, *count), "{action} {count} never came");
        running.interrupt();
        let run = running.finish();
        untouched(&account, *with_stack, &format!("interrupted at {action} {count}: {run}"));
    });
}

#[test]
fn what_a_killed_one_leaves_does_not_hinder_the_next_and_goes_with_it() {
    let mut cases = Vec::new();
    for with_stack in [true, false] {
        let Some(calls) = calls(with_stack) else { return };
        let changes = calls.into_iter().filter(|(action, _)| !action.starts_with("List"));
        cases.extend(
            changes.flat_map(|(action, count)| {
                [Fault::SilentBefore, Fault::SilentAfter].map(|fault| (with_stack, action.clone(), count, fault))
            }),
        );
    }
    check_all(&cases, |(with_stack, action, count, fault)| {
        let account = account(*with_stack).unwrap();
        let proxy = Proxy::faulting(&account.address, action, *count, *fault);
        let bench = bench();
        let running = Running::start(&mut account.at(&proxy.address).command(&bench, DRY_RUN));
        assert!(proxy.wait_for(action, *count), "{action} {count} never came");
        running.kill();
        drop(proxy);
        let told = format!("killed at {action} {count} ({fault:?})");
        // What may be left is one change set, and the stack that is only there for it. Neither stands in the way of anything.
        assert!(account.open_change_sets("rack").len() <= 1, "{told}: {:?}", account.open_change_sets("rack"));
        let again = account.run(&bench, DRY_RUN);
        assert_eq!(again.code, 0, "{told}; again: {again}");
        let applied = account.run(&bench, "apply --yes -p Days=30");
        assert_eq!(applied.code, 0, "{told}; applied: {applied}");
        // CloudFormation drops a stack's other change sets when one of them is executed; the endpoint does so for updates alone.
        if *with_stack {
            assert_eq!(account.open_change_sets("rack"), Vec::<String>::new(), "{told}; applied: {applied}");
        }
    });
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
    // The next time it is there: by its name, and without being asked for.
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
    assert_eq!((same.code, account.begun("rack", "UPDATE_IN_PROGRESS")), (0, 1), "{same}");
}
