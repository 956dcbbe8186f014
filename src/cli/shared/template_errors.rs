//! Reports what `rackform validate` calls an error in the template of a change, before the plan is shown and anything happens.

use crate::backend::Backend;
use crate::cli::{Context, Failure};
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
    context.show_warnings(&errors);
    let count = errors.0.len();
    let are =
        if count == 1 { "1 error that the deployed template does not have" } else { "errors that the deployed template does not have" };
    context.warn(&format!("warning: the template has {are}; the update would probably fail"));
    Ok(())
}
