//! All integration tests, in one binary.

mod apply;
mod architecture;
#[cfg(feature = "aws")]
mod aws;
mod backend;
#[cfg(feature = "build")]
mod build;
mod ci_examples;
mod cli;
mod evaluate;
mod examples;
mod files;
mod imports;
mod local;
mod model;
mod multi_rack;
mod newcomer;
mod operation;
mod parameters;
mod patch;
mod permissions;
mod plan;
mod policy;
mod preflight;
mod program;
mod properties;
mod real_rack;
mod recordings;
mod recover;
mod reference;
mod render;
mod render_each;
mod saved_plans;
mod schema;
mod secrets;
mod security;
mod set;
mod settings;
mod specialise;
mod store;
mod support;
mod template;
mod ui;
mod upgrades;
mod validate;
mod verify;
