//! Credentials for registries, from the configuration files of container engines and their credential helpers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::error::RegistryError;
use crate::diagnostic::MAX_SOURCE_BYTES;
use crate::secret::MASKED;

/// The timeout of a credential helper; some of them send requests to a server.
const HELPER_TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum size of a helper's output to read, in bytes.
const HELPER_LIMIT_BYTES: u64 = 1 << 20;

/// Credentials for a registry; never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user name and a password.
    Password {
        /// The user name, such as `AWS` for ECR.
        user: String,
        /// The password.
        password: String,
    },
    /// A refresh token for the registry's token server.
    Identity(String),
    /// A token for the registry itself.
    Token(String),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Password { .. } => "Password",
            Self::Identity(_) => "Identity",
            Self::Token(_) => "Token",
        };
        write!(f, "{kind}({MASKED})")
    }
}

/// The configuration files in which container engines store credentials.
#[derive(Clone, Debug, Default)]
pub struct CredentialFiles {
    /// The files; the first one with credentials for a registry has precedence.
    pub files: Vec<PathBuf>,
}

impl CredentialFiles {
    /// Returns the files according to the environment: `REGISTRY_AUTH_FILE` and `$XDG_RUNTIME_DIR/containers/auth.json` (buildah, podman,
    /// skopeo), and `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.
    ///
    /// Sources: <https://docs.docker.com/reference/cli/docker/#configuration-files>,
    /// <https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md>
    pub fn new(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let docker = path("DOCKER_CONFIG").or_else(|| Some(path("HOME")?.join(".docker")));
        let files = [
            path("REGISTRY_AUTH_FILE"),
            docker.map(|directory| directory.join("config.json")),
            path("XDG_RUNTIME_DIR").map(|directory| directory.join("containers/auth.json")),
        ];
        Self { files: files.into_iter().flatten().collect() }
    }

