//! Image builds with a shared cache, which a new builder can use.
//!
//! Takes a [`BuildRequest`] and the [`EngineFacts`] of the build engine. Returns the steps to run ([`Invocation`]), which [`exec`] runs
//! without a shell. Planning is pure: the same request and facts always give the same arguments, so `rackform build command` shows what
//! the build agent runs.
//!
//! Leaves racks and stacks to other modules: the caller reads the rack's cache repository and sets it in the request. Nothing here prints.

pub mod agent;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cache;
pub mod cache_maintenance;
pub mod cache_report;
pub mod command;
pub mod context;
pub mod detected_plan;
pub mod dockerfile;
pub mod engine;
pub mod exec;
pub mod image;
pub mod platform;
pub mod progress;
pub mod recipe;
pub mod registry;
pub mod request;
pub mod task;

pub use command::{Invocation, Note, Step};
pub use engine::{Engine, EngineFacts};
pub use request::BuildRequest;
