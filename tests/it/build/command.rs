//! Tests of `rackform build command`.
#![allow(clippy::unwrap_used)]

use crate::program::Bench;

#[test]
fn a_docker_below_23_gets_a_plain_build_and_is_told_so() {
    let run = Bench::new().run("build command . --engine docker --engine-version 20.10.25 --repository registry.example.com/cache");
    assert_eq!((run.stdout.as_str(), run.code), ("DOCKER_BUILDKIT=1 docker build --progress=plain .\n", 0), "{run}");
    assert!(run.stderr.contains("takes no cache flags"), "{run}");
}
