//! Runs an invocation: each step is a separate process with exactly the planned arguments, without a shell.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::command::{Invocation, Step, style_of};
use super::progress::{Progress, Reader};
use crate::secret::Mask;

mod copy;

use copy::Copy;

/// The time between SIGTERM and SIGKILL.
const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// Why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// A required environment variable is not set.
    #[error("environment variable {variables} is not set, required for {purpose}")]
    NotSet {
        /// The variables, of which one is required.
        variables: String,
        /// What requires it.
        purpose: String,
    },
    /// A program could not be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// A step failed.
    #[error("`{program}` failed to {purpose}: {end}")]
    Failed {
        /// The program.
        program: String,
        /// The purpose of the step, as a verb phrase.
        purpose: String,
        /// How the program ended.
        end: End,
    },
    /// The user or the parent process interrupted the invocation.
    #[error("interrupted")]
    Interrupted,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with this code.
    Code(i32),
    /// It was terminated by this signal.
    Signal(i32),
}

impl End {
    /// Returns the exit code that a shell reports: 128 plus the number for a signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        // On Unix, the status of a program that ended has one of the two.
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Code)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status: {code}"),
            Self::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "signal: {number} ({signal})"),
                Err(_) => write!(f, "signal: {number}"),
            },
        }
    }
}

/// How long a failed program's end may precede the handling of the interrupt that ended it.
const LATE_INTERRUPT: Duration = Duration::from_millis(100);

/// Sends SIGTERM to a program. The error is ignored because the program may have ended in the meantime.
pub(super) fn terminate(program: Pid) {
    let _ = kill(program, Signal::SIGTERM);
}

/// Runs the programs of steps until it is interrupted.
pub(super) trait Runner {
    /// Configures a command before it is started.
    fn prepare(&self, _: &mut Command) {}

    /// Returns the destination of the programs' standard output.
    fn stdout(&self) -> Stdout {
        Stdout::Inherited
    }

    /// Runs a program to its end, and terminates it on an interrupt.
    fn run(&self, command: &mut Command) -> io::Result<End>;

    /// Returns whether the invocation was interrupted.
    fn is_interrupted(&self) -> bool;
}

/// The result of running steps.
#[derive(Clone, Copy, Debug)]
pub(super) enum StepsResult<'a> {
    /// All steps succeeded, or were allowed to fail.
    Succeeded,
    /// The invocation was interrupted. How the running program ended, unless it succeeded and more steps were left.
    Interrupted(Option<End>),
    /// This step failed.
    Failed(&'a Step, End),
}

/// What was observed while steps ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// What the output of the engine said.
    pub progress: Progress,
    /// The arguments of each step that ran, and whether it succeeded.
    pub steps: Vec<(Vec<String>, bool)>,
}

impl Observed {
    /// Returns whether the step `PROGRAM VERB ... OBJECT` succeeded, or `None` if there was none.
    pub fn step(&self, verb: &str, object: &str) -> Option<bool> {
        let is = |argv: &Vec<String>| argv.get(1).is_some_and(|word| word == verb) && argv.last().is_some_and(|word| word == object);
        self.steps.iter().find(|(argv, _)| is(argv)).map(|(_, succeeded)| *succeeded)
    }
}

/// Runs the steps in order, and calls `on_step` before each step. Starts no program after an interrupt.
///
/// The output of each build is copied to the stream that the program would have, unchanged except for the values of secret-looking build
/// arguments, and what it says is added to `observed`.
pub(super) fn run_steps<'a>(
    invocation: &'a Invocation,
    runner: &dyn Runner,
    observed: &mut Observed,
    on_step: &mut dyn FnMut(&Step),
) -> Result<StepsResult<'a>, ExecError> {
    for need in invocation.needs.iter().filter(|need| need.required) {
        if !need.any_of.iter().any(|name| std::env::var_os(name).is_some()) {
            return Err(ExecError::NotSet { variables: need.any_of.join(" or "), purpose: need.purpose.clone() });
        }
    }
    let mask = invocation.mask(&|name| std::env::var(name).ok());
    let command = |argv: &[String]| {
        let (program, arguments) = argv.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        Some(command)
    };
    for (index, step) in invocation.steps.iter().enumerate() {
        if let Some(mut probe) = step.unless.as_deref().and_then(command) {
            runner.prepare(&mut probe);
            if runner.run(probe.stdout(Stdio::null()).stderr(Stdio::null())).is_ok_and(|end| end == End::Code(0)) {
                continue;
            }
        }
        if runner.is_interrupted() {
            return Ok(StepsResult::Interrupted(None));
        }
        let Some(mut command) = command(&step.argv) else { continue };
        if step.uses_environment {
            command.envs(&invocation.environment);
        }
        runner.prepare(&mut command);
        if step.uses_environment {
            command.envs(invocation.secret_variables());
        }
        on_step(step);
        let copied = style_of(invocation, &step.argv, io::stderr().is_terminal());
        // Secrets are masked in the other stream, too, unless the program draws on the terminal.
        let other = copied.as_ref().map(|(stream, _)| stream.other()).filter(|_| !mask.is_empty());
        let read = copied.map(|(stream, style)| (stream, Some(Reader::new(style))));
        let copies: Vec<Copy> = read
            .into_iter()
            .chain(other.map(|stream| (stream, None)))
            .filter_map(|(stream, reader)| Copy::start(&mut command, stream, runner.stdout(), reader, mask.clone()))
            .collect();
        let end = runner.run(&mut command);
        // The command has the writing end of the pipe, without which the copy does not end.
        drop(command);
        for progress in copies.into_iter().filter_map(Copy::finish) {
            observed.progress = std::mem::take(&mut observed.progress).followed_by(progress);
        }
        observed.steps.push((step.argv.clone(), matches!(end, Ok(End::Code(0)))));
        if runner.is_interrupted() {
            // The remaining steps are skipped even if this step succeeded.
            let is_last = index + 1 == invocation.steps.len();
            return Ok(StepsResult::Interrupted(end.ok().filter(|end| is_last || *end != End::Code(0))));
        }
        match end {
            Ok(End::Code(0)) => {}
            Ok(_) if step.may_fail => {}
            Ok(end) => return Ok(StepsResult::Failed(step, end)),
            Err(source) => return Err(ExecError::Start { program: step.argv.first().cloned().unwrap_or_default(), source }),
        }
    }
    Ok(StepsResult::Succeeded)
}

