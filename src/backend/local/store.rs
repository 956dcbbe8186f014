//! The store: tables of JSON records in one `redb` file, changed by committed transactions only.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableTable as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::FailedCopy;
use super::folder::{Folder, Place};
use super::guard::guard;
use super::memory::Memory;
pub(super) use super::table::Table;
use super::table::{FORMAT_VERSION, GENERATION};
use crate::backend::BackendError;
use crate::files::PrivateError;

/// The attempts to open a store that another process creates or deletes at the same time.
const ATTEMPTS: usize = 8;

/// The database's error after a write failed.
const PREVIOUS_ERROR: &str = "Previous I/O error occurred";

/// Its explanation.
const EARLIER_WRITE_FAILED: &str = "an earlier write of the store failed, for example because the disk is full";

/// An open store, locked for other processes.
pub(super) struct Store {
    /// `None` only while the store is closed.
    database: Option<Database>,
    directory: PathBuf,
    /// The directory and the database's file, if it is open for writing.
    files: Option<(Folder, File)>,
    /// The lock of a store that is open for reading.
    _lock: Option<File>,
    /// Whether opening the store created it; it is deleted if nothing is written.
    is_new: Cell<bool>,
    /// The number of changes, if there was one since the store was opened.
    changed: Cell<Option<u64>>,
    /// Whether writing failed, so that the file may not be whole.
    has_failed: Cell<bool>,
    failed_copy: FailedCopy,
}

impl Drop for Store {
    fn drop(&mut self) {
        let database = self.database.take();
        // If closing it fails, everything that was committed is there, and the next command verifies it.
        let closed = guard(|| {
            drop(database);
            Ok(())
        });
        if closed.is_err() {
            self.has_failed.set(true);
        }
        let Some((folder, file)) = &self.files else { return };
        if self.is_new.get() {
            // After a refused request, everything is as before.
            folder.remove_owner();
            folder.undo();
            return;
        }
        if let Some(generation) = self.changed.get().filter(|_| !self.has_failed.get()) {
            // The change is done and stored. Without space for a copy, the earlier copy stays.
            if let Err(error) = folder.back_up(file, generation) {
                self.failed_copy.set(error);
            }
        }
        folder.remove_owner();
    }
}

impl Store {
    /// Deletes the store's files, even if they are damaged; the directory stays.
    pub(super) fn discard(place: Place<'_>) -> Result<(), BackendError> {
        let Some(folder) = Folder::open(place, false)? else { return Ok(()) };
        let _lock = folder.lock(place, true)?;
        folder.remove_all()
    }

