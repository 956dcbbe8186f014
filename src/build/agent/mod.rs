//! The program that runs inside a build task: `rackform build agent`.
//!
//! Takes [`Settings`] from flags and the environment. Returns the [`BuildRequest`](super::BuildRequest) that
//! [`command::plan`](super::command::plan) converts to steps, so `rackform build command` shows what the agent runs. [`Layout`] and
//! [`CacheLock`] let builds share kaniko's cache directories on a file system safely. [`supervise`] runs the engine as process 1 of a
//! container.
//!
//! Leaves starting the task to [`task`](super::task).

mod builder_image;
mod credentials;
mod journal;
mod layout;
mod lock;
mod lock_error;
#[cfg(test)]
mod model;
mod recover;
mod settings;
mod steps;
mod storage;
pub mod supervise;

pub use builder_image::{Arch, BuilderImage};
pub use credentials::{Credentials, CredentialsError};
pub use layout::{Layout, caches_name, kaniko_caches_directory};
pub use lock::{Access, CacheLock, Released};
pub use lock_error::CacheLockError;
pub use recover::RecoveredDirectories;
pub use settings::Settings;
pub use steps::run_steps;

/// The path of the cache's file system in the builder image, independent of the task definition. In the image, kaniko's cache
/// directory is a link to this path, and a mount at a link is a mount at its target.
pub const AGENT_PATH: &str = "/build-cache";
