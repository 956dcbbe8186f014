//! `kill -9` at every call of an operation over the wire, and a second run.
#![allow(clippy::unwrap_used)]

use super::endpoint::Running;
use super::faults::{Kind, OPERATIONS, check_all};
use super::proxy::{Fault, Proxy};
use super::stories;

/// The number of repetitions of one call, such as polling for events, that are tested.
const LOOKS: usize = 2;

#[test]
fn a_second_run_finishes_the_operation_of_a_killed_run() {
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        let Some(calls) = operation.calls("slow") else { return };
        for (action, count) in calls.into_iter().filter(|(_, count)| *count <= LOOKS) {
            // Killed before the endpoint receives the call, and after the endpoint processed it, before the program receives the response.
            cases.extend([Fault::SilentBefore, Fault::SilentAfter].map(|fault| (operation, action.clone(), count, fault)));
        }
    }
    check_all(&cases, |(operation, action, count, fault)| {
        let account = operation.account("slow").unwrap();
        let proxy = Proxy::faulting(&account.address, action, *count, *fault);
        let bench = stories::bench();
        let arguments = format!("{} --stack-name slow", operation.arguments);
        let running = Running::start(&mut account.at(&proxy.address).command(&bench, &arguments));
        assert!(proxy.wait_for(action, *count), "{action} {count} was not received: {:?}", proxy.calls());
        running.kill();
        drop(proxy);
        let was_gone = account.status("slow") == "gone";
        let again = account.run(&bench, &arguments);
        let context = format!("killed at {action} {count} ({fault:?}); {} then; again: {again}", account.status("slow"));
        // After a finished deletion, the stack does not exist any more.
        let code = if was_gone && operation.kind == Kind::Delete { 66 } else { 0 };
        assert!(again.code == code || (operation.kind == Kind::Delete && again.code == 66), "{context}");
        operation.assert_executed_once(&account, "slow", &context);
    });
}
