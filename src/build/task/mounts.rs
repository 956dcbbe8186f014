//! Waits until a file system can be mounted: for its mount targets, and for their names to be known.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::follow::TaskObserver;
use super::service::{BuildService, MountTarget};
use crate::aws::RequestError;

/// How often Ctrl-C is looked for between two looks.
const TICK: Duration = Duration::from_millis(100);
/// How long to leave mount targets alone between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// How patient to be.
#[derive(Clone, Copy, Debug)]
pub struct Mounts {
    /// How long to wait for mount targets to be available.
    pub patience: Duration,
    /// How long their names take to be known everywhere after that; AWS advises 60 seconds.
    ///
    /// Source: <https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-helper.html>
    pub names: Duration,
}

/// Why a file system cannot be mounted yet, or ever.
#[derive(Debug, thiserror::Error)]
pub enum MountsError {
    /// There is none.
    #[error("file system {file_system} has no mount target, so no build can mount it")]
    None {
        /// The file system.
        file_system: String,
    },
    /// None of them will be available.
    #[error("no mount target of {file_system} is available: {states}")]
    Gone {
        /// The file system.
        file_system: String,
        /// Each one with its state.
        states: String,
    },
    /// They were still being made when patience was over.
    #[error("mount targets of {file_system} are still being made after {} s: {states}", patience.as_secs())]
    Slow {
        /// The file system.
        file_system: String,
        /// Each one with its state.
        states: String,
        /// How long was waited.
        patience: Duration,
    },
    /// EFS cannot be asked.
    #[error(transparent)]
    Backend(#[from] RequestError),
}

/// Waits until file systems can be mounted; tells whether it was interrupted meanwhile.
///
/// Where mount targets were being made, it waits for their names too; where all were available at the first look they have been for some time.
///
/// # Errors
///
/// Returns that a file system cannot be mounted, or that EFS cannot be asked.
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
        let mut told = String::new();
        loop {
            let targets = match service.mount_targets(file_system) {
                Err(error) if error.is_transient() && begun.elapsed() < mounts.patience => {
                    if sleep(PAUSE, observer, interrupted) {
                        return Ok(true);
                    }
                    continue;
                }
                answer => answer?,
            };
            if targets.is_empty() {
                return Err(MountsError::None { file_system: file_system.clone() });
            }
            let is_coming = |target: &MountTarget| matches!(target.state.as_str(), "creating" | "updating");
            let states = states(&targets);
            if !targets.iter().any(is_coming) {
                if targets.iter().any(|target| target.state == "available") {
                    break;
                }
                return Err(MountsError::Gone { file_system: file_system.clone(), states });
            }
            has_waited = true;
            if begun.elapsed() >= mounts.patience {
                return Err(MountsError::Slow { file_system: file_system.clone(), states, patience: mounts.patience });
            }
            if states != told {
                observer.notice(&format!("waiting for mount targets of {file_system}: {states}"));
                told = states;
            }
            if sleep(PAUSE.min(mounts.patience.saturating_sub(begun.elapsed())), observer, interrupted) {
                return Ok(true);
            }
        }
    }
    if has_waited && !mounts.names.is_zero() {
        observer.notice(&format!("mount targets are available; waiting {} s for their names to be known", mounts.names.as_secs()));
        return Ok(sleep(mounts.names, observer, interrupted));
    }
    Ok(false)
}

fn states(targets: &[MountTarget]) -> String {
    let each: Vec<String> = targets.iter().map(|target| format!("{} in {} {}", target.id, target.subnet, target.state)).collect();
    each.join(", ")
}

/// Waits; tells whether it was interrupted.
pub(super) fn sleep(pause: Duration, observer: &mut dyn TaskObserver, interrupted: &AtomicBool) -> bool {
    let end = Instant::now() + pause;
    loop {
        if interrupted.load(Ordering::SeqCst) {
            return true;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        observer.waiting();
        std::thread::sleep(left.min(TICK));
    }
}
