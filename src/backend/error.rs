//! Why a backend could not perform an operation.
//!
//! The pattern of every error below `ui`: a `thiserror` enum whose variants carry fields, a `Display` that states subject and problem, and
//! a method `hint()` that returns what the user can do about it as data (here [`BackendHint`]). Only `ui` and `cli` know options and
//! command lines, so `ui/hints.rs` words hints; a new variant does not compile until it is worded there.

use std::path::PathBuf;

use super::StackName;
use crate::aws::{RequestError, RequestHint};
use crate::cloudformation::StackStatus;
use crate::diagnostic::Diagnostics;
use crate::files::{self, PrivateError, PrivateHint};

/// Why a backend could not perform an operation. A resource that fails is reported as a stack event instead.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The stack does not exist.
    #[error("stack `{stack}` does not exist")]
    StackNotFound {
        /// The name or ID in the request.
        stack: StackName,
    },
    /// The change set does not exist.
    #[error("change set `{change_set}` of stack `{stack}` does not exist")]
    ChangeSetNotFound {
        /// The stack.
        stack: StackName,
        /// The change set in the request.
        change_set: String,
    },
    /// The stack's status does not allow the operation.
    #[error("cannot {operation} stack `{stack}` in {status}")]
    WrongStatus {
        /// The stack.
        stack: StackName,
        /// Its status.
        status: StackStatus,
        /// The operation, such as `update` or `delete`.
        operation: &'static str,
    },
    /// The stack changed between the change set's creation and its execution.
    #[error("stack `{stack}` changed after change set `{change_set}` was created")]
    ChangeSetObsolete {
        /// The stack.
        stack: StackName,
        /// The change set.
        change_set: String,
    },
    /// The stack changed between the creation of a stack refactoring and its execution.
    #[error("stack `{stack}` changed after the stack refactoring was created")]
    RefactorObsolete {
        /// The stack.
        stack: StackName,
    },
    /// The stack has termination protection.
    #[error("cannot delete stack `{stack}` while termination protection is on")]
    TerminationProtection {
        /// The stack.
        stack: StackName,
    },
    /// Other stacks import an export that the operation would delete.
    #[error("cannot delete export `{export}`: {} import it", importers.join(", "))]
    ExportInUse {
        /// The export.
        export: String,
        /// The stacks that import it.
        importers: Vec<StackName>,
    },
    /// The template or its parameters are invalid.
    #[error("invalid template or parameters")]
    Template(#[source] Diagnostics),
    /// A `ValidationError` of CloudFormation.
    #[error("{message}")]
    Validation {
        /// CloudFormation's message.
        message: String,
    },
    /// The template exceeds CloudFormation's limit.
    #[error("the template has {size} bytes; CloudFormation accepts at most {limit}")]
    TemplateTooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The template exceeds the inline limit, and no bucket for the upload exists.
    #[error("the template has {size} bytes; a request may contain at most {limit}, and no S3 bucket for the upload exists")]
    NoTemplateBucket {
        /// Its size in bytes.
        size: usize,
        /// The inline limit in bytes.
        limit: usize,
    },
    /// A request to AWS failed.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Another process has locked the local backend's directory.
    #[error("`{}` is in use by {}", directory.display(), match process { Some(id) => format!("process {id}"), None => "another process".to_owned() })]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// The other process's ID, if known.
        process: Option<u32>,
    },
    /// The store cannot be read or written.
    #[error("cannot {attempt} the store in `{}`", directory.display())]
    Store {
        /// The failed action: `open`, `read`, `write`, `delete`.
        attempt: &'static str,
        /// The directory.
        directory: PathBuf,
        /// The error of the database or the operating system.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store's contents are damaged.
    #[error("the store in `{}` is damaged: {problem}", directory.display())]
    StoreDamaged {
        /// The directory.
        directory: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The store's directory or a file in it is not safe to use, or cannot be accessed.
    #[error("cannot use the store")]
    StoreFile(#[from] PrivateError),
}

/// What the user can do about a [`BackendError`]. `ui` words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendHint {
    /// About the request to AWS.
    Request(RequestHint),
    /// The stack's creation was rolled back: recover or delete the stack, then create it again.
    RecoverOrDelete,
    /// The stack is stuck: recover it.
    Recover,
    /// An operation is in progress: follow it.
    Follow,
    /// The stack changed: plan again.
    PlanAgain,
    /// Make the template smaller.
    ReduceTemplate,
    /// Name or create a bucket for the template, or make it smaller.
    SetTemplateBucket,
    /// Turn termination protection off first.
    DisableTerminationProtection,
    /// Wait for the other process; its operation can be resumed.
    WaitForProcess,
    /// The directory is not accessible: use another one.
    UseOtherDirectory,
    /// The store is damaged: restore its last good copy.
    RepairStore,
    /// Make the store's directory or a file in it safe to use.
    StoreFile(PrivateHint),
}

impl BackendError {
    /// Returns what the user can do about the error, if anything.
    pub fn hint(&self) -> Option<BackendHint> {
        Some(match self {
            Self::WrongStatus { status: StackStatus::RollbackComplete, .. } => BackendHint::RecoverOrDelete,
            Self::WrongStatus { status, .. } if status.is_failed() => BackendHint::Recover,
            Self::WrongStatus { status, .. } if status.is_in_progress() => BackendHint::Follow,
            Self::ChangeSetObsolete { .. } | Self::RefactorObsolete { .. } => BackendHint::PlanAgain,
            Self::TemplateTooLarge { .. } => BackendHint::ReduceTemplate,
            Self::NoTemplateBucket { .. } => BackendHint::SetTemplateBucket,
            Self::Request(error) => return error.hint().map(BackendHint::Request),
            Self::TerminationProtection { .. } => BackendHint::DisableTerminationProtection,
            Self::Locked { .. } => BackendHint::WaitForProcess,
            Self::Store { source, .. } => match os_error(source.as_ref()) {
                Some(error) if files::is_full(error) => BackendHint::StoreFile(PrivateHint::FreeSpace),
                Some(error) if error.kind() == std::io::ErrorKind::PermissionDenied => BackendHint::UseOtherDirectory,
                Some(_) => return None,
                None => BackendHint::RepairStore,
            },
            Self::StoreDamaged { .. } => BackendHint::RepairStore,
            Self::StoreFile(PrivateError::Io { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
                BackendHint::UseOtherDirectory
            }
            Self::StoreFile(error) => return error.hint().map(BackendHint::StoreFile),
            Self::StackNotFound { .. }
            | Self::ChangeSetNotFound { .. }
            | Self::WrongStatus { .. }
            | Self::ExportInUse { .. }
            | Self::Template(_)
            | Self::Validation { .. } => return None,
        })
    }

    /// Returns whether a later retry may succeed, see [`RequestError::is_transient`].
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Request(error) if error.is_transient())
    }

    /// Returns whether the error is about the credentials, see [`RequestError::is_credentials_error`].
    pub fn is_credentials_error(&self) -> bool {
        matches!(self, Self::Request(error) if error.is_credentials_error())
    }

    /// Returns AWS's error code, if AWS responded with one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Request(error) => error.code(),
            _ => None,
        }
    }
}

/// Returns the operating system's error that caused an error, if there is one.
fn os_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e std::io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        // The database's errors contain it, but do not return it as their source.
        if let Some(error) = storage_error(error) {
            return Some(error);
        }
        next = error.source();
    }
    None
}

/// Returns the operating system's error in an error of the database.
fn storage_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e std::io::Error> {
    let storage = error
        .downcast_ref::<redb::StorageError>()
        .or_else(|| match error.downcast_ref()? {
            redb::DatabaseError::Storage(error) => Some(error),
            _ => None,
        })
        .or_else(|| match error.downcast_ref()? {
            redb::TransactionError::Storage(error) => Some(error),
            _ => None,
        })
        .or_else(|| match error.downcast_ref()? {
            redb::TableError::Storage(error) => Some(error),
            _ => None,
        })
        .or_else(|| match error.downcast_ref()? {
            redb::CommitError::Storage(error) => Some(error),
            _ => None,
        })?;
    match storage {
        redb::StorageError::Io(error) => Some(error),
        _ => None,
    }
}
