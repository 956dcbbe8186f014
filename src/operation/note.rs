//! What an operation reports while it works: warnings, progress and details, as data.

use crate::backend::{BackendError, EventsUnavailable};
use crate::cloudformation::{OnFailure, ResourceLocation};
use crate::diagnostic::Diagnostics;

/// What an operation reports while it works.
#[derive(Debug)]
pub enum Note {
    /// Warnings about parameters or the template.
    Warnings(Diagnostics),
    /// Errors in the new template that the old one does not have.
    TemplateErrors(Diagnostics),
    /// A resource has its new logical ID already.
    AlreadyRefactored {
        /// Its place.
        destination: ResourceLocation,
    },
    /// A text mentions the old logical ID of a resource, and a stack refactoring changes no configuration.
    MentionsOldName {
        /// The stack.
        stack: String,
        /// The resource or output with the text.
        entry: String,
        /// The old logical ID.
        old: String,
    },
    /// A resource to import is in the stack already.
    AlreadyImported {
        /// The resource.
        logical_id: String,
        /// Its identifier.
        identifier: String,
    },
    /// The values in Parameter Store cannot be read: the plan treats them as unknown.
    SsmValuesUnknown {
        /// The names in Parameter Store.
        names: Vec<String>,
        /// Why.
        error: BackendError,
    },
    /// Drift detection starts, which may take minutes.
    DetectingDrift,
    /// Only the backend itself changes its resources, so nothing can have drifted.
    DriftImpossible,
    /// Resources whose drift cannot be detected.
    DriftNotChecked {
        /// Their logical IDs.
        logical_ids: Vec<String>,
    },
    /// The backend creates its own change set to compare it with the prediction.
    CreatingChangeSet,
    /// What CloudFormation's checks found in its change set is unknown.
    ValidationsUnknown {
        /// Why.
        why: EventsUnavailable,
    },
    /// Only the import can be compared: the update after it depends on its result.
    OnlyImportConfirmed,
    /// Options that the backend does not support.
    OptionsIgnored {
        /// What they are about.
        options: Vec<&'static str>,
    },
    /// A saved plan decides what happens when the change fails, differently from `rack.yaml`.
    OnFailureOfSavedPlan {
        /// What happens.
        on_failure: OnFailure,
    },
    /// The account number is unknown.
    AccountUnknown {
        /// Why.
        error: BackendError,
    },
    /// The template has YAML aliases, which CloudFormation does not support: it is sent as JSON.
    AliasesExpanded,
}
