//! Tests of the build half, a file for each part of it.

mod agent;
mod command;
mod dockerfile;
mod exec;
mod flags;
mod hostile;
mod image_key;
mod recipes;
mod seeds;
mod table;
mod task;
mod task_follow;
