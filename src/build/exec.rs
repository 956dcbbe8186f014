//! Runs an invocation: each step a process of its own with exactly the arguments that were planned, and no shell anywhere.

use std::process::{Command, ExitStatus, Stdio};

use super::command::{Invocation, Step};

/// Why an invocation did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// A program cannot be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A step ended badly.
    #[error("`{program}` ({purpose}) failed: {status}")]
    Failed {
        /// The program.
        program: String,
        /// What the step is for.
        purpose: String,
        /// How it ended.
        status: ExitStatus,
    },
}

/// Runs the steps in order, with standard output and standard error where the caller's are; `tell` hears of each step before it starts.
///
/// # Errors
///
/// Returns the first step that cannot be started or fails, unless it may.
pub fn run(invocation: &Invocation, tell: &mut dyn FnMut(&Step)) -> Result<(), ExecError> {
    for step in &invocation.steps {
        if let Some(probe) = &step.unless
            && let Some(mut command) = command(probe, invocation)
            && command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        {
            continue;
        }
        tell(step);
        let Some(mut command) = command(&step.argv, invocation) else { continue };
        let program = step.argv.first().cloned().unwrap_or_default();
        let status = command.status().map_err(|source| ExecError::Start { program: program.clone(), source })?;
        if !status.success() && !step.may_fail {
            return Err(ExecError::Failed { program, purpose: step.purpose.clone(), status });
        }
    }
    Ok(())
}

fn command(argv: &[String], invocation: &Invocation) -> Option<Command> {
    let (program, arguments) = argv.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).envs(&invocation.environment).stdin(Stdio::null());
    Some(command)
}
