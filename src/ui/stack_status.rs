//! The meaning of stack statuses, in words.

use crate::cloudformation::{StackOperation, StackStatus};

/// Returns the meaning of a stack status, and the command to run next, if any.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
pub fn meaning(status: StackStatus) -> (&'static str, Option<&'static str>) {
    const RECOVER: Option<&str> = Some("rackform recover");
    match status {
        StackStatus::CreateComplete => ("created successfully", None),
        StackStatus::UpdateComplete => ("the last update succeeded", None),
        StackStatus::ImportComplete => ("resources were imported successfully", None),
        StackStatus::UpdateRollbackComplete => {
            ("the last update failed and was rolled back; the stack is in its previous state", Some("rackform events --failed"))
        }
        StackStatus::ImportRollbackComplete => {
            ("the last import failed and was rolled back; the stack is in its previous state", Some("rackform events --failed"))
        }
        StackStatus::RollbackComplete => {
            ("the creation failed and was rolled back; the stack has no resources and can only be deleted", RECOVER)
        }
        StackStatus::DeleteFailed => ("the deletion failed; some resources remain", RECOVER),
        StackStatus::UpdateRollbackFailed => ("the last update failed, and so did its rollback; the stack cannot be updated", RECOVER),
        StackStatus::ImportRollbackFailed => ("the last import failed, and so did its rollback", RECOVER),
        StackStatus::UpdateFailed => ("the last update failed and was not rolled back, as requested", RECOVER),
        StackStatus::CreateFailed => ("the creation failed; some resources remain", RECOVER),
        StackStatus::RollbackFailed => ("the creation failed, and so did its rollback; some resources remain", RECOVER),
        StackStatus::ReviewInProgress => ("only a change set exists; there are no resources yet", Some("rackform apply")),
        StackStatus::DeleteComplete => ("deleted", None),
        StackStatus::DeleteInProgress => {
            ("the stack is being deleted; `rackform delete` resumes an interrupted deletion", Some("rackform events --follow"))
        }
        _ if status.is_in_progress() => {
            ("an operation is in progress; `rackform apply` resumes an interrupted one", Some("rackform events --follow"))
        }
        _ => ("status not documented by CloudFormation", None),
    }
}

/// Returns that a stack's operation is unfinished, in words.
pub fn unfinished(stack: &str, status: StackStatus) -> String {
    format!("`{stack}` is {status}: {} is unfinished", operation(status))
}

/// Returns the name of the operation in progress.
pub fn operation(status: StackStatus) -> &'static str {
    match status.operation() {
        Some(StackOperation::Create) => "creation",
        Some(StackOperation::CreateRollback) => "rollback of a failed creation",
        Some(StackOperation::UpdateCleanup) => "cleanup after an update",
        Some(StackOperation::UpdateRollback) => "rollback of a failed update",
        Some(StackOperation::Import) => "import",
        Some(StackOperation::ImportRollback) => "rollback of a failed import",
        Some(StackOperation::Delete) => "deletion",
        Some(StackOperation::Update) | None => "update",
    }
}
