//! Waits until a file system can be mounted: for its mount targets, and for their DNS names to resolve.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::observer::{TaskObserver, sleep};
use super::service::{BuildService, MountTarget};
use crate::aws::RequestError;

/// The pause between two requests for mount targets.
const PAUSE: Duration = Duration::from_secs(3);

/// How long to wait for mount targets.
#[derive(Clone, Copy, Debug)]
pub struct Mounts {
    /// How long to wait until mount targets are available.
    pub timeout: Duration,
    /// How long their DNS names take to resolve everywhere after that; AWS advises 60 seconds.
    ///
    /// Source: <https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-helper.html>
    pub names: Duration,
}

/// Why a file system cannot be mounted.
#[derive(Debug, thiserror::Error)]
pub enum MountsError {
    /// It has no mount target.
    #[error("file system {file_system} has no mount target, so no build can mount it")]
    None {
        /// The file system.
        file_system: String,
    },
    /// None of its mount targets will become available.
    #[error("no mount target of {file_system} is available: {states}")]
    Gone {
        /// The file system.
        file_system: String,
        /// The mount targets with their states.
        states: String,
    },
    /// Mount targets were still being created at the end of the wait.
    #[error("mount targets of {file_system} are still being created after {} s: {states}", timeout.as_secs())]
    Slow {
        /// The file system.
        file_system: String,
        /// The mount targets with their states.
        states: String,
        /// How long the wait was.
        timeout: Duration,
    },
    /// The request to EFS failed.
    #[error(transparent)]
    Backend(#[from] RequestError),
}

/// Waits until file systems can be mounted; returns whether the user interrupted.
///
/// If mount targets were being created, it also waits for their DNS names; mount targets that are available at the first request are older.
///
/// # Errors
///
/// Returns an error if a file system cannot be mounted, or if a request to EFS fails.
pub fn await_mounts(
    service: &dyn BuildService,
    file_systems: &[String],
    mounts: Mounts,
    observer: &mut dyn TaskObserver,
    interrupted: &AtomicBool,
) -> Result<bool, MountsError> {
    let mut has_waited = false;
    for file_system in file_systems {
        let begun = Instant::now();
        let mut reported = String::new();
        loop {
            let targets = match service.mount_targets(file_system) {
                Err(error) if error.is_transient() && begun.elapsed() < mounts.timeout => {
                    if sleep(PAUSE, observer, interrupted) {
                        return Ok(true);
                    }
                    continue;
                }
                result => result?,
            };
            if targets.is_empty() {
                return Err(MountsError::None { file_system: file_system.clone() });
            }
            let is_pending = |target: &MountTarget| matches!(target.state.as_str(), "creating" | "updating");
            let states = states(&targets);
            if !targets.iter().any(is_pending) {
                if targets.iter().any(|target| target.state == "available") {
                    break;
                }
                return Err(MountsError::Gone { file_system: file_system.clone(), states });
            }
            has_waited = true;
            if begun.elapsed() >= mounts.timeout {
                return Err(MountsError::Slow { file_system: file_system.clone(), states, timeout: mounts.timeout });
            }
            if states != reported {
                observer.notice(&format!("waiting for mount targets of {file_system}: {states}"));
                reported = states;
            }
            if sleep(PAUSE.min(mounts.timeout.saturating_sub(begun.elapsed())), observer, interrupted) {
                return Ok(true);
            }
        }
    }
    if has_waited && !mounts.names.is_zero() {
        observer.notice(&format!("mount targets are available; waiting {} s for their DNS names", mounts.names.as_secs()));
        return Ok(sleep(mounts.names, observer, interrupted));
    }
    Ok(false)
}

fn states(targets: &[MountTarget]) -> String {
    let each: Vec<String> = targets.iter().map(|target| format!("{} in {} {}", target.id, target.subnet, target.state)).collect();
    each.join(", ")
}
