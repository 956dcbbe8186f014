//! Views of a plan: for a terminal, for a pull request, and as JSON.
//!
//! `view` sorts a [`Plan`](crate::plan::Plan), the most important changes first; the other files only format the result.

mod confirmation;
mod drift;
mod human;
mod lists;
mod markdown;
mod not_stored;
mod properties;
mod value;
mod view;

pub use confirmation::{Confirmation, Confirmed, confirmation, confirmation_markdown};
pub use drift::{Drifted, drift};
pub use human::{human, kind as risk_kind};
pub use markdown::{MARKDOWN_LIMIT_CHARACTERS, markdown};
pub use not_stored::parameters_not_stored;

/// Returns a plan's counts in short, such as `2 to add, 1 to replace`.
pub fn counts(plan: &crate::plan::Plan) -> String {
    let view = view::View::of(plan);
    if view.is_empty() { "no changes".to_owned() } else { view.counts.brief() }
}

/// The contents of a plan's heading.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'h> {
    /// The stack's name.
    pub stack_name: &'h str,
    /// How the plan was made, such as `predicted offline`.
    pub made: &'h str,
}
