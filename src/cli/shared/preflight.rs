//! Preflight: checks that run before an update, and show what in the account would make it fail.

use crate::backend::Backend;
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::{PreparedChange, check_account};
use crate::ui;
use crate::verify::{Report, State};

/// Runs the preflight checks of a change.
///
/// # Errors
///
/// Returns an error if the backend fails.
pub fn inspect(context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<Report, Failure> {
    let inspector = crate::cli::shared::backend::inspector(context, backend)?;
    Ok(check_account(change, backend, inspector.as_ref())?)
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
