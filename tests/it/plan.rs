//! The planner, against what AWS recorded and against what a reader would expect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod recorded;
