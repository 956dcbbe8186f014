//! How CloudFormation is to go about a change: flags, over the keys of `rack.yaml`.

use std::path::PathBuf;

use crate::aws::is_arn;
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::{ChangeSetOptions, OnFailure, StackSettings, parse_rollback_alarm};
use crate::config::BackendChoice;
use crate::diagnostic::Source;
use crate::operation::PreparedChange;
use crate::template::{Arena, Style, Template, write_json};

/// How CloudFormation is to go about a change.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "CloudFormation options")]
pub struct StackArgs {
    /// Bucket for a template over 51,200 bytes [default: `template_bucket` in rack.yaml, else the rack's settings bucket]
    #[arg(long, value_name = "NAME")]
    pub template_bucket: Option<String>,
    /// Make a private, encrypted bucket for such templates where there is none; they leave it after 30 days
    #[arg(long)]
    pub create_template_bucket: bool,
    /// Send the template as JSON in one line
    #[arg(long)]
    pub minify_template: bool,
    /// Stack policy to set, a JSON file [default: `stack_policy` in rack.yaml]
    #[arg(long, value_name = "FILE")]
    pub stack_policy: Option<PathBuf>,
    /// SNS topic that is told of events; again for more [default: `notification_topics` in rack.yaml, else as they are]
    #[arg(long, value_name = "ARN", value_parser = parse_arn)]
    pub notification_topic: Vec<String>,
    /// What becomes of a stack whose change fails; delete is for new stacks only [default: `on_failure` in rack.yaml,
    /// whose delete does not count for updates, else rollback]
    #[arg(long, value_name = "rollback|delete|do-nothing", value_parser = parse_on_failure)]
    pub on_failure: Option<OnFailure>,
    /// Let what was done stay when a change fails: the same as --on-failure do-nothing
    #[arg(long, conflicts_with = "on_failure")]
    pub disable_rollback: bool,
    /// CloudWatch alarm that turns the change back, a composite one as composite:ARN; again for more [default: `rollback_alarms`
    /// in rack.yaml]
    #[arg(long, value_name = "ARN", value_parser = parse_alarm)]
    pub rollback_alarm: Vec<String>,
    /// How long alarms are watched after the change [default: `rollback_monitoring_minutes` in rack.yaml]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(0..=180))]
    pub rollback_monitoring_minutes: Option<u32>,
}

/// Reads an ARN.
///
/// # Errors
///
/// Returns what an ARN looks like.
pub fn parse_arn(text: &str) -> Result<String, String> {
    if is_arn(text) { Ok(text.to_owned()) } else { Err("an ARN is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE".to_owned()) }
}

fn parse_alarm(text: &str) -> Result<String, String> {
    parse_arn(parse_rollback_alarm(text).0).map(|_| text.to_owned())
}

fn parse_on_failure(text: &str) -> Result<OnFailure, String> {
    OnFailure::ALL
        .into_iter()
        .find(|choice| choice.name() == text)
        .ok_or_else(|| format!("the choices are {}", OnFailure::ALL.map(OnFailure::name).join(", ")))
}

impl StackArgs {
    /// Settles how a change is gone about: flags over `rack.yaml` over what the stack has.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml` and of the stack policy, or a choice that does not suit the stack.
    pub fn decide(&self, context: &mut Context<'_>, change: &mut PreparedChange<'_>) -> Result<(), Failure> {
        let rack = context.rack_file()?;
        let some = |flags: &[String]| (!flags.is_empty()).then(|| flags.to_vec());
        let on_failure = self.on_failure.or(self.disable_rollback.then_some(OnFailure::DoNothing));
        if on_failure == Some(OnFailure::Delete) && change.target.revision.is_some() {
            let message = format!("`--on-failure delete` is for new stacks, and `{}` exists", change.target.stack);
            return Err(Failure::new(ExitCode::Usage, message).hinted("an update that fails is rolled back, or left with `do-nothing`"));
        }
        // rack.yaml says how a new stack is made and how it is updated, both in one word.
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
                Some(crate::cli::shared::stack_policy::read(path, self.stack_policy.is_none().then(|| rack.place(rack.stack_policy_line)))?)
            }
            None => None,
        };
        change.target.settings = StackSettings { termination_protection: rack.termination_protection, stack_policy };
        if self.minify_template {
            change.target.template = minified(&change.target.template)?;
        }
        Ok(())
    }

    /// Adds to a saved plan what says no more than where a template goes; everything else was decided when it was made.
    ///
    /// # Errors
    ///
    /// Returns that something was given that the plan has decided.
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
            return Err(Failure::new(ExitCode::Usage, format!("`{flag}` cannot change a saved plan, which is carried out exactly"))
                .hinted(format!("give `{flag}` to `rackform plan -o`")));
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
        let left_out =
            [("notification topics", options.notification_topics.is_some()), ("rollback alarms", !options.rollback_alarms.is_empty())];
        let left_out: Vec<&str> = left_out.into_iter().filter(|(_, given)| *given).map(|(what, _)| what).collect();
        if !left_out.is_empty() {
            context.status(&format!("the local backend takes no notice of {}", left_out.join(", ")));
        }
        Ok(())
    }
}

/// Returns a template as JSON in one line.
fn minified(text: &str) -> Result<String, Failure> {
    let (source, arena) = (Source::new("template", text.to_owned()), Arena::new());
    Ok(write_json(Template::read(&source, &arena)?.root, &Style::minified()))
}
