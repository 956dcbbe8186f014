//! Restores a damaged store from its last good copy.

use super::folder::{Folder, Place};
use crate::backend::BackendError;

/// The state of a store, before a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// There is no store.
    Missing,
    /// The store is sound.
    Sound,
    /// The store is damaged, and a good copy exists.
    Repairable {
        /// What is wrong.
        problem: String,
        /// What the copy contains.
        copy: StoreCopy,
    },
    /// The store is damaged, and no good copy exists.
    Lost {
        /// What is wrong.
        problem: String,
        /// What is wrong with the copy; `None` if there is none.
        copy_problem: Option<String>,
    },
}

/// The last good copy of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreCopy {
    /// When it was made, UTC.
    pub made: Option<jiff::Timestamp>,
    /// Names and statuses of its stacks.
    pub stacks: Vec<(String, String)>,
    /// Whether a process that used the store was killed after the copy was made, so that the copy may lack its changes.
    pub may_lack_changes: bool,
}

/// Examines a store, and restores it from its copy if `apply`.
pub(super) fn repair(place: Place<'_>, apply: bool) -> Result<StoreState, BackendError> {
    let Some(folder) = Folder::open(place, false)? else { return Ok(StoreState::Missing) };
    let file = folder.lock(place, apply)?;
    let problem = match &file {
        None if !folder.has_traces()? => return Ok(StoreState::Missing),
        None => "the file is missing".to_owned(),
        Some(file) => match folder.check(place, file) {
            Ok(checked) => match checked.close() {
                Ok(()) => return Ok(StoreState::Sound),
                Err(problem) => problem,
            },
            Err(BackendError::StoreDamaged { problem, .. }) => problem,
            Err(error) => return Err(error),
        },
    };
    let (made, may_lack_changes) = folder.backup_facts()?;
    match folder.check_backup()? {
        None => Ok(StoreState::Lost { problem, copy_problem: None }),
        Some(Err(copy_problem)) => Ok(StoreState::Lost { problem, copy_problem: Some(copy_problem) }),
        Some(Ok((bytes, checked))) => {
            let (generation, stacks) = (checked.generation, checked.stacks.clone());
            if let Err(copy_problem) = checked.close() {
                return Ok(StoreState::Lost { problem, copy_problem: Some(copy_problem) });
            }
            if apply {
                folder.restore(&bytes, generation)?;
            }
            Ok(StoreState::Repairable { problem, copy: StoreCopy { made, stacks, may_lack_changes } })
        }
    }
}
