//! Finds the files that an image depends on, by glob patterns.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::json_part::{self, JsonPath};
pub use super::pattern::PatternHint;
use super::pattern::{Component, Pattern, PatternError};
use crate::diagnostic::{Diagnostics, Source};
use crate::files::Location;
use crate::template::{Arena, Document};

/// A file that is an input of the key, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputFile {
    /// The path relative to the base directory, separated by `/` on every system.
    pub path: String,
    /// The normalized path of the part of a JSON file; `None` for the whole file.
    pub part: Option<String>,
    /// The kind of file.
    pub kind: FileKind,
    /// The target of a symbolic link.
    pub link: Option<String>,
    /// The digest of the content. A link to a file has the digest of that file; any other link has all zeros.
    pub sha256: [u8; 32],
    /// The size of the content in bytes.
    pub size_bytes: u64,
}

/// The kind of a file, as far as it changes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A regular file that its owner may execute. This is the only mode bit that Git preserves.
    Executable,
    /// A symbolic link.
    Link,
}

impl FileKind {
    /// Returns the name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Executable => "executable",
            Self::Link => "link",
        }
    }
}

/// Why input files could not be found or read.
#[derive(Debug)]
pub enum FileProblem {
    /// A pattern is invalid or matches nothing.
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// The problem.
        message: String,
        /// How to correct the pattern.
        hint: Option<PatternHint>,
    },
    /// A file cannot be read.
    File {
        /// The path relative to the base directory.
        path: String,
        /// The reason.
        message: String,
    },
    /// A link leads out of the base directory.
    Outside {
        /// The path relative to the base directory.
        path: String,
        /// Where it leads to.
        target: PathBuf,
    },
    /// A JSON file has syntax errors.
    Json(Diagnostics),
}

/// A parsed `cache-on` option that selects files.
struct FileSelector<'a> {
    text: &'a str,
    patterns: Vec<Pattern>,
    parts: Vec<JsonPath>,
}

