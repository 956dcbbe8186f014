//! The build half: a build whose cache the next, fresh builder finds.
//!
//! Takes what is to be built ([`BuildRequest`]) and what the engine at hand is able to do ([`EngineFacts`]); gives the exact steps to run
//! ([`Invocation`]), which [`exec`] carries out without a shell. Planning is pure: the same request and facts give the same argument
//! vectors, so what `rackform build command` shows is what the build agent runs.
//!
//! Leaves racks and stacks to the rooms before it: whoever needs a rack's cache repository reads it there and puts it into the request.
//! Nothing here prints.

pub mod agent;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cache;
pub mod cache_maintenance;
pub mod command;
pub mod dockerfile;
pub mod engine;
pub mod exec;
pub mod image;
pub mod recipe;
pub mod registry;
pub mod request;
pub mod task;

pub use command::{Invocation, Note, Step};
pub use engine::{Engine, EngineFacts};
pub use request::BuildRequest;
