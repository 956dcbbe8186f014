//! Runs an invocation: each step a process of its own with exactly the arguments that were planned, and no shell anywhere.

use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::command::{Invocation, Step};
use crate::secret::Mask;

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
        source: io::Error,
    },
    /// A step ended badly.
    #[error("`{program}` did not {purpose}: {end}")]
    Failed {
        /// The program.
        program: String,
        /// What the step is for.
        purpose: String,
        /// How it ended.
        end: End,
    },
    /// The user, or whoever runs this, asked for an end.
    #[error("interrupted")]
    Interrupted,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl End {
    /// Returns the code that a shell would tell: 128 and the signal's number for a signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        // On Unix a program that has ended has one of the two.
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

/// Asks a program to end. One that is gone in the meantime needs no signal.
pub(super) fn ask_to_end(program: Pid) {
    let _ = kill(program, Signal::SIGTERM);
}

/// Who runs the programs of steps, and knows when it is to end.
pub(super) trait Runner {
    /// Changes what a program is started with.
    fn prepare(&self, _: &mut Command) {}

    /// Runs a program to its end, asking it to end as soon as somebody asks for that.
    fn run(&self, command: &mut Command) -> io::Result<End>;

    /// Tells whether somebody asked for an end.
    fn is_ending(&self) -> bool;
}

/// How steps ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended<'a> {
    /// All of them well, or as they may.
    Well,
    /// Somebody asked for an end; of the program that ran then, how it ended, unless that was well and there was more to do.
    Asked(Option<End>),
    /// This one badly.
    Badly(&'a Step, End),
}

/// Runs the steps in order; `tell` hears of each step before it starts. Nothing is started after somebody asked for an end.
pub(super) fn steps<'a>(invocation: &'a Invocation, runner: &dyn Runner, tell: &mut dyn FnMut(&Step)) -> Result<Ended<'a>, ExecError> {
    for need in invocation.needs.iter().filter(|need| need.required) {
        if !need.any_of.iter().any(|name| std::env::var_os(name).is_some()) {
            return Err(ExecError::NotSet { variables: need.any_of.join(" or "), purpose: need.purpose.clone() });
        }
    }
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
        if runner.is_ending() {
            return Ok(Ended::Asked(None));
        }
        let Some(mut command) = command(&step.argv) else { continue };
        if step.uses_environment {
            command.envs(&invocation.environment);
        }
        runner.prepare(&mut command);
        tell(step);
        let end = runner.run(&mut command);
        if runner.is_ending() {
            // Whatever it did, what comes after it is not done.
            let is_last = index + 1 == invocation.steps.len();
            return Ok(Ended::Asked(end.ok().filter(|end| is_last || *end != End::Code(0))));
        }
        match end {
            Ok(End::Code(0)) => {}
            Ok(_) if step.may_fail => {}
            Ok(end) => return Ok(Ended::Badly(step, end)),
            Err(source) => return Err(ExecError::Start { program: step.argv.first().cloned().unwrap_or_default(), source }),
        }
    }
    Ok(Ended::Well)
}

/// Runs the steps in order, with standard output and standard error where the caller's are; `tell` hears of each step before it starts.
///
/// When `interrupted` is set, the program that runs is asked to end at once, whether or not a terminal has told it too, and is killed when
/// it takes longer than ten seconds. Nothing is started after that.
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
    match steps(invocation, &Children { stdout, interrupted }, tell)? {
        Ended::Well => Ok(()),
        Ended::Asked(_) => Err(ExecError::Interrupted),
        Ended::Badly(step, end) => {
            let program = step.argv.first().cloned().unwrap_or_default();
            Err(ExecError::Failed { program, purpose: step.purpose.clone(), end })
        }
    }
}

/// Runs programs as children of a process that has others to care for.
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

    fn run(&self, command: &mut Command) -> io::Result<End> {
        let mut child = command.spawn()?;
        let mut deadline = None;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status.into());
            }
            if self.is_ending() {
                let now = Instant::now();
                if now >= *deadline.get_or_insert_with(|| asked(&child, now)) {
                    child.kill()?;
                    return child.wait().map(End::from);
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_ending(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }
}

/// Asks a child to end; returns until when it may take for it.
fn asked(child: &Child, now: Instant) -> Instant {
    if let Ok(id) = i32::try_from(child.id()) {
        ask_to_end(Pid::from_raw(id));
    }
    now + GRACE
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
    let said = Mask::from_iter([secret]).text(String::from_utf8_lossy(&output.stderr));
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