/// Returns the files below `root` that the patterns match, sorted by path and without duplicates.
///
/// `*`, `?` and `[...]` do not match `/`, `**` does, `{a,b}` matches either, and no wildcard matches a leading dot: `.npmrc` and
/// `.git/HEAD` must be written literally. `!GLOB` excludes files, in any position of the list. `FILE#.part` selects a part of a JSON file.
/// Links to directories are not followed. Unless `allow_outside`, no link may lead out of `root`.
///
/// # Errors
///
/// Returns an error with all problems: patterns that match nothing (unless `allow_no_match`), unreadable files, and missing parts.
pub fn find(root: &Path, cache_on: &[String], allow_no_match: bool, allow_outside: bool) -> Result<Vec<InputFile>, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let mut excluded = Vec::new();
    let mut selectors = Vec::new();
    for text in cache_on {
        match text.strip_prefix('!') {
            Some(glob) => match Pattern::read(glob) {
                Ok(patterns) => excluded.extend(patterns),
                Err(error) => problems.push(FileProblem::pattern(text, error)),
            },
            None => match FileSelector::read(text) {
                Ok(selector) => selectors.push(selector),
                Err(error) => problems.push(FileProblem::pattern(text, error)),
            },
        }
    }
    let mut files: Vec<InputFile> = Vec::new();
    // A directory that cannot be read is reported with the files in it.
    let inside = if allow_outside { None } else { Location::of(root).ok() };
    for selector in &selectors {
        let mut walker = Walker { root, paths: Vec::new(), directories: 0, problems: &mut problems };
        for pattern in &selector.patterns {
            walker.walk(&mut Vec::new(), pattern.components());
        }
        let (mut paths, directories) = (walker.paths, walker.directories);
        paths.retain(|path| !excluded.iter().any(|pattern| pattern.matches(path)));
        paths.sort();
        paths.dedup();
        if paths.is_empty() && !allow_no_match {
            let (message, hint) = if directories > 0 {
                let below = format!("{}/**", selector.text.trim_end_matches('/'));
                ("the pattern matches a directory, not a file", PatternHint::MatchFilesBelow(below))
            } else {
                ("the pattern matches no file", PatternHint::AllowNoMatch)
            };
            problems.push(FileProblem::Pattern { pattern: selector.text.to_owned(), message: message.to_owned(), hint: Some(hint) });
        }
        for path in paths {
            if let Some(Err(outside)) = inside.as_ref().map(|location| location.check(&root.join(&path))) {
                let target = outside.through.unwrap_or(outside.path);
                problems.push(FileProblem::Outside { path, target });
                continue;
            }
            match selector.inputs(root, &path, allow_no_match) {
                Ok(inputs) => files.extend(inputs),
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

impl<'a> FileSelector<'a> {
    fn read(text: &'a str) -> Result<Self, PatternError> {
        let (glob, parts) = match text.rfind("#.") {
            Some(at) => (&text[..at], JsonPath::read(&text[at + 1..])?),
            None => (text, Vec::new()),
        };
        Ok(Self { text, patterns: Pattern::read(glob)?, parts })
    }

    /// Returns the inputs of a matched file: the file, or its selected parts.
    fn inputs(&self, root: &Path, path: &str, allow_no_match: bool) -> Result<Vec<InputFile>, FileProblem> {
        let whole = read(root, path).map_err(|error| FileProblem::File { path: path.to_owned(), message: error.to_string() })?;
        if self.parts.is_empty() {
            return Ok(vec![whole]);
        }
        let source =
            Source::read(&root.join(path)).map_err(|error| FileProblem::File { path: path.to_owned(), message: error.to_string() })?;
        let arena = Arena::new();
        let document = Document::read(&source, &arena).map_err(FileProblem::Json)?;
        let mut inputs = Vec::new();
        for part in &self.parts {
            match part.find(document.root) {
                Some(node) => inputs.push(InputFile {
                    path: path.to_owned(),
                    part: Some(part.to_string()),
                    // A part is a value: the mode of its file does not matter.
                    kind: FileKind::File,
                    link: None,
                    sha256: json_part::digest(node),
                    size_bytes: node.span.range().len() as u64,
                }),
                None if allow_no_match => {}
                None => {
                    return Err(FileProblem::Pattern {
                        pattern: self.text.to_owned(),
                        message: format!("`{path}` has no value at `{part}`"),
                        hint: Some(PatternHint::AllowMissingPart),
                    });
                }
            }
        }
        Ok(inputs)
    }
}

impl FileProblem {
    fn pattern(pattern: &str, PatternError { message, hint }: PatternError) -> Self {
        Self::Pattern { pattern: pattern.to_owned(), message, hint }
    }
}

/// Walks the directories that patterns lead to, and collects the matched files.
struct Walker<'p> {
    root: &'p Path,
    paths: Vec<String>,
    directories: usize,
    problems: &'p mut Vec<FileProblem>,
}

impl Walker<'_> {
    /// Matches `components` below the directory `parents`; reads no other directories.
    fn walk(&mut self, parents: &mut Vec<String>, components: &[Component]) {
        let Some((component, rest)) = components.split_first() else { return };
        match component {
            Component::Name(name) => self.step(parents, name, components, rest),
            Component::Glob { .. } => {
                for name in self.names(parents) {
                    if component.matches_name(&name) {
                        self.step(parents, &name, components, rest);
                    }
                }
            }
            Component::Recursive => {
                self.walk(parents, rest);
                for name in self.names(parents) {
                    if component.matches_name(&name) {
                        self.step(parents, &name, components, if rest.is_empty() { rest } else { components });
                    }
                }
            }
        }
    }

    /// Visits one name: collects a file if the pattern ends here, and descends into a directory if it does not.
    fn step(&mut self, parents: &mut Vec<String>, name: &str, components: &[Component], rest: &[Component]) {
        parents.push(name.to_owned());
        let path = parents.join("/");
        let is_recursive = matches!(components.first(), Some(Component::Recursive));
        match std::fs::symlink_metadata(self.root.join(&path)) {
            Ok(found) if found.is_dir() => {
                if is_recursive {
                    self.walk(parents, components);
                } else if rest.is_empty() {
                    self.directories += 1;
                } else {
                    self.walk(parents, rest);
                }
            }
            Ok(found) if found.is_file() || found.is_symlink() => {
                // A `**` that is not the last component only matches directories.
                if rest.is_empty() && !(is_recursive && components.len() > 1) {
                    self.paths.push(path);
                }
            }
            Ok(_) if rest.is_empty() => {
                self.problems.push(FileProblem::File { path, message: "not a regular file: a socket, pipe or device".to_owned() });
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
            Err(error) => self.problems.push(FileProblem::File { path, message: error.to_string() }),
        }
        parents.pop();
    }

    /// Returns the sorted names in a directory.
    fn names(&mut self, parents: &[String]) -> Vec<String> {
        let path = parents.join("/");
        let entries = match std::fs::read_dir(self.root.join(&path)) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => return Vec::new(),
            Err(error) => {
                self.problems.push(FileProblem::File { path, message: error.to_string() });
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(name)) => names.push(name),
                Ok(Err(name)) => {
                    let message = "the file name is not UTF-8, so its bytes may differ between machines".to_owned();
                    self.problems.push(FileProblem::File { path: format!("{path}/{}", name.to_string_lossy()), message });
                }
                Err(error) => self.problems.push(FileProblem::File { path: path.clone(), message: error.to_string() }),
            }
        }
        names.sort();
        names
    }
}

fn read(root: &Path, path: &str) -> std::io::Result<InputFile> {
    let file: PathBuf = root.join(path);
    let metadata = std::fs::symlink_metadata(&file)?;
    if metadata.is_symlink() {
        let link = std::fs::read_link(&file)?;
        let (sha256, size_bytes) = match std::fs::metadata(&file) {
            // The target is a directory or missing: only the target's path is an input.
            Ok(target) if target.is_dir() => ([0; 32], 0),
            Err(_) => ([0; 32], 0),
            Ok(_) => digest(&file)?,
        };
        let link = link.to_string_lossy().replace('\\', "/");
        return Ok(InputFile { path: path.to_owned(), part: None, kind: FileKind::Link, link: Some(link), sha256, size_bytes });
    }
    let (sha256, size_bytes) = digest(&file)?;
    let kind = if is_executable(&metadata) { FileKind::Executable } else { FileKind::File };
    Ok(InputFile { path: path.to_owned(), part: None, kind, link: None, sha256, size_bytes })
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

fn digest(path: &Path) -> std::io::Result<([u8; 32], u64)> {
    let mut file = crate::files::open(path).map_err(std::io::Error::other)?;
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
