//! Every call of an operation with every network fault: nothing is lost, nothing is done twice, and every outcome is reported correctly.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::endpoint::{Account, Running, element};
use super::proxy::{Fault, Proxy};
use super::stories::{self, RACK};

/// What a call may meet.
const FAULTS: [Fault; 9] = [
    Fault::Throttled,
    Fault::ServerError(500),
    Fault::ServerError(503),
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::SilentBefore,
    Fault::SilentAfter,
    Fault::Slow,
    Fault::Truncated,
];

/// How many runs go on at once: they mostly wait.
const THREADS: usize = 16;

/// Checks cases side by side; tells of all that failed.
pub fn check_all<C: Sync + std::fmt::Debug>(cases: &[C], check: impl Fn(&C) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    // The check's own words are on standard error by then.
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(case))).is_err() {
                        failed.lock().unwrap().push(format!("{case:?}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// What is done to a stack, and how to tell that it was done once.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The command.
    pub arguments: &'static str,
    /// What it does.
    pub kind: Kind,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Create,
    Update,
    /// Of a stack that is there.
    Delete,
    /// Of a stack whose update is left where it failed, and goes back.
    RollBack,
}

/// Every kind of operation that is carried out.
pub const OPERATIONS: [Operation; 4] = [
    Operation { arguments: "apply --yes -p Days=30", kind: Kind::Create },
    Operation { arguments: "set Days=30 --yes", kind: Kind::Update },
    Operation { arguments: "delete --yes --allow-data-loss Logs", kind: Kind::Delete },
    Operation { arguments: "recover --yes", kind: Kind::RollBack },
];

/// The call with which each begins.
const BEGINNINGS: [&str; 4] = ["ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "RollbackStack"];

impl Operation {
    /// Returns an account that is ready for it, its stack named `stack`.
    pub fn account(self, stack: &str) -> Option<Account> {
        let account = Account::new()?;
        if self.kind != Kind::Create {
            account.ask("CreateStack", &[("StackName", stack), ("TemplateBody", RACK)]);
            assert_eq!(account.settled(stack), "CREATE_COMPLETE");
        }
        if self.kind == Kind::RollBack {
            // The rule names a group that is not there.
            let mut parameters = vec![("StackName", stack), ("TemplateBody", RACK), ("DisableRollback", "true")];
            for (at, (name, value)) in [("Group", "sg-0123456789abcdef0"), ("Days", "30")].into_iter().enumerate() {
                parameters.push((["Parameters.member.1.ParameterKey", "Parameters.member.2.ParameterKey"][at], name));
                parameters.push((["Parameters.member.1.ParameterValue", "Parameters.member.2.ParameterValue"][at], value));
            }
            account.ask("UpdateStack", &parameters);
            assert_eq!(account.settled(stack), "UPDATE_FAILED");
        }
        Some(account)
    }

    /// Tells whether it is done already, so that the same again finds nothing to do.
    fn again(self) -> i32 {
        // A stack that is gone is not there.
        if self.kind == Kind::Delete { 66 } else { 0 }
    }

    /// Returns the calls that it consists of, in order: each with which of its kind it is.
    pub fn calls(self, stack: &str) -> Option<Vec<(String, usize)>> {
        let account = self.account(stack)?;
        let proxy = Proxy::new(&account.address, |_, _| Fault::None);
        let run = account.at(&proxy.address).run(&stories::bench(), &format!("{} --stack-name {stack}", self.arguments));
        assert_eq!(run.code, 0, "{run}");
        Some(proxy.calls().into_iter().map(|call| (call.action, call.count)).collect())
    }

    /// Fails unless the operation was done exactly once and left nothing beside it.
    pub fn done_once(self, account: &Account, stack: &str, told: &dyn std::fmt::Display) {
        let (begun, complete, days_then) = match self.kind {
            Kind::Create => ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "30"),
            Kind::Update => ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "30"),
            Kind::RollBack => ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "7"),
            Kind::Delete => {
                assert_eq!(account.settled(stack), "gone", "{told}");
                return;
            }
        };
        assert_eq!(account.settled(stack), complete, "{told}");
        assert_eq!(account.begun(stack, begun), 1, "{told}");
        assert_eq!(days(account, stack).as_deref(), Some(days_then), "{told}");
        assert_eq!(account.open_change_sets(stack), Vec::<String>::new(), "{told}");
    }
}

