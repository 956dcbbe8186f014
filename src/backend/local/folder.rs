//! The files of a store in its directory.

use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::check::{self, Checked};
use crate::backend::BackendError;
use crate::files::{PrivateDirectory, PrivateError};

/// The database.
const STATE: &str = "state.redb";
/// The copy of the database after the last command that changed it.
const BACKUP: &str = "backup.redb";
/// The number of changes in the database after the last command, against an older database in its place.
const GENERATION: &str = "generation";
/// A damaged database, kept by a repair.
const DAMAGED: &str = "damaged.redb";
/// The ID of the process that has the store open for writing.
const OWNER: &str = "owner";
const GITIGNORE: &str = ".gitignore";

/// The largest database, in bytes. It is read as a whole.
const LIMIT_BYTES: u64 = 1 << 30;

/// The bytes of a copy with what they contain, or the problem of a damaged one.
pub(super) type CheckedCopy = Result<(Vec<u8>, Checked), String>;

/// A directory and the directory above it in which links are the user's own; `None` accepts links up to the directory itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    pub(super) path: &'p Path,
    pub(super) trusted: Option<&'p Path>,
}

impl Place<'_> {
    pub(super) fn damaged(&self, problem: impl Into<String>) -> BackendError {
        BackendError::StoreDamaged { directory: self.path.to_owned(), problem: problem.into() }
    }

    fn failed(&self, attempt: &'static str, source: std::io::Error) -> BackendError {
        BackendError::Store { attempt, directory: self.path.to_owned(), source: source.into() }
    }
}

/// An open directory with a store.
pub(super) struct Folder {
    directory: PrivateDirectory,
}

impl Folder {
    /// Opens the directory; `None` if it does not exist and is not to be created.
    pub(super) fn open(place: Place<'_>, create: bool) -> Result<Option<Self>, BackendError> {
        let Some(directory) = PrivateDirectory::open(place.path, place.trusted, create)? else { return Ok(None) };
        // Everything in the directory is the program's own, before anything is read or written.
        for name in [OWNER, BACKUP, GENERATION, DAMAGED, GITIGNORE] {
            directory.open_file(name, false)?;
        }
        if directory.is_new() {
            directory.write(GITIGNORE, b"*\n", true)?;
        }
        Ok(Some(Self { directory }))
    }

    pub(super) fn is_new(&self) -> bool {
        self.directory.is_new()
    }

    /// Opens and locks the database. `None` if there is no store.
    pub(super) fn lock(&self, place: Place<'_>, for_writing: bool) -> Result<Option<File>, BackendError> {
        let Some(file) = self.directory.open_file(STATE, for_writing)? else { return Ok(None) };
        match if for_writing { file.try_lock() } else { file.try_lock_shared() } {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => {
                let text = self.directory.read(OWNER, 32).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
                let process = text.and_then(|text| text.trim().parse().ok());
                Err(BackendError::Locked { directory: place.path.to_owned(), process })
            }
            Err(TryLockError::Error(error)) => Err(place.failed("lock", error)),
        }
    }

    /// Returns whether files show that there was a store.
    pub(super) fn has_traces(&self) -> Result<bool, BackendError> {
        Ok(self.directory.open_file(BACKUP, false)?.is_some() || self.directory.open_file(GENERATION, false)?.is_some())
    }

    /// Reads and checks the database.
    pub(super) fn check(&self, place: Place<'_>, file: &File) -> Result<Checked, BackendError> {
        let checked = check::check(self.directory.read_file(STATE, file, LIMIT_BYTES)?).map_err(|problem| place.damaged(problem))?;
        if checked.generation < self.generation()? {
            return Err(place.damaged("it is older than the last change"));
        }
        Ok(checked)
    }

