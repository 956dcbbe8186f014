//! Runs the steps of an invocation as process 1 of a container.

use std::io;
use std::process::Command;

use nix::sys::signal::Signal;

use super::super::command::{Invocation, Step};
use super::super::exec::{self, End, ExecError, Observed, Runner, StepsResult};
use super::supervise;

/// Variables that are removed from the engine's environment: their values grant access to the rack.
const REMOVED_VARIABLES: [&str; 3] = ["BUILD_AUTH", "RACK_URL", "PASSWORD"];

/// Runs programs as process 1 of a container.
struct Supervised<'a> {
    /// Additional variables for every program.
    environment: &'a [(String, String)],
}

impl Runner for Supervised<'_> {
    fn prepare(&self, command: &mut Command) {
        command.envs(self.environment.iter().cloned());
        for name in REMOVED_VARIABLES {
            command.env_remove(name);
        }
    }

    fn run(&self, command: &mut Command) -> io::Result<End> {
        supervise::run(command)
    }

    fn is_interrupted(&self) -> bool {
        supervise::is_interrupted()
    }
}

/// Runs the steps in order until one fails that is not allowed to, and calls `on_step` before each step. Adds what the engine reported to
/// `observed`. Returns how the last step ended.
///
/// # Errors
///
/// Returns an error if a required variable is not set (before any step runs) or a program cannot be started.
pub fn run_steps(
    invocation: &Invocation,
    environment: &[(String, String)],
    observed: &mut Observed,
    on_step: &mut dyn FnMut(&Step),
) -> Result<End, ExecError> {
    Ok(match exec::run_steps(invocation, &Supervised { environment }, observed, on_step)? {
        StepsResult::Succeeded => End::Code(0),
        StepsResult::Interrupted(end) => end.unwrap_or(End::Signal(Signal::SIGTERM as i32)),
        StepsResult::Failed(_, end) => end,
    })
}
