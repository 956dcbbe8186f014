//! Chooses the recovery option that the user requested.

use super::{Recovery, RecoveryAction};
use crate::cloudformation::StackStatus;
use crate::text::did_you_mean;

/// What the user requested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedRecovery {
    /// The name of an action, if the user named one.
    pub action: Option<String>,
    /// Resources to skip in a rollback.
    pub skip: Vec<String>,
    /// Resources to retain in a deletion.
    pub retain: Vec<String>,
}

/// The part of a [`RequestedRecovery`] that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedPart {
    /// The action of this name.
    Action(String),
    /// The resources to skip.
    Skip,
    /// The resources to retain.
    Retain,
}

impl std::fmt::Display for RequestedPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Action(name) => f.write_str(name),
            Self::Skip => f.write_str("skip"),
            Self::Retain => f.write_str("retain"),
        }
    }
}

/// Why a requested recovery is not possible.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// The option does not exist in this status.
    #[error("`{part}` is not a recovery option in {status}")]
    NotAvailable {
        /// The requested part.
        part: RequestedPart,
        /// The status.
        status: StackStatus,
        /// The names of the available actions.
        available: Vec<&'static str>,
    },
    /// Resources to skip and to retain exclude each other.
    #[error("cannot both skip and retain resources: a rollback skips, a deletion retains")]
    SkipAndRetain,
    /// A resource is not stuck.
    #[error("cannot {part} `{name}`: {}", match candidates.as_slice() { [] => "no resource of this stack is stuck".to_owned(), names => format!("only stuck resources are possible: {}", names.join(", ")) })]
    NotStuck {
        /// The requested part.
        part: RequestedPart,
        /// The requested resource.
        name: String,
        /// The stuck resources.
        candidates: Vec<String>,
    },
}

impl RecoveryError {
    /// Returns what the user can do about the error, if anything.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAvailable { available, .. } if available.is_empty() => Some("the stack is not stuck".to_owned()),
            Self::NotAvailable { available, .. } => Some(format!("the recovery options are: {}", available.join(", "))),
            Self::SkipAndRetain => None,
            Self::NotStuck { name, candidates, .. } => did_you_mean(name, candidates.iter().map(String::as_str)),
        }
    }
}

/// Returns the requested action; the best one if the user requested none, and `None` if the stack is not stuck.
///
/// # Errors
///
/// Returns an error if the request is not one of the recovery options.
pub fn choose(recovery: &Recovery, requested: &RequestedRecovery) -> Result<Option<RecoveryAction>, RecoveryError> {
    let requested_name = match (requested.action.as_deref(), requested.skip.is_empty(), requested.retain.is_empty()) {
        (_, false, false) => return Err(RecoveryError::SkipAndRetain),
        (None | Some("continue"), false, true) => Some("continue"),
        (None | Some("delete"), true, false) => Some("delete"),
        (action, ..) => action,
    };
    let Some(requested_name) = requested_name else { return Ok(recovery.options.first().map(|option| option.action.clone())) };
    let mut available: Vec<&'static str> = recovery.options.iter().map(|option| option.action.name()).collect();
    available.dedup();
    let found = recovery.options.iter().find(|option| option.action.name() == requested_name);
    let not_available = |part: RequestedPart| RecoveryError::NotAvailable { part, status: recovery.status, available: available.clone() };
    // The error names what the user typed.
    let typed = match (requested.action.is_some(), requested.skip.is_empty(), requested.retain.is_empty()) {
        (false, false, _) => RequestedPart::Skip,
        (false, _, false) => RequestedPart::Retain,
        _ => RequestedPart::Action(requested_name.to_owned()),
    };
    let Some(found) = found else { return Err(not_available(typed)) };
    let candidates = || recovery.blockers.iter().map(|blocker| blocker.logical_id.clone()).collect::<Vec<_>>();
    let stuck = |part: RequestedPart, names: &[String]| {
        // A resource of a nested stack is `NESTED.LOGICAL_ID`; only CloudFormation knows whether it is stuck.
        match names.iter().find(|name| !name.contains('.') && !candidates().contains(name)) {
            Some(name) => Err(RecoveryError::NotStuck { part, name: name.clone(), candidates: candidates() }),
            None => Ok(names.to_vec()),
        }
    };
    let excluded = |action: &RecoveryAction, part: RequestedPart| {
        not_available(if action.name() == requested_name { part } else { RequestedPart::Action(requested_name.to_owned()) })
    };
    Ok(Some(match &found.action {
        RecoveryAction::Continue { .. } => RecoveryAction::Continue { skip: stuck(RequestedPart::Skip, &requested.skip)? },
        // CloudFormation retains resources only after a failed deletion.
        RecoveryAction::Delete { .. } if !requested.retain.is_empty() && recovery.status != StackStatus::DeleteFailed => {
            return Err(not_available(RequestedPart::Retain));
        }
        RecoveryAction::Delete { .. } => RecoveryAction::Delete { retain: stuck(RequestedPart::Retain, &requested.retain)? },
        action if !requested.skip.is_empty() => return Err(excluded(action, RequestedPart::Skip)),
        action if !requested.retain.is_empty() => return Err(excluded(action, RequestedPart::Retain)),
        action => action.clone(),
    }))
}
