//! Opens the selected backend, and converts its errors.

use std::path::{Path, PathBuf};

use crate::apply::ApplyError;
use crate::aws::RequestError;
use crate::backend::local::{FailOn, LocalBackend, LocalOptions, Location, SystemClock};
use crate::backend::{Backend, BackendError};
use crate::cli::shared::diff_input::DEFAULT_ACCOUNT;
use crate::cli::{Context, ExitCode, Failure};
use crate::config::BackendChoice;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::verify::Inspector;
use crate::verify::local::LocalInspector;

/// The kind of access to the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read-only: does not create a missing local store.
    Read,
    /// Read and write.
    Write,
}

/// Options of the local backend for testing failures.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BackendArgs {
    /// Make a resource fail in this action, on the local backend; a replacement is an update, a creation and a deletion [default: in
    /// any action but rollback]
    #[arg(long, value_name = "LOGICAL_ID[:create|update|delete|rollback]")]
    pub fail_on: Vec<FailOn>,
    /// Minimum duration of each step of the local backend
    #[arg(long, value_name = "MILLISECONDS", hide = true, default_value_t = 0)]
    pub step_delay_ms: u64,
}

/// Opens the selected backend.
///
/// # Errors
///
/// Returns an error if it cannot be opened or another process locks it.
pub fn open(context: &mut Context<'_>, access: Access, args: &BackendArgs) -> Result<Box<dyn Backend>, Failure> {
    match context.settings()?.backend() {
        BackendChoice::Local { .. } => Ok(Box::new(open_local(context, access, args)?)),
        BackendChoice::Aws if !args.fail_on.is_empty() => Err(Failure::new(ExitCode::Usage, "`--fail-on` requires the local backend")),
        BackendChoice::Aws => open_aws(context),
    }
}

/// Returns the AWS session, created at the first call.
///
/// # Errors
///
/// Returns every error of `rack.yaml`, or an error if no region is configured.
#[cfg(feature = "aws")]
pub fn session(context: &mut Context<'_>) -> Result<std::sync::Arc<crate::aws::Session>, Failure> {
    use crate::aws::{Session, SessionOptions};
    if let Some(session) = &context.session {
        return Ok(std::sync::Arc::clone(session));
    }
    let options = SessionOptions {
        profile: context.settings()?.profile().map(str::to_owned),
        region: context.settings()?.configured_region().map(str::to_owned),
        role_arn: context.settings()?.role_arn().map(str::to_owned),
    };
    let session = std::sync::Arc::new(Session::new(&options)?);
    context.session = Some(std::sync::Arc::clone(&session));
    // The identity takes a request, so only `-v` shows it.
    if context.global.verbose > 0 {
        context.detail(&match session.identity() {
            Ok(identity) => format!("using AWS in {} as {} (account {})", session.region(), identity.arn, identity.account),
            Err(error) => format!("using AWS in {} with an unknown identity: {error}", session.region()),
        });
    }
    Ok(session)
}

/// Returns the inspector of the account that the backend deploys to.
///
/// # Errors
///
/// Returns every error of `rack.yaml`, or an error if no region is configured.
pub fn inspector<'b>(context: &mut Context<'_>, backend: &'b dyn Backend) -> Result<Box<dyn Inspector + 'b>, Failure> {
    match context.settings()?.backend() {
        BackendChoice::Local { .. } => Ok(Box::new(LocalInspector::new(backend, context.settings()?.region()))),
        BackendChoice::Aws => aws_inspector(context),
    }
}

#[cfg(feature = "aws")]
fn aws_inspector<'b>(context: &mut Context<'_>) -> Result<Box<dyn Inspector + 'b>, Failure> {
    Ok(Box::new(crate::verify::aws::AwsInspector::new(session(context)?)))
}

#[cfg(not(feature = "aws"))]
fn aws_inspector<'b>(_: &mut Context<'_>) -> Result<Box<dyn Inspector + 'b>, Failure> {
    Err(no_aws())
}

#[cfg(feature = "aws")]
fn open_aws(context: &mut Context<'_>) -> Result<Box<dyn Backend>, Failure> {
    Ok(Box::new(crate::backend::aws::AwsBackend::new(session(context)?)))
}

#[cfg(not(feature = "aws"))]
fn open_aws(_: &mut Context<'_>) -> Result<Box<dyn Backend>, Failure> {
    Err(no_aws())
}

/// Returns the failure of a program that was built without the AWS SDK.
#[cfg(not(feature = "aws"))]
pub fn no_aws() -> Failure {
    Failure::new(ExitCode::Unavailable, "built without AWS support")
        .hinted("build rackform with the feature `aws`, or use `--backend local`")
}

/// Returns the directory of the local backend, and the one below which its path must not contain a link: a link there may be a stranger's.
///
/// # Errors
///
/// Returns an error if another backend is selected.
pub fn local_directory(context: &mut Context<'_>) -> Result<(PathBuf, Option<PathBuf>), Failure> {
    let settings = context.settings()?;
    let BackendChoice::Local { directory } = settings.backend() else {
        return Err(Failure::new(ExitCode::Usage, "`rackform local` requires the local backend, but `aws` is selected")
            .hinted("use `--backend local`"));
    };
    let trusted = match settings.command_line.backend {
        Some(_) if directory.is_relative() => Some(PathBuf::new()),
        Some(_) => std::env::current_dir().ok(),
        None if context.global.allow_outside_project => None,
        None => Some(settings.rack_file.resolve_path(Path::new(""))),
    };
    Ok((directory, trusted))
}

