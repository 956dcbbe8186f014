//! How the program is linked: so that it starts quickly.
//!
//! A third of a small command's time was the dynamic linker's. On Linux with glibc, and in release builds only:
//!
//! - The program is linked at a fixed address. A position-independent one has 18,000 addresses to fill in at every start, in 85 pages
//!   that the kernel must copy for it first; that is 0.3 ms, a fourteenth of reading and writing a rack template with `serde_json`.
//!   What it costs is that its own code is not moved about in memory, which guards programs that can be made to overrun theirs;
//!   this one forbids `unsafe`, and libraries, stack and heap still move.
//! - The unwinder comes from `libgcc_eh.a`, where the compiler has one, in place of a shared library to find, map and bind: 0.1 ms.
//!
//! `docs/benchmarks.md` has the figures.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo that way")]

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/link.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !is_release || target("OS") != "linux" || target("ENV") != "gnu" || is_static {
        return;
    }
    println!("cargo:rustc-link-arg-bins=-no-pie");
    // Cross compilers have theirs elsewhere; without an answer the shared one does.
    let is_native = std::env::var("HOST") == std::env::var("TARGET");
    let archive = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    if is_native && archive.is_ok_and(|found| Path::new(String::from_utf8_lossy(&found.stdout).trim()).is_absolute()) {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}
