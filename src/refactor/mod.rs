//! Stack refactoring: gives resources another logical ID, or moves them to another stack, without replacing them.
//!
//! Takes the templates of deployed stacks and [`ResourceMapping`](crate::cloudformation::ResourceMapping)s; returns the templates that the
//! stacks have afterwards, with all other bytes unchanged, or every reason why CloudFormation would refuse that. It also proposes mappings.
//! What an update would change afterwards is planned by [`plan`](crate::plan), and a [`backend`](crate::backend) executes the refactoring.
//!
//! Source of the rules: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-refactoring.html>

mod apply;
mod check;
mod detect;
mod mapping;
mod problem;
mod relocate;
mod rename;
mod stack;

pub use apply::{RefactoredStack, refactor};
pub use detect::{AmbiguousMove, Proposal, propose};
pub use mapping::{parse_move, parse_rename, read_mappings, write_mappings};
pub use problem::RefactorProblem;
pub use stack::RefactorStack;

/// Most stacks of one refactoring.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-refactoring.html>
pub const MAX_STACKS: usize = 5;
