//! A stand-in for kaniko: what it does to the shared directories for `RUN --mount=type=cache`, one operation after the other.
//!
//! It moves a cache directory into its container and the target's own files to the path of the cache, runs the command, and moves both
//! back. Moves between file systems copy by path, and delete through open directories, deepest entries first. Source: `swapDir` in
//! <https://github.com/osscontainertools/kaniko/blob/main/pkg/commands/run.go>, and `os.RemoveAll` of Go.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::super::storage::FileTime;
use super::memory::NodeId;
use super::world::Host;

/// A directory tree in a container: files by their path in it, and its modification time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub files: BTreeMap<String, String>,
    modified: Option<FileTime>,
}

/// The files of a whole cache directory.
const FILES: [&str; 2] = ["deep/one", "top"];

/// What a `RUN` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Empty,
    /// Everything that a build left, by the build's name.
    Whole(String),
    /// Anything else.
    Wrong(Vec<(String, String)>),
}

impl Tree {
    fn found(&self) -> Found {
        let first = self.files.values().next();
        match first {
            None => Found::Empty,
            Some(build) if self.files.len() == FILES.len() && self.files.values().all(|content| content == build) => {
                Found::Whole(build.clone())
            }
            Some(_) => Found::Wrong(self.files.clone().into_iter().collect()),
        }
    }
}

pub(super) struct Engine<'h> {
    pub host: &'h Host,
    /// kaniko's cache directory.
    pub caches: &'h Path,
    /// The name of the build, which it writes into its files.
    pub build: &'h str,
}

impl Engine<'_> {
    /// Runs one `RUN` with a cache directory, and returns what it found.
    pub fn run(&self, name: &str) -> io::Result<Found> {
        let path = self.caches.join(name);
        self.step(|state| state.memory.create_directories(&path))?;
        let mut cache = self.move_out(&path)?;
        self.move_in(&path, &Tree { files: BTreeMap::from([("own".to_owned(), "image".to_owned())]), modified: None })?;
        let found = cache.found();
        cache.files = FILES.iter().map(|file| ((*file).to_owned(), self.build.to_owned())).collect();
        // kaniko moves in the reverse order.
        let own = self.move_out(&path)?;
        self.move_in(&path, &cache)?;
        if own.files.get("own").is_none_or(|content| content != "image") {
            self.host.world.lock().problem(format!("the image of {} has other files: {own:?}", self.build));
        }
        Ok(found)
    }

    /// Returns what a `RUN` would find. Takes no step.
    pub fn look(&self, name: &str) -> io::Result<Found> {
        let mut files = BTreeMap::new();
        for file in FILES.iter().chain(&["own"]) {
            match self.host.world.lock().memory.read(&self.caches.join(name).join(file)) {
                Ok((content, _)) => files.insert((*file).to_owned(), String::from_utf8_lossy(&content).into_owned()),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
        }
        Ok(Tree { files, modified: None }.found())
    }

    /// Does at once what [`Engine::run`] does in many steps, for a build in which nothing happens.
    pub fn run_at_once(&self, name: &str) -> io::Result<Found> {
        let found = self.look(name)?;
        let path = self.caches.join(name);
        let state = &mut *self.host.world.lock();
        state.memory.clock += 300;
        state.memory.create_directories(&path)?;
        for file in FILES {
            let file = path.join(file);
            state.memory.create_directories(file.parent().unwrap_or(&path))?;
            state.memory.write(&file, self.build.as_bytes())?;
        }
        Ok(found)
    }

    fn step<T>(&self, operation: impl FnOnce(&mut super::world::State) -> io::Result<T>) -> io::Result<T> {
        self.host.step(true, operation)
    }

    fn move_out(&self, path: &Path) -> io::Result<Tree> {
        let mut tree = Tree { modified: Some(self.step(|state| state.memory.fingerprint(path))?.modified), ..Tree::default() };
        self.copy_out(path, "", &mut tree)?;
        // The first deletion opens the directories: the model takes this for one operation.
        let mut is_first = true;
        let (parent, name) = self.host.world.lock().memory.parent_and_name(path)?;
        self.delete(parent, name, &mut is_first)?;
        Ok(tree)
    }

    fn copy_out(&self, directory: &Path, prefix: &str, tree: &mut Tree) -> io::Result<()> {
        let entries = self.step(|state| state.memory.entries(state.memory.open_directory(directory)?))?;
        for entry in entries {
            let (path, name) = (directory.join(&entry.name), format!("{prefix}{}", entry.name));
            if entry.is_directory {
                self.copy_out(&path, &format!("{name}/"), tree)?;
            } else {
                let (content, _) = self.step(|state| state.memory.read(&path))?;
                tree.files.insert(name, String::from_utf8_lossy(&content).into_owned());
            }
        }
        Ok(())
    }

    fn delete(&self, parent: NodeId, name: &str, is_first: &mut bool) -> io::Result<()> {
        let attempt = |state: &mut super::world::State| {
            let removed = state.memory.remove_at(parent, name);
            state.actors[self.host.index].has_touched |= removed.is_ok();
            removed
        };
        let attempted = if *is_first { attempt(&mut self.host.world.lock()) } else { self.step(attempt) };
        match attempted {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                let entries = {
                    let state = self.host.world.lock();
                    state.memory.entries(state.memory.child(parent, name)?)?
                };
                let id = self.host.world.lock().memory.child(parent, name)?;
                for entry in entries {
                    self.delete(id, &entry.name, is_first)?;
                }
                self.step(|state| state.memory.remove_at(parent, name))
            }
            attempted => {
                *is_first = false;
                attempted
            }
        }
    }

    fn move_in(&self, path: &Path, tree: &Tree) -> io::Result<()> {
        self.step(|state| state.memory.create_directory(path))?;
        for (name, content) in &tree.files {
            let file = path.join(name);
            if let Some((directory, _)) = name.rsplit_once('/') {
                self.step(|state| state.memory.create_directories(&path.join(directory)))?;
            }
            self.step(|state| state.memory.write(&file, content.as_bytes()))?;
        }
        match tree.modified {
            Some(modified) => self.step(|state| state.memory.set_modified(path, modified)),
            None => Ok(()),
        }
    }
}