    /// Opens the store in a directory, which is created if it does not exist, accessible only to its owner.
    pub(super) fn open(place: Place<'_>) -> Result<Self, BackendError> {
        let directory = place.path.to_owned();
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| BackendError::Store {
            attempt: "open",
            directory: directory.clone(),
            source,
        };
        let missing = || failed(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        let mut is_new = false;
        let folder = Folder::open(place, true)?.ok_or_else(missing)?;
        for _ in 0..ATTEMPTS {
            let Some(file) = folder.lock(place, true)? else {
                if folder.has_traces()? {
                    return Err(place.damaged("`state.redb` is missing"));
                }
                match folder.create(&empty(place.path)?) {
                    Ok(()) => is_new = true,
                    Err(PrivateError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                    Err(error) => {
                        folder.undo();
                        return Err(error.into());
                    }
                }
                continue;
            };
            folder.check(place, &file)?.close().map_err(|problem| place.damaged(problem))?;
            folder.require_verification(place, &file)?;
            let own = file.try_clone().map_err(|error| failed(error.into()))?;
            let database = guard(|| Ok(Database::builder().create_file(own))).map_err(|problem| place.damaged(problem))?;
            let database = match database {
                Ok(database) => database,
                Err(DatabaseError::DatabaseAlreadyOpen) => return Err(BackendError::Locked { directory, process: None }),
                Err(error) => return Err(failed(error.into())),
            };
            folder.write_owner();
            let store = Self::of(database, place.path, Some((folder, file)), None).of_this_format()?;
            store.is_new.set(is_new);
            return Ok(store);
        }
        Err(missing())
    }

    /// Opens the store in a directory for reading, without changing any file; a missing one is empty. What is written is not stored.
    pub(super) fn open_existing(place: Place<'_>) -> Result<Self, BackendError> {
        let Some(folder) = Folder::open(place, false)? else { return Self::in_memory(place.path) };
        let Some(file) = folder.lock(place, false)? else {
            return if folder.has_traces()? { Err(place.damaged("`state.redb` is missing")) } else { Self::in_memory(place.path) };
        };
        let checked = folder.check(place, &file)?;
        Self::of(checked.database, place.path, None, Some(file)).of_this_format()
    }

    /// Returns an empty store in memory.
    pub(super) fn in_memory(directory: &Path) -> Result<Self, BackendError> {
        let database = Database::builder().create_with_backend(Memory::default()).map_err(|error| BackendError::Store {
            attempt: "open",
            directory: directory.to_owned(),
            source: error.into(),
        })?;
        Self::of(database, directory, None, None).of_this_format()
    }

    fn of(database: Database, directory: &Path, files: Option<(Folder, File)>, lock: Option<File>) -> Self {
        Self {
            database: Some(database),
            directory: directory.to_owned(),
            files,
            _lock: lock,
            is_new: Cell::new(false),
            changed: Cell::new(None),
            has_failed: Cell::new(false),
            failed_copy: FailedCopy::default(),
        }
    }

    /// Returns the store, which reports there if its copy cannot be written.
    pub(super) fn reporting_to(mut self, failed_copy: FailedCopy) -> Self {
        self.failed_copy = failed_copy;
        self
    }

    fn of_this_format(self) -> Result<Self, BackendError> {
        let version = self.transaction(|transaction| match transaction.get::<u64>(Table::META, "format-version")? {
            Some(version) => Ok(version),
            None => transaction.put(Table::META, "format-version", &FORMAT_VERSION).map(|()| FORMAT_VERSION),
        })?;
        if version > FORMAT_VERSION {
            return Err(BackendError::Validation {
                message: format!(
                    "the store in `{}` was written by a later version of rackform (format {version}; this version supports {FORMAT_VERSION})",
                    self.directory.display()
                ),
            });
        }
        Ok(self)
    }

    /// Runs `work` as one transaction: all changes are committed if it succeeds, none if it fails or the process ends.
    pub(super) fn transaction<T>(&self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T, BackendError>) -> Result<T, BackendError> {
        let Some(database) = &self.database else { return Err(self.error("open", "the store is closed".into())) };
        let write = database.begin_write().map_err(|error| self.error("open", error.into()))?;
        let mut transaction = Transaction { write: &write, store: self, dirty: false };
        let answer = work(&mut transaction)?;
        if transaction.dirty {
            let generation = transaction.get::<u64>(Table::META, GENERATION)?.unwrap_or(0) + 1;
            transaction.put(Table::META, GENERATION, &generation)?;
            write.commit().map_err(|error| self.error("write", error.into()))?;
            self.changed.set(Some(generation));
            self.is_new.set(false);
        } else {
            write.abort().map_err(|error| self.error("read", error.into()))?;
        }
        Ok(answer)
    }

    fn error(&self, attempt: &'static str, source: Box<dyn std::error::Error + Send + Sync>) -> BackendError {
        self.has_failed.set(true);
        // The database does not report which write failed, and does not always return the error of that write.
        let source = match source.to_string() {
            text if text.starts_with(PREVIOUS_ERROR) => std::io::Error::other(EARLIER_WRITE_FAILED).into(),
            _ => source,
        };
        BackendError::Store { attempt, directory: self.directory.clone(), source }
    }
}

/// Returns the bytes of a new store.
fn empty(directory: &Path) -> Result<Vec<u8>, BackendError> {
    let memory = Memory::default();
    let failed = |error: DatabaseError| BackendError::Store { attempt: "create", directory: directory.to_owned(), source: error.into() };
    let database = Database::builder().create_with_backend(memory.clone()).map_err(failed)?;
    drop(Store::of(database, directory, None, None).of_this_format()?);
    let bytes = memory.bytes().clone();
    Ok(bytes)
}

/// An open transaction.
pub(super) struct Transaction<'s> {
    write: &'s redb::WriteTransaction,
    store: &'s Store,
    dirty: bool,
}

impl Transaction<'_> {
    /// Returns the record under a key.
    pub(super) fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, BackendError> {
        let table = self.write.open_table(table.definition()).map_err(|error| self.unreadable(error))?;
        let value = table.get(key).map_err(|error| self.unreadable(error))?;
        value.map(|bytes| serde_json::from_slice(bytes.value()).map_err(|error| self.unreadable(error))).transpose()
    }