/// Returns the value of the parameter that the operations change.
pub fn days(account: &Account, stack: &str) -> Option<String> {
    let answer = account.ask("DescribeStacks", &[("StackName", stack)]);
    let member = answer.split("<member>").find(|member| member.contains("<ParameterKey>Days<"))?;
    element(member, "ParameterValue").map(ToOwned::to_owned)
}

/// Every kind of call meets every fault, and every call at least one: the first to the ninth of a kind share the faults among them.
///
/// Calls of a kind that follow each other, such as asking for events, differ in nothing that a fault could tell; each fault at each of them
/// would be the same case again, and takes several times as long.
fn met(calls: &[(String, usize)]) -> Vec<(String, usize, Fault)> {
    let mut cases = Vec::new();
    for (action, _) in calls.iter().filter(|(_, count)| *count == 1) {
        let last = calls.iter().filter(|(other, _)| other == action).count();
        cases.extend((0..last.max(FAULTS.len())).map(|at| (action.clone(), at % last + 1, FAULTS[at % FAULTS.len()])));
    }
    cases
}

#[test]
fn a_fault_at_any_call_is_tolerated_and_nothing_is_done_twice() {
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        let Some(calls) = operation.calls("rack") else { return };
        assert!(calls.iter().any(|(action, _)| BEGINNINGS.contains(&action.as_str())), "{calls:?}");
        cases.extend(met(&calls).into_iter().map(|(action, count, fault)| (operation, action, count, fault)));
    }
    check_all(&cases, |(operation, action, count, fault)| {
        let account = operation.account("rack").unwrap();
        let proxy = Proxy::faulting(&account.address, action, *count, *fault);
        let bench = stories::bench();
        let mut command = account.at(&proxy.address).command(&bench, operation.arguments);
        let run = Running::start(command.env("RACKFORM_CALL_TIMEOUT", "1.5")).finish();
        let told = format!("{action} {count} {fault:?}: {run}\n{:?}", proxy.calls());
        assert_eq!(run.code, 0, "{told}");
        operation.done_once(&account, "rack", &told);
    });
}

/// How often a call fails in an outage: more often than it is tried at once, so that the run must end there or wait.
const OUTAGE: usize = 6;

/// A call that fails however often it is tried at once: the run waits or ends there, says what failed, claims nothing that is not so, and
/// the next one goes on.
#[test]
fn an_outage_is_waited_for_or_reported_and_the_next_run_finishes() {
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        let Some(calls) = operation.calls("rack") else { return };
        for (action, _) in calls.iter().filter(|(_, count)| *count == 1) {
            let lasting = [Fault::Throttled, Fault::ServerError(500), Fault::CutBefore, Fault::CutAfter, Fault::SilentAfter];
            cases.extend(lasting.iter().map(|fault| (operation, action.clone(), *fault)));
        }
    }
    check_all(&cases, |(operation, action, fault)| {
        let account = operation.account("rack").unwrap();
        let (broken, fault) = (action.clone(), *fault);
        let proxy = Proxy::new(&account.address, move |found, count| if found == broken && count <= OUTAGE { fault } else { Fault::None });
        let bench = stories::bench();
        let mut command = account.at(&proxy.address).command(&bench, operation.arguments);
        let run = Running::start(command.envs([("RACKFORM_CALL_TIMEOUT", "1"), ("AWS_MAX_ATTEMPTS", "2")])).finish();
        let told = format!("{action} {fault:?}: {run}\n{:?}", proxy.calls());
        let status = account.settled("rack");
        if run.code == 0 {
            operation.done_once(&account, "rack", &told);
        } else {
            assert!(run.stderr.contains(action), "the call that failed is named\n{told}");
            assert!(!run.stderr.contains("_COMPLETE\n") || run.stderr.contains(&format!("is {status}\n")), "{status}\n{told}");
        }
        let was_done = account.settled("rack") == "gone" && operation.kind == Kind::Delete;
        let again = account.run(&bench, operation.arguments);
        assert_eq!(again.code, if was_done { operation.again() } else { 0 }, "{told}\nagain: {again}");
        operation.done_once(&account, "rack", &format!("{told}\nagain: {again}"));
    });
}
