//! The lock on an app's cache directories: one build at a time, across hosts.
//!
//! The lock is `flock` on a file beside the directory. On NFS, including EFS, Linux converts it to a byte-range lock on the server, so it
//! applies to every host that mounts the file system. It is released when the process ends, or some time after the host fails. Sources:
//! <https://man7.org/linux/man-pages/man2/flock.2.html>, <https://docs.aws.amazon.com/efs/latest/ug/nfs4-unsupported-features.html>.
//!
//! The lock makes builds wait for each other. What protects the directories is that a build has its own, see [`Layout`]: a host that the
//! server did not hear from for a while loses the lock while its build continues.
//!
//! `docs/design/shared-cache.md` describes the design.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use super::journal::{Journal, State};
use super::layout::Layout;
use super::lock_error::{CacheLockError, io};
use super::recover::{RecoveredDirectories, recover, recover_all};
use super::storage::Lock;

/// The time between two attempts to acquire the lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// The first pause while waiting for the clock of the file system to advance. Each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest of these pauses: the sum is about five seconds. Afterwards, a directory that changed in the same tick as the journal is not
/// kept if the build is killed.
const LAST_PAUSE: Duration = Duration::from_millis(2560);

impl Layout {
    /// Acquires the app's cache directories for a build, waiting up to `timeout` for the build that uses them. Calls `on_wait` once if it
    /// has to wait.
    ///
    /// # Errors
    ///
    /// Returns an error if the file system cannot be used.
    pub fn acquire(&self, build: &str, timeout: Duration, on_wait: &mut dyn FnMut(&str)) -> Result<Access, CacheLockError> {
        self.storage.create_directories(&self.builds).map_err(io("create", &self.builds))?;
        let lock = self.storage.open_lock(&self.lock).map_err(io("open", &self.lock))?;
        let start = self.storage.uptime();
        let mut has_reported = false;
        loop {
            // Only what is there before this build has the lock is left by another: a successor that got the lock comes later.
            let left = self.build_names()?;
            if lock.try_lock().map_err(io("lock", &self.lock))? {
                match recover_all(self, &left).and_then(|recovered| Ok((self.claim(build)?, recovered))) {
                    Ok(((directory, journal), recovered)) => {
                        let lock = CacheLock { layout: self.clone(), directory, journal, lock };
                        return Ok(Access::Shared(Box::new(lock), recovered));
                    }
                    // Another build has the directories: this one lost the lock, because the server did not hear from its host.
                    Err(error) if error.is_missing() => lock.unlock(),
                    Err(error) => return Err(error),
                }
            }
            let waited = self.storage.uptime().saturating_sub(start);
            if waited >= timeout {
                return Ok(Access::Busy(self.holder()));
            }
            if !has_reported {
                on_wait(&format!("waiting up to {} s for {}", timeout.as_secs(), self.holder()));
                has_reported = true;
            }
            self.storage.sleep(RETRY_INTERVAL.min(timeout.saturating_sub(waited)));
        }
    }

    /// Takes the app's cache directories, which no build has, for a build. Returns the build's directory and journal.
    fn claim(&self, build: &str) -> Result<(PathBuf, Journal), CacheLockError> {
        let storage = &*self.storage;
        let directory = self.builds.join(storage.unique_name());
        let caches = directory.join("caches");
        let journal_path = directory.join("journal.json");
        storage.create_directory(&directory).map_err(io("create", &directory))?;
        // If a build lost its lock and another has it, at least one of them finds the other here.
        if self.build_names()?.len() > 1 {
            self.discard(&directory)?;
            return Err(io("use", &self.builds)(ErrorKind::NotFound.into()));
        }
        if self.is_flat {
            // Which app these belong to is unknown: kaniko ran without an agent.
            for name in self.cache_names(&self.kaniko_directory)? {
                let path = self.kaniko_directory.join(&name);
                storage.rename(&path, &directory.join(storage.unique_name())).map_err(io("move", &path))?;
            }
        }
        // Before any directory is taken, the journal says whose they are.
        let mut journal = Journal {
            app: self.app.clone(),
            build: build.to_owned(),
            since: storage.host_time(),
            state: State::Claimed,
            ..Journal::default()
        };
        journal.write(storage, &journal_path).map_err(io("write", &journal_path))?;
        let store = self.store(&self.app);
        match storage.rename(&store, &caches).map_err(io("move", &store)) {
            // The app has none. Creates no parent, which does not exist if another build took over.
            Err(error) if error.is_missing() => storage.create_directory(&caches).map_err(io("create", &caches))?,
            moved => moved?,
        }
        let mut working = &caches;
        if self.is_flat {
            working = &self.kaniko_directory;
            for name in self.cache_names(&caches)? {
                storage.rename(&caches.join(&name), &working.join(&name)).map_err(io("move", &caches))?;
            }
        }
        for name in self.cache_names(working)? {
            let path = working.join(&name);
            // A RUN can leave a link or a file in place of a directory. It has no fingerprint, and is not kept if the build is killed.
            match storage.fingerprint(&path) {
                Ok(fingerprint) => {
                    journal.directories.insert(name, fingerprint);
                }
                Err(error) if error.kind() == ErrorKind::NotADirectory => {}
                Err(error) => return Err(io("read", &path)(error)),
            }
        }
        // What the engine changes must be later than the journal by the file system's clock, and what was there before must be earlier.
        // Until then, the journal says that no engine runs.
        let mut pause = FIRST_PAUSE;
        loop {
            journal.write(storage, &journal_path).map_err(io("write", &journal_path))?;
            let (_, written) = Journal::read(storage, &journal_path).map_err(io("read", &journal_path))?;
            if pause > LAST_PAUSE || journal.directories.values().all(|found| found.changed < written && found.modified < written) {
                break;
            }
            storage.sleep(pause);
            pause *= 2;
        }
        journal.state = State::Running;
        journal.write(storage, &journal_path).map_err(io("write", &journal_path))?;
        if !self.is_flat {
            self.link(&caches)?;
        }
        Ok((directory, journal))
    }

