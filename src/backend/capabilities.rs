//! What a backend does, where backends differ.

/// What a backend does, where backends differ. The default is what the local backend does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackendCapabilities {
    /// Whether operations continue without [`Backend::advance`](super::Backend::advance), also after this process ends.
    pub runs_in_background: bool,
    /// Whether a change set of the backend can confirm a plan. An interrupted dry run then leaves a stale change set behind.
    pub confirms_plans: bool,
    /// Whether a template over the inline limit is uploaded to an S3 bucket.
    pub uploads_templates: bool,
    /// Whether it supports roles, notification topics and rollback alarms, and ignores none of them.
    pub supports_stack_options: bool,
    /// Whether it has an express mode, in which an operation completes before its resources are ready.
    pub has_express_mode: bool,
    /// Whether resources can be changed outside the backend, so that they can drift.
    pub detects_drift: bool,
}
