//! Evaluates the rack: which resources exist with these parameters, and with which values.
//!
//! `cargo run --no-default-features --example evaluate`
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::render::{RenderOptions, render};
use rackform::template::{Arena, Template};

/// Prints the resources and outputs. A value known only to AWS is printed as an intrinsic function.
///
/// # Errors
///
/// Returns an error if a parameter or the template is invalid.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = Source::new("rack.json", render(&RenderOptions::default())?);
    let arena = Arena::new();
    let template = Template::read(&source, &arena)?;

    let mut overrides = ParameterOverrides::new();
    overrides.add_flags(&["BuildMethod=fargate".to_owned()])?;
    let parameters = ParameterSet::resolve(&template, &overrides)?;
    let mut state = State::default();
    state.pseudo.insert("AWS::Region".to_owned(), "eu-west-1".into());

    let evaluation = evaluate(&template, &parameters, &state, &arena)?;
    for (id, resource) in &evaluation.resources {
        println!("{id} {} {}", resource.resource_type, resource.properties.to_json());
    }
    for (name, output) in &evaluation.outputs {
        println!("{name} = {}", output.value.to_json());
    }
    Ok(())
}
