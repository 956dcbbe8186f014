//! The store: tables of JSON records in one `redb` file, changed by committed transactions only.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableTable as _, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::BackendError;

/// A table; keys are parts joined by `/`.
#[derive(Clone, Copy)]
pub(super) struct Table(&'static str);

impl Table {
    /// `NAME` -> [`StackRecord`](super::record::StackRecord).
    pub(super) const STACKS: Self = Self("stacks");
    /// `STACK ID/LOGICAL ID` -> [`ResourceRecord`](super::record::ResourceRecord).
    pub(super) const RESOURCES: Self = Self("resources");
    /// `STACK ID/NUMBER` -> [`StackEvent`](crate::cloudformation::StackEvent).
    pub(super) const EVENTS: Self = Self("events");
    /// `STACK ID/NAME` -> [`ChangeSetRecord`](super::record::ChangeSetRecord).
    pub(super) const CHANGE_SETS: Self = Self("change-sets");
    /// SHA-256 -> the text of a template.
    pub(super) const TEMPLATES: Self = Self("templates");
    /// `TYPE/PHYSICAL ID` -> [`AccountRecord`](super::record::AccountRecord): every physical resource, including retained ones.
    pub(super) const ACCOUNT: Self = Self("account");
    /// Counters and the format's version.
    pub(super) const META: Self = Self("meta");

    fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.0)
    }
}

/// The name of the store's file in its directory.
const FILE: &str = "state.redb";
/// The name of the file with the ID of the process that has the store open.
const LOCK_HOLDER: &str = "owner";
/// The version of the records; a store with a later version is refused.
const FORMAT_VERSION: u64 = 1;

/// An open store, locked for other processes.
pub(super) struct Store {
    database: Database,
    directory: PathBuf,
    /// The file with this process's ID, deleted when the store is closed.
    owner: Option<PathBuf>,
    /// The files that were created to open the store; deleted if nothing is written.
    created: Cell<Created>,
}

/// What opening a store created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Created {
    Nothing,
    File,
    Directory,
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(owner) = &self.owner {
            // The file is only used in messages; the database itself is locked.
            let _ = std::fs::remove_file(owner);
        }
        // After a refused request, everything is as before.
        if self.created.get() != Created::Nothing {
            let _ = std::fs::remove_file(self.directory.join(FILE));
        }
        if self.created.get() == Created::Directory {
            let _ = std::fs::remove_file(self.directory.join(".gitignore"));
            let _ = std::fs::remove_dir(&self.directory);
        }
    }
}

impl Store {
    /// Returns whether a directory contains a store; an inaccessible directory is an error.
    pub(super) fn exists(directory: &Path) -> Result<bool, BackendError> {
        let failed = |error: std::io::Error| BackendError::Store { attempt: "open", directory: directory.to_owned(), source: error.into() };
        directory.join(FILE).try_exists().map_err(failed)
    }

    /// Deletes the store's file, even if it is damaged; the directory stays.
    pub(super) fn discard(directory: &Path) -> Result<(), BackendError> {
        let failed =
            |error: std::io::Error| BackendError::Store { attempt: "delete", directory: directory.to_owned(), source: error.into() };
        std::fs::remove_file(directory.join(FILE)).map_err(failed)
    }

    /// Opens the store in a directory, which is created if it does not exist, readable only by its owner.
    pub(super) fn open(directory: &Path) -> Result<Self, BackendError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| BackendError::Store {
            attempt: "open",
            directory: directory.to_owned(),
            source,
        };
        let path = directory.join(FILE);
        let created = match (directory.is_dir(), Self::exists(directory)?) {
            (true, true) => Created::Nothing,
            (true, false) => Created::File,
            (false, _) => Created::Directory,
        };
        create_private_directory(directory).map_err(|error| failed(error.into()))?;
        create_private_file(&path).map_err(|error| failed(error.into()))?;
        let database = match Database::create(&path) {
            Ok(database) => database,
            Err(DatabaseError::DatabaseAlreadyOpen) => {
                let process = std::fs::read_to_string(directory.join(LOCK_HOLDER)).ok().and_then(|text| text.trim().parse().ok());
                return Err(BackendError::Locked { directory: directory.to_owned(), process });
            }
            Err(error) => return Err(failed(error.into())),
        };
        let owner = directory.join(LOCK_HOLDER);
        std::fs::write(&owner, format!("{}\n", std::process::id())).map_err(|error| failed(error.into()))?;
        let store = Self { database, directory: directory.to_owned(), owner: Some(owner), created: Cell::new(Created::Nothing) }
            .of_this_format()?;
        store.created.set(created);
        Ok(store)
    }

    /// Returns an empty store in memory.
    pub(super) fn in_memory(directory: &Path) -> Result<Self, BackendError> {
        let database = Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .map_err(|error| BackendError::Store { attempt: "open", directory: directory.to_owned(), source: error.into() })?;
        Self { database, directory: directory.to_owned(), owner: None, created: Cell::new(Created::Nothing) }.of_this_format()
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
        let write = self.database.begin_write().map_err(|error| self.error("open", error.into()))?;
        let mut transaction = Transaction { write: &write, store: self, dirty: false };
        let answer = work(&mut transaction)?;
        if transaction.dirty {
            write.commit().map_err(|error| self.error("write", error.into()))?;
            self.created.set(Created::Nothing);
        } else {
            write.abort().map_err(|error| self.error("read", error.into()))?;
        }
        Ok(answer)
    }

    fn error(&self, attempt: &'static str, source: Box<dyn std::error::Error + Send + Sync>) -> BackendError {
        BackendError::Store { attempt, directory: self.directory.clone(), source }
    }
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

/// Creates a directory that only its owner can read, and that Git ignores.
fn create_private_directory(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(directory)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    std::fs::write(directory.join(".gitignore"), "*\n")
}

/// Creates a file that only its owner can read, because the store contains `NoEcho` values.
fn create_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        options.mode(0o600).open(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    options.open(path).map(drop)
}
