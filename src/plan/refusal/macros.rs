//! Refusals in a template that a macro may rewrite: what CloudFormation compares is the output of the macro, which only AWS knows.

use super::Refusal;
use crate::plan::certainty::Certainty;
use crate::plan::context::PlanningContext;
use crate::plan::macros::rewriting_macro;

/// Makes refusals possible where a macro may rewrite the resource.
pub(super) fn soften(context: &PlanningContext<'_, '_>, refusals: &mut [Refusal]) {
    for refusal in refusals.iter_mut().filter(|refusal| refusal.certainty.is_certain()) {
        let Some(id) = &refusal.logical_resource_id else { continue };
        if let Some(name) = rewriting_macro(context, id) {
            refusal.certainty = Certainty::Possible;
            refusal.reason = format!("{} The macro `{name}` may rewrite the resource, so this is not certain.", refusal.reason);
        }
    }
}
