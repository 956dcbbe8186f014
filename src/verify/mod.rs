//! Whether an account holds what a stack's template expected, and whether a plan would fail for something that only the account knows.
//!
//! Takes an evaluated template with physical IDs, gives a [`Expected`]; an [`Inspector`] answers what there really is, which makes a
//! [`Observed`]; comparing the two is pure and gives [`Verdict`]s. `aws` is the inspector of an account, through the SDK; [`local`]
//! answers from the embedded backend's own resources, so that the whole road is there without an account. Showing verdicts is for
//! [`ui`](crate::ui); which permissions the asking takes is for [`permissions`](crate::permissions).
//!
//! Every check has a stable name, listed in [`CHECKS`] and explained in `docs/checks.md`.

mod actual_state;
#[cfg(feature = "aws")]
pub mod aws;
mod check;
mod expected;
mod inspector;
pub mod local;
mod names;
mod observed;
pub mod preflight;
mod resources;
mod rights;
mod subject;
mod verdict;

use std::time::{Duration, Instant};

pub use actual_state::{ActualState, inspect_resource};
pub use check::check;
pub(crate) use expected::Reader;
pub use expected::{
    Expected, ExpectedContainer, ExpectedFileSystem, ExpectedKey, ExpectedMountTarget, ExpectedRepository, ExpectedRule, ExpectedTask,
};
pub use inspector::Inspector;
pub use names::{CHECKS, Check, Stage};
pub use observed::{
    Answer, Asked, Container, EfsVolume, FileSystem, Ingress, Key, Limits, MountPoint, MountTarget, Observed, Refusal, Repository,
    SecurityGroup, Subnet, TaskDefinition, Volume, Vpc, Zone, inspect,
};
use resources::empty;
pub use resources::resources;
pub use rights::{Denied, PermissionRequest, Principal, Rights};
pub use subject::{Subject, VerifyError};
pub use verdict::{Level, Report, State, Summary, Verdict};

use crate::cloudformation::StackStatus;
use crate::plan::redact::Secrets;

/// How long to leave things alone between two looks at something that is not ready yet.
const PAUSE: Duration = Duration::from_secs(5);

/// Checks whether an account holds what a stack's template expected.
///
/// As long as something is still being made, such as a mount target, it looks again until `patience` is over.
///
/// # Errors
///
/// Returns that there is no such stack, that its template cannot be evaluated, or that the backend cannot be asked. What the inspector
/// is not told is a verdict of its own.
pub fn verify(
    backend: &dyn crate::backend::Backend,
    inspector: &dyn Inspector,
    subject: &Subject,
    patience: Duration,
) -> Result<Report, VerifyError> {
    let start = Instant::now();
    loop {
        let report = once(backend, inspector, subject)?;
        let left = patience.saturating_sub(start.elapsed());
        if report.summary.pending == 0 || left.is_zero() {
            return Ok(report);
        }
        std::thread::sleep(PAUSE.min(left));
    }
}

fn once(backend: &dyn crate::backend::Backend, inspector: &dyn Inspector, subject: &Subject) -> Result<Report, VerifyError> {
    subject.deployed_evaluated(backend, |evaluation, stack| {
        if stack.status == StackStatus::RollbackComplete {
            return Ok(Report::new(&stack.name, vec![empty(evaluation)]));
        }
        let present = backend.list_resources(&stack.id)?;
        let expected = Expected::of(evaluation);
        let observed = inspect(&expected, inspector);
        let mut verdicts = resources(evaluation, &present);
        verdicts.extend(check(&expected, &observed));
        if stack.status.is_in_progress() {
            verdicts = verdicts.into_iter().map(|verdict| verdict.awaited(&stack.status)).collect();
        }
        let secrets = Secrets::of(None, evaluation);
        Ok(Report::new(&stack.name, verdicts.into_iter().map(|verdict| verdict.hiding(&secrets)).collect()))
    })
}
