//! The options of a change: what the operator requests wins over `rack.yaml`, which wins over the current settings of the stack.

use std::path::Path;

use super::error::{DecidedOption, OperationError};
use super::note::Note;
use super::stack_policy::read_stack_policy;
use super::target::PreparedChange;
use crate::backend::Backend;
use crate::cloudformation::{ChangeSetOptions, OnFailure, StackSettings};
use crate::config::RackFile;
use crate::diagnostic::Source;
use crate::template::{Arena, Style, Template, write_json};

/// Options that the operator requests; what is not requested comes from `rack.yaml`.
#[derive(Clone, Debug, Default)]
pub struct RequestedOptions<'r> {
    /// The S3 bucket for a large template.
    pub template_bucket: Option<String>,
    /// Whether to create a bucket for a large template if none exists.
    pub create_template_bucket: bool,
    /// Whether to send the template as JSON on one line.
    pub minify_template: bool,
    /// The file of the stack policy.
    pub stack_policy: Option<&'r Path>,
    /// ARNs of SNS topics that receive stack events.
    pub notification_topics: Option<Vec<String>>,
    /// What to do when the change fails.
    pub on_failure: Option<OnFailure>,
    /// Whether to keep completed changes when the change fails; the same as [`OnFailure::DoNothing`].
    pub disable_rollback: bool,
    /// CloudWatch alarms that trigger a rollback.
    pub rollback_alarms: Option<Vec<String>>,
    /// Minutes during which the alarms are monitored after the change.
    pub rollback_monitoring_minutes: Option<u32>,
}

impl RequestedOptions<'_> {
    /// Resolves the options and settings of a prepared change.
    ///
    /// # Errors
    ///
    /// Returns every error in the stack policy, or an error if an option does not apply to the stack.
    pub fn resolve(
        &self,
        rack: &RackFile,
        backend: &dyn Backend,
        change: &mut PreparedChange<'_>,
        notes: &mut dyn FnMut(Note),
    ) -> Result<(), OperationError> {
        let exists = change.target.revision.is_some();
        let on_failure = self.on_failure.or(self.disable_rollback.then_some(OnFailure::DoNothing));
        if on_failure == Some(OnFailure::Delete) && exists {
            return Err(OperationError::DeletesExistingStack { stack: change.target.stack.clone() });
        }
        // `on_failure` in rack.yaml applies to creations and updates, but updates do not support `delete`.
        let of_rack = rack.on_failure.filter(|choice| *choice != OnFailure::Delete || !exists);
        let options = ChangeSetOptions {
            notification_topics: self.notification_topics.clone().or(rack.notification_topics.clone()),
            on_failure: on_failure.or(of_rack),
            rollback_alarms: self.rollback_alarms.clone().unwrap_or_else(|| rack.rollback_alarms.clone()),
            rollback_monitoring_minutes: self.rollback_monitoring_minutes.or(rack.rollback_monitoring_minutes),
            template_bucket: self.template_bucket.clone().or(rack.template_bucket.clone()),
            create_template_bucket: self.create_template_bucket,
            ..std::mem::take(&mut change.target.options)
        };
        if !backend.capabilities().supports_stack_options {
            note_ignored(&options, notes);
        }
        change.target.options = options;
        let stack_policy = match (self.stack_policy, &rack.stack_policy) {
            (Some(path), _) => Some(read_stack_policy(path)?),
            (None, Some(path)) => Some(read_stack_policy(path).map_err(|error| match error {
                OperationError::Source(error) => {
                    OperationError::ConfiguredStackPolicy { error, place: rack.location(rack.stack_policy_line) }
                }
                error => error,
            })?),
            (None, None) => None,
        };
        change.target.settings = StackSettings { termination_protection: rack.termination_protection, stack_policy };
        if self.minify_template {
            change.target.template = minified(&change.target.template)?;
        }
        Ok(())
    }

    /// Checks that no option contradicts a saved plan. Only the bucket for its template may differ.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is not what the plan was made with.
    pub fn check_saved(&self, options: &ChangeSetOptions, settings: &StackSettings) -> Result<(), OperationError> {
        let Self {
            template_bucket: _,
            create_template_bucket: _,
            minify_template,
            stack_policy,
            notification_topics,
            on_failure,
            disable_rollback,
            rollback_alarms,
            rollback_monitoring_minutes,
        } = self;
        let stack_policy = stack_policy.map(read_stack_policy).transpose()?;
        let decided = [
            (DecidedOption::MinifyTemplate, *minify_template),
            (DecidedOption::StackPolicy, stack_policy.is_some() && stack_policy != settings.stack_policy),
            (DecidedOption::NotificationTopics, notification_topics.is_some() && *notification_topics != options.notification_topics),
            (DecidedOption::OnFailure, on_failure.is_some() && *on_failure != options.on_failure),
            (DecidedOption::DisableRollback, *disable_rollback && options.on_failure != Some(OnFailure::DoNothing)),
            (DecidedOption::RollbackAlarms, rollback_alarms.as_ref().is_some_and(|alarms| *alarms != options.rollback_alarms)),
            (
                DecidedOption::RollbackMonitoringMinutes,
                rollback_monitoring_minutes.is_some() && *rollback_monitoring_minutes != options.rollback_monitoring_minutes,
            ),
        ];
        match decided.into_iter().find(|(_, contradicts)| *contradicts) {
            Some((option, _)) => Err(OperationError::DecidedBySavedPlan(option)),
            None => Ok(()),
        }
    }
}

/// Notes the options that a backend without stack options ignores.
fn note_ignored(options: &ChangeSetOptions, notes: &mut dyn FnMut(Note)) {
    let requested =
        [("notification topics", options.notification_topics.is_some()), ("rollback alarms", !options.rollback_alarms.is_empty())];
    let ignored: Vec<&str> = requested.into_iter().filter(|(_, is_requested)| *is_requested).map(|(what, _)| what).collect();
    if !ignored.is_empty() {
        notes(Note::OptionsIgnored { options: ignored });
    }
}

/// Returns a template as JSON on one line.
fn minified(text: &str) -> Result<String, OperationError> {
    let (source, arena) = (Source::new("template", text.to_owned()), Arena::new());
    Ok(write_json(Template::read(&source, &arena)?.root, &Style::minified()))
}
