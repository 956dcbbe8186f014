//! Tests of the build half, a file for each part of it.

mod agent;
mod builder;
mod cache_maintenance;
mod command;
mod dockerfile;
mod exec;
mod flags;
mod hostile;
mod image;
mod image_key;
mod real;
mod recipes;
mod registry;
mod seeds;
mod table;
mod task;
mod task_follow;
mod web;
mod wrapper;
