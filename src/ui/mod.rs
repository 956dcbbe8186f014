//! Human, JSON, Markdown and SARIF views; styles and progress.
//!
//! Takes values of the other modules and returns text. Nothing here prints or reads the environment: callers pass width and styles, and
//! [`cli`](crate::cli) writes the text. Human and JSON views use the same data, so they cannot disagree.

#[cfg(feature = "build")]
pub mod build;
mod ci_commands;
mod diagnostics;
mod difference;
mod door;
pub mod drift;
pub mod evaluation;
mod events;
pub mod findings;
pub mod hints;
mod json;
mod layout;
mod markdown;
pub mod multi_rack;
mod outcome;
pub mod parameters;
pub mod permissions;
pub mod plan;
mod progress;
mod prompt;
mod recovery;
mod refactor;
mod remedy;
pub mod stack;
pub mod stack_status;
mod styles;
pub mod verify;
mod visible;

pub use diagnostics::{diagnostics, failure};
pub use difference::{colored_difference, difference};
pub use door::{marked, painted, relayed};
pub use events::{event_line, events_unavailable, operation_event_line, status_style, validations_unknown};
pub use json::{FORMAT_VERSION, bare_json, json, json_line, write_json};
pub use layout::{Layout, clip, fitted, width};
pub use outcome::{ResumedBy, because, hook_findings, outcome, remaining};
pub use progress::Progress;
pub use prompt::confirm;
pub use recovery::{RecoveryView, recovery, recovery_choice};
pub use refactor::{RefactorView, ambiguous_moves, refactor, refactor_outcome};
pub use styles::{Style, Styles, styled};
pub use visible::visible;
