//! The project: the directory that files named by a checkout must not leave.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// The longest chain of links to follow, as in Linux.
const MAX_LINKS: usize = 40;

/// A directory that paths must not leave, neither with `..` nor through links.
#[derive(Clone, Debug)]
pub struct Location {
    /// The directory without links.
    root: PathBuf,
}

/// A path that leads out of the project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is outside the project `{}`{}", path.display(), root.display(), through.as_ref().map(|to| format!(": it leads to `{}`", to.display())).unwrap_or_default())]
pub struct OutsideProject {
    /// The path, as given.
    pub path: PathBuf,
    /// The project's directory.
    pub root: PathBuf,
    /// Where links in the path lead to.
    pub through: Option<PathBuf>,
}

impl Location {
    /// Returns the project of a `rack.yaml` in `directory`: the working directory if it contains `directory`, else `directory`. A working
    /// directory that is the home directory or above it is no project.
    ///
    /// # Errors
    ///
    /// Returns an error if a directory cannot be read.
    pub fn project(directory: &Path, home: Option<&Path>) -> std::io::Result<Self> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let root = directory.canonicalize()?;
        let working = Path::new(".").canonicalize()?;
        let is_project = root.starts_with(&working)
            && working.parent().is_some()
            && !home.and_then(|home| home.canonicalize().ok()).is_some_and(|home| home.starts_with(&working));
        Ok(Self { root: if is_project { working } else { root } })
    }

    /// Returns a directory as the location.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be read.
    pub fn of(directory: &Path) -> std::io::Result<Self> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        Ok(Self { root: directory.canonicalize()? })
    }

    /// Returns the directory, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Checks that a path does not leave the directory, neither with `..` nor through links. The path need not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if it does. A path that cannot be resolved because of another error is accepted: opening it fails.
    pub fn check(&self, path: &Path) -> Result<(), OutsideProject> {
        let Ok(resolved) = resolve(path) else { return Ok(()) };
        if resolved.starts_with(&self.root) {
            return Ok(());
        }
        let named = std::path::absolute(path).map(|path| lexical(&path)).unwrap_or_default();
        Err(OutsideProject { path: path.to_owned(), root: self.root.clone(), through: (named != resolved).then_some(resolved) })
    }

    /// Checks an output file, whose path the user named: a path below the project or the working directory must not leave both through a
    /// link. In another place, only the file itself must not be a link that leaves its directory.
    pub(super) fn check_output(&self, path: &Path) -> std::io::Result<Result<(), OutsideProject>> {
        let named = lexical(&std::path::absolute(path)?);
        let working = Self { root: Path::new(".").canonicalize()? };
        if [self, &working].into_iter().any(|location| named.starts_with(&location.root)) {
            return Ok(working.check(path).or_else(|_| self.check(path)));
        }
        if !path.is_symlink() {
            return Ok(Ok(()));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        Ok(Self { root: parent.canonicalize()? }.check(path))
    }
}

/// Removes `.` and `..` without reading the file system.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Returns the absolute path without links, also of a file that does not exist.
fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..MAX_LINKS {
        match path.canonicalize() {
            Ok(resolved) => return Ok(resolved),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
        if path.is_symlink() {
            let link = std::fs::read_link(&path)?;
            path = path.parent().unwrap_or(Path::new("/")).join(link);
            continue;
        }
        // Neither the file nor a link exists: its directory decides.
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(lexical(&path)) };
        return Ok(resolve(parent)?.join(name));
    }
    Err(std::io::Error::from(rustix::io::Errno::LOOP))
}
