//! `rackform completions`: a script that completes commands and flags in a shell.

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
/// Returns a failure to write.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "rackform", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    // The script for bash offers flags that are hidden from help; as a case of its own a hidden one still completes its value.
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