    /// Returns the records whose keys start with a prefix and are greater than another key, in key order.
    pub(super) fn scan<T: DeserializeOwned>(&self, table: Table, prefix: &str, after: &str, limit: usize) -> Result<Vec<T>, BackendError> {
        let table = self.write.open_table(table.definition()).map_err(|error| self.unreadable(error))?;
        let mut records = Vec::new();
        for entry in table.range(prefix.max(after)..).map_err(|error| self.unreadable(error))? {
            let (key, value) = entry.map_err(|error| self.unreadable(error))?;
            if !key.value().starts_with(prefix) || records.len() == limit {
                break;
            }
            if key.value() != after {
                records.push(serde_json::from_slice(value.value()).map_err(|error| self.unreadable(error))?);
            }
        }
        Ok(records)
    }

    /// Returns every record whose key starts with a prefix.
    pub(super) fn all<T: DeserializeOwned>(&self, table: Table, prefix: &str) -> Result<Vec<T>, BackendError> {
        self.scan(table, prefix, "", usize::MAX)
    }

    /// Stores a record under a key.
    pub(super) fn put<T: Serialize>(&mut self, table: Table, key: &str, record: &T) -> Result<(), BackendError> {
        let bytes = serde_json::to_vec(record).map_err(|error| self.unwritable(error))?;
        let mut table = self.write.open_table(table.definition()).map_err(|error| self.unwritable(error))?;
        table.insert(key, bytes.as_slice()).map_err(|error| self.unwritable(error))?;
        self.dirty = true;
        Ok(())
    }

    /// Deletes a record.
    pub(super) fn remove(&mut self, table: Table, key: &str) -> Result<(), BackendError> {
        let mut table = self.write.open_table(table.definition()).map_err(|error| self.unwritable(error))?;
        table.remove(key).map_err(|error| self.unwritable(error))?;
        self.dirty = true;
        Ok(())
    }

    /// Deletes every record whose key starts with a prefix.
    pub(super) fn remove_all(&mut self, table: Table, prefix: &str) -> Result<(), BackendError> {
        let mut table = self.write.open_table(table.definition()).map_err(|error| self.unwritable(error))?;
        table.retain(|key, _| !key.starts_with(prefix)).map_err(|error| self.unwritable(error))?;
        self.dirty = true;
        Ok(())
    }

    /// Returns the next number of a counter, from 1.
    pub(super) fn next(&mut self, counter: &str) -> Result<u64, BackendError> {
        let key = format!("counter/{counter}");
        let number = self.get::<u64>(Table::META, &key)?.unwrap_or(0) + 1;
        self.put(Table::META, &key, &number)?;
        Ok(number)
    }

    fn unreadable(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BackendError {
        self.store.error("read", error.into())
    }

    fn unwritable(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BackendError {
        self.store.error("write", error.into())
    }
}
