//! Options of a CloudFormation operation: from the command line, else from `rack.yaml`.

use std::path::PathBuf;

use crate::aws::is_arn;
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::{ChangeSetOptions, OnFailure, StackSettings, parse_rollback_alarm};
use crate::config::BackendChoice;
use crate::diagnostic::Source;
use crate::operation::{OperationError, PreparedChange, read_stack_policy};
use crate::template::{Arena, Style, Template, write_json};

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
    /// Resolves the change options: the command line takes precedence over `rack.yaml`, which takes precedence over the stack's settings.
    ///
    /// # Errors
    ///
    /// Returns every error in `rack.yaml` and in the stack policy, or an error if an option does not apply to the stack.
    pub fn resolve_options(&self, context: &mut Context<'_>, change: &mut PreparedChange<'_>) -> Result<(), Failure> {
        let rack = context.rack_file()?;
        let some = |flags: &[String]| (!flags.is_empty()).then(|| flags.to_vec());
        let on_failure = self.on_failure.or(self.disable_rollback.then_some(OnFailure::DoNothing));
        if on_failure == Some(OnFailure::Delete) && change.target.revision.is_some() {
            let message = format!("`--on-failure delete` requires a new stack, but `{}` exists", change.target.stack);
            return Err(Failure::new(ExitCode::Usage, message).hinted("use `rollback` or `do-nothing` for an update"));
        }
        // `on_failure` in rack.yaml applies to creations and updates, but updates do not support `delete`.
        let of_rack = rack.on_failure.filter(|choice| *choice != OnFailure::Delete || change.target.revision.is_none());
        let options = ChangeSetOptions {
            notification_topics: some(&self.notification_topic).or(rack.notification_topics.clone()),
            on_failure: on_failure.or(of_rack),
            rollback_alarms: some(&self.rollback_alarm).unwrap_or_else(|| rack.rollback_alarms.clone()),
            rollback_monitoring_minutes: self.rollback_monitoring_minutes.or(rack.rollback_monitoring_minutes),
            template_bucket: self.template_bucket.clone().or(rack.template_bucket.clone()),
            create_template_bucket: self.create_template_bucket,
            ..std::mem::take(&mut change.target.options)
        };
        self.report_ignored_by_local(context, &options)?;
        change.target.options = options;
        let stack_policy = match self.stack_policy.as_ref().or(rack.stack_policy.as_ref()) {
            Some(path) => {
                let text = read_stack_policy(path).map_err(|error| match error {
                    OperationError::Source(error) if self.stack_policy.is_none() => {
                        Failure::from(error).hinted(format!("{} names it as the stack policy", rack.location(rack.stack_policy_line)))
                    }
                    error => error.into(),
                });
                Some(text?)
            }
            None => None,
        };
        change.target.settings = StackSettings { termination_protection: rack.termination_protection, stack_policy };
        if self.minify_template {
            change.target.template = minified(&change.target.template)?;
        }
        Ok(())
    }

    /// Adds the template bucket to a saved plan; every other option was decided when the plan was saved.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is given that the saved plan decides.
    pub fn add_to_saved(&self, options: &mut ChangeSetOptions) -> Result<(), Failure> {
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
        let decided = [
            ("--minify-template", *minify_template),
            ("--stack-policy", stack_policy.is_some()),
            ("--notification-topic", !notification_topic.is_empty()),
            ("--on-failure", on_failure.is_some()),
            ("--disable-rollback", *disable_rollback),
            ("--rollback-alarm", !rollback_alarm.is_empty()),
            ("--rollback-monitoring-minutes", rollback_monitoring_minutes.is_some()),
        ];
        if let Some((flag, _)) = decided.into_iter().find(|(_, given)| *given) {
            return Err(Failure::new(ExitCode::Usage, format!("cannot use `{flag}` with a saved plan"))
                .hinted(format!("use `{flag}` with `rackform plan -o`, which saves the plan")));
        }
        if template_bucket.is_some() {
            options.template_bucket.clone_from(template_bucket);
        }
        options.create_template_bucket |= create_template_bucket;
        Ok(())
    }

    fn report_ignored_by_local(&self, context: &mut Context<'_>, options: &ChangeSetOptions) -> Result<(), Failure> {
        if context.settings()?.backend() == BackendChoice::Aws {
            return Ok(());
        }
        let unsupported =
            [("notification topics", options.notification_topics.is_some()), ("rollback alarms", !options.rollback_alarms.is_empty())];
        let ignored: Vec<&str> = unsupported.into_iter().filter(|(_, given)| *given).map(|(what, _)| what).collect();
        if !ignored.is_empty() {
            context.status(&format!("the local backend ignores {}", ignored.join(", ")));
        }
        Ok(())
    }
}

/// Returns a template as JSON on one line.
fn minified(text: &str) -> Result<String, Failure> {
    let (source, arena) = (Source::new("template", text.to_owned()), Arena::new());
    Ok(write_json(Template::read(&source, &arena)?.root, &Style::minified()))
}
