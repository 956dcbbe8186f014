//! Every call of an operation with every network fault: each operation runs exactly once, and its outcome is reported correctly.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::endpoint::{Account, Running, element};
use super::proxy::{Fault, Proxy};
use super::stories::{self, RACK};

/// The number of concurrent runs, which mostly wait.
const THREADS: usize = 12;

/// Checks cases concurrently, and fails with the list of all failed cases.
pub fn check_all<C: Sync + std::fmt::Debug>(cases: &[C], check: impl Fn(&C) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    // The panic message is already on standard error.
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

/// An operation on a stack.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The command.
    pub arguments: &'static str,
    /// The kind.
    pub kind: Kind,
}

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Create,
    Update,
    /// Deletes an existing stack.
    Delete,
    /// Rolls back a failed update that was not rolled back automatically.
    RollBack,
}

/// One operation of each kind.
pub const OPERATIONS: [Operation; 4] = [
    Operation { arguments: "apply --yes -p Days=30", kind: Kind::Create },
    Operation { arguments: "set Days=30 --yes", kind: Kind::Update },
    Operation { arguments: "delete --yes --allow-data-loss Logs", kind: Kind::Delete },
    Operation { arguments: "recover --yes", kind: Kind::RollBack },
];

/// The calls that start an operation.
const START_CALLS: [&str; 4] = ["ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "RollbackStack"];

impl Operation {
    /// Returns an account in which the operation can start on the stack `stack`.
    pub fn account(self, stack: &str) -> Option<Account> {
        let account = Account::new()?;
        if self.kind != Kind::Create {
            account.ask("CreateStack", &[("StackName", stack), ("TemplateBody", RACK)]);
            assert_eq!(account.wait_until_idle(stack), "CREATE_COMPLETE");
        }
        if self.kind == Kind::RollBack {
            // The rule refers to a security group that does not exist.
            let mut parameters = vec![("StackName", stack), ("TemplateBody", RACK), ("DisableRollback", "true")];
            for (at, (name, value)) in [("Group", "sg-0123456789abcdef0"), ("Days", "30")].into_iter().enumerate() {
                parameters.push((["Parameters.member.1.ParameterKey", "Parameters.member.2.ParameterKey"][at], name));
                parameters.push((["Parameters.member.1.ParameterValue", "Parameters.member.2.ParameterValue"][at], value));
            }
            account.ask("UpdateStack", &parameters);
            assert_eq!(account.wait_until_idle(stack), "UPDATE_FAILED");
        }
        Some(account)
    }

    /// Returns the exit code of the same command after the operation has finished.
    fn repeated_exit_code(self) -> i32 {
        if self.kind == Kind::Delete { 66 } else { 0 }
    }

    /// Returns the calls of the operation in order, each with its number among the calls of the same action.
    pub fn calls(self, stack: &str) -> Option<Vec<(String, usize)>> {
        let account = self.account(stack)?;
        let proxy = Proxy::new(&account.address, |_, _| Fault::None);
        let run = account.at(&proxy.address).run(&stories::bench(), &format!("{} --stack-name {stack}", self.arguments));
        assert_eq!(run.code, 0, "{run}");
        Some(proxy.calls().into_iter().map(|call| (call.action, call.count)).collect())
    }

    /// Fails unless the operation ran exactly once and left no change set.
    pub fn assert_executed_once(self, account: &Account, stack: &str, context: &dyn std::fmt::Display) {
        let (begun, complete, days_then) = match self.kind {
            Kind::Create => ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "30"),
            Kind::Update => ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "30"),
            Kind::RollBack => ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "7"),
            Kind::Delete => {
                assert_eq!(account.wait_until_idle(stack), "gone", "{context}");
                return;
            }
        };
        assert_eq!(account.wait_until_idle(stack), complete, "{context}");
        assert_eq!(account.started_count(stack, begun), 1, "{context}");
        assert_eq!(days(account, stack).as_deref(), Some(days_then), "{context}");
        assert_eq!(account.open_change_sets(stack), Vec::<String>::new(), "{context}");
    }
}

