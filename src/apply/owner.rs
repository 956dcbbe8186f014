//! Which process has something, told so that another process of the same machine can find out whether it is still there.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A process: its machine, its number, and when it was started, since numbers come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// A hash of the machine's boot and of the process namespace, in which numbers mean something; 0 where neither can be told.
    machine: u32,
    process: u32,
    /// In the kernel's ticks since boot; 0 where it cannot be told.
    started: u64,
}

impl Owner {
    /// Returns this process.
    pub(super) fn this() -> Self {
        let process = std::process::id();
        Self { machine: machine().unwrap_or(0), process, started: started(process).unwrap_or(0) }
    }

    /// Tells whether the process is certainly gone; one of another machine never is.
    pub(super) fn is_gone(&self) -> bool {
        let is_here = self.machine != 0 && self.started != 0 && Some(self.machine) == machine();
        // Where other users' processes are hidden, one that is not seen may be there all the same.
        is_here && started(std::process::id()).is_some() && started(1).is_some() && started(self.process) != Some(self.started)
    }
}

#[cfg(test)]
impl Owner {
    /// Returns a process of this machine that is not there.
    pub(super) fn another(self) -> Self {
        Self { process: u32::MAX, ..self }
    }

    /// Returns a process of another machine.
    pub(super) fn elsewhere() -> Self {
        Self { machine: 7, process: 7, started: 7 }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { machine, process, started } = self;
        write!(f, "{machine:x}-{process:x}-{started:x}")
    }
}

impl std::str::FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split('-').map(|word| u64::from_str_radix(word, 16));
        let mut next = || words.next().and_then(Result::ok).ok_or(());
        let owner = Self { machine: next()?.try_into().map_err(|_| ())?, process: next()?.try_into().map_err(|_| ())?, started: next()? };
        if words.next().is_some() { Err(()) } else { Ok(owner) }
    }
}

/// Returns what tells this boot of this machine, and this process namespace, from others.
///
/// Source: <https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html>, <https://man7.org/linux/man-pages/man7/namespaces.7.html>
fn machine() -> Option<u32> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let mut hasher = DefaultHasher::new();
    (boot.trim(), namespace).hash(&mut hasher);
    // 0 stands for none.
    u32::try_from(hasher.finish() >> 32).ok().map(|hash| hash.max(1))
}

/// Returns when a process was started; `None` where there is none, or it is over and only not yet fetched by its parent.
///
/// Source: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn started(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets, which may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then_some(())?;
    fields.nth(18)?.parse().ok()
}
