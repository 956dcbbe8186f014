//! Reports what `rackform validate` calls an error in the template of a change, before the plan is shown and anything happens.

use crate::backend::Backend;
use crate::cli::{Context, Failure};
use crate::diagnostic::Diagnostics;
use crate::operation::PreparedChange;

/// Prints the errors. The change is not refused: CloudFormation decides, and rackform may know less about a service than it does.
///
/// # Errors
///
/// Returns an error if the deployed stack cannot be read.
pub fn report(context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<(), Failure> {
    let errors = change.template_errors(backend)?;
    if errors.0.is_empty() {
        return Ok(());
    }
    show_template_errors(context, &errors, "the deployed template");
    Ok(())
}

/// Prints errors that another template does not have.
pub fn show_template_errors(context: &mut Context<'_>, errors: &Diagnostics, other: &str) {
    context.show_warnings(errors);
    let count = if errors.0.len() == 1 { "1 error" } else { "errors" };
    context.warn(&format!("warning: the template has {count} that {other} does not have; the update would probably fail"));
}
