//! Asking programs, with bounded patience.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a program answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is no such program, or it cannot be started.
    Missing(String),
    /// It did not end in time, and was ended.
    TooSlow,
    /// It ended.
    Ended {
        /// Whether it ended well.
        success: bool,
        /// What it wrote to standard output.
        stdout: String,
        /// What it wrote to standard error.
        stderr: String,
    },
}

/// Whoever can be asked; tests give answers of their own.
pub trait Ask {
    /// Runs a program and returns what it says.
    fn ask(&self, argv: &[&str]) -> Answer;
}

/// Programs of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    /// How long one question may take.
    pub patience: Duration,
}

impl Default for Programs {
    /// Returns programs with ten seconds each: a daemon that is starting answers in that, and a build waits for no more.
    fn default() -> Self {
        Self { patience: Duration::from_secs(10) }
    }
}

impl Ask for Programs {
    fn ask(&self, argv: &[&str]) -> Answer {
        let Some((program, arguments)) = argv.split_first() else { return Answer::Missing("no program".to_owned()) };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Answer::Missing(error.to_string()),
        };
        // Each pipe has a reader of its own, since a child that fills one waits for it.
        let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
        let end = Instant::now() + self.patience;
        let success = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status.success(),
                Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
                _ => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Answer::TooSlow;
                }
            }
        };
        // A grandchild may hold a pipe open after the child is gone.
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(500));
        let stdout = stdout.recv_timeout(left).unwrap_or_default();
        let stderr = stderr.recv_timeout(left).unwrap_or_default();
        Answer::Ended { success, stdout, stderr }
    }
}

fn reader(pipe: Option<impl std::io::Read + Send + 'static>) -> std::sync::mpsc::Receiver<String> {
    /// More than any answer has.
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
