//! `rackform completions`: a script that completes commands and flags in a shell.

use super::{Context, ExitCode, Failure};

/// Writes a shell's completion script to standard output
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform completions bash > ~/.local/share/bash-completion/completions/rackform\n  rackform completions zsh > ~/.zfunc/_rackform"
)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Runs the command.
///
/// # Errors
///
/// Returns a failure to write.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "rackform", &mut script);
    context.answer(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Done)
}