    /// Returns the recorded number of changes; 0 if it is unknown.
    pub(super) fn generation(&self) -> Result<u64, BackendError> {
        let bytes = self.directory.read(GENERATION, 64).or_else(|error| match error {
            // A number has few digits, so the file is damaged.
            PrivateError::TooLarge { .. } => Ok(None),
            error => Err(error),
        })?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()).unwrap_or(0))
    }

    /// Makes the database verify every page when it is opened in place, as [`check::check`] did.
    pub(super) fn require_verification(&self, place: Place<'_>, file: &File) -> Result<(), BackendError> {
        let mut flags = [0];
        file.read_exact_at(&mut flags, check::FLAGS_OFFSET)
            .and_then(|()| file.write_all_at(&[flags[0] | check::RECOVERY_REQUIRED], check::FLAGS_OFFSET))
            .map_err(|error| place.failed("open", error))
    }

    /// Creates the database; an existing one is an error of the kind `AlreadyExists`.
    pub(super) fn create(&self, bytes: &[u8]) -> Result<(), PrivateError> {
        self.directory.write(STATE, bytes, true)
    }

    /// Writes the ID of this process, which is only used in messages. A full disk does not prevent that the store is read.
    pub(super) fn write_owner(&self) -> bool {
        self.directory.write(OWNER, format!("{}\n", std::process::id()).as_bytes(), false).is_ok()
    }

    pub(super) fn remove_owner(&self) {
        let _ = self.directory.remove(OWNER);
    }

    /// Copies the closed database.
    pub(super) fn back_up(&self, file: &File, generation: u64) -> Result<(), BackendError> {
        use std::io::Seek as _;
        let mut file = file;
        file.rewind().map_err(|source| PrivateError::Io { path: self.directory.path_of(STATE), source })?;
        let bytes = self.directory.read_file(STATE, file, LIMIT_BYTES)?;
        self.directory.write(BACKUP, &bytes, false)?;
        self.set_generation(generation)
    }

    fn set_generation(&self, generation: u64) -> Result<(), BackendError> {
        Ok(self.directory.write(GENERATION, format!("{generation}\n").as_bytes(), false)?)
    }

    /// Checks the copy; `None` if there is none.
    pub(super) fn check_backup(&self) -> Result<Option<CheckedCopy>, BackendError> {
        let Some(bytes) = self.directory.read(BACKUP, LIMIT_BYTES)? else { return Ok(None) };
        Ok(Some(check::check(bytes.clone()).map(|checked| (bytes, checked))))
    }

    /// Returns when the copy was made, and whether a process was killed since, which may have changed the store.
    pub(super) fn backup_facts(&self) -> Result<(Option<jiff::Timestamp>, bool), BackendError> {
        let modified = self.directory.open_file(BACKUP, false)?.and_then(|file| file.metadata().ok()?.modified().ok());
        let was_killed = self.directory.open_file(OWNER, false)?.is_some();
        Ok((modified.and_then(|time| jiff::Timestamp::try_from(time).ok()), was_killed))
    }

    /// Replaces the database by a copy, and keeps the damaged one.
    pub(super) fn restore(&self, bytes: &[u8], generation: u64) -> Result<(), BackendError> {
        if self.directory.open_file(STATE, false)?.is_some() {
            self.directory.rename(STATE, DAMAGED)?;
        }
        self.directory.write(STATE, bytes, false)?;
        self.remove_owner();
        self.set_generation(generation)
    }

    /// Deletes the store's files, even if they are damaged. The copies first: an interruption must not leave only them.
    pub(super) fn remove_all(&self) -> Result<(), BackendError> {
        for name in [BACKUP, GENERATION, DAMAGED, OWNER, STATE] {
            self.directory.remove(name)?;
        }
        Ok(())
    }

    /// Removes what opening the store created.
    pub(super) fn undo(&self) {
        let _ = self.directory.remove(STATE);
        if self.is_new() {
            let _ = self.directory.remove(GITIGNORE);
            self.directory.remove_if_empty();
        }
    }
}
