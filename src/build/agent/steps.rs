//! Runs the steps of an invocation as process 1 of a container.

use std::process::{Command, Stdio};

use super::super::command::{Invocation, Step};
use super::super::exec::ExecError;
use super::supervise::{self, End};

/// Variables that no engine gets to see: whoever has them can be the rack.
const KEPT_BACK: [&str; 3] = ["BUILD_AUTH", "RACK_URL", "PASSWORD"];

/// Runs the steps in order until one ends badly that may not; `tell` hears of each before it starts. Returns how the last one ended.
///
/// # Errors
///
/// Returns a variable that is not set, before anything runs, or a program that cannot be started.
pub fn run_steps(invocation: &Invocation, environment: &[(String, String)], tell: &mut dyn FnMut(&Step)) -> Result<End, ExecError> {
    for need in invocation.needs.iter().filter(|need| need.required) {
        if !need.any_of.iter().any(|name| std::env::var_os(name).is_some()) {
            return Err(ExecError::NotSet { variables: need.any_of.join(" or "), purpose: need.purpose.clone() });
        }
    }
    let command = |argv: &[String]| {
        let (program, arguments) = argv.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).envs(&invocation.environment).envs(environment.iter().cloned()).stdin(Stdio::null());
        for name in KEPT_BACK {
            command.env_remove(name);
        }
        Some(command)
    };
    for step in &invocation.steps {
        if let Some(mut probe) = step.unless.as_deref().and_then(command)
            && supervise::run(probe.stdout(Stdio::null()).stderr(Stdio::null())).is_ok_and(|end| end == End::Code(0))
        {
            continue;
        }
        if supervise::is_ending() {
            return Ok(End::Signal(nix::sys::signal::Signal::SIGTERM as i32));
        }
        let Some(mut run) = command(&step.argv) else { continue };
        tell(step);
        let program = step.argv.first().cloned().unwrap_or_default();
        let end = supervise::run(&mut run).map_err(|source| ExecError::Start { program, source })?;
        if end != End::Code(0) && (!step.may_fail || supervise::is_ending()) {
            return Ok(end);
        }
    }
    Ok(End::Code(0))
}
