//! Registry credentials: converts `BUILD_AUTH` to a docker configuration file, which engines read. They are never passed as arguments.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::registry::credentials::docker_key;
use crate::files::{self, NewMode};

/// The largest docker configuration, in bytes.
const LIMIT_BYTES: u64 = 16 << 20;

/// Why credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The value cannot be parsed. The message does not contain the value.
    #[error("invalid BUILD_AUTH: expected a JSON object of registries, each with `Username` and `Password`")]
    Text,
    /// The existing configuration cannot be read, and overwriting it would lose the credentials in it.
    #[error("cannot read docker's configuration `{}`, to which credentials are to be added: {problem}", path.display())]
    Existing {
        /// The file.
        path: PathBuf,
        /// The problem, without any content of the file.
        problem: String,
    },
    /// The configuration cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Username", alias = "username")]
    username: String,
    #[serde(rename = "Password", alias = "password")]
    password: String,
}

/// Credentials by registry, in the format of the public build service.
pub struct Credentials(IndexMap<String, Entry>);

impl Credentials {
    /// Reads `BUILD_AUTH`. Returns `None` if it contains no credentials.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not a JSON object of credentials.
    pub fn read(text: &str) -> Result<Option<Self>, CredentialsError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let entries: IndexMap<String, Entry> = serde_json::from_str(text).map_err(|_| CredentialsError::Text)?;
        Ok((!entries.is_empty()).then_some(Self(entries)))
    }

    /// Adds the credentials to the docker configuration in a directory. Only the owner can read the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<(), CredentialsError> {
        let path = directory.join("config.json");
        let unreadable = |problem: String| CredentialsError::Existing { path: path.clone(), problem };
        let mut configuration: Map<String, Value> = match files::read(&path, LIMIT_BYTES) {
            Err(error) if error.is_not_found() => Map::new(),
            Err(error) => return Err(unreadable(error.to_string())),
            Ok(text) if text.iter().all(u8::is_ascii_whitespace) => Map::new(),
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| unreadable(format!("line {}, column {}: not a JSON object", error.line(), error.column())))?,
        };
        // Engines look up credentials by the registry's host, and ask the helper of a host or the store of all before they look here.
        let has_store = configuration.get("credsStore").and_then(Value::as_str).is_some_and(|store| !store.is_empty());
        let mut insert = |section: &str, key: &str, value: Option<Value>| {
            let section = configuration.entry(section).or_insert_with(|| json!({}));
            if !section.is_object() {
                *section = json!({});
            }
            if let Some(entries) = section.as_object_mut() {
                match value {
                    Some(value) => drop(entries.insert(key.to_owned(), value)),
                    None => drop(entries.remove(key)),
                }
            }
        };
        for (registry, entry) in &self.0 {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", entry.username, entry.password));
            let key = docker_key(registry);
            insert("auths", key, Some(json!({ "auth": pair })));
            // A helper without a name selects the file: https://github.com/docker/cli/blob/master/cli/config/configfile/file.go
            insert("credHelpers", key, has_store.then(|| json!("")));
        }
        if configuration.get("credHelpers").and_then(Value::as_object).is_some_and(Map::is_empty) {
            configuration.remove("credHelpers");
        }
        let write = || {
            fs::create_dir_all(directory)?;
            let text = Value::Object(configuration.clone()).to_string();
            files::write(&path, text.as_bytes(), NewMode::Private, None).map_err(std::io::Error::other)
        };
        write().map_err(|source| CredentialsError::Write { path: path.clone(), source })
    }
}
