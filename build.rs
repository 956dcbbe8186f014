//! Sets how release builds are linked: position-independent with full RELRO, and quick to start.
//!
//! A release build is a position-independent executable whose relocated data becomes read-only before `main` (`-z relro -z now`, both rustc's
//! defaults): the program holds credentials, so neither is given up for speed. On Linux with glibc, two options make up for most of what the
//! relocations of such a program cost at every start:
//!
//! - `-z pack-relative-relocs` stores the 25,000 relative relocations as a bitmap of 7 KB (`DT_RELR`) instead of a table of 600 KB. It needs
//!   glibc 2.36 and binutils 2.38, on the machine that builds as on the machine that runs the program; older ones get the table.
//!   Source: <https://sourceware.org/glibc/wiki/Release/2.36>, <https://sourceware.org/binutils/docs/ld/Options.html>
//! - The unwinder comes from `libgcc_eh.a`, where the compiler has one, so that there is one shared library less to find, map and bind.
//!
//! `docs/benchmarks.md` has the figures.
#![allow(clippy::print_stdout, reason = "a build script communicates with cargo through standard output")]

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let is_native = std::env::var("HOST") == std::env::var("TARGET");
    // A cross compiler's C library is unknown here; its program starts a little later.
    if !is_release || !is_native || target("OS") != "linux" || target("ENV") != "gnu" || is_static {
        return;
    }
    if version_of("ld").is_some_and(|version| version >= (2, 38)) && version_of("ldd").is_some_and(|version| version >= (2, 36)) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if output_of("cc", "-print-file-name=libgcc_eh.a").is_some_and(|found| Path::new(found.trim()).is_absolute()) {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Returns the version at the end of the first line that `program --version` prints, as GNU programs do.
fn version_of(program: &str) -> Option<(u32, u32)> {
    let text = output_of(program, "--version")?;
    let (major, minor) = text.lines().next()?.rsplit(' ').next()?.split_once('.')?;
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn output_of(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
