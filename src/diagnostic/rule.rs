//! Rules: what a [`Diagnostic`](super::Diagnostic) can report.

use super::Severity;

/// A rule of a checker, such as the template's validator or the Dockerfile linter.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its stable name, as in [`Diagnostic::rule`](super::Diagnostic::rule).
    pub name: &'static str,
    /// The usual severity of a violation.
    pub severity: Severity,
    /// The requirement, in one line.
    pub summary: &'static str,
}

impl Rule {
    /// Returns a rule whose violation is usually an error.
    pub const fn error(name: &'static str, summary: &'static str) -> Self {
        Self { name, severity: Severity::Error, summary }
    }

    /// Returns a rule whose violation is usually a warning.
    pub const fn warning(name: &'static str, summary: &'static str) -> Self {
        Self { name, severity: Severity::Warning, summary }
    }
}
