//! Checks that the account matches a stack's template, and that a plan would not fail because of the state of the account.
//!
//! Takes an evaluated template with physical IDs, which [`operation`](crate::operation) loads, and reads from it what is [`Expected`]. An
//! [`Inspector`] returns what exists in the account: [`Observed`]. Comparing the two is pure and returns [`Verdict`]s. `aws`
//! inspects an account through the SDK; [`local`] inspects the resources of the local backend, so that everything works without an
//! account. Showing verdicts is left to [`ui`](crate::ui), and the permissions that inspection needs to
//! [`permissions`](crate::permissions).
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
mod verdict;

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
pub use verdict::{Report, State, Summary, Verdict};

use crate::backend::{StackDescription, StackResource};
use crate::cloudformation::StackStatus;
use crate::evaluate::Evaluation;
use crate::plan::redact::Secrets;

/// A deployed stack, as [`operation`](crate::operation) loads and evaluates it.
#[derive(Clone, Copy, Debug)]
pub struct Deployment<'d, 'a> {
    /// The stack.
    pub stack: &'d StackDescription,
    /// Its resources.
    pub resources: &'d [StackResource],
    /// Its template, evaluated with its parameters and the known state of its resources.
    pub evaluation: &'d Evaluation<'a>,
}

/// Checks once that the account matches a deployed stack. A failed request of the inspector is a verdict, too.
pub fn verify(deployment: Deployment<'_, '_>, inspector: &dyn Inspector) -> Report {
    let Deployment { stack, resources: actual, evaluation } = deployment;
    if stack.status == StackStatus::RollbackComplete {
        return Report::new(&stack.name, vec![creation_failed(evaluation)]);
    }
    let expected = Expected::of(evaluation);
    let observed = inspect(&expected, inspector);
    let mut verdicts = resources(evaluation, actual);
    verdicts.extend(check(&expected, &observed));
    if stack.status.is_in_progress() {
        verdicts = verdicts.into_iter().map(|verdict| verdict.pending_while(&stack.status)).collect();
    }
    let secrets = Secrets::of(None, evaluation);
    Report::new(&stack.name, verdicts.into_iter().map(|verdict| verdict.masked(&secrets)).collect())
}
