//! One build at a time in an app's cache directory, across hosts.
//!
//! The lock is `flock` on a file beside the directory. On NFS, EFS included, Linux makes a byte-range lock of it that the server holds, so
//! it counts for every host that mounts the file system; it goes away with the process, or some time after the host is gone. Sources:
//! <https://man7.org/linux/man-pages/man2/flock.2.html>, <https://docs.aws.amazon.com/efs/latest/ug/nfs4-unsupported-features.html>.
//!
//! `docs/design/shared-cache.md` tells the whole story.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::Digest as _;

use super::journal::{self, Journal, RecoveredDirectories};
use crate::text::hex;

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Why cache directories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheLockError {
    /// A path cannot be used.
    #[error("cannot {attempt} `{}`", path.display())]
    Io {
        /// What was tried.
        attempt: &'static str,
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// kaniko's place holds something already.
    #[error("`{}` is not empty, and is no link of the agent's", place.display())]
    Occupied {
        /// The place.
        place: PathBuf,
    },
    /// kaniko would move the mounted file system and delete it.
    #[error("KANIKO_DIR is `{directory}` while the cache is mounted in /kaniko: kaniko would copy all of it there and delete the original")]
    KanikoDir {
        /// What it is.
        directory: String,
    },
}

fn io(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheLockError {
    let path = path.to_owned();
    move |source| CacheLockError::Io { attempt, path, source }
}

/// Returns where kaniko keeps cache directories: `${KANIKO_DIR}/caches`.
///
/// # Errors
///
/// Returns that the variable would make kaniko delete the cache.
///
/// Source: <https://github.com/osscontainertools/kaniko/blob/main/cmd/executor/cmd/root.go>: a directory other than `/kaniko` gets a copy of
/// `/kaniko`, which is then removed.
pub fn kaniko_caches_directory(kaniko_dir: Option<&str>, mount: &Path) -> Result<PathBuf, CacheLockError> {
    let directory = kaniko_dir.filter(|directory| !directory.is_empty()).unwrap_or("/kaniko");
    if directory != "/kaniko" && mount.starts_with("/kaniko") {
        return Err(CacheLockError::KanikoDir { directory: directory.to_owned() });
    }
    Ok(Path::new(directory).join("caches"))
}

/// Where an app's cache directories, their lock and their journal are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    app: String,
    /// Where the file system is.
    mount: PathBuf,
    /// The app's own directory.
    store: PathBuf,
    /// Where kaniko finds cache directories.
    place: PathBuf,
    lock: PathBuf,
    journal: PathBuf,
    is_flat: bool,
}

impl Layout {
    /// Returns the layout for a file system mounted at `mount`, with kaniko's own place at `place`.
    ///
    /// Where they are two, or the place is a link, each app has a directory and a lock, and the place becomes a link to the directory.
    /// Where the file system is mounted at kaniko's place itself, an app's directories are renamed into it for the build, so there is one
    /// lock for all apps.
    pub fn new(mount: &Path, place: &Path, app: &str) -> Self {
        let mount = &mount.canonicalize().unwrap_or_else(|_| mount.to_owned());
        let is_link = place.symlink_metadata().is_ok_and(|about| about.is_symlink());
        let is_flat = !is_link && (mount == place || place.canonicalize().is_ok_and(|place| place == *mount));
        let root = if is_flat { mount.join(".rackform") } else { mount.to_owned() };
        let own = root.join("apps").join(directory_name(app));
        let shared = if is_flat { &root } else { &own };
        Self {
            app: app.to_owned(),
            mount: mount.clone(),
            store: own.join("caches"),
            place: place.to_owned(),
            lock: shared.join("lock"),
            journal: shared.join("in-use.json"),
            is_flat,
        }
    }

    /// Tells whether all apps share one lock.
    pub fn is_flat(&self) -> bool {
        self.is_flat
    }

    /// Returns where cache directories are while a build has them.
    fn working(&self) -> &Path {
        if self.is_flat { &self.place } else { &self.store }
    }

    /// Takes the app's directories for a build, waiting for another one that has them; `tell` hears once that it waits.
    ///
    /// # Errors
    ///
    /// Returns that the file system cannot be used.
    pub fn acquire(&self, build: &str, patience: Duration, tell: &mut dyn FnMut(&str)) -> Result<Access, CacheLockError> {
        for directory in [Some(self.store.as_path()), self.lock.parent()].into_iter().flatten() {
            fs::create_dir_all(directory).map_err(io("make", directory))?;
        }
        let lock =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&self.lock).map_err(io("open", &self.lock))?;
        let begun = Instant::now();
        let mut has_told = false;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                    if !has_told {
                        let who = Journal::read(&self.journal).ok().flatten().unwrap_or_default();
                        tell(&format!("waiting up to {} s for {}", patience.as_secs(), who.words()));
                        has_told = true;
                    }
                    std::thread::sleep(PAUSE.min(patience.saturating_sub(begun.elapsed())));
                }
                Err(TryLockError::WouldBlock) => {
                    let who = Journal::read(&self.journal).ok().flatten().unwrap_or_default();
                    return Ok(Access::Busy(who.words()));
                }
                Err(TryLockError::Error(error)) => return Err(io("lock", &self.lock)(error)),
            }
        }
        let settled = self.settle()?;
        self.bring_in()?;
        let working = self.working();
        let journal = Journal {
            app: self.app.clone(),
            build: build.to_owned(),
            since: jiff::Timestamp::now().to_string(),
            directories: journal::directories(working).map_err(io("read", working))?,
        };
        journal.write(&self.journal).map_err(io("write", &self.journal))?;
        Ok(Access::Shared(Box::new(CacheLock { layout: self.clone(), _lock: lock }), settled))
    }

    /// Deals with what a killed build left.
    fn settle(&self) -> Result<Option<RecoveredDirectories>, CacheLockError> {
        let working = self.working();
        fs::create_dir_all(working).map_err(io("make", working))?;
        journal::sweep(working).map_err(io("clear", working))?;
        let Some(left) = Journal::read(&self.journal).map_err(io("read", &self.journal))? else { return Ok(None) };
        let settled = left.settle(working).map_err(io("clear", working))?;
        if self.is_flat {
            // They are of the app that was being built, whoever asks now.
            let of_left = Self::new(&self.mount, &self.place, &left.app);
            of_left.bring_back()?;
        }
        fs::remove_file(&self.journal).map_err(io("remove", &self.journal))?;
        Ok(Some(settled))
    }

    /// Puts the app's directories where kaniko finds them.
    fn bring_in(&self) -> Result<(), CacheLockError> {
        if self.is_flat {
            return moved(&self.store, &self.place);
        }
        let place = &self.place;
        match place.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(parent) = place.parent() {
                    fs::create_dir_all(parent).map_err(io("make", parent))?;
                }
            }
            Err(error) => return Err(io("read", place)(error)),
            Ok(about) if about.is_symlink() => fs::remove_file(place).map_err(io("remove", place))?,
            // An empty directory goes; one that holds something is not ours to take away.
            Ok(_) => fs::remove_dir(place).map_err(|_| CacheLockError::Occupied { place: place.clone() })?,
        }
        std::os::unix::fs::symlink(&self.store, place).map_err(io("link", place))
    }

    /// Puts them back, where they are not where they belong.
    fn bring_back(&self) -> Result<(), CacheLockError> {
        if self.is_flat {
            fs::create_dir_all(&self.store).map_err(io("make", &self.store))?;
            return moved(&self.place, &self.store);
        }
        Ok(())
    }

    /// Gives a build a cache of its own that nobody else sees, empty at first: kaniko's place in the container.
    ///
    /// # Errors
    ///
    /// Returns that the link of an earlier build cannot be taken away.
    pub fn without(&self) -> Result<(), CacheLockError> {
        let place = &self.place;
        if place.symlink_metadata().is_ok_and(|about| about.is_symlink()) {
            fs::remove_file(place).map_err(io("remove", place))?;
        }
        Ok(())
    }
}

