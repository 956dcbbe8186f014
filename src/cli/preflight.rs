//! What in the account would make a plan fail: asked and told before it is carried out.

use super::deployed::Change;
use super::{Context, ExitCode, Failure};
use crate::backend::Backend;
use crate::ui;
use crate::verify::preflight::{Request, preflight};
use crate::verify::{Report, State, Subject};

/// Looks for what would make a change fail.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn look(context: &mut Context<'_>, backend: &dyn Backend, change: &Change<'_>) -> Result<Report, Failure> {
    let inspector = super::backend::inspector(context, backend)?;
    let subject = Subject::from(&change.target);
    let request = Request { subject: &subject, plan: &change.plan, known: change.known, bucket: None };
    Ok(preflight(backend, inspector.as_ref(), &request)?)
}

/// Tells what is in the way, and what could not be looked at; under `-v` that nothing is.
pub fn tell(context: &mut Context<'_>, report: &Report) {
    let text = ui::verify::broken(report, context.stderr_layout());
    if report.checks.iter().any(|verdict| verdict.state == State::Broken) {
        context.complain(text.trim_end());
    } else if !text.is_empty() {
        context.say(text.trim_end());
    }
    context.detail(&format!("preflight of {}", ui::verify::summary(report)));
}

/// Refuses what would fail.
///
/// # Errors
///
/// Returns that something would make the plan fail.
pub fn refuse(report: &Report, hint: &str) -> Result<(), Failure> {
    match report.summary.errors {
        0 => Ok(()),
        count => {
            let things = if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
            let message = format!("the plan would fail: {things} in the way; nothing was changed");
            Err(Failure::new(ExitCode::Denied, message).hinted(hint))
        }
    }
}
