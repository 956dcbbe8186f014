//! Build tasks: the request that starts one in a rack, following it, and what went wrong.
//!
//! Takes a rack's stack as it is deployed, which makes a [`BuildEnvironment`], and what is wanted, an [`BuildTaskRequest`]; gives the [`RunTask`] request, which
//! is pure and deterministic. A [`BuildService`] carries it out: [`await_mounts`] first, then [`start`](fn@start), [`follow`](fn@follow) with its log, and an
//! [`Outcome`] that names causes. `build::aws` is the service of an account.
//!
//! What runs inside the task is [`agent`](super::agent)'s; the variables both agree on are in [`variables`].

mod auth;
mod build_environment;
mod explain;
mod follow;
mod log;
mod mounts;
mod outcome;
mod request;
pub mod run_task;
mod service;
mod start;
pub mod variables;

pub use auth::{build_auth, ecr_registries};
pub use build_environment::{BuildEnvironment, EnvironmentCache, Log, Network};
pub use explain::{Explanation, explain_failure, explain_refusal, explain_stop};
pub use follow::{Ended, TaskObserver, follow};
pub use mounts::{Mounts, MountsError, await_mounts};
pub use outcome::Outcome;
pub use request::{BuildTaskRequest, Builder};
pub use run_task::RunTask;
pub use service::{BuildService, Container, Failure, LogEvent, LogPage, LogPosition, LogStream, MountTarget, Started, Task, task_id};
pub use start::{StartError, start};