    /// Returns whether a credential helper is configured for a registry. Such a registry needs no `docker login`.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read.
    pub fn has_helper(&self, host: &str) -> Result<bool, RegistryError> {
        for file in &self.files {
            if let Some(config) = read(file, host)?
                && config.cred_helpers.keys().any(|key| names(host).iter().any(|name| name == registry_of(key)))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the credentials for a registry, or `None` if there are none.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read or a credential helper fails.
    pub fn find(&self, host: &str) -> Result<Option<Credentials>, RegistryError> {
        for file in &self.files {
            let Some(config) = read(file, host)? else { continue };
            let found = config.find(host);
            let found = found.map_err(|message| failed(host, format!("{}: {message}", file.display())))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn failed(host: &str, message: String) -> RegistryError {
    RegistryError::Credentials { host: host.to_owned(), message }
}

/// Reads a configuration file; returns `None` if it does not exist.
fn read(file: &Path, host: &str) -> Result<Option<ConfigFile>, RegistryError> {
    let text = match crate::files::read(file, MAX_SOURCE_BYTES as u64) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(failed(host, format!("cannot read `{}`: {error}", file.display()))),
    };
    // Only the position is shown, because the line may contain a password.
    let position = |error: &serde_json::Error| format!("{}:{}:{}", file.display(), error.line(), error.column());
    serde_json::from_slice(&text).map(Some).map_err(|error| failed(host, format!("{}: invalid Docker configuration", position(&error))))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    auths: std::collections::BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: std::collections::BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl ConfigFile {
    fn find(&self, host: &str) -> Result<Option<Credentials>, String> {
        let names = names(host);
        let is_host = |key: &str| names.iter().any(|name| name == registry_of(key));
        if let Some((_, helper)) = self.cred_helpers.iter().find(|(key, _)| is_host(key)) {
            return run_helper(helper, host);
        }
        let entry = self.auths.iter().find(|(key, _)| is_host(key));
        if let Some((_, auth)) = entry
            && let Some(found) = auth.credentials()?
        {
            return Ok(Some(found));
        }
        match (&self.creds_store, entry) {
            // A store finds the registry only by the name that was used at login.
            (Some(store), Some((key, _))) => run_helper(store, key),
            (Some(store), None) => run_helper(store, host),
            (None, _) => Ok(None),
        }
    }
}

impl Auth {
    fn credentials(&self) -> Result<Option<Credentials>, String> {
        let non_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = non_empty(&self.registrytoken) {
            return Ok(Some(Credentials::Token(token)));
        }
        if let Some(token) = non_empty(&self.identitytoken) {
            return Ok(Some(Credentials::Identity(token)));
        }
        if let Some(auth) = non_empty(&self.auth) {
            let text = BASE64_STANDARD.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            // In old files, Docker pads the password with NUL bytes.
            let pair = text.as_deref().and_then(|text| text.trim_end_matches('\0').split_once(':'));
            let (user, password) = pair.ok_or("`auth` is not the base64 encoding of USER:PASSWORD")?;
            return Ok(Some(Credentials::Password { user: user.to_owned(), password: password.to_owned() }));
        }
        Ok(non_empty(&self.username).zip(non_empty(&self.password)).map(|(user, password)| Credentials::Password { user, password }))
    }
}

/// Returns the names of a registry in configuration files.
fn names(host: &str) -> Vec<String> {
    let mut names = vec![host.to_owned()];
    if host == "docker.io" {
        names.extend(["index.docker.io", "registry-1.docker.io"].map(ToOwned::to_owned));
    }
    names
}

/// Returns the host of a registry that may be written as an address.
pub fn registry_host(registry: &str) -> &str {
    registry_of(registry)
}

/// Returns the key of a registry in docker's configuration file: its host, and for Docker Hub the address of its first version.
pub fn docker_key(registry: &str) -> &str {
    match registry_of(registry) {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "https://index.docker.io/v1/",
        host => host,
    }
}

/// Returns the registry in a key such as `https://index.docker.io/v1/`.
fn registry_of(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    key.split('/').next().unwrap_or_default()
}

/// Runs a credential helper, `docker-credential-NAME get`, which reads the registry from standard input.
///
/// Source: <https://github.com/docker/docker-credential-helpers#development>
fn run_helper(helper: &str, registry: &str) -> Result<Option<Credentials>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct HelperOutput {
        username: String,
        secret: String,
    }
    let is_name = !helper.is_empty() && helper.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !is_name {
        return Err("invalid credential helper name".to_owned());
    }
    let program = format!("docker-credential-{helper}");
    let mut child = Command::new(Path::new(&program))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // If the helper does not read its input, its output is invalid or missing.
        let _ = input.write_all(registry.as_bytes());
    }
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(output) = output {
            // Incomplete output is invalid JSON, which is reported below.
            let _ = std::io::Read::read_to_end(&mut std::io::Read::take(output, HELPER_LIMIT_BYTES), &mut bytes);
        }
        bytes
    });
    let deadline = Instant::now() + HELPER_TIMEOUT;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                // The helper hangs. The result is the same if it cannot be killed.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{program}` did not finish within {} s", HELPER_TIMEOUT.as_secs()));
            }
            Err(error) => return Err(format!("`{program}`: {error}")),
        }
    };
    let output = reader.join().unwrap_or_default();
    if !status.success() {
        // The helper writes the reason to standard output; missing credentials are one of them.
        let message = String::from_utf8_lossy(&output);
        let is_missing = message.contains("credentials not found") || message.contains("no credentials");
        return if is_missing { Ok(None) } else { Err(format!("`{program} get` failed ({status})")) };
    }
    let found: HelperOutput = serde_json::from_slice(&output).map_err(|_| format!("`{program} get` did not return credentials"))?;
    Ok(Some(if found.username == "<token>" {
        Credentials::Identity(found.secret)
    } else {
        Credentials::Password { user: found.username, password: found.secret }
    }))
}
