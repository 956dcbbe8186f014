//! The exit code, causes and hint of every error of an operation.

use crate::cli::shared::backend::{NOT_FOUND_HINT, with_summary};
use crate::cli::{ExitCode, ExpectedFailure, Failure};
use crate::operation::{DecidedOption, ExpressRefused, OperationError, SavedPlanMismatch};
use crate::plan::saved::SavedPlanError;
use crate::recover::{RecoveryError, RequestedPart};

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        let message = error.to_string();
        match error {
            OperationError::Backend(error) => error.into(),
            OperationError::Apply(error) => error.into(),
            OperationError::Source(error) => error.into(),
            OperationError::Invalid(problems) => problems.into(),
            OperationError::StackNotFound { .. } => Self::new(ExitCode::NoInput, message).hinted(NOT_FOUND_HINT),
            OperationError::Import { problems } => Self::Expected(Box::new(ExpectedFailure {
                message,
                causes: problems.iter().map(ToString::to_string).collect(),
                hint: None,
                exit_code: ExitCode::Usage,
            })),
            OperationError::Refactor { problems } => Self::new(ExitCode::Usage, message).with_causes(&problems),
            OperationError::SavedPlan(error) => error.into(),
            OperationError::SavedPlanMismatch(mismatch) => Self::new(ExitCode::Data, message).hinted(match mismatch {
                SavedPlanMismatch::Stack { planned, .. } => {
                    format!("plan again; or use `--stack-name {planned}` if that stack is meant, and omit another `--stack-name`")
                }
                SavedPlanMismatch::Location { .. } => "use the plan's backend and region: `--backend`, `--region`".to_owned(),
                SavedPlanMismatch::Account { .. } => "use credentials for the plan's account: `--profile`, `--role-arn`".to_owned(),
            }),
            OperationError::StackPolicy { .. } => Self::new(ExitCode::Data, message),
            OperationError::Unfinished { stack, status } => {
                let unfinished = crate::ui::stack_status::unfinished(&stack, status);
                let message = format!("{unfinished}, and finishing it requires a confirmation on a terminal; nothing was changed");
                Self::new(ExitCode::Declined, message).hinted("to finish it before the new operation, use `--yes`")
            }
            OperationError::UnknownResource { logical_id, known } => {
                let hint = crate::text::did_you_mean(&logical_id, known.iter().map(String::as_str));
                Self::new(ExitCode::Usage, format!("`--fail-on` names no resource: `{logical_id}`")).with_hint(hint)
            }
            OperationError::RequestRefused(_) => Self::new(ExitCode::Data, message),
            OperationError::CannotConfirm { backend } => {
                let message = format!("`--confirm-with-aws` requires the AWS backend, but the backend is {backend}");
                Self::new(ExitCode::Usage, message).hinted("use `--backend aws`")
            }
            OperationError::ChangeRefused { problems, .. } if problems.has_errors() => {
                let hint = Some("the change set was deleted; nothing was changed".to_owned());
                Self::Problems(with_summary(problems, message, hint), ExitCode::Failed)
            }
            OperationError::ChangeRefused { .. } => {
                Self::new(ExitCode::Failed, message).hinted("the change set was deleted; nothing was changed")
            }
            OperationError::DeletesExistingStack { stack } => {
                Self::new(ExitCode::Usage, format!("`--on-failure delete` requires a new stack, but `{stack}` exists"))
                    .hinted("use `rollback` or `do-nothing` for an update")
            }
            OperationError::ConfiguredStackPolicy { error, place } => {
                Self::from(error).hinted(format!("{place} names it as the stack policy"))
            }
            OperationError::DecidedBySavedPlan(option) => {
                let option = flag(option);
                Self::new(ExitCode::Usage, format!("cannot use `{option}` with a saved plan"))
                    .hinted(format!("use `{option}` with `rackform plan -o`, which saves the plan"))
            }
            OperationError::NotRetainable { failed, .. } => {
                let failure = Self::new(ExitCode::Usage, message);
                if failed.is_empty() { failure } else { failure.hinted(format!("the deletion failed at {}", failed.join(", "))) }
            }
            OperationError::RetainTooEarly(error) => Self::from(error).hinted(
                "CloudFormation retains only resources whose deletion failed; delete without `--retain` first, or give the resource \
                 `DeletionPolicy: Retain`",
            ),
        }
    }
}

