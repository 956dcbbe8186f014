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
use super::{Check, Report};
use crate::backend::StackDescription;
use crate::cloudformation::StackStatus;
use crate::evaluate::Evaluation;
use crate::plan::Plan;
use crate::plan::redact::Secrets;

/// The plan to check.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r, 'a> {
    /// The name of the stack.
    pub stack_name: &'r str,
    /// The stack; `None` if it does not exist yet.
    pub stack: Option<&'r StackDescription>,
    /// The new template, evaluated with the new parameters and the known state.
    pub after: &'r Evaluation<'a>,
    /// The plan.
    pub plan: &'r Plan,
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
    /// Whether it is configured or part of the rack, rather than the bucket that is created on request.
    pub is_configured: bool,
}

/// Checks a plan. A failed request of the inspector is a verdict, too.
pub fn preflight(inspector: &dyn Inspector, request: &Request<'_, '_>) -> Report {
    let mut verdicts: Vec<Verdict> = request.bucket.map(|bucket| self::bucket(bucket, inspector.bucket(bucket.name))).into_iter().collect();
    verdicts.extend(request.stack.map(|stack| stack_state(&stack.name, &stack.status)));
    let secrets = Secrets::of(None, request.after);
    let mut found = check_requirements(&Requirements::of(request.after, request.plan), inspector);
    found.extend(permissions::check(request, inspector));
    verdicts.extend(found.into_iter().map(|verdict| verdict.masked(&secrets)));
    Report::new(request.stack_name, verdicts)
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
        Ok(None) if bucket.is_configured => {
            verdict(State::Failed, "does not exist".to_owned()).with_remedy("create the bucket, or configure another")
        }
        Ok(None) => verdict(State::Failed, "does not exist".to_owned()).with_remedy(Remedy::SetTemplateBucket),
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
