//! Finds files in a build context that are secrets, or that change without the app.

use std::path::{Path, PathBuf};

use super::super::engine::Engine;
use super::ignore::Ignore;
use crate::diagnostic::{Diagnostic, Source};

/// The most entries of a context that are looked at.
const MOST_ENTRIES: usize = 50_000;

/// Directories that change without the app, or that the build creates again.
const VOLATILE: [&str; 15] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "__pycache__",
    ".venv",
    "venv",
    ".tox",
    ".pytest_cache",
    ".mypy_cache",
    ".terraform",
    ".gradle",
    ".idea",
    ".vscode",
    ".DS_Store",
];

/// Names of files with secrets.
const SECRET_FILES: [&str; 17] = [
    ".env",
    ".npmrc",
    ".netrc",
    ".pypirc",
    ".git-credentials",
    ".pgpass",
    ".htpasswd",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials.json",
    "service-account.json",
    "terraform.tfstate",
    "secrets.yml",
    "secrets.yaml",
    "master.key",
];
/// Endings of files with private keys.
const SECRET_ENDINGS: [&str; 7] = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"];
/// Paths of files with secrets.
const SECRET_PATHS: [&str; 3] = [".aws/credentials", ".docker/config.json", ".kube/config"];
/// Endings of examples, which contain no secrets.
const EXAMPLES: [&str; 5] = [".example", ".sample", ".template", ".dist", ".pub"];

/// A directory that is sent to the engine.
#[derive(Clone, Debug, Default)]
pub struct BuildContext {
    /// The directory.
    pub directory: PathBuf,
    /// The ignore file, if there is one.
    pub source: Option<Source>,
    /// Its patterns.
    pub ignore: Ignore,
    /// What the engines refuse in the ignore file.
    pub problems: Vec<Diagnostic>,
    /// Files that look like secrets and reach the engine, with their paths relative to the directory; sorted.
    pub secrets: Vec<String>,
    /// Files and directories that change without the app and reach the engine; sorted.
    pub volatile: Vec<String>,
}

impl BuildContext {
    /// Reads the ignore file of a directory and looks at the files in it. Directories and files that cannot be read are skipped: the engine
    /// reports them.
    pub fn read(directory: &Path, dockerfile: Option<&Path>, engine: Option<Engine>) -> Self {
        let mut context = Self { directory: directory.to_owned(), ..Self::default() };
        let path = ignore_files(directory, dockerfile, engine).into_iter().find(|path| path.is_file());
        if let Some(source) = path.and_then(|path| Source::read(&path).ok()) {
            context.ignore = Ignore::read(&source, &mut context.problems);
            context.source = Some(source);
        }
        let mut open = vec![String::new()];
        let mut left = MOST_ENTRIES;
        while let Some(parent) = open.pop() {
            let Ok(entries) = std::fs::read_dir(directory.join(&parent)) else { continue };
            for entry in entries.flatten() {
                if left == 0 {
                    break;
                }
                left -= 1;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if parent.is_empty() { name.clone() } else { format!("{parent}/{name}") };
                // A link is copied as a link.
                let Ok(kind) = entry.file_type() else { continue };
                let is_excluded = context.ignore.excluded_by(&path).is_some();
                let is_volatile = VOLATILE.contains(&name.as_str());
                if is_volatile && !is_excluded {
                    context.volatile.push(path.clone());
                }
                if kind.is_dir() {
                    if !is_volatile && (!is_excluded || context.ignore.has_exceptions()) {
                        open.push(path);
                    }
                } else if kind.is_file() && !is_excluded && is_secret(&path, &name) {
                    context.secrets.push(path);
                }
            }
        }
        context.secrets.sort();
        context.volatile.sort();
        context
    }

    /// Returns whether a file or directory exists in the context, excluded or not.
    pub fn contains(&self, path: &str) -> bool {
        self.directory.join(path).symlink_metadata().is_ok()
    }

    /// Returns the name of the ignore file that the context has or should have.
    pub fn ignore_file(&self) -> String {
        self.source.as_ref().map_or_else(|| ".dockerignore".to_owned(), |source| source.name().to_owned())
    }
}

/// Returns the ignore files that an engine looks for, the first with precedence.
///
/// Sources: <https://docs.docker.com/build/concepts/context/#filename-and-location>,
/// <https://github.com/osscontainertools/kaniko/blob/main/pkg/util/fs_util.go> (GetExcludedFiles),
/// <https://github.com/containers/buildah/blob/main/docs/buildah-build.1.md> (`.containerignore`)
fn ignore_files(directory: &Path, dockerfile: Option<&Path>, engine: Option<Engine>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if let Some(dockerfile) = dockerfile {
        let mut name = dockerfile.as_os_str().to_owned();
        name.push(".dockerignore");
        files.push(PathBuf::from(name));
    }
    if engine == Some(Engine::Buildah) {
        files.push(directory.join(".containerignore"));
    }
    files.push(if directory == Path::new(".") { PathBuf::from(".dockerignore") } else { directory.join(".dockerignore") });
    files
}

fn is_secret(path: &str, name: &str) -> bool {
    let is_example = EXAMPLES.iter().any(|ending| name.ends_with(ending)) || name.contains(".example.") || name.contains(".pub.");
    let is_environment = name.starts_with(".env.");
    let is_listed = SECRET_FILES.contains(&name) || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending));
    !is_example
        && (is_environment || is_listed || SECRET_PATHS.iter().any(|secret| path == *secret || path.ends_with(&format!("/{secret}"))))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn secrets_are_recognized_by_their_names() {
        for path in [".env", ".env.production", "certs/server.key", "home/.aws/credentials", "id_rsa", "x.pem"] {
            assert!(is_secret(path, path.rsplit('/').next().unwrap_or_default()), "{path}");
        }
        for path in [".env.example", "id_rsa.pub", "credentials", "key.rs", "environment", "server.pem.example"] {
            assert!(!is_secret(path, path.rsplit('/').next().unwrap_or_default()), "{path}");
        }
    }
}
