//! Human, JSON and Markdown views of what the rooms answer; styles and progress.
//!
//! Takes the rooms' values, gives text. Nothing here prints or asks the environment: width and styles are handed in, and
//! [`cli`](crate::cli) writes what comes out. A human view shows the same data as the JSON one, so the two cannot disagree.

pub mod build_cache;
pub mod build_command;
pub mod build_image;
mod diagnostics;
mod difference;
pub mod drift;
pub mod evaluation;
mod events;
pub mod findings;
pub mod fleet;
mod json;
mod layout;
mod outcome;
pub mod parameters;
pub mod permissions;
pub mod plan;
mod progress;
mod prompt;
mod recovery;
mod remedy;
pub mod stack;
mod styles;
pub mod verify;

pub use diagnostics::{diagnostics, failure};
pub use difference::{colored_difference, difference};
pub use events::{event_line, status_style};
pub use json::{FORMAT_VERSION, bare_json, json, json_line, write_json};
pub use layout::{Layout, clip, width};
pub use outcome::{because, outcome};
pub use progress::Progress;
pub use prompt::confirm;
pub use recovery::recovery;
pub use styles::{Styles, styled};
