//! Build tasks: the request that starts one in a rack, following it, and the causes of failures.
//!
//! Takes a [`BuildEnvironment`], read from the rack's deployed stack by `operation`, and a [`BuildTaskRequest`]; returns the [`RunTask`]
//! request, deterministically. A [`BuildService`] sends it: [`await_mounts`] first, then [`start`](fn@start), then [`follow`](fn@follow)
//! with the log until an [`Outcome`] that names causes. `build::aws` implements the service for an account.
//!
//! What runs inside the task is in [`agent`](super::agent); the variables that both use are in [`variables`].

mod auth;
mod build_environment;
mod explain;
mod follow;
mod log;
mod mounts;
mod observer;
mod outcome;
mod request;
pub mod run_task;
mod service;
mod start;
pub mod variables;

pub use auth::{build_auth, docker_configuration, ecr_registries};
pub use build_environment::{BuildEnvironment, EnvironmentCache, Log, Network};
pub use explain::{Explanation, Fix, explain_failure, explain_refusal, explain_stop};
pub use follow::{Ended, follow};
pub use mounts::{Mounts, MountsError, await_mounts};
pub use observer::TaskObserver;
pub use outcome::Outcome;
pub use request::{BuildTaskRequest, Builder};
pub use run_task::RunTask;
pub use service::{BuildService, Container, Failure, LogEvent, LogPage, LogPosition, LogStream, MountTarget, Started, Task, task_id};
pub use start::{StartError, start};
