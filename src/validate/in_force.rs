//! The errors that certain parameter values cause.
//!
//! The rules read literals and references. What else leads to a value, such as `Fn::Sub`, `Fn::FindInMap` or a condition, is resolved
//! first: the rules check the template specialised for the values, whose nodes have the positions of the original.

use super::check::{Check, is_same};
use super::{Finding, Options, check_services, check_structure};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::State;
use crate::parameters::ParameterSet;
use crate::specialise::{Inputs, specialise};
use crate::template::{Arena, Template};

/// The pseudo parameters on which a property may depend.
const PSEUDO_PARAMETERS: [&str; 3] = ["AWS::Region", "AWS::AccountId", "AWS::StackName"];

/// Returns the errors that occur with these values and that [`evaluate`](crate::evaluate) does not find; `state` has pseudo parameters.
///
/// For a plan, whose templates were evaluated already: [`validate`](super::validate()) reports each of them as an error.
pub fn errors_in_force(template: &Template<'_>, parameters: &ParameterSet<'_>, state: &State) -> Vec<Diagnostic> {
    let region = region(state);
    let mut check = Check::new(template, Options { parameters: Some(parameters), region }).only_in_force();
    check_structure(&mut check);
    check_services(&mut check);
    // What the rules find in the template as it is has better hints: it names parameters.
    let mut found: Vec<Diagnostic> = errors(check.finish()).collect();
    for error in service_errors(template, parameters, state) {
        if !found.iter().any(|known| is_same(known, &error)) {
            found.push(error);
        }
    }
    found
}

/// Adds the errors of the services that occur with the given values; one that is a finding already becomes an error.
pub(super) fn check(check: &mut Check<'_, '_>) {
    let Some(parameters) = check.given_parameters() else { return };
    let mut state = State::default();
    if let Some(region) = check.given_region() {
        state.pseudo.insert("AWS::Region".to_owned(), region.into());
    }
    for error in service_errors(check.template, parameters, &state) {
        if !check.confirm(&error) {
            check.report(error);
        }
    }
}

fn service_errors(template: &Template<'_>, parameters: &ParameterSet<'_>, state: &State) -> Vec<Diagnostic> {
    let arena = Arena::new();
    let mut inputs = Inputs::new(template, parameters.clone());
    for name in PSEUDO_PARAMETERS.into_iter().filter(|name| !state.assumed.iter().any(|assumed| assumed == name)) {
        if let Some(value) = state.pseudo.get(name).and_then(|value| value.as_str()) {
            inputs = inputs.with_pseudo_parameter(name, value);
        }
    }
    let found = |template: &Template<'_>, parameters: &ParameterSet<'_>| {
        let mut check = Check::new(template, Options { parameters: Some(parameters), region: region(state) }).only_in_force();
        check_services(&mut check);
        errors(check.finish()).collect()
    };
    // A template with a macro cannot be specialised, and one with other errors is not evaluated.
    match specialise(template, &inputs, &arena).and_then(|specialised| specialised.template()) {
        Ok(small) => {
            let mut own = parameters.clone();
            own.parameters.retain(|name, _| small.parameters.contains(name));
            found(&small, &own)
        }
        Err(_) => found(template, parameters),
    }
}

fn region(state: &State) -> Option<&str> {
    let is_assumed = state.assumed.iter().any(|name| name == "AWS::Region");
    state.pseudo.get("AWS::Region").and_then(|region| region.as_str()).filter(|_| !is_assumed)
}

fn errors(findings: Vec<Finding>) -> impl Iterator<Item = Diagnostic> {
    findings.into_iter().map(|finding| finding.diagnostic).filter(|found| found.severity == Severity::Error)
}
