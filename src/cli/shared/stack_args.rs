//! Options of a CloudFormation operation: from the command line, else from `rack.yaml`.

use std::path::PathBuf;

use crate::aws::is_arn;
use crate::backend::Backend;
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, Failure};
use crate::cloudformation::{OnFailure, parse_rollback_alarm};
use crate::config::{STACK_NAMES, is_stack_name};
use crate::operation::{PreparedChange, RequestedOptions};

/// Options of a CloudFormation operation.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "CloudFormation options")]
pub struct StackArgs {
    /// Bucket for a template over 51,200 bytes [default: `template_bucket` in rack.yaml, else the rack's settings bucket]
    #[arg(long, value_name = "NAME")]
    pub template_bucket: Option<String>,
    /// Create a private, encrypted bucket for such templates if none exists; it deletes them after 30 days
    #[arg(long)]
    pub create_template_bucket: bool,
    /// Send the template as JSON on one line
    #[arg(long)]
    pub minify_template: bool,
    /// Stack policy to set, a JSON file [default: `stack_policy` in rack.yaml]
    #[arg(long, value_name = "FILE")]
    pub stack_policy: Option<PathBuf>,
    /// SNS topic that receives stack events; repeat for several [default: `notification_topics` in rack.yaml, else unchanged]
    #[arg(long, value_name = "ARN", value_parser = parse_arn)]
    pub notification_topic: Vec<String>,
    /// What to do when an operation fails; delete is for new stacks only [default: `on_failure` in rack.yaml, whose delete is
    /// ignored for updates, else rollback]
    #[arg(long, value_name = "rollback|delete|do-nothing", value_parser = parse_on_failure)]
    pub on_failure: Option<OnFailure>,
    /// Keep completed changes when an operation fails; same as --on-failure do-nothing
    #[arg(long, conflicts_with = "on_failure")]
    pub disable_rollback: bool,
    /// CloudWatch alarm that triggers a rollback, a composite alarm as composite:ARN; repeat for several [default:
    /// `rollback_alarms` in rack.yaml]
    #[arg(long, value_name = "ARN", value_parser = parse_alarm)]
    pub rollback_alarm: Vec<String>,
    /// How long to monitor alarms after the operation [default: `rollback_monitoring_minutes` in rack.yaml]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(0..=180))]
    pub rollback_monitoring_minutes: Option<u32>,
}

/// Parses an ARN.
///
/// # Errors
///
/// Returns an error if the text is not an ARN.
pub fn parse_arn(text: &str) -> Result<String, String> {
    if is_arn(text) { Ok(text.to_owned()) } else { Err("expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE".to_owned()) }
}

/// Parses a stack's name, or its ARN.
///
/// # Errors
///
/// Returns an error if CloudFormation would refuse the name.
pub fn parse_stack_name(text: &str) -> Result<String, String> {
    if is_stack_name(text) || is_arn(text) { Ok(text.to_owned()) } else { Err(STACK_NAMES.to_owned()) }
}

fn parse_alarm(text: &str) -> Result<String, String> {
    parse_arn(parse_rollback_alarm(text).0).map(|_| text.to_owned())
}

fn parse_on_failure(text: &str) -> Result<OnFailure, String> {
    OnFailure::ALL
        .into_iter()
        .find(|choice| choice.name() == text)
        .ok_or_else(|| format!("expected one of {}", OnFailure::ALL.map(OnFailure::name).join(", ")))
}

impl StackArgs {
    /// Returns the requested options.
    pub fn requested(&self) -> RequestedOptions<'_> {
        let Self {
            template_bucket,
            create_template_bucket,
            minify_template,
            stack_policy,
            notification_topic,
            on_failure,
            disable_rollback,
            rollback_alarm,
            rollback_monitoring_minutes,
        } = self;
        let some = |flags: &[String]| (!flags.is_empty()).then(|| flags.to_vec());
        RequestedOptions {
            template_bucket: template_bucket.clone(),
            create_template_bucket: *create_template_bucket,
            minify_template: *minify_template,
            stack_policy: stack_policy.as_deref(),
            notification_topics: some(notification_topic),
            on_failure: *on_failure,
            disable_rollback: *disable_rollback,
            rollback_alarms: some(rollback_alarm),
            rollback_monitoring_minutes: *rollback_monitoring_minutes,
        }
    }

    /// Resolves the options of a change, and prints which of them the backend ignores.
    ///
    /// # Errors
    ///
    /// Returns every error in `rack.yaml` and in the stack policy, or an error if an option does not apply to the stack.
    pub fn resolve(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &mut PreparedChange<'_>) -> Result<(), Failure> {
        let rack = context.rack_file()?;
        Ok(self.requested().resolve(rack, backend, change, &mut |note| print_note(context, note))?)
    }
}
