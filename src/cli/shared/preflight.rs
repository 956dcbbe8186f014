//! Preflight: checks that run before an update, and show what in the account would make it fail.

use crate::backend::{Backend, BackendHint};
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::{PreparedChange, required_bucket};
use crate::ui;
use crate::verify::preflight::{Bucket, Request, preflight};
use crate::verify::{Report, State, Subject};

/// Runs the preflight checks of a change.
///
/// # Errors
///
/// Returns an error if the backend fails.
pub fn inspect(context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<Report, Failure> {
    let inspector = crate::cli::shared::backend::inspector(context, backend)?;
    let subject = Subject::from(&change.target);
    let bucket = required_bucket(backend, change)?;
    let remedy = match &bucket {
        Some(bucket) if !bucket.is_configured => ui::hints::backend(&BackendHint::SetTemplateBucket),
        _ => "create the bucket, or configure another".to_owned(),
    };
    let is_made = change.target.options.create_template_bucket;
    let bucket = bucket.as_ref().map(|bucket| Bucket { name: &bucket.name, is_made: is_made && !bucket.is_configured, remedy: &remedy });
    let role_arn = change.target.options.role_arn.as_deref();
    let ssm_parameters = crate::operation::ssm_parameter_names(change.parameters);
    let request = Request { subject: &subject, plan: &change.plan, known: change.state, bucket, role_arn, ssm_parameters: &ssm_parameters };
    Ok(preflight(backend, inspector.as_ref(), &request)?)
}

/// Prints failed checks and checks that could not run; with `-v` also a summary.
pub fn report(context: &mut Context<'_>, report: &Report) {
    let text = ui::verify::not_passed(report, context.stderr_layout());
    if report.checks.iter().any(|verdict| verdict.state == State::Failed) {
        context.warn(text.trim_end());
    } else if !text.is_empty() {
        context.status(text.trim_end());
    }
    context.detail(&format!("preflight of {}", ui::verify::summary(report)));
}

/// Refuses a plan with a failed check.
///
/// # Errors
///
/// Returns an error if a check failed.
pub fn refuse(report: &Report, hint: &str) -> Result<(), Failure> {
    match report.summary.errors {
        0 => Ok(()),
        count => {
            let checks = if count == 1 { "1 preflight check".to_owned() } else { format!("{count} preflight checks") };
            let message = format!("the update would fail: {checks} failed; nothing was changed");
            Err(Failure::new(ExitCode::Denied, message).hinted(hint))
        }
    }
}
