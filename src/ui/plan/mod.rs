//! Views of a plan: for a terminal, for a pull request, and as JSON.
//!
//! `view` sorts a [`Plan`](crate::plan::Plan), the most important changes first; the other files only format the result.

mod confirmation;
mod counts;
mod drift;
mod headline;
mod human;
mod lists;
mod markdown;
mod not_stored;
mod only;
mod properties;
mod repeated;
mod sections;
mod value;
mod view;

pub use confirmation::{Confirmation, Confirmed, confirmation, confirmation_markdown};
pub use drift::{Drifted, drift};
pub use human::human;
pub use markdown::{MARKDOWN_LIMIT_CHARACTERS, markdown};
pub use not_stored::parameters_not_stored;
pub use only::{only, parts};

/// Returns a plan's counts in short, such as `2 to add, 1 to replace`.
pub fn counts(plan: &crate::plan::Plan) -> String {
    let view = view::View::of(plan);
    if view.is_empty() { "no changes".to_owned() } else { view.counts.brief() }
}

/// The contents of a plan's heading.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'h> {
    /// The stack's name, or the two files that are compared.
    pub subject: Subject<'h>,
    /// How the plan was made, such as `predicted offline`.
    pub made: &'h str,
}

/// What a plan is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'h> {
    /// A stack.
    Stack(&'h str),
    /// Two templates.
    Files(&'h str, &'h str),
    /// A stack that is deleted.
    Deletion(&'h str),
}

impl std::fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stack(name) | Self::Deletion(name) => f.write_str(name),
            Self::Files(before, after) if before == after => f.write_str(after),
            Self::Files(before, after) => write!(f, "{before} -> {after}"),
        }
    }
}

impl Subject<'_> {
    /// Returns what a plan is called.
    fn title(self) -> &'static str {
        match self {
            Self::Deletion(_) => "Deletion of",
            Self::Stack(_) | Self::Files(..) => "Change set for",
        }
    }

    /// Returns the sentence for a plan without changes.
    fn unchanged(self) -> String {
        match self {
            Self::Stack(name) | Self::Deletion(name) => format!("No changes to `{name}`"),
            Self::Files(before, after) if before == after => format!("No changes to `{after}`"),
            Self::Files(before, after) => format!("No changes from `{before}` to `{after}`"),
        }
    }
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Every resource with its changed properties.
    #[default]
    Full,
    /// The most important facts and the counts, on one screen.
    Summary,
}
