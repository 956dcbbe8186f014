//! Any parameter file gives values or problems, and any template's declarations take or refuse them.
//!
//! The input is a parameter file, and after a line `---` a template.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::template::{Arena, Source, Template};

fuzz_target!(|text: &str| {
    let (file, template) = text.split_once("\n---\n").unwrap_or((text, ""));
    let mut given = ParameterOverrides::new();
    for name in ["p.json", "p.yaml"] {
        let _ = given.add_file(&Source::new(name, file));
    }
    for line in file.lines() {
        let _ = given.add_flag(line);
    }
    let source = Source::new("t.yaml", template);
    let arena = Arena::new();
    let Ok(template) = Template::read(&source, &arena) else { return };
    let _ = ParameterSet::resolve(&template, &given);
    let _ = ParameterSet::resolve(&template, &ParameterOverrides::new());
});
