//! Who asks a registry: what container engines keep in their configuration files, and their credential helpers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::error::RegistryError;
use crate::secret::MASKED;

/// How long a credential helper may take: some of them ask a server themselves.
const HELPER_PATIENCE: Duration = Duration::from_secs(30);

/// The most that a helper's answer is read of, in bytes.
const HELPER_LIMIT_BYTES: u64 = 1 << 20;

/// Who asks; never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password.
    Password {
        /// The name, such as `AWS` with ECR.
        user: String,
        /// The password.
        password: String,
    },
    /// A token to get other tokens with.
    Identity(String),
    /// A token that the registry itself takes.
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

/// Where container engines keep credentials, by what the environment says.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Configuration files, the first that knows a registry counting.
    pub files: Vec<PathBuf>,
}

impl Places {
    /// Returns the places that the environment names: `REGISTRY_AUTH_FILE` and `$XDG_RUNTIME_DIR/containers/auth.json` (buildah, podman,
    /// skopeo), `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
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

    /// Tells whether a credential helper of its own is set for a registry, which nobody needs to log in to then.
    ///
    /// # Errors
    ///
    /// Returns that a file makes no sense.
    pub fn has_helper(&self, host: &str) -> Result<bool, RegistryError> {
        for file in &self.files {
            if let Some(written) = read(file, host)?
                && written.cred_helpers.keys().any(|key| names(host).iter().any(|name| name == registry_of(key)))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns what is known for a registry; `None` where nothing is.
    ///
    /// # Errors
    ///
    /// Returns that a file makes no sense, or that a credential helper failed.
    pub fn find(&self, host: &str) -> Result<Option<Credentials>, RegistryError> {
        for file in &self.files {
            let Some(written) = read(file, host)? else { continue };
            let found = written.find(host);
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

/// Reads a configuration file; `None` where there is none.
fn read(file: &Path, host: &str) -> Result<Option<Written>, RegistryError> {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(failed(host, format!("cannot read `{}`: {error}", file.display()))),
    };
    // What a parser says of a place is enough; the line itself may hold a password.
    let place = |error: &serde_json::Error| format!("{}:{}:{}", file.display(), error.line(), error.column());
    serde_json::from_slice(&text).map(Some).map_err(|error| failed(host, format!("{}: this is not a Docker configuration", place(&error))))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Written {
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

impl Written {
    fn find(&self, host: &str) -> Result<Option<Credentials>, String> {
        let names = names(host);
        let of_host = |key: &str| names.iter().any(|name| name == registry_of(key));
        if let Some((_, helper)) = self.cred_helpers.iter().find(|(key, _)| of_host(key)) {
            return ask_helper(helper, host);
        }
        let kept = self.auths.iter().find(|(key, _)| of_host(key));
        if let Some((_, auth)) = kept
            && let Some(found) = auth.credentials()?
        {
            return Ok(Some(found));
        }
        match (&self.creds_store, kept) {
            // A store knows the registry by the very words it was logged in to with.
            (Some(store), Some((key, _))) => ask_helper(store, key),
            (Some(store), None) => ask_helper(store, host),
            (None, _) => Ok(None),
        }
    }
}

impl Auth {
    fn credentials(&self) -> Result<Option<Credentials>, String> {
        let told = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = told(&self.registrytoken) {
            return Ok(Some(Credentials::Token(token)));
        }
        if let Some(token) = told(&self.identitytoken) {
            return Ok(Some(Credentials::Identity(token)));
        }
        if let Some(auth) = told(&self.auth) {
            let text = BASE64_STANDARD.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            // Docker pads the password with zero bytes in old files.
            let pair = text.as_deref().and_then(|text| text.trim_end_matches('\0').split_once(':'));
            let (user, password) = pair.ok_or("`auth` is not base64 of a name, a colon and a password")?;
            return Ok(Some(Credentials::Password { user: user.to_owned(), password: password.to_owned() }));
        }
        Ok(told(&self.username).zip(told(&self.password)).map(|(user, password)| Credentials::Password { user, password }))
    }
}

/// Returns the names by which configuration files know a registry.
fn names(host: &str) -> Vec<String> {
    let mut names = vec![host.to_owned()];
    if host == "docker.io" {
        names.extend(["index.docker.io", "registry-1.docker.io"].map(ToOwned::to_owned));
    }
    names
}

/// Returns the registry in a key such as `https://index.docker.io/v1/`.
fn registry_of(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    key.split('/').next().unwrap_or_default()
}

/// Asks a credential helper, `docker-credential-NAME`, which reads the registry from standard input.
///
/// Source: <https://github.com/docker/docker-credential-helpers#development>
fn ask_helper(helper: &str, registry: &str) -> Result<Option<Credentials>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Given {
        username: String,
        secret: String,
    }
    let is_name = !helper.is_empty() && helper.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !is_name {
        return Err("the name of the credential helper is none".to_owned());
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
        // One that does not read it says so by what it answers.
        let _ = input.write_all(registry.as_bytes());
    }
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut answer = Vec::new();
        if let Some(output) = output {
            // Part of an answer is none, which the reader of it finds out.
            let _ = std::io::Read::read_to_end(&mut std::io::Read::take(output, HELPER_LIMIT_BYTES), &mut answer);
        }
        answer
    });
    let end = Instant::now() + HELPER_PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                // It is ours and hangs; whether it could still be ended makes no difference to the answer.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{program}` did not answer within {} s", HELPER_PATIENCE.as_secs()));
            }
            Err(error) => return Err(format!("`{program}`: {error}")),
        }
    };
    let answer = reader.join().unwrap_or_default();
    if !status.success() {
        // It says on standard output why, and one reason is that it knows nothing.
        let said = String::from_utf8_lossy(&answer);
        let is_unknown = said.contains("credentials not found") || said.contains("no credentials");
        return if is_unknown { Ok(None) } else { Err(format!("`{program} get` failed ({status})")) };
    }
    let given: Given =
        serde_json::from_slice(&answer).map_err(|_| format!("`{program} get` answered with something else than credentials"))?;
    Ok(Some(if given.username == "<token>" {
        Credentials::Identity(given.secret)
    } else {
        Credentials::Password { user: given.username, password: given.secret }
    }))
}
