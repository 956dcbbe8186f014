//! Reads a parameter file and resolves it against a template; both return values or problems.
//!
//! The input is a parameter file, a line `---`, and a template.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::diagnostic::Source;
use rackform::template::{Arena, Template};

fuzz_target!(|text: &str| {
    let (file, template) = text.split_once("\n---\n").unwrap_or((text, ""));
    let mut overrides = ParameterOverrides::new();
    for name in ["p.json", "p.yaml"] {
        let _ = overrides.add_file(&Source::new(name, file));
    }
    for line in file.lines() {
        let _ = overrides.add_flag(line);
    }
    let source = Source::new("t.yaml", template);
    let arena = Arena::new();
    let Ok(template) = Template::read(&source, &arena) else { return };
    let _ = ParameterSet::resolve(&template, &overrides);
    let _ = ParameterSet::resolve(&template, &ParameterOverrides::new());
});
