//! What is said about a change beside its plan.

use crate::backend::Backend;
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::{self, PreparedChange};
use crate::ui;

/// Checks that a change may run in the express mode, and says what that gives up.
///
/// # Errors
///
/// Returns every reason against it, or an error if the backend fails.
pub fn check_express(context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<(), Failure> {
    let has_policy = change.present.is_some() && backend.stack_policy(&change.target.stack)?.is_some();
    operation::check_express(change, &context.rack_file()?.protect, has_policy)?;
    if !backend.capabilities().has_express_mode {
        return Err(Failure::new(ExitCode::Usage, format!("the backend `{}` has no express mode", backend.name()))
            .hinted("omit `--express`: this backend completes every operation at once"));
    }
    context.warn(
        "express mode: CloudFormation reports success before the resources are ready, and does not roll back if one fails afterwards; \
         rackform then waits for those that it can check",
    );
    Ok(())
}

/// Warns about changed parameters that are not stored because CloudFormation has nothing to update.
pub fn warn_about_parameters(context: &mut Context<'_>, change: &PreparedChange<'_>) {
    if let Some(text) = ui::plan::parameters_not_stored(&change.parameters_not_stored(), context.stderr_layout()) {
        context.warn(&text);
    }
}
