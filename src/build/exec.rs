//! Runs an invocation: each step a process of its own with exactly the arguments that were planned, and no shell anywhere.

use std::io::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::command::{Invocation, Step};

/// How long a program that was asked to end may take for it.
const GRACE: Duration = Duration::from_secs(10);

/// Why an invocation did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// A variable that the build cannot do without is not set.
    #[error("the environment has no {variables}, which is {purpose}")]
    NotSet {
        /// The variables, of which one would do.
        variables: String,
        /// What it is for.
        purpose: String,
    },
    /// A program cannot be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A step ended badly.
    #[error("`{program}` did not {purpose}: {status}")]
    Failed {
        /// The program.
        program: String,
        /// What the step is for.
        purpose: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The user, or whoever runs this, asked for an end.
    #[error("interrupted")]
    Interrupted,
}

/// Runs the steps in order, with standard output and standard error where the caller's are; `tell` hears of each step before it starts.
///
/// An interruption on a terminal reaches the program too, which ends as it likes; one that does not is ended some seconds later. Nothing
/// is started after that.
///
/// # Errors
///
/// Returns a variable that is not set, before anything runs; the first step that cannot be started or fails, unless it may; or that
/// `interrupted` was set.
pub fn run(invocation: &Invocation, interrupted: &AtomicBool, tell: &mut dyn FnMut(&Step)) -> Result<(), ExecError> {
    run_with(invocation, Stdout::Inherited, interrupted, tell)
}

/// Where what the programs write to standard output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdout {
    /// To the caller's standard output.
    Inherited,
    /// To the caller's standard error, where standard output is for the caller's own answer.
    Stderr,
}

/// Runs the steps as [`run`] does, with standard output going elsewhere.
///
/// # Errors
///
/// As [`run`].
pub fn run_with(invocation: &Invocation, stdout: Stdout, interrupted: &AtomicBool, tell: &mut dyn FnMut(&Step)) -> Result<(), ExecError> {
    for need in invocation.needs.iter().filter(|need| need.required) {
        if !need.any_of.iter().any(|name| std::env::var_os(name).is_some()) {
            return Err(ExecError::NotSet { variables: need.any_of.join(" or "), purpose: need.purpose.clone() });
        }
    }
    for step in &invocation.steps {
        if let Some(probe) = &step.unless
            && let Some(mut command) = command(probe, invocation)
            && let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()
            && wait(child, interrupted).is_ok_and(|status| status.success())
        {
            continue;
        }
        if interrupted.load(Ordering::SeqCst) {
            return Err(ExecError::Interrupted);
        }
        tell(step);
        let Some(mut command) = command(&step.argv, invocation) else { continue };
        if stdout == Stdout::Stderr {
            command.stdout(std::io::stderr());
        }
        let program = step.argv.first().cloned().unwrap_or_default();
        let started = command.spawn().and_then(|child| wait(child, interrupted));
        if interrupted.load(Ordering::SeqCst) {
            return Err(ExecError::Interrupted);
        }
        match started {
            Ok(status) if status.success() || step.may_fail => {}
            Ok(status) => return Err(ExecError::Failed { program, purpose: step.purpose.clone(), status }),
            Err(source) => return Err(ExecError::Start { program, source }),
        }
    }
    Ok(())
}

/// Runs a program that reads a secret from standard input, such as `docker login --password-stdin`, and hides what it writes.
///
/// # Errors
///
/// Returns that it cannot be started, or failed, with the last line that it wrote to standard error.
pub fn feed(argv: &[String], secret: &str) -> Result<(), FeedError> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let failed = |message: String| FeedError { program: program.clone(), message };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read it says so by how it ends.
        let _ = input.write_all(secret.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).replace(secret, "****");
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it gave no reason");
    Err(failed(format!("{last} ({})", output.status)))
}

/// A program that read a secret did not end well.
#[derive(Debug, thiserror::Error)]
#[error("`{program}`: {message}")]
pub struct FeedError {
    program: String,
    message: String,
}

fn command(argv: &[String], invocation: &Invocation) -> Option<Command> {
    let (program, arguments) = argv.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).envs(&invocation.environment).stdin(Stdio::null());
    Some(command)
}

fn wait(mut child: Child, interrupted: &AtomicBool) -> std::io::Result<ExitStatus> {
    let mut deadline = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupted.load(Ordering::SeqCst) && Instant::now() >= *deadline.get_or_insert_with(|| Instant::now() + GRACE) {
            child.kill()?;
            return child.wait();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
