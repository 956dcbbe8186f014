//! Tests of the build half, a file for each part of it.

mod agent;
mod command;
mod dockerfile;
mod image_key;
mod recipes;
mod task;
mod task_follow;
