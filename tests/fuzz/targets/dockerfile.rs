//! A Dockerfile is read, and what is found points into it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::build::Engine;
use rackform::build::dockerfile::{Context, Dockerfile, RULES, warnings};
use rackform::template::Source;
use rackform::ui::{Layout, findings};
use rackform::validate::Finding;

fuzz_target!(|text: &str| {
    let source = Source::new("Dockerfile", text);
    let found = match Dockerfile::read(&source) {
        Ok(dockerfile) => warnings(&dockerfile, &Context { engine: Some(Engine::Kaniko), secrets: Some(&["npmrc"]), ..Context::default() }),
        Err(problems) => problems.0.into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect(),
    };
    for label in found.iter().flat_map(|finding| &finding.diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some());
    }
    let _ = findings::json(&found).unwrap();
    let _ = findings::sarif(&found, RULES).unwrap();
    let _ = findings::human(&found, Layout::plain());
});
