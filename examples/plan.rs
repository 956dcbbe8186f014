//! Plans a change of the rack: what an update of one parameter does to each resource, and its risks.
//!
//! `cargo run --no-default-features --example plan`
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::plan;
use rackform::render::{RenderOptions, render};
use rackform::template::{Arena, Template};

/// Prints the effects and risks of `VPCCIDR=10.1.0.0/16`.
///
/// # Errors
///
/// Returns an error if a parameter or the template is invalid.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = Source::new("rack.json", render(&RenderOptions::default())?);
    let (arena, state) = (Arena::new(), State::default());
    let template = Template::read(&source, &arena)?;

    let mut overrides = ParameterOverrides::new();
    let before = ParameterSet::resolve(&template, &overrides)?;
    overrides.add_flags(&["VPCCIDR=10.1.0.0/16".to_owned()])?;
    let after = ParameterSet::resolve(&template, &overrides)?;

    let plan = plan(&evaluate(&template, &before, &state, &arena)?, &evaluate(&template, &after, &state, &arena)?)?;
    for effect in &plan.effects {
        println!("{} {:?}", effect.logical_resource_id, effect.effect);
    }
    for risk in &plan.risks {
        println!("{:?}: {}", risk.kind, risk.logical_resource_id.as_deref().unwrap_or_default());
    }
    Ok(())
}
