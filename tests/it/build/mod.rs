//! Tests of the build half, a file for each part of it.

mod command;
mod image_key;
mod dockerfile;
