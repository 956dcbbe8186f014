//! Runs programs with a time limit and captures their output.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The result of running a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutput {
    /// The program does not exist or cannot be started.
    Missing(String),
    /// The program did not end in time and was killed.
    TooSlow,
    /// The program ended.
    Ended {
        /// Whether it succeeded.
        success: bool,
        /// Its standard output.
        stdout: String,
        /// Its standard error.
        stderr: String,
    },
}

/// Runs commands, also several at the same time; tests replace it.
pub trait CommandRunner: Sync {
    /// Runs a program and returns its output.
    fn run(&self, argv: &[&str]) -> CommandOutput;

    /// Runs a program that may take minutes, such as one that pulls an image.
    fn run_long(&self, argv: &[&str]) -> CommandOutput {
        self.run(argv)
    }
}

/// Runs the programs of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    /// The time limit of one command.
    pub timeout: Duration,
}

impl Default for Programs {
    /// Returns a time limit of ten seconds, which is enough for a daemon that is starting.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10) }
    }
}

/// The time limit of a program that may pull an image.
const LONG_TIMEOUT: Duration = Duration::from_secs(300);

impl CommandRunner for Programs {
    fn run_long(&self, argv: &[&str]) -> CommandOutput {
        Self { timeout: self.timeout.max(LONG_TIMEOUT) }.run(argv)
    }

    fn run(&self, argv: &[&str]) -> CommandOutput {
        let Some((program, arguments)) = argv.split_first() else { return CommandOutput::Missing("no program".to_owned()) };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return CommandOutput::Missing(error.to_string()),
        };
        // Each pipe has its own reader, since a child blocks when a pipe is full.
        let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
        let end = Instant::now() + self.timeout;
        let success = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status.success(),
                Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
                _ => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return CommandOutput::TooSlow;
                }
            }
        };
        // A grandchild can keep a pipe open after the child has ended.
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(500));
        let stdout = stdout.recv_timeout(left).unwrap_or_default();
        let stderr = stderr.recv_timeout(left).unwrap_or_default();
        CommandOutput::Ended { success, stdout, stderr }
    }
}

fn reader(pipe: Option<impl std::io::Read + Send + 'static>) -> std::sync::mpsc::Receiver<String> {
    /// More than the output of any command.
    const LIMIT_BYTES: u64 = 4 << 20;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(LIMIT_BYTES).read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}