    /// Returns a description of the build that has the cache directories.
    fn holder(&self) -> String {
        let names = self.storage.entries(&self.builds).unwrap_or_default();
        let journals = names.iter().filter_map(|entry| {
            let path = self.builds.join(&entry.name).join("journal.json");
            Journal::read(&*self.storage, &path).ok()
        });
        journals.map(|(journal, _)| journal).next().unwrap_or_default().description()
    }
}

/// The result of acquiring the cache directories.
#[derive(Debug)]
pub enum Access {
    /// The app's cache directories, and the result of recovering those of a killed build.
    Shared(Box<CacheLock>, Option<RecoveredDirectories>),
    /// Another build still holds the lock; its description.
    Busy(String),
}

/// What became of the cache directories of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// All are kept.
    Kept,
    /// The engine was killed: only those that it had not touched are kept.
    Recovered(RecoveredDirectories),
    /// Another build had got the lock, because the server did not hear from this host for too long. What this build changed is not kept.
    TakenOver,
}

/// The lock on an app's cache directories. Dropping it releases the lock; only [`CacheLock::release`] also returns the directories.
#[derive(Debug)]
pub struct CacheLock {
    layout: Layout,
    /// The build's own directory.
    directory: PathBuf,
    journal: Journal,
    lock: Box<dyn Lock>,
}

impl CacheLock {
    /// Returns the cache directories to the app and releases the lock. An engine that exited by itself has moved all directories back,
    /// unless a move itself failed. If it was killed, only the directories that it had not touched are kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the file system cannot be used. The next build then recovers the directories.
    pub fn release(mut self, exited: bool) -> Result<Released, CacheLockError> {
        let result = match self.return_directories(exited && !self.layout.is_moving()) {
            Err(error) if error.is_missing() => Ok(Released::TakenOver),
            result => result,
        };
        // Another build may use the directories after this, so the link to them must not remain.
        let linked = if self.layout.is_flat { Ok(()) } else { self.layout.link_to_mount() };
        self.lock.unlock();
        linked.and(result)
    }

    fn return_directories(&mut self, are_whole: bool) -> Result<Released, CacheLockError> {
        let layout = &self.layout;
        let storage = &*layout.storage;
        if !are_whole {
            let name = self.directory.file_name().unwrap_or_default().to_string_lossy();
            let recovered = recover(layout, &name)?;
            return Ok(Released::Recovered(recovered.unwrap_or_default()));
        }
        // From here on, also a killed agent loses nothing.
        self.journal.state = State::Complete;
        let journal_path = self.directory.join("journal.json");
        self.journal.write(storage, &journal_path).map_err(io("write", &journal_path))?;
        let caches = self.directory.join("caches");
        if layout.is_flat {
            for name in layout.cache_names(&layout.kaniko_directory)? {
                let path = layout.kaniko_directory.join(&name);
                storage.rename(&path, &caches.join(&name)).map_err(io("move", &path))?;
            }
        }
        layout.return_to(&layout.app, &caches)?;
        layout.discard(&self.directory)?;
        Ok(Released::Kept)
    }
}