/// Returns the value of the parameter that the operations change.
pub fn days(account: &Account, stack: &str) -> Option<String> {
    let answer = account.ask("DescribeStacks", &[("StackName", stack)]);
    let member = answer.split("<member>").find(|member| member.contains("<ParameterKey>Days<"))?;
    element(member, "ParameterValue").map(ToOwned::to_owned)
}

/// Returns the cases: every action with every fault, and every call with at least one fault.
///
/// Repeated calls of one action, such as polling for events, behave alike, so each of them gets only one of the faults.
fn cases_of(calls: &[(String, usize)]) -> Vec<(String, usize, Fault)> {
    let mut cases = Vec::new();
    for (action, _) in calls.iter().filter(|(_, count)| *count == 1) {
        let last = calls.iter().filter(|(other, _)| other == action).count();
        cases.extend((0..last.max(Fault::ALL.len())).map(|at| (action.clone(), at % last + 1, Fault::ALL[at % Fault::ALL.len()])));
    }
    cases
}

#[test]
fn a_fault_at_any_call_is_tolerated_and_the_operation_runs_once() {
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        let Some(calls) = operation.calls("rack") else { return };
        assert!(calls.iter().any(|(action, _)| START_CALLS.contains(&action.as_str())), "{calls:?}");
        cases.extend(cases_of(&calls).into_iter().map(|(action, count, fault)| (operation, action, count, fault)));
    }
    check_all(&cases, |(operation, action, count, fault)| {
        let account = operation.account("rack").unwrap();
        let proxy = Proxy::faulting(&account.address, action, *count, *fault);
        let bench = stories::bench();
        let mut command = account.at(&proxy.address).command(&bench, operation.arguments);
        let run = Running::start(command.env("RACKFORM_CALL_TIMEOUT", call_timeout(*fault))).finish();
        let context = format!("{action} {count} {fault:?}: {run}\n{:?}", proxy.calls());
        assert_eq!(run.code, 0, "{context}");
        operation.assert_executed_once(&account, "rack", &context);
    });
}

/// Returns the timeout of a call in seconds. Only a silent fault needs a short one; a short one for other faults would also end calls that
/// are merely slow on a busy machine.
fn call_timeout(fault: Fault) -> &'static str {
    match fault {
        Fault::SilentBefore | Fault::SilentAfter => "2.5",
        _ => "15",
    }
}

/// The number of failures of a call in an outage: more than the immediate retries, so that the run must end or wait.
const OUTAGE: usize = 6;

/// A call fails persistently: the run waits, or ends with an error that names the call and claims no success. The next run finishes.
#[test]
fn a_run_waits_for_the_end_of_an_outage_or_reports_it_and_the_next_run_finishes() {
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
        let run = Running::start(command.envs([("RACKFORM_CALL_TIMEOUT", call_timeout(fault)), ("AWS_MAX_ATTEMPTS", "2")])).finish();
        let context = format!("{action} {fault:?}: {run}\n{:?}", proxy.calls());
        let status = account.wait_until_idle("rack");
        if run.code == 0 {
            operation.assert_executed_once(&account, "rack", &context);
        } else {
            assert!(run.stderr.contains(action), "the failed call is named\n{context}");
            assert!(!run.stderr.contains("_COMPLETE\n") || run.stderr.contains(&format!("is {status}\n")), "{status}\n{context}");
        }
        let was_done = account.wait_until_idle("rack") == "gone" && operation.kind == Kind::Delete;
        let again = account.run(&bench, operation.arguments);
        assert_eq!(again.code, if was_done { operation.repeated_exit_code() } else { 0 }, "{context}\nagain: {again}");
        operation.assert_executed_once(&account, "rack", &format!("{context}\nagain: {again}"));
    });
}