/// The destination of the programs' standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdout {
    /// The caller's standard output.
    Inherited,
    /// The caller's standard error, for callers that print their own result to standard output.
    Stderr,
}

/// Runs the steps in order, with the caller's standard error, and calls `on_step` before each step. Adds what the engine reported to
/// `observed`, even if a step fails.
///
/// When `interrupted` is set, the running program gets SIGTERM, even if the terminal already sent it a signal, and SIGKILL after ten
/// seconds. No program is started after that.
///
/// # Errors
///
/// Returns an error if a required variable is not set (before any step runs), if a step cannot be started or fails and is not allowed to,
/// or if `interrupted` is set.
pub fn run(
    invocation: &Invocation,
    stdout: Stdout,
    interrupted: &AtomicBool,
    observed: &mut Observed,
    on_step: &mut dyn FnMut(&Step),
) -> Result<(), ExecError> {
    match run_steps(invocation, &Children { stdout, interrupted }, observed, on_step)? {
        StepsResult::Succeeded => Ok(()),
        StepsResult::Interrupted(_) => Err(ExecError::Interrupted),
        StepsResult::Failed(step, end) => {
            let program = step.argv.first().cloned().unwrap_or_default();
            Err(ExecError::Failed { program, purpose: step.purpose.clone(), end })
        }
    }
}

/// Runs programs as child processes.
struct Children<'a> {
    stdout: Stdout,
    interrupted: &'a AtomicBool,
}

impl Runner for Children<'_> {
    fn prepare(&self, command: &mut Command) {
        if self.stdout == Stdout::Stderr {
            command.stdout(io::stderr());
        }
    }

    fn stdout(&self) -> Stdout {
        self.stdout
    }

    fn run(&self, command: &mut Command) -> io::Result<End> {
        let mut child = command.spawn()?;
        let mut deadline = None;
        loop {
            if let Some(status) = child.try_wait()? {
                let end = status.into();
                self.wait_for_late_interrupt(end);
                return Ok(end);
            }
            if self.is_interrupted() {
                let now = Instant::now();
                if now >= *deadline.get_or_insert_with(|| terminate_child(&child, now)) {
                    child.kill()?;
                    return child.wait().map(End::from);
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }
}

impl Children<'_> {
    /// Waits until the handler of an interrupt that also ended the program has set the flag.
    ///
    /// A terminal interrupts the program and this process at the same time. The program may end before this process's handler thread
    /// runs; without the wait, the interrupt would be reported as a failed build, or the next step would start.
    fn wait_for_late_interrupt(&self, end: End) {
        match end {
            End::Code(0) => {}
            End::Signal(signal) if signal == Signal::SIGINT as i32 => self.interrupted.store(true, Ordering::SeqCst),
            End::Code(_) | End::Signal(_) => {
                let deadline = Instant::now() + LATE_INTERRUPT;
                while !self.is_interrupted() && Instant::now() < deadline {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}

/// Sends SIGTERM to a child process and returns the deadline for SIGKILL.
fn terminate_child(child: &Child, now: Instant) -> Instant {
    if let Ok(id) = i32::try_from(child.id()) {
        terminate(Pid::from_raw(id));
    }
    now + GRACE_PERIOD
}

/// Runs a program that reads a secret from standard input, such as `docker login --password-stdin`, and discards its output.
///
/// # Errors
///
/// Returns an error if the program cannot be started or fails. The error contains the last line of its standard error.
pub fn run_with_secret(argv: &[String], secret: &str) -> Result<(), SecretInputError> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let failed = |message: String| SecretInputError { program: program.clone(), message };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // If the program does not read its input, its exit status shows the failure.
        let _ = input.write_all(secret.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = Mask::from_iter([secret]).text(String::from_utf8_lossy(&output.stderr));
    let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no error message");
    Err(failed(format!("{last} ({})", output.status)))
}

/// A program that reads a secret from standard input failed.
#[derive(Debug, thiserror::Error)]
#[error("`{program}`: {message}")]
pub struct SecretInputError {
    program: String,
    message: String,
}
