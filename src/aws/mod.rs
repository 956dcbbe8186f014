//! Facts about AWS that several modules share: partitions and Fargate task sizes.
//!
//! Takes a region or a task size; returns what AWS documents about it. Nothing here calls AWS.

pub mod fargate;
mod partition;

pub use partition::partition;
