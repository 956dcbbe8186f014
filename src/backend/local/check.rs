//! Checks the bytes of a store: the checksums of the database, and every record.

use std::collections::BTreeSet;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableError};
use serde::de::DeserializeOwned;

use super::guard::guard;
use super::memory::Memory;
use super::record::{AccountRecord, ChangeSetRecord, RefactorRecord, ResourceRecord, StackRecord};
use super::table::{FORMAT_VERSION, GENERATION, Table};
use crate::cloudformation::StackEvent;

/// The file's header: 64 bytes, and two commit slots of 128 bytes. Source: <https://github.com/cberner/redb/blob/master/docs/design.md>
const HEADER_BYTES: usize = 320;
const FLAGS: usize = 9;
const PRIMARY_IS_SECOND: u8 = 1;
pub(super) const RECOVERY_REQUIRED: u8 = 2;
const TWO_PHASE_COMMIT: u8 = 4;
/// The position of the flags, from which a file is opened as if its writer had been killed: everything is verified first.
pub(super) const FLAGS_OFFSET: u64 = FLAGS as u64;
/// Larger counters are not the result of counting; adding to them could overflow.
const MAX_COUNT: u64 = 1 << 48;

/// A sound store in memory.
pub(super) struct Checked {
    pub(super) database: Database,
    /// The number of changes since the store was created.
    pub(super) generation: u64,
    /// Names and statuses of the stacks.
    pub(super) stacks: Vec<(String, String)>,
}

impl Checked {
    /// Closes the database, which reads parts of it that reading records does not need.
    ///
    /// # Errors
    ///
    /// Returns the problem if one of them is damaged.
    pub(super) fn close(self) -> Result<(), String> {
        guard(|| {
            drop(self.database);
            Ok(())
        })
    }
}

/// Reads and checks the bytes of a store.
///
/// # Errors
///
/// Returns the first problem if the store is damaged.
pub(super) fn check(bytes: Vec<u8>) -> Result<Checked, String> {
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if bytes.len() < HEADER_BYTES {
        return Err("the file is truncated".to_owned());
    }
    guard(|| {
        let was_clean = bytes[FLAGS] & RECOVERY_REQUIRED == 0;
        let before = user_root(&bytes);
        let mut bytes = bytes;
        // The database then verifies the checksums of all pages before it uses any of them.
        // It trusts a two-phase commit without reading its pages, so the mark of one is removed.
        bytes[FLAGS] = (bytes[FLAGS] | RECOVERY_REQUIRED) & !TWO_PHASE_COMMIT;
        let memory = Memory::new(bytes);
        let database = Database::builder().create_with_backend(memory.clone()).map_err(|error| error.to_string())?;
        // After a clean end the newest state is whole; the database must not fall back to an earlier one.
        if was_clean && before != user_root(&memory.bytes()) {
            return Err("the newest state cannot be read".to_owned());
        }
        let (generation, stacks) = records(&database)?;
        Ok(Checked { database, generation, stacks })
    })
}

/// Returns the root of the tables in the primary commit slot: a page and its checksum, which covers all records.
fn user_root(bytes: &[u8]) -> Vec<u8> {
    let is_second = bytes.get(FLAGS).is_some_and(|flags| flags & PRIMARY_IS_SECOND != 0);
    let slot = if is_second { 192 } else { 64 };
    bytes.get(slot + 8..slot + 40).unwrap_or_default().to_vec()
}

/// Decodes every record.
fn records(database: &Database) -> Result<(u64, Vec<(String, String)>), String> {
    let counters = table::<u64>(database, Table::META)?;
    let number = |name: &str| counters.iter().find(|(key, _)| key == name).map(|(_, number)| *number);
    let generation = number(GENERATION).unwrap_or(0);
    if number("format-version").is_some_and(|version| version > FORMAT_VERSION) {
        // Opening the store refuses it with a better reason.
        return Ok((generation, Vec::new()));
    }
    if let Some((key, number)) = counters.iter().find(|(_, number)| *number > MAX_COUNT) {
        return Err(format!("the counter `{key}` is {number}"));
    }
    let templates: BTreeSet<String> = table::<String>(database, Table::TEMPLATES)?.into_iter().map(|(key, _)| key).collect();
    table::<StackEvent>(database, Table::EVENTS)?;
    table::<AccountRecord>(database, Table::ACCOUNT)?;
    table::<RefactorRecord>(database, Table::REFACTORS)?;
    for (key, resource) in table::<ResourceRecord>(database, Table::RESOURCES)? {
        if u64::from(resource.generation) > u64::from(u32::MAX / 2) || !key.ends_with(&format!("/{}", resource.logical_id)) {
            return Err(format!("the record of resource `{}` is inconsistent", resource.logical_id));
        }
    }
    for (_, change_set) in table::<ChangeSetRecord>(database, Table::CHANGE_SETS)? {
        if !templates.contains(&change_set.target.template) {
            return Err(format!("the template of change set `{}` is missing", change_set.name));
        }
    }
    let mut stacks = Vec::new();
    for (key, stack) in table::<StackRecord>(database, Table::STACKS)? {
        if key != stack.name || stack.events > MAX_COUNT {
            return Err(format!("the record of stack `{}` is inconsistent", stack.name));
        }
        if stack.deployed.as_ref().is_some_and(|deployed| !templates.contains(&deployed.template)) {
            return Err(format!("the template of stack `{}` is missing", stack.name));
        }
        stacks.push((stack.name, stack.status.as_str().to_owned()));
    }
    Ok((generation, stacks))
}

fn table<T: DeserializeOwned>(database: &Database, table: Table) -> Result<Vec<(String, T)>, String> {
    let read = database.begin_read().map_err(|error| error.to_string())?;
    let opened = match read.open_table(table.definition()) {
        Ok(opened) => opened,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut records = Vec::new();
    for entry in opened.iter().map_err(|error| error.to_string())? {
        let (key, value) = entry.map_err(|error| error.to_string())?;
        let record = serde_json::from_slice(value.value()).map_err(|_| format!("a record of the table `{}` is invalid", table.name()))?;
        records.push((key.value().to_owned(), record));
    }
    Ok(records)
}
