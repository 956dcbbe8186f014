//! The build context: which of its files reach the engine, and which of them should not.
//!
//! Takes the app's directory and its ignore file; returns the patterns ([`Ignore`]) and what lies in the directory that makes a copy of it
//! risky or volatile ([`BuildContext`]). Leaves to [`dockerfile`](super::dockerfile) which of that a Dockerfile copies.

mod ignore;
mod scan;

pub use ignore::{Ignore, Pattern};
pub use scan::BuildContext;
