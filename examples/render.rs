//! Renders the rack: the full template, and a small one for Fargate builds in one region.
//!
//! `cargo run --no-default-features --example render`
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use rackform::diagnostic::Source;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::render::{RenderOptions, render};
use rackform::specialise::{Inputs, specialise};
use rackform::template::{Arena, Style, Template};

/// Renders both, and prints the names of the resources in the small one.
///
/// # Errors
///
/// Returns an error if the rack cannot be rendered or specialised.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let full = Source::new("rack.json", render(&RenderOptions::default())?);

    // Everything that is read borrows from the source and the arena.
    let arena = Arena::new();
    let template = Template::read(&full, &arena)?;
    let mut overrides = ParameterOverrides::new();
    overrides.add_flags(&["BuildMethod=fargate".to_owned(), "BuildCache=Yes".to_owned()])?;
    let parameters = ParameterSet::resolve(&template, &overrides)?;

    let inputs = Inputs::new(&template, parameters).with_pseudo_parameter("AWS::Region", "eu-west-1");
    let small = specialise(&template, &inputs, &arena)?;
    let text = small.to_json(&Style::minified());
    println!("{} bytes for all racks, {} bytes for this one:", full.text().len(), text.len());
    for resource in &small.template()?.resources {
        println!("{}", resource.name);
    }
    Ok(())
}
