//! Prints what operations report while they work.

use crate::cli::Context;
use crate::cli::shared::following::report_validations_unknown;
use crate::operation::Note;

/// Prints what an operation reports while it works.
pub fn print_note(context: &mut Context<'_>, note: Note) {
    match note {
        Note::Warnings(warnings) => context.show_warnings(&warnings),
        Note::TemplateErrors(errors) => context.show_warnings(&errors),
        Note::AlreadyRefactored { destination } => context.status(&format!("`{destination}` already has this logical ID; skipping it")),
        Note::MentionsOldName { stack, entry, old } => context.warn(&format!(
            "warning: `{entry}` of stack {stack} mentions `{old}` in a text, which a stack refactoring does not change; \
             update it afterwards if it means the logical ID (`cfn-signal --resource {old}`)"
        )),
        Note::AlreadyImported { logical_id, identifier } => {
            context.status(&format!("`{logical_id}` is already in the stack as {identifier}; skipping its import"));
        }
        Note::SsmValuesUnknown { names, error } => {
            let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            context.status(&format!(
                "cannot read the current values of {list} in Parameter Store, so changes of these values are not shown: {error}; an update \
                 uses the current values (allow ssm:GetParameters to show them)"
            ));
        }
        Note::CreatingChangeSet => context.detail("creating a change set to compare it; it is deleted again"),
        Note::ValidationsUnknown { why } => report_validations_unknown(context, &why),
        Note::OnlyImportConfirmed => {
            context.status("only the import is compared with AWS; the update after it can be compared once the import is complete");
        }
        Note::OptionsIgnored { options } => context.status(&format!("the local backend ignores {}", options.join(", "))),
        Note::OnFailureOfSavedPlan { on_failure } => {
            context.status(&format!("if the operation fails, the saved plan asks for `{}`", on_failure.name()));
        }
        Note::DetectingDrift => context.status("detecting drift of every resource; this may take minutes"),
        Note::DriftImpossible => context.status("the local backend has no drift: only rackform changes its resources"),
        Note::DriftNotChecked { logical_ids } => {
            context.detail(&format!("AWS cannot detect drift of: {}", logical_ids.join(", ")));
        }
        Note::AccountUnknown { error } => context.detail(&format!("the account is unknown: {error}")),
        Note::AliasesExpanded => {
            context.detail("the template has YAML aliases, which CloudFormation does not support: it is sent as JSON");
        }
    }
}