/// Returns the option of the command line.
fn flag(option: DecidedOption) -> &'static str {
    match option {
        DecidedOption::MinifyTemplate => "--minify-template",
        DecidedOption::StackPolicy => "--stack-policy",
        DecidedOption::NotificationTopics => "--notification-topic",
        DecidedOption::OnFailure => "--on-failure",
        DecidedOption::DisableRollback => "--disable-rollback",
        DecidedOption::RollbackAlarms => "--rollback-alarm",
        DecidedOption::RollbackMonitoringMinutes => "--rollback-monitoring-minutes",
    }
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        let message = match &error {
            RecoveryError::NotAvailable { part: RequestedPart::Skip, status, .. } => {
                format!("`--skip` is not a recovery option in {status}")
            }
            RecoveryError::NotAvailable { part: RequestedPart::Retain, status, .. } => {
                format!("`--retain` is not a recovery option in {status}")
            }
            RecoveryError::NotStuck { part, name, .. } => format!("`--{part} {name}`: {error}"),
            _ => error.to_string(),
        };
        Self::new(ExitCode::Usage, message).with_hint(error.hint())
    }
}

impl From<ExpressRefused> for Failure {
    fn from(error: ExpressRefused) -> Self {
        let failure = Self::new(ExitCode::Denied, error.to_string()).with_causes(&error.obstacles);
        failure.hinted("omit `--express`: a standard operation waits until the resources are ready, and rolls back if one is not")
    }
}

impl From<SavedPlanError> for Failure {
    fn from(error: SavedPlanError) -> Self {
        let exit_code = match &error {
            // The file is what was signed, so the account is what changed.
            SavedPlanError::Mismatch { is_verified: true, .. } => ExitCode::TryAgain,
            _ => ExitCode::Data,
        };
        let failure = Self::new(exit_code, error.to_string()).hinted(error.hint());
        match &error {
            SavedPlanError::Shape { fields } | SavedPlanError::Mismatch { fields, .. } => failure.with_causes(fields),
            SavedPlanError::Import { problems } => failure.with_causes(problems),
            SavedPlanError::Settings { fields } => failure.hinted(settings_hint(fields)),
            _ => match std::error::Error::source(&error) {
                Some(source) => failure.caused_by(source),
                None => failure,
            },
        }
    }
}

/// Returns how else to ask for settings that only a saved plan asks for.
fn settings_hint(fields: &[String]) -> String {
    let option = |field: &String| match field.as_str() {
        "settings.stack_policy" => Some("--stack-policy"),
        "options.role_arn" | "options.cloudformation_role_arn" => Some("--cloudformation-role-arn"),
        "options.notification_topics" => Some("--notification-topic"),
        "options.rollback_alarms" => Some("--rollback-alarm"),
        "options.rollback_monitoring_minutes" => Some("--rollback-monitoring-minutes"),
        "options.template_bucket" => Some("--template-bucket"),
        _ => None,
    };
    let options: Vec<String> = fields.iter().filter_map(option).map(|option| format!("`{option}`")).collect();
    match options.as_slice() {
        [] => {
            "apply the plan beside the rack.yaml that it was made with, or plan again; `--require-signature` accepts a signed plan as it is"
                .to_owned()
        }
        options => format!(
            "repeat {} as for `rackform plan`, or set it in rack.yaml; `--require-signature` accepts a signed plan as it is",
            options.join(", ")
        ),
    }
}
