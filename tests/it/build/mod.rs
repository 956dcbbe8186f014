//! Tests of the module `build`, with one file for each part.

mod agent;
mod builder;
mod cache_maintenance;
mod cache_report;
mod command;
mod defaults;
mod dockerfile;
mod engine_facts;
mod engine_matrix;
mod exec;
mod flags;
mod hostile;
mod hostile_registry;
mod http_server;
mod image;
mod image_key;
mod options_and_context;
mod progress;
mod published_commands;
mod real;
mod recipes;
mod registry;
mod secret_args;
mod task;
mod task_follow;
mod wrapper;
