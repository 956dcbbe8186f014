//! Registry credentials: converts `BUILD_AUTH` to a docker configuration file, which engines read. They are never passed as arguments.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::files::{self, NewMode};

/// The largest docker configuration, in bytes.
const LIMIT_BYTES: u64 = 16 << 20;

/// Why credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The value cannot be parsed. The message does not contain the value.
    #[error("invalid BUILD_AUTH: expected a JSON object of registries, each with `Username` and `Password`")]
    Text,
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
        let existing = files::read(&path, LIMIT_BYTES).ok().and_then(|text| serde_json::from_slice::<Map<String, Value>>(&text).ok());
        let mut configuration = existing.unwrap_or_default();
        let auths = configuration.entry("auths").or_insert_with(|| json!({}));
        for (registry, entry) in &self.0 {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", entry.username, entry.password));
            // Engines look up credentials by the registry's host.
            let host = registry.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
            let is_hub = matches!(host, "docker.io" | "index.docker.io" | "index.docker.io/v1" | "registry-1.docker.io");
            let key = if is_hub { "https://index.docker.io/v1/" } else { host };
            auths[key] = json!({ "auth": pair });
        }
        let write = || {
            fs::create_dir_all(directory)?;
            let text = Value::Object(configuration.clone()).to_string();
            files::write(&path, text.as_bytes(), NewMode::Private, None).map_err(std::io::Error::other)
        };
        write().map_err(|source| CredentialsError::Write { path: path.clone(), source })
    }
}
