//! `rackform completions`: prints a shell completion script.

use crate::cli::{Context, ExitCode, Failure};

/// Print a shell completion script
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform completions bash > ~/.local/share/bash-completion/completions/rackform\n  rackform completions zsh > ~/.zfunc/_rackform"
)]
pub struct Args {
    /// Shell
    shell: clap_complete::Shell,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if writing fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "rackform", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    // clap's script for bash completes options that are hidden from help, so they are removed. Their values are still completed.
    for hidden in
        crate::cli::command().get_subcommands().flat_map(|command| command.get_arguments().filter(|argument| argument.is_hide_set()))
    {
        if let Some(flag) = hidden.get_long() {
            script = script.replace(&format!(" --{flag} "), " ");
        }
    }
    context.answer(&script)?;
    Ok(ExitCode::Done)
}
