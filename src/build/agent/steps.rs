//! Runs the steps of an invocation as process 1 of a container.

use std::io;
use std::process::Command;

use nix::sys::signal::Signal;

use super::super::command::{Invocation, Step};
use super::super::exec::{self, End, Ended, ExecError, Runner};
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

    fn is_ending(&self) -> bool {
        supervise::is_ending()
    }
}

/// Runs the steps in order until one ends badly that may not; `tell` hears of each before it starts. Returns how the last one ended.
///
/// # Errors
///
/// Returns a variable that is not set, before anything runs, or a program that cannot be started.
pub fn run_steps(invocation: &Invocation, environment: &[(String, String)], tell: &mut dyn FnMut(&Step)) -> Result<End, ExecError> {
    Ok(match exec::steps(invocation, &Supervised { environment }, tell)? {
        Ended::Well => End::Code(0),
        Ended::Asked(end) => end.unwrap_or(End::Signal(Signal::SIGTERM as i32)),
        Ended::Badly(_, end) => end,
    })
}
