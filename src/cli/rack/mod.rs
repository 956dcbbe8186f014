//! The rack commands, one file each: `Args` with its `--help`, and `run`.

pub mod apply;
pub mod completions;
pub mod delete;
pub mod diff;
pub mod drift;
pub mod evaluate;
pub mod events;
pub mod init;
pub mod local;
pub mod params;
pub mod patch;
pub mod permissions;
pub mod plan;
pub mod recover;
pub mod refactor;
pub mod render;
pub mod set;
pub mod status;
pub mod validate;
pub mod verify;
