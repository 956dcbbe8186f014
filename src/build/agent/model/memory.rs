//! A file system in memory with the server's clock, coarse change times, and inode numbers that are reused at once.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Component, Path};

use super::super::storage::{Entry, FileTime, Fingerprint};

pub(super) type NodeId = usize;

#[derive(Debug)]
enum Content {
    Directory(BTreeMap<String, NodeId>),
    File(Vec<u8>),
    Link(String),
}

#[derive(Debug)]
struct Node {
    content: Content,
    inode: u64,
    changed: u64,
    modified: u64,
}

#[derive(Debug)]
pub(super) struct Memory {
    nodes: BTreeMap<NodeId, Node>,
    next: NodeId,
    free_inodes: Vec<u64>,
    /// Milliseconds.
    pub clock: u64,
    /// What times are rounded down to, in milliseconds.
    tick: u64,
}

const ROOT: NodeId = 0;

fn error<T>(kind: ErrorKind) -> io::Result<T> {
    Err(kind.into())
}

impl Memory {
    pub fn new(tick: u64) -> Self {
        let root = Node { content: Content::Directory(BTreeMap::new()), inode: 0, changed: 0, modified: 0 };
        Self { nodes: BTreeMap::from([(ROOT, root)]), next: 1, free_inodes: Vec::new(), clock: 1_000_000, tick }
    }

    fn time(&self) -> u64 {
        self.clock / self.tick * self.tick
    }

    fn entries_of(&self, id: NodeId) -> io::Result<&BTreeMap<String, NodeId>> {
        match self.nodes.get(&id).map(|node| &node.content) {
            Some(Content::Directory(entries)) => Ok(entries),
            Some(_) => error(ErrorKind::NotADirectory),
            None => error(ErrorKind::NotFound),
        }
    }

    fn entries_mut(&mut self, id: NodeId) -> io::Result<&mut BTreeMap<String, NodeId>> {
        let time = self.time();
        let node = self.nodes.get_mut(&id).ok_or(ErrorKind::NotFound)?;
        (node.changed, node.modified) = (time, time);
        match &mut node.content {
            Content::Directory(entries) => Ok(entries),
            _ => error(ErrorKind::NotADirectory),
        }
    }

    /// Returns the node at a path; follows a link at its end only if `follow`.
    fn find(&self, path: &Path, follow: bool) -> io::Result<NodeId> {
        let mut id = ROOT;
        let names: Vec<&str> = names(path);
        for (index, name) in names.iter().enumerate() {
            id = *self.entries_of(id)?.get(*name).ok_or(ErrorKind::NotFound)?;
            if let Some(Content::Link(target)) = self.nodes.get(&id).map(|node| &node.content)
                && (follow || index + 1 < names.len())
            {
                id = self.find(Path::new(target), true)?;
            }
        }
        Ok(id)
    }

