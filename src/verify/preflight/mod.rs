//! What would make this very plan fail, asked before it is carried out.
//!
//! Takes the evaluated template that a plan leads to and what the plan does to each resource, which makes an [`Requirements`]: pure. What it
//! rests on in the account is then asked for, and each answer is a [`Verdict`]. A call that is refused is unchecked and stops nothing.

mod names;
mod network;
mod requirements;
mod rights;
mod storage;

pub use requirements::{Address, NamedResource, NewTarget, Owner, Requirements};

use super::inspector::Inspector;
use super::names::{STACK_STATE, TEMPLATE_BUCKET};
use super::observed::{Asked, Refusal};
use super::verdict::{Of, State, Verdict};
use super::{Check, Report, Subject, VerifyError};
use crate::backend::{Backend, BackendError};
use crate::cloudformation::StackStatus;
use crate::evaluate::State as Known;
use crate::plan::Plan;
use crate::plan::redact::Secrets;

/// What is to be carried out.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The stack with the template and parameters that it is to have.
    pub subject: &'r Subject,
    /// What the plan does.
    pub plan: &'r Plan,
    /// What is known where there is no stack yet, pseudo parameters above all.
    pub known: &'r Known,
    /// The bucket that the template goes through, where it is too large to go without.
    pub bucket: Option<Bucket<'r>>,
    /// The role that CloudFormation is to work as, an ARN; without one, the stack's own, else whoever asks.
    pub role_arn: Option<&'r str>,
    /// Names in Parameter Store that the parameters give.
    pub stored: &'r [String],
}

/// The bucket that a template goes through.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'r> {
    /// Its name.
    pub name: &'r str,
    /// Whether it is the one that is made where there is none, and that was asked for.
    pub is_made: bool,
    /// What to do where there is none.
    pub remedy: &'r str,
}

/// Looks for what would make a plan fail.
///
/// # Errors
///
/// Returns that the template cannot be evaluated, or that the backend cannot be asked. What the inspector is not told is a verdict of its own.
pub fn preflight(backend: &dyn Backend, inspector: &dyn Inspector, request: &Request<'_>) -> Result<Report, VerifyError> {
    let mut verdicts: Vec<Verdict> = request.bucket.map(|bucket| self::bucket(bucket, inspector.bucket(bucket.name))).into_iter().collect();
    request.subject.evaluated(backend, request.known, |after, stack| {
        verdicts.extend(stack.map(|stack| stack_state(&stack.name, &stack.status)));
        let secrets = Secrets::of(None, after);
        let mut found = survey(&Requirements::of(after, request.plan), inspector);
        found.extend(rights::survey(request, after, stack, inspector));
        verdicts.extend(found.into_iter().map(|verdict| verdict.hiding(&secrets)));
        Ok(())
    })?;
    Ok(Report::new(&request.subject.stack, verdicts))
}

/// Asks for what an requirements rests on.
pub fn survey(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = network::survey(requirements, inspector);
    verdicts.extend(storage::survey(requirements, inspector));
    verdicts.extend(names::survey(requirements, inspector));
    verdicts
}

fn stack_state(stack: &str, status: &StackStatus) -> Verdict {
    let is_ready = status.is_updatable() || status.is_review();
    let state = if is_ready { State::Passed } else { State::Failed };
    let wrong = BackendError::WrongStatus { stack: stack.to_owned(), status: status.clone(), wanted: "updated" };
    let remedy = wrong.hint().unwrap_or_else(|| "`rackform status` says what the state means".to_owned());
    Verdict::new(&STACK_STATE, Of::default(), state, "a state in which it can be changed", status.as_str()).remedied(remedy)
}

fn bucket(bucket: Bucket<'_>, asked: Asked<()>) -> Verdict {
    let expected = "a bucket that the template can be put into";
    let verdict = |state, found: String| Verdict::new(&TEMPLATE_BUCKET, Of::thing(bucket.name), state, expected, found);
    match asked {
        Ok(Some(())) => verdict(State::Passed, "there is one".to_owned()),
        Ok(None) if bucket.is_made => verdict(State::Passed, "there is none yet: it will be made, as asked for".to_owned()),
        Ok(None) => verdict(State::Failed, "there is none".to_owned()).remedied(bucket.remedy),
        Err(refusal) if refusal.code.as_deref() == Some("301") => verdict(State::Failed, refusal.message)
            .remedied("name a bucket in the stack's own region: `--template-bucket`, or `template_bucket` in rack.yaml"),
        Err(refusal) if refusal.code.is_some() => verdict(State::Failed, refusal.message)
            .remedied("name a bucket of this account and region, or grant s3:ListBucket, s3:GetObject and s3:PutObject on it"),
        Err(refusal) => verdict(State::Unchecked, refusal.to_string()),
    }
}

/// Returns that something could not be looked at, and why.
fn unchecked(check: &'static Check, of: Of<'_>, expected: &str, refusal: &Refusal) -> Verdict {
    Verdict::new(check, of, State::Unchecked, expected, format!("could not check: {refusal}"))
        .remedied(format!("{}; the plan can be carried out without", refusal.remedy("preflight")))
}

/// Returns a verdict of something that was looked at.
fn judged(check: &'static Check, of: Of<'_>, is_passed: bool, texts: (String, String), remedy: &str) -> Verdict {
    let state = if is_passed { State::Passed } else { State::Failed };
    Verdict::new(check, of, state, texts.0, texts.1).remedied(remedy)
}
