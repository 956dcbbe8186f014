//! The promises of `docs/security.md`: every named test exists, and the program is built as described.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Run;

const PAGE: &str = include_str!("../../docs/security.md");

/// Returns the names of all test functions below a folder.
fn tests_below(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // Attributes and comments may stand between the two lines.
            for after in text.split("#[test]").skip(1) {
                let name = after.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
                names.extend(name.map(str::to_owned));
            }
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_promise_names_tests_that_exist() {
    let mut names = Vec::new();
    ["src", "tests"].iter().for_each(|folder| tests_below(&root().join(folder), &mut names));
    let mut promises = 0;
    let mut is_in_table = false;
    for line in PAGE.lines() {
        is_in_table = (is_in_table && line.starts_with('|')) || line == "| promise | proved by |";
        if !is_in_table || line.starts_with("| promise") || line.starts_with("| ---") {
            continue;
        }
        promises += 1;
        let proofs = line.trim_end_matches(" |").rsplit_once(" | ").unwrap().1;
        let proofs: Vec<&str> = proofs.split(", ").collect();
        assert!(!proofs.is_empty(), "{line}");
        for proof in proofs {
            let name = proof.strip_prefix('`').and_then(|proof| proof.strip_suffix('`'));
            let name = name.unwrap_or_else(|| panic!("not the name of a test: {proof}"));
            assert!(names.iter().any(|known| known == name), "no test `{name}`, which docs/security.md names");
        }
    }
    assert!(promises >= 20, "{promises}");
}

fn hardening(arguments: &[&str]) -> Option<Run> {
    if !cfg!(target_os = "linux") || Command::new("readelf").arg("--version").output().is_err() {
        crate::support::skip("the hardening of the program is checked on Linux with readelf");
        return None;
    }
    Some(Run::of(Command::new(root().join(".ci/hardening")).args(arguments)))
}

#[test]
fn the_program_is_hardened() {
    let Some(run) = hardening(&[env!("CARGO_BIN_EXE_rackform")]) else { return };
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.lines().count() >= 9 && !run.stdout.contains("NO"), "{run}");
}

#[test]
fn the_check_of_hardening_finds_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.c"), "int main(void) { return 0; }\n").unwrap();
    let linked = Command::new("cc")
        .current_dir(folder.path())
        .args(["main.c", "-o", "main", "-no-pie", "-z", "execstack", "-z", "norelro", "-z", "lazy", "-Wl,-rpath,/tmp"])
        .output();
    if !linked.is_ok_and(|linked| linked.status.success()) {
        return crate::support::skip("no C compiler that links without hardening");
    }
    let Some(run) = hardening(&[folder.path().join("main").to_str().unwrap(), "--released"]) else { return };
    assert_eq!(run.code, 1, "{run}");
    for property in ["position-independent", "RELRO", "bound before main", "executable stack", "RUNPATH", "symbols"] {
        assert!(run.stdout.lines().any(|line| line.contains(property) && line.contains(": NO")), "{property}: {run}");
    }
}

#[test]
fn the_release_profile_is_hardened() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let profile = manifest.split("[profile.release]\n").nth(1).unwrap().split("\n[").next().unwrap();
    for line in ["panic = \"unwind\"", "strip = true"] {
        assert!(profile.lines().any(|found| found == line), "{line}: {profile}");
    }
    assert!(!manifest.contains("rpath"), "no search path for libraries");
    // A version of a crate from elsewhere would bypass the checksums of Cargo.lock.
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let sources: Vec<&str> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(sources.iter().all(|line| line.contains("registry+https://github.com/rust-lang/crates.io-index")), "{sources:?}");
}
