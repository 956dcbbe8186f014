//! Parses and lints Dockerfiles.
//!
//! Takes a Dockerfile's text. Returns its stages, arguments, mounts and copied files with their spans ([`Dockerfile`]), and for an engine,
//! a cache and the options of a build ([`Context`]) diagnostics with stable rule names ([`lint`]). Leaves printing to the callers, and the
//! engine's arguments to [`command`](super::command). The crate `parse-dockerfile` defines the grammar.

mod check;
mod convert;
mod facts;
mod here_documents;
mod install;
mod lexer;
mod lines;
mod mount;
mod predefined;
mod read;
mod rules;
mod shell;
mod stages;
mod text;

pub use check::{CacheMounts, Context, lint};
pub use facts::{Argument, Command, Copy, Dockerfile, HereDocument, Run, Stage, Step, StepKind};
pub use lexer::{Expanded, Reference, expand, references};
pub use mount::{Mount, MountKind, Sharing};
pub use rules::RULES;
pub use text::Text;
