//! Parses any text into a document or problems; a document written as JSON or YAML in any style parses to the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::diagnostic::Source;
use rackform::template::{Arena, Document, Functions, Style, Template, write_json, write_yaml};
use rackform::ui::Layout;

fn value(name: &str, text: &str) -> serde_json::Value {
    let source = Source::new(name, text);
    let arena = Arena::new();
    let document = Document::read(&source, &arena).unwrap_or_else(|problems| panic!("cannot parse the written document {text:?}: {problems}"));
    serde_json::to_value(document.root).unwrap()
}

fuzz_target!(|text: &str| {
    for name in ["t.json", "t.yaml"] {
        let source = Source::new(name, text);
        let arena = Arena::new();
        let document = match Document::read(&source, &arena) {
            Ok(document) => document,
            Err(problems) => {
                let _ = rackform::ui::diagnostics(&problems, Layout::plain());
                continue;
            }
        };
        if let Err(problems) = Template::from_document(&document) {
            let _ = rackform::ui::diagnostics(&problems, Layout::plain());
        }
        let read = serde_json::to_value(document.root).unwrap();
        for style in [Style::pretty(), Style::minified()] {
            assert_eq!(value("w.json", &write_json(document.root, &style)), read);
        }
        for functions in [Functions::Long, Functions::Short] {
            assert_eq!(value("w.yaml", &write_yaml(document.root, functions)), read);
        }
    }
});
