//! All exit codes; a test compares `docs/exit-codes.md` with them.
//!
//! Numbers from 64 to 75 follow `sysexits.h`, so that a script can distinguish bad usage, a bad template and a temporary failure.

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, or nothing to do.
    Done = 0,
    /// The operation failed.
    Failed = 1,
    /// There are differences, and the caller requested this exit code.
    Differences = 2,
    /// The change has a risk that is not allowed.
    Denied = 3,
    /// The change was not confirmed.
    Declined = 4,
    /// AWS's change set differs from the prediction.
    Disagreement = 5,
    /// CloudFormation or a service would refuse the update.
    Refused = 6,
    /// A build succeeded, but not its cache.
    CacheNotWritten = 7,
    /// The command line is invalid.
    Usage = 64,
    /// The contents of an input file are invalid.
    Data = 65,
    /// An input does not exist or cannot be read.
    NoInput = 66,
    /// The backend is unavailable.
    Unavailable = 69,
    /// A bug in rackform.
    Bug = 70,
    /// An output file cannot be written.
    CannotWrite = 73,
    /// The stack is busy or has changed; a retry may succeed.
    TryAgain = 75,
    /// Interrupted by the user.
    Interrupted = 130,
    /// The reader of standard output closed the pipe.
    PipeClosed = 141,
}

impl ExitCode {
    /// All exit codes in order of their numbers.
    pub const ALL: [Self; 17] = [
        Self::Done,
        Self::Failed,
        Self::Differences,
        Self::Denied,
        Self::Declined,
        Self::Disagreement,
        Self::Refused,
        Self::CacheNotWritten,
        Self::Usage,
        Self::Data,
        Self::NoInput,
        Self::Unavailable,
        Self::Bug,
        Self::CannotWrite,
        Self::TryAgain,
        Self::Interrupted,
        Self::PipeClosed,
    ];

    /// Returns the number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns a short label, for the summary of several racks.
    pub fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Differences => "differs",
            Self::Denied => "denied",
            Self::Declined => "not confirmed",
            Self::Disagreement => "AWS differs",
            Self::Refused => "refused",
            Self::CacheNotWritten => "cache not written",
            Self::Usage => "bad usage",
            Self::Data => "bad input",
            Self::NoInput => "missing input",
            Self::Unavailable => "backend unavailable",
            Self::Bug => "a bug in rackform",
            Self::CannotWrite => "cannot write",
            Self::TryAgain => "busy",
            Self::Interrupted => "interrupted",
            Self::PipeClosed => "output closed",
        }
    }

    /// Returns the meaning, as in the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Failed => "failed: for example, an update was rolled back, or a check of `verify` failed",
            Self::Differences => "differences: there are changes with `--exit-code`, or the file is out of date with `--check`",
            Self::Denied => {
                "denied: a risk that `--deny` names, data loss without `--allow-data-loss`, a failed preflight check, or more changes in AWS's change set than the plan predicts"
            }
            Self::Declined => "not confirmed: the user declined, or no terminal is available and `--yes` is not set",
            Self::Disagreement => "AWS's change set differs from the prediction (`--confirm-with-aws`)",
            Self::Refused => "refused: the update would be refused or cannot succeed (`diff` only with `--exit-code`)",
            Self::CacheNotWritten => "the build succeeded, but its cache was not written (`--require-cache`, `build cache warm`)",
            Self::Usage => "bad usage: an unknown flag, a missing argument, or flags that exclude each other",
            Self::Data => "bad input: a template, parameter file or rack.yaml is invalid",
            Self::NoInput => "missing input: a file, stack or saved plan does not exist or cannot be read",
            Self::Unavailable => "the backend is unavailable",
            Self::Bug => "a bug in rackform; the message lists what to report",
            Self::CannotWrite => "output cannot be written",
            Self::TryAgain => "the stack is busy, or has changed since it was planned: retry, or plan again",
            Self::Interrupted => "interrupted (Ctrl-C)",
            Self::PipeClosed => "the reader of standard output, such as `head`, closed the pipe",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}