/// Opens the local backend.
///
/// # Errors
///
/// Returns an error if another backend is selected, it cannot be opened, or another process locks it.
pub fn open_local(context: &mut Context<'_>, access: Access, args: &BackendArgs) -> Result<LocalBackend, Failure> {
    let (directory, trusted) = local_directory(context)?;
    let account = context.rack_file()?.account.clone().unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
    let options = LocalOptions {
        location: Location { account, region: context.settings()?.region().to_owned() },
        clock: Box::new(SystemClock),
        fail_on: args.fail_on.clone(),
        step_delay: (args.step_delay_ms > 0).then(|| std::time::Duration::from_millis(args.step_delay_ms)),
        failed_copy: context.failed_copy.clone(),
    };
    Ok(match access {
        Access::Read => LocalBackend::open_existing_below(&directory, trusted.as_deref(), options)?,
        Access::Write => LocalBackend::open_below(&directory, trusted.as_deref(), options)?,
    })
}

/// What to do if a stack does not exist.
pub const NOT_FOUND_HINT: &str = "to create it, run `rackform apply`; to select another stack, use `--stack-name NAME`";

/// Returns the failure for a stack that does not exist.
pub fn stack_not_found(stack: &str) -> Failure {
    Failure::new(ExitCode::NoInput, format!("stack `{stack}` does not exist")).hinted(NOT_FOUND_HINT)
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        let exit_code = match &error {
            BackendError::Template(problems) => return Self::Problems(problems.clone(), ExitCode::Data),
            BackendError::Request(error) => request_exit_code(error),
            BackendError::StackNotFound { .. } | BackendError::ChangeSetNotFound { .. } => ExitCode::NoInput,
            BackendError::Locked { .. } | BackendError::ChangeSetObsolete { .. } | BackendError::RefactorObsolete { .. } => {
                ExitCode::TryAgain
            }
            BackendError::WrongStatus { status, .. } if status.is_in_progress() => ExitCode::TryAgain,
            BackendError::TerminationProtection { .. } => ExitCode::Denied,
            BackendError::Store { .. } | BackendError::StoreDamaged { .. } | BackendError::StoreFile(_) => ExitCode::Unavailable,
            BackendError::WrongStatus { .. }
            | BackendError::ExportInUse { .. }
            | BackendError::TemplateTooLarge { .. }
            | BackendError::NoTemplateBucket { .. }
            | BackendError::Validation { .. } => ExitCode::Failed,
        };
        let failure = Self::new(exit_code, error.to_string());
        let failure = match std::error::Error::source(&error) {
            Some(source) => failure.caused_by(source),
            None => failure,
        };
        failure.with_hint(error.hint().map(|hint| crate::ui::hints::backend(&hint)))
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self::new(request_exit_code(&error), error.to_string()).with_hint(error.hint().map(|hint| crate::ui::hints::request(&hint)))
    }
}

/// Adds what failed as a whole to its problems, as the last one.
pub fn with_summary(mut problems: Diagnostics, message: String, hint: Option<String>) -> Diagnostics {
    problems.0.push(Diagnostic { hint, ..Diagnostic::error("change-set", message) });
    problems
}

/// Returns the exit code of a failed request: AWS may have rejected the template or the request, or it is unavailable.
fn request_exit_code(error: &RequestError) -> ExitCode {
    match error.code() {
        Some("ValidationError" | "InsufficientCapabilitiesException" | "LimitExceededException") => ExitCode::Failed,
        _ => ExitCode::Unavailable,
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let innermost = if let ApplyError::AfterImport { source, .. } = &error { source } else { &error };
        let exit_code = match innermost {
            error if error.may_succeed_later() => ExitCode::TryAgain,
            ApplyError::ExceedsPlan { .. } | ApplyError::RefactorExceedsPlan { .. } => ExitCode::Denied,
            ApplyError::Interrupted { .. } => ExitCode::Interrupted,
            ApplyError::ChangeSetNotDeleted { .. } | ApplyError::FollowFailed { .. } | ApplyError::RefactorUnverified { .. } => {
                ExitCode::Unavailable
            }
            _ => ExitCode::Failed,
        };
        let hint = error.hint().map(|hint| crate::ui::hints::apply(&hint));
        if let ApplyError::ChangeSetFailed { validations, .. } = innermost
            && validations.problems.has_errors()
        {
            // What is wrong, where and how to fix it comes first.
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            return Self::Problems(with_summary(validations.problems.clone(), format!("{error}{source}"), hint), exit_code);
        }
        match error {
            ApplyError::Backend(error) => error.into(),
            error => {
                let mut failure = Self::new(exit_code, error.to_string());
                let innermost = if let ApplyError::AfterImport { source, .. } = &error { source } else { &error };
                if let ApplyError::ExceedsPlan { excess, .. } = innermost
                    && let Self::Expected(failure) = &mut failure
                {
                    failure.causes.extend(excess.iter().map(ToString::to_string));
                }
                if let Some(source) = std::error::Error::source(&error) {
                    failure = failure.caused_by(source);
                }
                failure.with_hint(hint)
            }
        }
    }
}
