//! Errors that `validate` finds in the template of a change, reported before anything happens.

use super::error::OperationError;
use super::input::read_template;
use super::target::PreparedChange;
use crate::backend::Backend;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use crate::template::{Arena, Template};
use crate::validate::{Options, validate};

impl PreparedChange<'_> {
    /// Returns the errors in the new template that the deployed one does not have: CloudFormation accepted that one.
    ///
    /// # Errors
    ///
    /// Returns an error if the deployed stack cannot be read.
    pub fn template_errors(&self, backend: &dyn Backend) -> Result<Diagnostics, OperationError> {
        let region = backend.region();
        let errors = |template: &Template<'_>, parameters| -> Vec<Diagnostic> {
            let findings = validate(template, Options { parameters, region: Some(&region) });
            findings.into_iter().map(|finding| finding.diagnostic).filter(|found| found.severity == Severity::Error).collect()
        };
        let mut found = errors(self.after.template, Some(self.after.parameters));
        if !found.is_empty() && self.present.is_some() {
            let arena = Arena::new();
            if let Some(deployed) = backend.describe_stack(&self.target.stack)? {
                let template = read_template(&arena, Source::new("deployed", deployed.template))?;
                let known = errors(template, None);
                found.retain(|error| !known.iter().any(|other| other.rule == error.rule && other.message == error.message));
            }
        }
        Ok(Diagnostics(found))
    }
}