impl Journal {
    /// Returns who has the directories, for a person.
    fn words(&self) -> String {
        if self.build.is_empty() {
            "another build".to_owned()
        } else {
            format!("build {} of {} (since {})", self.build, self.app, self.since)
        }
    }
}

/// What a build got.
#[derive(Debug)]
pub enum Access {
    /// The app's directories, with what was made of those of a killed build.
    Shared(Box<CacheLock>, Option<RecoveredDirectories>),
    /// Nothing: this other build has them.
    Busy(String),
}

/// The right to an app's cache directories; they are free again when it goes, and in order only after [`CacheLock::release`].
#[derive(Debug)]
pub struct CacheLock {
    layout: Layout,
    _lock: File,
}

impl CacheLock {
    /// Gives the directories back. An engine that ended by itself has moved everything back; of one that was killed, only what it had not
    /// touched is kept.
    ///
    /// # Errors
    ///
    /// Returns that the file system cannot be used; the journal then stays, and the next build settles it.
    pub fn release(self, ended_by_itself: bool) -> Result<Option<RecoveredDirectories>, CacheLockError> {
        let layout = &self.layout;
        let settled = if ended_by_itself {
            layout.bring_back()?;
            fs::remove_file(&layout.journal).map_err(io("remove", &layout.journal))?;
            None
        } else {
            layout.settle()?
        };
        // A link to directories that may be somebody else's in a moment must not stay.
        if !layout.is_flat {
            layout.without()?;
            std::os::unix::fs::symlink(&layout.mount, &layout.place).map_err(io("link", &layout.place))?;
        }
        Ok(settled)
    }
}

/// Renames every cache directory of one place into another on the same file system.
fn moved(from: &Path, to: &Path) -> Result<(), CacheLockError> {
    for name in journal::directories(from).map_err(io("read", from))?.keys() {
        let target = to.join(name);
        if target.symlink_metadata().is_ok() {
            journal::discard(to, name).map_err(io("clear", &target))?;
        }
        fs::rename(from.join(name), &target).map_err(io("move to", &target))?;
    }
    Ok(())
}

/// Returns the name of an app's directory: the app's own where it is a plain one, which no other app's can then be.
fn directory_name(app: &str) -> String {
    let is_plain = !app.is_empty()
        && app.len() <= 100
        && app.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
        && !app.starts_with(['.', '-']);
    if is_plain {
        return app.to_owned();
    }
    let digest = sha2::Sha256::digest(app);
    // A plain name never starts with a dash.
    format!("-{}", hex(&digest[..16]))
}
