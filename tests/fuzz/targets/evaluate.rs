//! Evaluates a template twice; both evaluations return the same values or problems, and stay within the budget of memory and output.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::diagnostic::{Diagnostics, Source};
use rackform::template::{Arena, Template};

/// The most bytes that the documents and values of two evaluations take, and the most bytes of their output.
const MOST_MEMORY: usize = 256 * 1024 * 1024;
const MOST_OUTPUT: usize = 200 * 1024 * 1024;

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
    assert!(arena.bump().allocated_bytes() < MOST_MEMORY, "{} bytes", arena.bump().allocated_bytes());
    assert!(first.len() < MOST_OUTPUT, "{} bytes of output", first.len());
});
