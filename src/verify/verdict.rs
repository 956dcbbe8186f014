//! What checks say.

use serde::Serialize;

use super::names::Check;
use crate::plan::redact::Secrets;

/// How much a expected that is not passed matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Builds fail, lose their cache, or are open to others; a plan would fail.
    Error,
    /// Worth knowing.
    Warning,
}

/// What became of a expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is passed.
    Passed,
    /// It is not passed.
    Failed,
    /// It is not passed yet: what it is about is still being made.
    Pending,
    /// It could not be looked at.
    Unchecked,
}

/// What one check says about one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The check's name, which stays.
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What became of the expected.
    pub state: State,
    /// The resource, where it is one of the template's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// What was looked at in the account, where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_resource_id: Option<String>,
    /// What is expected, or what the plan rests on.
    pub expected: String,
    /// What was found; for what could not be looked at, why.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Verdict {
    /// Returns a verdict without what to do.
    pub(super) fn new(check: &'static Check, of: Of<'_>, state: State, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            check: check.name,
            level: check.level,
            state,
            logical_resource_id: of.logical_id.map(ToOwned::to_owned),
            physical_resource_id: of.physical_id.map(ToOwned::to_owned),
            expected: expected.into(),
            found: found.into(),
            remedy: None,
        }
    }

    /// Returns it with every secret as stars.
    #[must_use]
    pub(super) fn hiding(self, secrets: &Secrets<'_>) -> Self {
        let hide = |text: String| secrets.text(text);
        let Self { check, level, state, logical_resource_id, physical_resource_id, expected, found, remedy } = self;
        Self {
            check,
            level,
            state,
            logical_resource_id,
            physical_resource_id: physical_resource_id.map(hide),
            expected: hide(expected),
            found: hide(found),
            remedy: remedy.map(hide),
        }
    }

    /// Returns it as not passed yet where it is failed: something is being done to the stack, which may well keep it.
    #[must_use]
    pub(super) fn awaited(mut self, status: &crate::cloudformation::StackStatus) -> Self {
        if self.state == State::Failed {
            self.state = State::Pending;
            self.found = format!("{}, while the stack is {status}", self.found);
            self.remedy = Some("wait for the stack: `rackform events --follow` watches it".to_owned());
        }
        self
    }

    /// Adds what to do, unless there is nothing to be done.
    #[must_use]
    pub(super) fn remedied(mut self, remedy: impl Into<String>) -> Self {
        if self.state != State::Passed {
            self.remedy = Some(remedy.into());
        }
        self
    }
}

/// What a verdict is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Of<'o> {
    pub(super) logical_id: Option<&'o str>,
    pub(super) physical_id: Option<&'o str>,
}

impl<'o> Of<'o> {
    pub(super) fn resource(logical_id: &'o str, physical_id: Option<&'o str>) -> Self {
        Self { logical_id: Some(logical_id), physical_id }
    }

    /// Returns something in the account that is not of the template.
    pub(super) fn thing(physical_id: &'o str) -> Self {
        Self { logical_id: None, physical_id: Some(physical_id) }
    }
}

/// How many verdicts there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Promises that are passed.
    pub passed: usize,
    /// Broken ones that matter.
    pub errors: usize,
    /// Broken ones worth knowing.
    pub warnings: usize,
    /// Not passed yet.
    pub pending: usize,
    /// Not looked at.
    pub unchecked: usize,
}

/// Everything that was checked of one stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The stack.
    pub stack_name: String,
    /// How many verdicts there are of each kind.
    pub summary: Summary,
    /// The verdicts, in the order of the list of checks, then of the template.
    pub checks: Vec<Verdict>,
}

impl Report {
    /// Counts and orders verdicts.
    pub fn new(stack_name: &str, mut checks: Vec<Verdict>) -> Self {
        checks.sort_by_key(|verdict| super::names::CHECKS.iter().position(|check| check.name == verdict.check));
        let count = |is: &dyn Fn(&Verdict) -> bool| checks.iter().filter(|verdict| is(verdict)).count();
        let failed = |level| count(&|verdict| verdict.state == State::Failed && verdict.level == level);
        let of = |state| count(&|verdict| verdict.state == state);
        let summary = Summary {
            passed: of(State::Passed),
            errors: failed(Level::Error),
            warnings: failed(Level::Warning),
            pending: of(State::Pending),
            unchecked: of(State::Unchecked),
        };
        Self { stack_name: stack_name.to_owned(), summary, checks }
    }

    /// Tells whether nothing that matters is wrong; with `strict`, whether everything was looked at and is as expected.
    pub fn is_passed(&self, strict: bool) -> bool {
        let Summary { passed: _, errors, warnings, pending, unchecked } = self.summary;
        errors == 0 && pending == 0 && (!strict || (warnings == 0 && unchecked == 0))
    }

    /// Tells whether there was something to look at and nothing of it could be; that CloudFormation lists the resources shows nothing of them.
    pub fn is_inconclusive(&self) -> bool {
        let listed = [super::names::RESOURCE_PRESENT.name, super::names::RESOURCE_UNEXPECTED.name];
        let mut looked = self.checks.iter().filter(|verdict| !listed.contains(&verdict.check) || verdict.state == State::Failed).peekable();
        looked.peek().is_some() && looked.all(|verdict| verdict.state == State::Unchecked)
    }
}
