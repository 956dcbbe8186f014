//! Provisions AWS racks: CloudFormation stacks with a network, an ECS cluster, a build service and a persistent build cache.
//!
//! The pipeline, in order of work, is one room each:
//!
//! ```text
//! parameters -> model -> render -> template -> evaluate -> plan -> apply (backend: local | aws) -> verify
//! ```
//!
//! Every arrow is a pure function except `apply` and `verify`. The planner never sees the network, and rooms do not print:
//! [`cli`] takes their answers to [`ui`]. Beside it stands [`build`], the build that uses what the rack keeps.

pub mod apply;
pub mod aws;
pub mod backend;
pub mod build;
pub mod cli;
pub mod cloudformation;
pub mod config;
pub mod evaluate;
pub mod graph;
pub mod model;
pub mod operation;
pub mod parameters;
pub mod patch;
pub mod permissions;
pub mod plan;
pub mod polling;
pub mod recover;
pub mod render;
pub mod schema;
pub mod secret;
pub mod template;
pub mod ui;
mod unique;
pub mod validate;
pub mod verify;
