//! Validates a template offline with rules that have stable names.
//!
//! Takes a [`Template`] and, if known, the current parameter values; returns [`Finding`]s. References, cycles and conflicts between two
//! resources are checked for *all* parameter values that the template allows. A problem that occurs only with some values has an
//! assignment: values with which it occurs. Showing findings is left to [`ui`](crate::ui).
//!
//! An **error** is certain: CloudFormation or the service would refuse the template or fail the update. A problem with a reference, a
//! cycle or two resources is an error if it occurs with the current parameter values (given values and defaults), or whenever the
//! resource exists; if only other values cause it, it is a **warning** with an assignment. So is a violation of a resource type's schema.
//! What [`evaluate`](crate::evaluate) refuses with the current values is an error, too. With given parameter values, so is what the rules
//! find in the template specialised for them.

mod attributes;
mod check;
mod clause;
mod conditional;
mod cycles;
mod declarations;
mod ecs;
mod efs;
mod evaluated;
mod formula;
mod functions;
mod in_force;
mod limits;
mod literals;
mod mappings;
mod names;
mod network;
mod outputs;
mod patterns;
mod policies;
mod propagation;
mod references;
mod rules;
mod runtimes;
mod schema;
mod secrets;
mod selects;
mod solver;
mod unused;
mod variables;
mod walk;

pub use in_force::errors_in_force;
pub use rules::RULES;

use crate::diagnostic::Diagnostic;
use crate::parameters::ParameterSet;
use crate::template::Template;

/// One problem, and the parameter values that cause it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Message, position and hint; `rule` is one of [`RULES`].
    pub diagnostic: Diagnostic,
    /// Values of parameters and pseudo parameters that cause the problem; empty if it occurs with all values.
    ///
    /// Values of `NoEcho` parameters are `****`.
    pub assignment: Vec<(String, String)>,
}

/// Known values in addition to the template.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'o> {
    /// The current parameter values; the template's defaults if absent.
    pub parameters: Option<&'o ParameterSet<'o>>,
    /// The stack's region; any region if absent.
    pub region: Option<&'o str>,
}

/// Returns all findings for a template in document order.
pub fn validate(template: &Template<'_>, options: Options<'_>) -> Vec<Finding> {
    let mut check = check::Check::new(template, options);
    for diagnostic in template.number_warnings() {
        check.report(diagnostic);
    }
    limits::size(&mut check);
    check_structure(&mut check);
    unused::check(&mut check);
    check_services(&mut check);
    secrets::check(&mut check);
    runtimes::check(&mut check);
    evaluated::check(&mut check);
    in_force::check(&mut check);
    check.finish()
}

/// Checks what holds for every template: quotas, declarations, references and names.
fn check_structure(check: &mut check::Check<'_, '_>) {
    limits::check(check);
    functions::check(check);
    references::check(check);
    cycles::check(check);
    declarations::check(check);
    names::check(check);
    attributes::check(check);
    outputs::check(check);
}

/// Checks what only a service or a resource type's schema knows.
fn check_services(check: &mut check::Check<'_, '_>) {
    schema::check(check);
    efs::check(check);
    conditional::check(check);
    network::check(check);
    policies::check(check);
    ecs::check(check);
}
