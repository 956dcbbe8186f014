//! Files that an image's content hangs on, found by globs.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::json_part::{self, JsonPath};
use super::pattern::{Part, Pattern};
use crate::template::{Arena, Diagnostics, Document, Source};

/// A file that counts, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputFile {
    /// Its path from the directory on, divided by `/` on every system.
    pub path: String,
    /// Which part of it counts, in one spelling; `None` is all of it.
    pub part: Option<String>,
    /// What it is.
    pub kind: FileKind,
    /// Where it leads, of a symbolic link.
    pub link: Option<String>,
    /// The digest of what it holds, of a link to a file what that one holds; of a link elsewhere all zero.
    pub sha256: [u8; 32],
    /// How much that is, in bytes.
    pub size_bytes: u64,
}

/// What a file is, as far as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A file.
    File,
    /// A file that its owner may execute: the one bit of a mode that Git keeps, and that an image keeps.
    Executable,
    /// A symbolic link.
    Link,
}

impl FileKind {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Executable => "executable",
            Self::Link => "link",
        }
    }
}

/// Why files could not be found or read; each problem names the pattern or the file.
#[derive(Debug)]
pub enum Problem {
    /// A pattern is none, or finds nothing.
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A file cannot be read.
    File {
        /// The file, from the directory on.
        path: String,
        /// Why.
        message: String,
    },
    /// A JSON file is none.
    Json(Diagnostics),
}

/// A `cache-on` word, read.
struct Wanted<'a> {
    text: &'a str,
    patterns: Vec<Pattern>,
    parts: Vec<JsonPath>,
}

/// Returns the files below `root` that globs name, sorted by path, each once.
///
/// `*`, `?` and `[...]` do not match `/`, `**` does, `{a,b}` is both, and no wildcard matches a dot at the start of a name: `.npmrc` and
/// `.git/HEAD` count where they are written out. `!GLOB` takes files away again, wherever it stands. `FILE#.part` is a part of a JSON
/// file. Links to directories are not followed.
///
/// # Errors
///
/// Returns every problem: a glob that finds nothing (unless `allow_nothing`), a file that cannot be read, a part that is not there.
pub fn find(root: &Path, cache_on: &[String], allow_nothing: bool) -> Result<Vec<InputFile>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut without = Vec::new();
    let mut wanted = Vec::new();
    for text in cache_on {
        match text.strip_prefix('!') {
            Some(glob) => match Pattern::read(glob) {
                Ok(patterns) => without.extend(patterns),
                Err(message) => problems.push(Problem::pattern(text, message)),
            },
            None => match Wanted::read(text) {
                Ok(read) => wanted.push(read),
                Err(message) => problems.push(Problem::pattern(text, message)),
            },
        }
    }
    let mut files: Vec<InputFile> = Vec::new();
    for wanted in &wanted {
        let mut found = Found { root, paths: Vec::new(), directories: 0, problems: &mut problems };
        for pattern in &wanted.patterns {
            found.walk(&mut Vec::new(), pattern.parts());
        }
        let (mut paths, directories) = (found.paths, found.directories);
        paths.retain(|path| !without.iter().any(|pattern| pattern.matches(path)));
        paths.sort();
        paths.dedup();
        if paths.is_empty() && !allow_nothing {
            let (message, hint) = if directories > 0 {
                ("it is a directory, not a file", format!("`{}/**` takes every file in it", wanted.text.trim_end_matches('/')))
            } else {
                ("it matches no file", "globs are relative to `--directory`; `--allow-no-match` lets it be".to_owned())
            };
            problems.push(Problem::Pattern { pattern: wanted.text.to_owned(), message: message.to_owned(), hint: Some(hint) });
        }
        for path in paths {
            match wanted.count(root, &path, allow_nothing) {
                Ok(counted) => files.extend(counted),
                Err(problem) => problems.push(problem),
            }
        }
    }
    if problems.is_empty() {
        files.sort();
        files.dedup();
        Ok(files)
    } else {
        Err(problems)
    }
}

impl<'a> Wanted<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        let (glob, parts) = match text.rfind("#.") {
            Some(at) => (&text[..at], JsonPath::read(&text[at + 1..])?),
            None => (text, Vec::new()),
        };
        Ok(Self { text, patterns: Pattern::read(glob)?, parts })
    }

    fn count(&self, root: &Path, path: &str, allow_nothing: bool) -> Result<Vec<InputFile>, Problem> {
        let whole = read(root, path).map_err(|error| Problem::File { path: path.to_owned(), message: error.to_string() })?;
        if self.parts.is_empty() {
            return Ok(vec![whole]);
        }
        let source = Source::read(&root.join(path)).map_err(|error| Problem::File { path: path.to_owned(), message: error.to_string() })?;
        let arena = Arena::new();
        let document = Document::read(&source, &arena).map_err(Problem::Json)?;
        let mut counted = Vec::new();
        for part in &self.parts {
            match part.find(document.root) {
                Some(node) => counted.push(InputFile {
                    path: path.to_owned(),
                    part: Some(part.to_string()),
                    // A part is a value, whatever file it stands in.
                    kind: FileKind::File,
                    link: None,
                    sha256: json_part::digest(node),
                    size_bytes: node.span.range().len() as u64,
                }),
                None if allow_nothing => {}
                None => {
                    return Err(Problem::Pattern {
                        pattern: self.text.to_owned(),
                        message: format!("`{path}` has nothing at `{part}`"),
                        hint: Some("`--allow-no-match` lets it be; keys are spelled as in the file".to_owned()),
                    });
                }
            }
        }
        Ok(counted)
    }
}

