//! Checks a template without AWS: rules with stable names.
//!
//! Takes a [`Template`] and, where they are known, the parameters in force; gives [`Finding`]s. A reference, a ring or a pair of
//! resources is looked at over *all* parameter values that the template allows: what breaks only under some comes with an assignment
//! that breaks it. Drawing findings is for [`ui`](crate::ui).
//!
//! An **error** is certain: CloudFormation or the service would refuse. For references, rings and pairs that means under the
//! parameters in force (given, or the defaults), or whenever the resource exists; what only other values expose is a **warning** with its assignment. A violated
//! schema is an error wherever any values can reach it.

mod attributes;
mod check;
mod conditional;
mod cycles;
mod declarations;
mod ecs;
mod efs;
mod formula;
mod functions;
mod limits;
mod literals;
mod mappings;
mod names;
mod network;
mod outputs;
mod policies;
mod references;
mod rules;
mod schema;
mod selects;
mod solver;
mod unused;
mod variables;
mod walk;

pub use rules::{RULES, Rule};

use crate::parameters::ParameterSet;
use crate::template::{Diagnostic, Template};

/// One problem, and the parameter values under which it shows.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is wrong, where, and what to do; `rule` is one of [`RULES`].
    pub diagnostic: Diagnostic,
    /// Parameters and pseudo parameters with values that expose the problem; empty when it shows whatever the values are.
    ///
    /// Values of `NoEcho` parameters are `****`.
    pub assignment: Vec<(String, String)>,
}

/// What is known beside the template.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'o> {
    /// Parameters in force; without them the template's defaults are.
    pub parameters: Option<&'o ParameterSet<'o>>,
    /// The region the stack is in; without it `us-east-1` counts as in force.
    pub region: Option<&'o str>,
}

/// Returns everything that is wrong with a template, in the order of the document.
pub fn validate(template: &Template<'_>, options: Options<'_>) -> Vec<Finding> {
    let mut check = check::Check::new(template, options);
    limits::check(&mut check);
    functions::check(&mut check);
    references::check(&mut check);
    cycles::check(&mut check);
    unused::check(&mut check);
    declarations::check(&mut check);
    names::check(&mut check);
    attributes::check(&mut check);
    outputs::check(&mut check);
    schema::check(&mut check);
    efs::check(&mut check);
    conditional::check(&mut check);
    network::check(&mut check);
    policies::check(&mut check);
    ecs::check(&mut check);
    check.finish()
}
