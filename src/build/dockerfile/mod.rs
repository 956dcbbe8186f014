//! Reads Dockerfiles, and says what about them keeps a cache from being of use.
//!
//! Takes a Dockerfile's text; gives its facts ([`Dockerfile`]): stages, arguments, mounts, what is copied, each with its place; and, for an
//! engine, a cache and what a build is given ([`Context`]), findings with stable rule names ([`warnings`]). Leaves drawing them to
//! [`ui`](crate::ui), and what an engine is told to [`command`](super::command). The grammar is the crate `parse-dockerfile`'s.

mod check;
mod convert;
mod facts;
mod here_documents;
mod install;
mod lexer;
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
