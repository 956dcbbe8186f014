//! The programs in `examples/` run: a user starts with a copy of one.

#![allow(clippy::unwrap_used)]

#[path = "../../examples/evaluate.rs"]
mod evaluate;
#[path = "../../examples/plan.rs"]
mod plan;
#[path = "../../examples/render.rs"]
mod render;

#[test]
fn the_examples_run() {
    render::main().unwrap();
    evaluate::main().unwrap();
    plan::main().unwrap();
}

#[test]
fn the_examples_are_short() {
    for name in ["evaluate", "plan", "render"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
        let lines = std::fs::read_to_string(path).unwrap().lines().count();
        assert!(lines < 40, "{name} has {lines} lines");
    }
}
