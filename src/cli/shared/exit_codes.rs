//! The one list of exit codes; `docs/exit-codes.md` is checked against it.
//!
//! Numbers from 64 on follow `sysexits.h` where it has a word for the case, so that a script can tell "you called me wrongly" from
//! "your template is wrong" from "try again later".

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, or nothing to do.
    Done = 0,
    /// The work was tried and failed.
    Failed = 1,
    /// Differences were found, and the caller asked to be told by exit code.
    Differences = 2,
    /// A risk stands against the change and was not allowed.
    Denied = 3,
    /// The change was not confirmed.
    Declined = 4,
    /// AWS's own change set and the prediction disagree.
    Disagreement = 5,
    /// The command line is wrong.
    Usage = 64,
    /// A file was read, and what it says is wrong.
    Data = 65,
    /// Something named as input does not exist or cannot be read.
    NoInput = 66,
    /// The backend cannot be reached or used.
    Unavailable = 69,
    /// A bug in rackform.
    Bug = 70,
    /// An output file cannot be written.
    CannotWrite = 73,
    /// The stack is busy or moved on; trying again may work.
    TryAgain = 75,
    /// Interrupted by the user.
    Interrupted = 130,
    /// The reader of the answer went away.
    PipeClosed = 141,
}

impl ExitCode {
    /// Every exit code, by number.
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Failed,
        Self::Differences,
        Self::Denied,
        Self::Declined,
        Self::Disagreement,
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

    /// Returns the number that the shell sees.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns it in a word or two, for a line among others.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Differences => "differs",
            Self::Denied => "denied",
            Self::Declined => "not confirmed",
            Self::Disagreement => "AWS disagrees",
            Self::Usage => "bad usage",
            Self::Data => "bad input",
            Self::NoInput => "missing input",
            Self::Unavailable => "backend unavailable",
            Self::Bug => "a bug in rackform",
            Self::CannotWrite => "cannot write",
            Self::TryAgain => "busy",
            Self::Interrupted => "interrupted",
            Self::PipeClosed => "not read",
        }
    }

    /// Returns what it means, as the documentation says it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Failed => "the work was tried and failed, such as an update that was rolled back, or a check of `verify` failed",
            Self::Differences => "differences were found: `--exit-code` with changes, or `--check` with a file that is not up to date",
            Self::Denied => {
                "denied: a risk that `--deny` names, data that would be lost without `--allow-data-loss`, something in the account that would make the plan fail, or more in AWS's change set than was approved"
            }
            Self::Declined => "not confirmed: the answer was no, or there was no terminal to ask on and no `--yes`",
            Self::Disagreement => "AWS's own change set and the prediction disagree (`--confirm-with-aws`)",
            Self::Usage => "bad usage: an unknown flag, a missing argument, flags that exclude each other",
            Self::Data => "bad input: a template, parameter file or rack.yaml that was read and is wrong",
            Self::NoInput => "missing input: a file, stack or saved plan that does not exist or cannot be read",
            Self::Unavailable => "the backend cannot be reached or used",
            Self::Bug => "a bug in rackform; the text says what to report",
            Self::CannotWrite => "an output cannot be written",
            Self::TryAgain => "the stack is busy, or changed since the plan was made: plan again",
            Self::Interrupted => "interrupted (Ctrl-C)",
            Self::PipeClosed => "whoever read the output stopped reading, such as `head`",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}
