//! The process that holds a change set, identified so that another process on the same machine can check whether it still runs.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A process: its machine, its ID, and its start time, because process IDs are reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LockHolder {
    /// A hash of the machine's boot ID and of the PID namespace, within which process IDs are unique; 0 if unknown.
    machine: u32,
    process: u32,
    /// In kernel ticks since boot; 0 if unknown.
    started: u64,
}

impl LockHolder {
    /// Returns this process.
    pub(super) fn this() -> Self {
        let process = std::process::id();
        Self { machine: machine().unwrap_or(0), process, started: started(process).unwrap_or(0) }
    }

    /// Returns whether the process has certainly ended. For a process of another machine this is never known.
    pub(super) fn is_gone(&self) -> bool {
        let is_local = self.machine != 0 && self.started != 0 && Some(self.machine) == machine();
        // Where /proc hides the processes of other users, a process may run although it is not visible.
        is_local && started(std::process::id()).is_some() && started(1).is_some() && started(self.process) != Some(self.started)
    }
}

#[cfg(test)]
impl LockHolder {
    /// Returns a process of this machine that does not exist.
    pub(super) fn another(self) -> Self {
        Self { process: u32::MAX, ..self }
    }

    /// Returns a process of another machine.
    pub(super) fn elsewhere() -> Self {
        Self { machine: 7, process: 7, started: 7 }
    }
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { machine, process, started } = self;
        write!(f, "{machine:x}-{process:x}-{started:x}")
    }
}

impl std::str::FromStr for LockHolder {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split('-').map(|word| u64::from_str_radix(word, 16));
        let mut next = || words.next().and_then(Result::ok).ok_or(());
        let holder = Self { machine: next()?.try_into().map_err(|_| ())?, process: next()?.try_into().map_err(|_| ())?, started: next()? };
        if words.next().is_some() { Err(()) } else { Ok(holder) }
    }
}

/// Returns a hash that identifies this boot of this machine and this PID namespace.
///
/// Source: <https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html>, <https://man7.org/linux/man-pages/man7/namespaces.7.html>
fn machine() -> Option<u32> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let mut hasher = DefaultHasher::new();
    (boot.trim(), namespace).hash(&mut hasher);
    // 0 means unknown.
    u32::try_from(hasher.finish() >> 32).ok().map(|hash| hash.max(1))
}

/// Returns a process's start time; `None` if it does not exist or is a zombie.
///
/// Source: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn started(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may contain any character.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then_some(())?;
    fields.nth(18)?.parse().ok()
}
