//! What in the account would make a plan fail: asked and told before it is carried out.

use crate::backend::{Backend, BackendHint, TemplateBucket};
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::INLINE_TEMPLATE_LIMIT_BYTES;
use crate::operation::PreparedChange;
use crate::ui;
use crate::verify::preflight::{Bucket, Request, preflight};
use crate::verify::{Report, State, Subject};

/// Looks for what would make a change fail.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn inspect(context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<Report, Failure> {
    let inspector = crate::cli::shared::backend::inspector(context, backend)?;
    let subject = Subject::from(&change.target);
    let bucket = bucket(backend, change)?;
    let remedy = match &bucket {
        Some((_, false)) => ui::hints::backend(&BackendHint::SetTemplateBucket),
        _ => "create it, or name another".to_owned(),
    };
    let is_made = change.target.options.create_template_bucket;
    let bucket = bucket.as_ref().map(|(name, is_named)| Bucket { name, is_made: is_made && !is_named, remedy: &remedy });
    let role_arn = change.target.options.role_arn.as_deref();
    let stored = crate::operation::ssm_parameter_names(change.parameters);
    let request = Request { subject: &subject, plan: &change.plan, known: change.state, bucket, role_arn, ssm_parameters: &stored };
    Ok(preflight(backend, inspector.as_ref(), &request)?)
}

/// Returns the bucket that the template of a change goes through on AWS, where it is too large to go without, and whether it is one that
/// somebody else made.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn bucket(backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<Option<(String, bool)>, Failure> {
    if !backend.capabilities().uploads_templates || change.target.longest_template() <= INLINE_TEMPLATE_LIMIT_BYTES {
        return Ok(None);
    }
    let resources = match change.target.revision {
        Some(_) => backend.list_resources(&change.target.stack)?,
        None => Vec::new(),
    };
    Ok(Some(match TemplateBucket::of(&change.target.options, &resources) {
        TemplateBucket::Named(name) | TemplateBucket::Settings(name) => (name, true),
        TemplateBucket::Own => (TemplateBucket::own_name(&backend.identity()?.account, &backend.region()), false),
    }))
}

/// Tells what is in the way, and what could not be looked at; under `-v` that nothing is.
pub fn report(context: &mut Context<'_>, report: &Report) {
    let text = ui::verify::not_passed(report, context.stderr_layout());
    if report.checks.iter().any(|verdict| verdict.state == State::Failed) {
        context.warn(text.trim_end());
    } else if !text.is_empty() {
        context.status(text.trim_end());
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
