//! `rackform build` of a program without build support.

use std::ffi::OsString;

use super::{Context, ExitCode, Failure};

/// Build images with a persistent cache (not available: this program was built without build support)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example of a program that has `rackform build`:\n  cargo build --release")]
pub struct Args {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Fails: the command is not in this program.
///
/// # Errors
///
/// Always returns an error, which names the missing cargo feature.
pub fn run(_: &Args, _: &mut Context<'_>) -> Result<ExitCode, Failure> {
    Err(Failure::new(ExitCode::Unavailable, "rackform was built without build support (cargo feature `build`)")
        .hinted("build it with default features, or with `--features build`"))
}
