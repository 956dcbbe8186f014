//! Build tasks: the request that starts one in a rack, following it, and what went wrong.
//!
//! Takes a rack's stack as it is deployed, which makes a [`Site`], and what is wanted, an [`Order`]; gives the [`RunTask`] request, which
//! is pure and deterministic. A [`BuildService`] carries it out: [`await_mounts`] first, then [`start`], [`follow`] with its log, and an
//! [`Outcome`] that names causes. [`aws`](super::aws) is the service of an account.
//!
//! What runs inside the task is [`agent`](super::agent)'s; the variables both agree on are in [`environment`].

mod auth;
pub mod environment;
mod explain;
mod follow;
mod log;
mod mask;
mod mounts;
mod order;
mod outcome;
pub mod request;
mod service;
mod site;
mod start;

pub use auth::{build_auth, ecr_registries};
pub use explain::{Explanation, explain_failure, explain_refusal, explain_stop};
pub use follow::{Ended, TaskObserver, follow};
pub use mask::Mask;
pub use mounts::{Mounts, MountsError, await_mounts};
pub use order::{Builder, Order};
pub use outcome::Outcome;
pub use request::RunTask;
pub use service::{BuildService, Container, Failure, LogEvent, LogPage, LogPlace, LogStream, MountTarget, Started, Task, task_id};
pub use site::{Log, Network, Site};
pub use start::{StartError, start};
