//! Patches a template; patching the result again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rackform::patch::patch;
use rackform::diagnostic::Source;

fuzz_target!(|text: &str| {
    for name in ["t.json", "t.yaml"] {
        let Ok(patched) = patch(&Source::new(name, text)) else { continue };
        let again = patch(&Source::new(name, patched.text())).unwrap_or_else(|problems| panic!("the patched template cannot be patched: {problems}"));
        assert!(again.is_unchanged());
    }
});
