//! Preflight: checks of the account that run before a prepared change is executed.

use super::error::OperationError;
use super::ssm_parameters::ssm_parameter_names;
use super::target::PreparedChange;
use super::template_bucket::required_bucket;
use crate::backend::Backend;
use crate::verify::preflight::{Bucket, Request, preflight};
use crate::verify::{Inspector, Report};

/// Runs the preflight checks of a change.
///
/// # Errors
///
/// Returns an error if a request to the backend fails. A failed request of the inspector is a verdict instead.
pub fn check_account(change: &PreparedChange<'_>, backend: &dyn Backend, inspector: &dyn Inspector) -> Result<Report, OperationError> {
    let options = &change.target.options;
    let bucket = required_bucket(backend, change)?;
    let bucket = bucket.as_ref().map(|bucket| Bucket {
        name: &bucket.name,
        is_made: options.create_template_bucket && !bucket.is_configured,
        is_configured: bucket.is_configured,
    });
    // Another user may have started an operation since the plan was made.
    let stack = backend.describe_stack(&change.target.stack)?;
    let ssm_parameters = ssm_parameter_names(change.after.parameters);
    Ok(preflight(
        inspector,
        &Request {
            stack_name: &change.target.stack,
            stack: stack.as_ref(),
            after: &change.after,
            plan: &change.plan,
            bucket,
            role_arn: options.role_arn.as_deref(),
            ssm_parameters: &ssm_parameters,
        },
    ))
}
