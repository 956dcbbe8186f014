//! Checks that the account matches a stack's template, and that a plan would not fail for a reason that only the account knows.
//!
//! Takes an evaluated template with physical IDs and reads from it what is [`Expected`]. An [`Inspector`] answers what exists in the
//! account, which gives [`Observed`]. Comparing the two is pure and returns [`Verdict`]s. `aws` inspects an account through the SDK;
//! [`local`] inspects the resources of the local backend, so that everything works without an account. Showing verdicts is left to
//! [`ui`](crate::ui), and the permissions that inspection needs to [`permissions`](crate::permissions).
//!
//! Every check has a stable name, listed in [`CHECKS`] and explained in `docs/checks.md`.

mod actual_state;
#[cfg(feature = "aws")]
pub mod aws;
mod check;
mod expected;
mod inspect;
mod inspector;
pub mod local;
mod names;
mod observed;
mod permissions;
pub mod preflight;
mod remedy;
mod resources;
mod subject;
mod verdict;

use std::time::{Duration, Instant};

pub use actual_state::{ActualState, inspect_resource};
pub use check::check;
#[cfg(feature = "build")]
pub(crate) use expected::Reader;
pub use expected::{
    Expected, ExpectedContainer, ExpectedFileSystem, ExpectedKey, ExpectedMountTarget, ExpectedRepository, ExpectedRule, ExpectedTask,
};
pub use inspect::inspect;
pub use inspector::Inspector;
pub use names::{CHECKS, Check, Level, Stage};
pub use observed::{
    Container, EfsVolume, FileSystem, Ingress, InspectError, InspectResult, Key, Limits, Lookup, MountPoint, MountTarget, Observed,
    Repository, SecurityGroup, Subnet, TaskDefinition, Volume, Vpc, Zone,
};
pub use permissions::{Denied, PermissionRequest, Principal, SimulatedPermissions};
pub use remedy::Remedy;
use resources::creation_failed;
pub use resources::resources;
pub use subject::{Subject, VerifyError};
pub use verdict::{Report, State, Summary, Verdict};

use crate::backend::Backend;
use crate::cloudformation::StackStatus;
use crate::plan::redact::Secrets;

/// The interval between two inspections of a resource that is still being created.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Checks that the account matches a stack's template.
///
/// While a resource such as a mount target is still being created, checks again until `patience` is over.
///
/// # Errors
///
/// Returns an error if the stack does not exist, if its template cannot be evaluated, or if a request to the backend fails. A failed
/// request of the inspector is a verdict instead.
pub fn verify(backend: &dyn Backend, inspector: &dyn Inspector, subject: &Subject, patience: Duration) -> Result<Report, VerifyError> {
    let start = Instant::now();
    loop {
        let report = verify_once(backend, inspector, subject)?;
        let left = patience.saturating_sub(start.elapsed());
        if report.summary.pending == 0 || left.is_zero() {
            return Ok(report);
        }
        std::thread::sleep(POLL_INTERVAL.min(left));
    }
}

fn verify_once(backend: &dyn Backend, inspector: &dyn Inspector, subject: &Subject) -> Result<Report, VerifyError> {
    subject.deployed_evaluated(backend, |evaluation, stack| {
        if stack.status == StackStatus::RollbackComplete {
            return Ok(Report::new(&stack.name, vec![creation_failed(evaluation)]));
        }
        let actual = backend.list_resources(&stack.id)?;
        let expected = Expected::of(evaluation);
        let observed = inspect(&expected, inspector);
        let mut verdicts = resources(evaluation, &actual);
        verdicts.extend(check(&expected, &observed));
        if stack.status.is_in_progress() {
            verdicts = verdicts.into_iter().map(|verdict| verdict.pending_while(&stack.status)).collect();
        }
        let secrets = Secrets::of(None, evaluation);
        Ok(Report::new(&stack.name, verdicts.into_iter().map(|verdict| verdict.masked(&secrets)).collect()))
    })
}
