//! Validates a template twice, with the same findings, which are not too many and can be formatted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::diagnostic::{MOST_PROBLEMS, Source};
use rackform::template::{Arena, Template};
use rackform::ui::{Layout, findings};
use rackform::validate::{Options, validate};

fuzz_target!(|text: &str| {
    let source = Source::new("t.yaml", text);
    let arena = Arena::new();
    let Ok(template) = Template::read(&source, &arena) else { return };
    let [first, second] = [(); 2].map(|()| validate(&template, Options::default()));
    assert!(first.len() <= MOST_PROBLEMS + 2, "{} findings", first.len());
    assert_eq!(findings::json(&first).unwrap(), findings::json(&second).unwrap());
    let _ = findings::sarif(&first, rackform::validate::RULES).unwrap();
    let _ = findings::human(&first, Layout::plain());
});
