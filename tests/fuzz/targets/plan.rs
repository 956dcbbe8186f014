//! Plans a change of one template to another twice, with the same result, within the budget of memory and output; a template has no
//! changes to itself.
//!
//! The input is two templates, separated by a line `---`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::{plan, plan_first};
use rackform::diagnostic::Source;
use rackform::template::{Arena, Template};

/// The most bytes that the documents and values of a plan take, and the most bytes of the plan.
const MOST_MEMORY: usize = 256 * 1024 * 1024;
const MOST_OUTPUT: usize = 200 * 1024 * 1024;

fuzz_target!(|text: &str| {
    let (before, after) = text.split_once("\n---\n").unwrap_or((text, text));
    let sources = [Source::new("before.yaml", before), Source::new("after.yaml", after)];
    let arena = Arena::new();
    let Ok(old) = Template::read(&sources[0], &arena) else { return };
    let Ok(new) = Template::read(&sources[1], &arena) else { return };
    let Ok(old_set) = ParameterSet::resolve(&old, &ParameterOverrides::new()) else { return };
    let Ok(new_set) = ParameterSet::resolve(&new, &ParameterOverrides::new()) else { return };
    let state = State::default();
    let Ok(old) = evaluate(&old, &old_set, &state, &arena) else { return };
    let Ok(new) = evaluate(&new, &new_set, &state, &arena) else { return };
    let bytes = || match plan(&old, &new) {
        Ok(plan) => serde_json::to_string(&plan).unwrap(),
        Err(problems) => problems.to_string(),
    };
    let planned = bytes();
    assert_eq!(planned, bytes());
    assert!(arena.bump().allocated_bytes() < MOST_MEMORY, "{} bytes", arena.bump().allocated_bytes());
    assert!(planned.len() < MOST_OUTPUT, "{} bytes of output", planned.len());
    assert!(plan(&new, &new).is_ok_and(|plan| !plan.has_changes()));
    let _ = plan_first(&new);
});
