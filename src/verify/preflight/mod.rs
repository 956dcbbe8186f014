//! Checks for conditions in an account that would make a plan fail, before it is executed.
//!
//! Takes the evaluated template of a plan and the plan's effects, and reads [`Requirements`] from them, which is pure. Then inspects what
//! they require in the account; each result is a [`Verdict`]. A failed or denied request is an unchecked verdict.

mod names;
mod network;
mod permissions;
mod requirements;
mod storage;

pub use requirements::{Address, NamedResource, NewTarget, Owner, Requirements};

use super::inspector::Inspector;
use super::names::{STACK_STATE, TEMPLATE_BUCKET};
use super::observed::{InspectError, Lookup};
use super::remedy::Remedy;
use super::verdict::{About, State, Verdict};
use super::{Check, Report, Subject, VerifyError};
use crate::backend::Backend;
use crate::cloudformation::StackStatus;
use crate::evaluate::State as Known;
use crate::plan::Plan;
use crate::plan::redact::Secrets;

/// The plan to check.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The stack with its new template and parameters.
    pub subject: &'r Subject,
    /// The plan.
    pub plan: &'r Plan,
    /// Known values for a stack that does not exist yet, such as pseudo parameters.
    pub known: &'r Known,
    /// The S3 bucket for the template, if it exceeds the inline limit.
    pub bucket: Option<Bucket<'r>>,
    /// The ARN of the CloudFormation service role; `None` means the role of the stack, else the caller.
    pub role_arn: Option<&'r str>,
    /// Names of SSM parameters that the stack's parameters use.
    pub ssm_parameters: &'r [String],
}

/// The S3 bucket for a large template.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'r> {
    /// Its name.
    pub name: &'r str,
    /// Whether a missing bucket will be created, as the operator requested.
    pub is_made: bool,
    /// What to do if it does not exist.
    pub remedy: &'r str,
}

/// Checks a plan.
///
/// # Errors
///
/// Returns an error if the template cannot be evaluated, or if a request to the backend fails. A failed request of the inspector is a
/// verdict instead.
pub fn preflight(backend: &dyn Backend, inspector: &dyn Inspector, request: &Request<'_>) -> Result<Report, VerifyError> {
    let mut verdicts: Vec<Verdict> = request.bucket.map(|bucket| self::bucket(bucket, inspector.bucket(bucket.name))).into_iter().collect();
    request.subject.evaluated(backend, request.known, |after, stack| {
        verdicts.extend(stack.map(|stack| stack_state(&stack.name, &stack.status)));
        let secrets = Secrets::of(None, after);
        let mut found = check_requirements(&Requirements::of(after, request.plan), inspector);
        found.extend(permissions::check(request, after, stack, inspector));
        verdicts.extend(found.into_iter().map(|verdict| verdict.masked(&secrets)));
        Ok(())
    })?;
    Ok(Report::new(&request.subject.stack, verdicts))
}

/// Inspects what a plan requires.
pub fn check_requirements(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = network::check(requirements, inspector);
    verdicts.extend(storage::check(requirements, inspector));
    verdicts.extend(names::check(requirements, inspector));
    verdicts
}

fn stack_state(stack: &str, status: &StackStatus) -> Verdict {
    let is_ready = status.is_updatable() || status.is_review();
    let state = if is_ready { State::Passed } else { State::Failed };
    let remedy = Remedy::StackStatus { stack: stack.to_owned(), status: *status };
    Verdict::new(&STACK_STATE, About::default(), state, "a status that allows an update", status.as_str()).with_remedy(remedy)
}

fn bucket(bucket: Bucket<'_>, found: Lookup<()>) -> Verdict {
    let expected = "an accessible S3 bucket for the template";
    let verdict = |state, found: String| Verdict::new(&TEMPLATE_BUCKET, About::physical(bucket.name), state, expected, found);
    match found {
        Ok(Some(())) => verdict(State::Passed, "exists".to_owned()),
        Ok(None) if bucket.is_made => verdict(State::Passed, "does not exist; it will be created as requested".to_owned()),
        Ok(None) => verdict(State::Failed, "does not exist".to_owned()).with_remedy(bucket.remedy),
        Err(error) if error.code.as_deref() == Some("301") => verdict(State::Failed, error.message).with_remedy(Remedy::BucketInRegion),
        Err(error) if error.code.is_some() => verdict(State::Failed, error.message)
            .with_remedy("use a bucket of this account and region, or grant s3:ListBucket, s3:GetObject and s3:PutObject on it"),
        Err(error) => verdict(State::Unchecked, error.to_string()),
    }
}

/// Returns an unchecked verdict for a failed lookup.
fn unchecked(check: &'static Check, about: About<'_>, expected: &str, error: &InspectError) -> Verdict {
    let remedy = match error.remedy(Remedy::GrantPreflight) {
        Remedy::Advice(text) => Remedy::SkipPreflight(text),
        other => other,
    };
    Verdict::new(check, about, State::Unchecked, expected, format!("could not check: {error}")).with_remedy(remedy)
}

/// Returns a passed or failed verdict; `texts` are what is expected and what was found.
fn pass_or_fail(check: &'static Check, about: About<'_>, is_passed: bool, texts: (String, String), remedy: &str) -> Verdict {
    let state = if is_passed { State::Passed } else { State::Failed };
    Verdict::new(check, about, state, texts.0, texts.1).with_remedy(remedy)
}