    pub fn parent_and_name<'p>(&self, path: &'p Path) -> io::Result<(NodeId, &'p str)> {
        let parent = self.find(path.parent().ok_or(ErrorKind::InvalidInput)?, true)?;
        Ok((parent, path.file_name().and_then(|name| name.to_str()).ok_or(ErrorKind::InvalidInput)?))
    }

    fn insert(&mut self, parent: NodeId, name: &str, content: Content) -> io::Result<NodeId> {
        let (id, time) = (self.next, self.time());
        self.next += 1;
        self.entries_mut(parent)?.insert(name.to_owned(), id);
        let inode = self.free_inodes.pop().unwrap_or(1000 + id as u64);
        self.nodes.insert(id, Node { content, inode, changed: time, modified: time });
        Ok(id)
    }

    pub fn create_directory(&mut self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent_and_name(path)?;
        if self.entries_of(parent)?.contains_key(name) {
            return error(ErrorKind::AlreadyExists);
        }
        self.insert(parent, name, Content::Directory(BTreeMap::new())).map(|_| ())
    }

    pub fn create_directories(&mut self, path: &Path) -> io::Result<()> {
        if self.find(path, true).is_ok() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_directories(parent)?;
        }
        self.create_directory(path)
    }

    /// Makes a directory reachable at another path, like a mount.
    pub fn mount(&mut self, directory: &Path, at: &Path) -> io::Result<()> {
        let id = self.find(directory, true)?;
        let (parent, name) = self.parent_and_name(at)?;
        self.entries_mut(parent)?.insert(name.to_owned(), id);
        Ok(())
    }

    pub fn link(&mut self, target: &str, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent_and_name(path)?;
        self.insert(parent, name, Content::Link(target.to_owned())).map(|_| ())
    }

    pub fn is_link(&self, path: &Path) -> io::Result<Option<bool>> {
        match self.find(path, false) {
            Ok(id) => Ok(Some(matches!(self.nodes.get(&id).map(|node| &node.content), Some(Content::Link(_))))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn open_directory(&self, path: &Path) -> io::Result<NodeId> {
        let id = self.find(path, true)?;
        self.entries_of(id).map(|_| id)
    }

    pub fn entries(&self, id: NodeId) -> io::Result<Vec<Entry>> {
        let entries = self.entries_of(id)?;
        Ok(entries.iter().map(|(name, id)| Entry { name: name.clone(), is_directory: self.entries_of(*id).is_ok() }).collect())
    }

    pub fn child(&self, id: NodeId, name: &str) -> io::Result<NodeId> {
        self.entries_of(id)?.get(name).copied().ok_or(ErrorKind::NotFound.into())
    }

    /// Deletes a file or an empty directory, by the open directory that contains it.
    pub fn remove_at(&mut self, parent: NodeId, name: &str) -> io::Result<()> {
        let id = self.child(parent, name)?;
        if self.entries_of(id).is_ok_and(|entries| !entries.is_empty()) {
            return error(ErrorKind::DirectoryNotEmpty);
        }
        self.entries_mut(parent)?.remove(name);
        if let Some(node) = self.nodes.remove(&id) {
            self.free_inodes.push(node.inode);
        }
        Ok(())
    }

    pub fn fingerprint(&self, path: &Path) -> io::Result<Fingerprint> {
        let id = self.find(path, false)?;
        self.entries_of(id)?;
        let node = self.nodes.get(&id).ok_or(ErrorKind::NotFound)?;
        Ok(Fingerprint { inode: node.inode, changed: file_time(node.changed), modified: file_time(node.modified) })
    }

    pub fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (old_parent, old_name) = self.parent_and_name(from)?;
        let id = self.child(old_parent, old_name)?;
        let (new_parent, new_name) = self.parent_and_name(to)?;
        if let Ok(existing) = self.child(new_parent, new_name) {
            if existing == id {
                return Ok(());
            }
            match self.entries_of(existing) {
                Ok(entries) if !entries.is_empty() => return error(ErrorKind::DirectoryNotEmpty),
                _ => self.remove_at(new_parent, new_name)?,
            }
        }
        self.entries_mut(old_parent)?.remove(old_name);
        self.entries_mut(new_parent)?.insert(new_name.to_owned(), id);
        let time = self.time();
        if let Some(node) = self.nodes.get_mut(&id) {
            node.changed = time;
        }
        Ok(())
    }

    pub fn read(&self, path: &Path) -> io::Result<(Vec<u8>, FileTime)> {
        match self.nodes.get(&self.find(path, true)?) {
            Some(Node { content: Content::File(bytes), modified, .. }) => Ok((bytes.clone(), file_time(*modified))),
            _ => error(ErrorKind::IsADirectory),
        }
    }

    pub fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (parent, name) = self.parent_and_name(path)?;
        if self.child(parent, name).is_ok() {
            self.remove_at(parent, name)?;
        }
        self.insert(parent, name, Content::File(bytes.to_vec())).map(|_| ())
    }

    /// Sets the modification time of a directory, as a program that copies one does.
    pub fn set_modified(&mut self, path: &Path, modified: FileTime) -> io::Result<()> {
        let (id, time) = (self.find(path, true)?, self.time());
        if let Some(node) = self.nodes.get_mut(&id) {
            (node.modified, node.changed) = (from_file_time(modified), time);
        }
        Ok(())
    }
}

fn names(path: &Path) -> Vec<&str> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect()
}

fn file_time(milliseconds: u64) -> FileTime {
    ((milliseconds / 1000).cast_signed(), ((milliseconds % 1000) * 1_000_000).cast_signed())
}

fn from_file_time((seconds, nanoseconds): FileTime) -> u64 {
    seconds.cast_unsigned() * 1000 + nanoseconds.cast_unsigned() / 1_000_000
}
