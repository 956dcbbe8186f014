//! Files read and written: named pipes, devices, links, modes, sizes, full disks.
#![allow(clippy::unwrap_used)]

mod batch;
mod inputs;
mod outputs;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::program::Bench;

/// A template without parameters.
const TEMPLATE: &str = r#"{"Resources":{"Jobs":{"Type":"AWS::SQS::Queue"}}}"#;

/// Returns a folder with a rack.
fn rack() -> Bench {
    let bench = Bench::new();
    bench.file("project/rack.yaml", "name: demo\nregion: us-east-1\ntemplate: rack.json\n").file("project/rack.json", TEMPLATE);
    bench
}

/// Runs the program in the folder `project`.
fn run(bench: &Bench, arguments: &str) -> crate::program::Run {
    crate::program::Run::of(bench.command().current_dir(bench.path().join("project")).args(arguments.split_whitespace()))
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn make_pipe(path: &Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
}
