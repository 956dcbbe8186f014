//! What runs inside a build task: `rackform build agent`.
//!
//! Takes [`Settings`] from flags and the environment, and gives the [`BuildRequest`](super::BuildRequest) that
//! [`command::plan`](super::command::plan) makes steps of: what `rackform build command` shows is what runs. [`Layout`] and [`CacheLock`]
//! let builds share kaniko's cache directories on a file system without losing or mixing them; [`supervise`] runs the engine as process 1
//! must.
//!
//! Starting the task is [`task`](super::task)'s.

mod builder_image;
mod credentials;
mod journal;
mod lock;
mod settings;
mod steps;
pub mod supervise;

pub use builder_image::{Arch, BuilderImage};
pub use credentials::{Credentials, CredentialsError};
pub use journal::RecoveredDirectories;
pub use lock::{Access, CacheLock, CacheLockError, Layout, kaniko_caches_directory};
pub use settings::Settings;
pub use steps::run_steps;

/// Where the builder image has the cache's file system, whatever its task definition says: kaniko's own place is a link there in the image,
/// and what is mounted at a link is mounted where it points to.
pub const AGENT_PATH: &str = "/build-cache";
