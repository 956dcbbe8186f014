//! Opens the backend that plans are carried out on.

use super::side::DEFAULT_ACCOUNT;
use super::{BackendChoice, Context, ExitCode, Failure};
use crate::apply::ApplyError;
use crate::backend::BackendError;
use crate::backend::local::{FailOn, LocalBackend, LocalOptions, Location, SystemClock};

/// What a command wants of the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only to look: a local backend that is not there stays away.
    Look,
    /// To change something.
    Change,
}

/// Flags of commands that carry something out.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BackendArgs {
    /// Let a resource fail, on the local backend: at its creation, update or deletion, or whichever comes first
    #[arg(long, value_name = "LOGICAL_ID[:create|update|delete]")]
    pub fail_on: Vec<FailOn>,
    /// How long each step of the local backend takes at least
    #[arg(long, value_name = "MILLISECONDS", hide = true, default_value_t = 0)]
    pub step_delay_ms: u64,
}

/// Opens the backend in force.
///
/// # Errors
///
/// Returns that it cannot be opened, or that another process has it.
pub fn open(context: &mut Context<'_>, access: Access, args: &BackendArgs) -> Result<LocalBackend, Failure> {
    let directory = match context.backend()? {
        BackendChoice::Local { directory } => directory,
        BackendChoice::Aws => {
            return Err(Failure::new(ExitCode::Unavailable, "this build carries plans out on the local backend only")
                .hinted("`--backend local` needs no account"));
        }
    };
    let account = context.rack_file()?.account.clone().unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
    let options = LocalOptions {
        location: Location { account, region: context.region()? },
        clock: Box::new(SystemClock),
        fail_on: args.fail_on.clone(),
        step_delay: (args.step_delay_ms > 0).then(|| std::time::Duration::from_millis(args.step_delay_ms)),
    };
    Ok(match access {
        Access::Look => LocalBackend::open_existing(&directory, options)?,
        Access::Change => LocalBackend::open(&directory, options)?,
    })
}

/// Returns that there is no such stack.
pub fn no_stack(stack: &str) -> Failure {
    Failure::new(ExitCode::NoInput, format!("stack `{stack}` does not exist"))
        .hinted("`rackform apply` creates it; `--stack-name` names another")
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        let hint = error.hint();
        let exit_code = match &error {
            BackendError::Template(problems) => return Self::Problems(problems.clone(), ExitCode::Data),
            BackendError::StackNotFound { .. } | BackendError::ChangeSetNotFound { .. } => ExitCode::NoInput,
            BackendError::Locked { .. } | BackendError::ChangeSetObsolete { .. } => ExitCode::TryAgain,
            BackendError::WrongStatus { status, .. } if status.is_in_progress() => ExitCode::TryAgain,
            BackendError::TerminationProtection { .. } => ExitCode::Denied,
            BackendError::Store { .. } => ExitCode::Unavailable,
            BackendError::WrongStatus { .. } | BackendError::ExportInUse { .. } | BackendError::Validation { .. } => ExitCode::Failed,
        };
        let failure = Self::new(exit_code, error.to_string());
        let failure = match std::error::Error::source(&error) {
            Some(source) => failure.caused_by(source),
            None => failure,
        };
        match hint {
            Some(hint) => failure.hinted(hint),
            None => failure,
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let exit_code = if error.may_work_later() { ExitCode::TryAgain } else { ExitCode::Failed };
        let hint = error.hint();
        match error {
            ApplyError::Backend(error) => error.into(),
            error => {
                let failure = Self::new(exit_code, error.to_string());
                match hint {
                    Some(hint) => failure.hinted(hint),
                    None => failure,
                }
            }
        }
    }
}