impl Problem {
    fn pattern(pattern: &str, message: String) -> Self {
        Self::Pattern { pattern: pattern.to_owned(), message, hint: None }
    }
}

/// Files that a pattern finds.
struct Found<'p> {
    root: &'p Path,
    paths: Vec<String>,
    directories: usize,
    problems: &'p mut Vec<Problem>,
}

impl Found<'_> {
    /// Goes down where the pattern leads and nowhere else.
    fn walk(&mut self, before: &mut Vec<String>, parts: &[Part]) {
        let Some((part, rest)) = parts.split_first() else { return };
        match part {
            Part::Name(name) => self.step(before, name, parts, rest),
            Part::Glob { .. } => {
                for name in self.names(before) {
                    if part.is(&name) {
                        self.step(before, &name, parts, rest);
                    }
                }
            }
            Part::Any => {
                self.walk(before, rest);
                for name in self.names(before) {
                    if part.is(&name) {
                        self.step(before, &name, parts, if rest.is_empty() { rest } else { parts });
                    }
                }
            }
        }
    }

    /// Takes one name: a file where the pattern ends, a directory where it goes on.
    fn step(&mut self, before: &mut Vec<String>, name: &str, parts: &[Part], rest: &[Part]) {
        before.push(name.to_owned());
        let path = before.join("/");
        let is_below_any = matches!(parts.first(), Some(Part::Any));
        match std::fs::symlink_metadata(self.root.join(&path)) {
            Ok(found) if found.is_dir() => {
                if is_below_any {
                    self.walk(before, parts);
                } else if rest.is_empty() {
                    self.directories += 1;
                } else {
                    self.walk(before, rest);
                }
            }
            Ok(found) if found.is_file() || found.is_symlink() => {
                // A `**` in the middle only leads to directories.
                if rest.is_empty() && !(is_below_any && parts.len() > 1) {
                    self.paths.push(path);
                }
            }
            Ok(_) if rest.is_empty() => {
                self.problems.push(Problem::File { path, message: "this is no file: a socket, pipe or device".to_owned() });
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
            Err(error) => self.problems.push(Problem::File { path, message: error.to_string() }),
        }
        before.pop();
    }

    fn names(&mut self, before: &[String]) -> Vec<String> {
        let path = before.join("/");
        let entries = match std::fs::read_dir(self.root.join(&path)) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => return Vec::new(),
            Err(error) => {
                self.problems.push(Problem::File { path, message: error.to_string() });
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(name)) => names.push(name),
                Ok(Err(name)) => {
                    let message = "its name is not UTF-8, which not every machine writes the same".to_owned();
                    self.problems.push(Problem::File { path: format!("{path}/{}", name.to_string_lossy()), message });
                }
                Err(error) => self.problems.push(Problem::File { path: path.clone(), message: error.to_string() }),
            }
        }
        names.sort();
        names
    }
}

fn read(root: &Path, path: &str) -> std::io::Result<InputFile> {
    let place: PathBuf = root.join(path);
    let found = std::fs::symlink_metadata(&place)?;
    if found.is_symlink() {
        let link = std::fs::read_link(&place)?;
        let (sha256, size_bytes) = match std::fs::metadata(&place) {
            Ok(target) if target.is_file() => digest(&place)?,
            // It leads to a directory, or nowhere: where it leads is all that there is to it.
            _ => ([0; 32], 0),
        };
        let link = link.to_string_lossy().replace('\\', "/");
        return Ok(InputFile { path: path.to_owned(), part: None, kind: FileKind::Link, link: Some(link), sha256, size_bytes });
    }
    let (sha256, size_bytes) = digest(&place)?;
    let kind = if is_executable(&found) { FileKind::Executable } else { FileKind::File };
    Ok(InputFile { path: path.to_owned(), part: None, kind, link: None, sha256, size_bytes })
}

#[cfg(unix)]
fn is_executable(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

fn digest(place: &Path) -> std::io::Result<([u8; 32], u64)> {
    let mut file = File::open(place)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((digest.finalize().into(), size)),
            read => {
                digest.update(buffer.get(..read).unwrap_or_default());
                size += read as u64;
            }
        }
    }
}
