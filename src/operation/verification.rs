//! Verifies a deployed stack: loads and evaluates it, and checks again while a resource is still being created.

use std::time::{Duration, Instant};

use indexmap::IndexMap;

use super::deployed::DeployedStack;
use super::error::OperationError;
use super::input::{evaluate_template, with_values};
use crate::backend::{Backend, ParameterInput};
use crate::template::Arena;
use crate::verify::{Deployment, Inspector, Report, verify};

/// The interval between two inspections of a resource that is still being created.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// A deployed stack to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerificationRequest<'r> {
    /// The stack.
    pub stack: &'r str,
    /// The parameters that were deployed, if known; CloudFormation does not return `NoEcho` values.
    pub parameters: Option<&'r IndexMap<String, ParameterInput>>,
    /// How long to check again while a resource such as a mount target is still being created.
    pub patience: Duration,
}

/// Checks that the account matches the template of a deployed stack.
///
/// # Errors
///
/// Returns an error if the stack does not exist, if its template cannot be evaluated, or if a request to the backend fails. A failed
/// request of the inspector is a verdict instead.
pub fn verify_stack(request: VerificationRequest<'_>, backend: &dyn Backend, inspector: &dyn Inspector) -> Result<Report, OperationError> {
    let start = Instant::now();
    loop {
        let report = verify_once(request, backend, inspector)?;
        let left = request.patience.saturating_sub(start.elapsed());
        if report.summary.pending == 0 || left.is_zero() {
            return Ok(report);
        }
        std::thread::sleep(POLL_INTERVAL.min(left));
    }
}

fn verify_once(request: VerificationRequest<'_>, backend: &dyn Backend, inspector: &dyn Inspector) -> Result<Report, OperationError> {
    let arena = Arena::new();
    let mut deployed = DeployedStack::load_existing(backend, request.stack, &arena)?;
    if let Some(parameters) = request.parameters {
        deployed.parameters = with_values(deployed.parameters, parameters);
    }
    // Warnings about the deployed template do not concern the account.
    let evaluation = evaluate_template(&arena, deployed.template, &deployed.parameters, deployed.state, &mut |_| {})?;
    let resources = backend.list_resources(&deployed.description.id)?;
    Ok(verify(Deployment { stack: &deployed.description, resources: &resources, evaluation: &evaluation }, inspector))
}
