//! The settings of the stack in a saved plan: who may ask for them.
//!
//! Tags, protection, stack policy, topics, alarms and role guard a stack, so an unsigned file cannot change them on its own: `rack.yaml` or
//! the command line must ask for the same. The bucket of a large template belongs to them: CloudFormation reads the template from there.

use crate::apply::Target;
use crate::backend::Backend;
use crate::cloudformation::{ChangeSetOptions, OnFailure};
use crate::operation::error::OperationError;
use crate::operation::note::Note;
use crate::operation::target::PreparedChange;
use crate::plan::saved::{SavedPlan, SavedPlanError};
use crate::plan::{DesiredStack, StackChange, StackSetting, stack_changes};

/// Replaces the configured options and settings of a change by those of a saved plan.
///
/// # Errors
///
/// Returns the settings that only the file asks for, unless its signature was checked.
pub(super) fn apply_saved(
    change: &mut PreparedChange<'_>,
    saved: &SavedPlan,
    is_verified: bool,
    backend: &dyn Backend,
    notes: &mut dyn FnMut(Note),
) -> Result<(), OperationError> {
    if saved.options.on_failure == Some(OnFailure::Delete) && change.target.revision.is_some() {
        return Err(OperationError::DeletesExistingStack { stack: saved.stack_name.clone() });
    }
    let configured = &change.target;
    let target = Target {
        tags: saved.tags.clone(),
        settings: saved.settings.clone(),
        options: ChangeSetOptions {
            template_bucket: configured.options.template_bucket.clone().or(saved.options.template_bucket.clone()),
            create_template_bucket: configured.options.create_template_bucket || saved.options.create_template_bucket,
            ..saved.options.clone()
        },
        ..configured.clone()
    };
    if !is_verified {
        let fields = unconfigured(change, &target, saved, backend)?;
        if !fields.is_empty() {
            return Err(SavedPlanError::Settings { fields }.into());
        }
    }
    if target.options.on_failure != configured.options.on_failure
        && let Some(on_failure) = target.options.on_failure
    {
        notes(Note::OnFailureOfSavedPlan { on_failure });
    }
    change.target = target;
    Ok(())
}

/// Returns the fields of a saved plan that set the stack to something else than configured.
fn unconfigured(
    change: &PreparedChange<'_>,
    target: &Target,
    saved: &SavedPlan,
    backend: &dyn Backend,
) -> Result<Vec<String>, OperationError> {
    let has_policy = change.target.settings.stack_policy.is_some() || target.settings.stack_policy.is_some();
    let present = change.present_settings(backend, has_policy)?;
    // Also what a backend without such settings ignores: the file may come to another one.
    let changes = |target: &Target| {
        stack_changes(&present, &DesiredStack { tags: &target.tags, options: &target.options, settings: &target.settings })
    };
    let (configured, of_file) = (changes(&change.target), changes(target));
    let differing = of_file.iter().filter(|one| !configured.contains(one)).chain(configured.iter().filter(|one| !of_file.contains(one)));
    let mut fields: Vec<String> = differing.map(field).collect();
    let bucket = &saved.options.template_bucket;
    if bucket.is_some() && *bucket != change.target.options.template_bucket {
        fields.push("options.template_bucket".to_owned());
    }
    fields.sort();
    fields.dedup();
    Ok(fields)
}

/// Returns the path of a setting in the file.
fn field(change: &StackChange) -> String {
    match (change.setting, &change.key) {
        (StackSetting::Tag, Some(key)) => format!("tags.{}", key.escape_debug()),
        (StackSetting::Tag, None) => "tags".to_owned(),
        (StackSetting::TerminationProtection | StackSetting::StackPolicy, _) => format!("settings.{}", change.setting.name()),
        (StackSetting::Role, _) => "options.role_arn".to_owned(),
        (setting, _) => format!("options.{}", setting.name()),
    }
}
