//! Runs the program in a separate folder with an empty environment, and captures its output.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};

/// A folder to run the program in.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// The output and exit code of one run.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Bench {
    /// Returns an empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("rack-").tempdir().unwrap() }
    }

    /// Writes a file into the folder.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the text of a file in the folder.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Returns a command in the folder with an empty environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rackform"));
        command.current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs the program; the arguments are split at spaces.
    pub fn run(&self, arguments: &str) -> Run {
        self.run_args(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the program with these arguments.
    pub fn run_args(&self, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments))
    }
}

impl Run {
    /// Runs a command and captures its output.
    pub fn of(command: &mut Command) -> Self {
        Self::from_output(&command.output().unwrap())
    }

    /// Converts the output of a process.
    pub fn from_output(output: &std::process::Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Returns standard output as JSON; `null` if it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_default()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "------- stderr -------\n{}", self.stderr)?;
        }
        write!(f, "------- exit status: {} -------", self.code)
    }
}
