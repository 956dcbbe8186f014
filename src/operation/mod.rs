//! Prepares what a command does: reads the deployed stack and returns what the next step needs.

mod build_environment;

pub use build_environment::build_environment;
