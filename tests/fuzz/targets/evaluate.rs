//! Evaluates a template twice; both evaluations return the same values or problems.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::diagnostic::{Diagnostics, Source};
use rackform::template::{Arena, Template};

fuzz_target!(|text: &str| {
    let source = Source::new("t.yaml", text);
    let arena = Arena::new();
    let Ok(template) = Template::read(&source, &arena) else { return };
    let Ok(parameters) = ParameterSet::resolve(&template, &ParameterOverrides::new()) else { return };
    let state = State::default();
    let [first, second] = [(); 2].map(|()| match evaluate(&template, &parameters, &state, &arena) {
        Ok(evaluation) => {
            let mut json = Vec::new();
            rackform::ui::evaluation::write_json(&evaluation, &Diagnostics::default(), &mut json).unwrap();
            String::from_utf8(json).unwrap()
        }
        Err(problems) => problems.to_string(),
    });
    assert_eq!(first, second);
});
