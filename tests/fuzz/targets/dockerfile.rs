//! Parses and lints a Dockerfile; every label must be inside the text, and the findings can be formatted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::build::Engine;
use rackform::build::dockerfile::{Context, Dockerfile, RULES, lint};
use rackform::diagnostic::Source;
use rackform::ui::{Layout, findings};
use rackform::validate::Finding;

fuzz_target!(|text: &str| {
    let source = Source::new("Dockerfile", text);
    let found = match Dockerfile::read(&source) {
        Ok(dockerfile) => lint(&dockerfile, &Context { engine: Some(Engine::Kaniko), secrets: Some(&["npmrc"]), ..Context::default() }),
        Err(problems) => problems.0,
    };
    let found: Vec<Finding> = found.into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect();
    for label in found.iter().flat_map(|finding| &finding.diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some());
    }
    let _ = findings::json(&found).unwrap();
    let _ = findings::sarif(&found, RULES).unwrap();
    let _ = findings::human(&found, Layout::plain());
});
