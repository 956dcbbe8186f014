//! The results of checks.

use serde::Serialize;

use super::names::{CHECKS, Check, Level, RESOURCE_PRESENT, RESOURCE_UNEXPECTED};
use super::remedy::Remedy;
use crate::cloudformation::StackStatus;
use crate::plan::redact::Secrets;
use crate::secret::MASKED;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The resource is as expected.
    Passed,
    /// The resource differs from what is expected.
    Failed,
    /// The resource is still being created or updated.
    Pending,
    /// The resource could not be inspected.
    Unchecked,
}

/// The result of one check of one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The check's stable name.
    pub check: &'static str,
    /// The severity if the check fails.
    pub level: Level,
    /// The result.
    pub state: State,
    /// The logical ID, if the resource is in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// The physical ID of the inspected resource, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_resource_id: Option<String>,
    /// What the template, or for preflight the plan, requires.
    pub expected: String,
    /// What was found; for an unchecked check, the reason.
    pub found: String,
    /// What to do about it; the views put it into words.
    #[serde(skip)]
    pub remedy: Option<Remedy>,
}

impl Verdict {
    /// Returns a verdict without a remedy.
    pub(super) fn new(
        check: &'static Check,
        about: About<'_>,
        state: State,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            check: check.name,
            level: check.level,
            state,
            logical_resource_id: about.logical_id.map(ToOwned::to_owned),
            physical_resource_id: about.physical_id.map(ToOwned::to_owned),
            expected: expected.into(),
            found: found.into(),
            remedy: None,
        }
    }

    /// Returns the verdict with every secret masked.
    #[must_use]
    pub(super) fn masked(self, secrets: &Secrets<'_>) -> Self {
        let Self { check, level, state, logical_resource_id, physical_resource_id, expected, found, remedy } = self;
        let id = logical_resource_id.as_deref();
        let mask = |text: String| secrets.explanation(id, text).unwrap_or_else(|| MASKED.to_owned());
        let physical = |physical: String| id.map_or_else(|| secrets.text(physical.clone()), |id| secrets.physical_id(id, &physical));
        Self {
            check,
            level,
            state,
            physical_resource_id: physical_resource_id.map(physical),
            expected: mask(expected),
            found: mask(found),
            remedy: remedy.map(|remedy| remedy.masked(mask)),
            logical_resource_id,
        }
    }

    /// Returns a failed verdict as pending while an operation on the stack is in progress, since the operation may still fix it.
    #[must_use]
    pub(super) fn pending_while(mut self, status: &StackStatus) -> Self {
        if self.state == State::Failed {
            self.state = State::Pending;
            self.found = format!("{}, while the stack is {status}", self.found);
            self.remedy = Some(Remedy::WaitForStack);
        }
        self
    }

    /// Adds a remedy, unless the check passed.
    #[must_use]
    pub(super) fn with_remedy(mut self, remedy: impl Into<Remedy>) -> Self {
        if self.state != State::Passed {
            self.remedy = Some(remedy.into());
        }
        self
    }
}

/// The resource that a verdict is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct About<'o> {
    pub(super) logical_id: Option<&'o str>,
    pub(super) physical_id: Option<&'o str>,
}

impl<'o> About<'o> {
    pub(super) fn resource(logical_id: &'o str, physical_id: Option<&'o str>) -> Self {
        Self { logical_id: Some(logical_id), physical_id }
    }

    /// Returns a resource in the account that is not in the template.
    pub(super) fn physical(physical_id: &'o str) -> Self {
        Self { logical_id: None, physical_id: Some(physical_id) }
    }
}

/// The number of verdicts with each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Passed.
    pub passed: usize,
    /// Failed, of level error.
    pub errors: usize,
    /// Failed, of level warning.
    pub warnings: usize,
    /// Pending.
    pub pending: usize,
    /// Unchecked.
    pub unchecked: usize,
}

/// The results of all checks of one stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The stack.
    pub stack_name: String,
    /// The number of verdicts with each result.
    pub summary: Summary,
    /// The verdicts, in the order of the list of checks, then of the template.
    pub checks: Vec<Verdict>,
}

impl Report {
    /// Sorts and counts verdicts.
    pub fn new(stack_name: &str, mut checks: Vec<Verdict>) -> Self {
        checks.sort_by_key(|verdict| CHECKS.iter().position(|check| check.name == verdict.check));
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

    /// Returns whether no check of level error failed and none is pending; with `strict`, whether every check passed.
    pub fn is_passed(&self, strict: bool) -> bool {
        let Summary { passed: _, errors, warnings, pending, unchecked } = self.summary;
        errors == 0 && pending == 0 && (!strict || (warnings == 0 && unchecked == 0))
    }

    /// Returns whether nothing could be inspected; that CloudFormation lists the resources does not count.
    pub fn is_inconclusive(&self) -> bool {
        let listed = [RESOURCE_PRESENT.name, RESOURCE_UNEXPECTED.name];
        let counts = |verdict: &&Verdict| !listed.contains(&verdict.check) || verdict.state == State::Failed;
        let mut inspected = self.checks.iter().filter(counts).peekable();
        inspected.peek().is_some() && inspected.all(|verdict| verdict.state == State::Unchecked)
    }
}
