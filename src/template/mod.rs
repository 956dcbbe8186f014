//! The CloudFormation document: JSON and YAML in, a tree with places, intrinsic functions as types, JSON and YAML out,
//! and edits in place.
//!
//! Takes a [`Source`], gives a [`Document`] (any JSON or YAML) or a [`Template`] (its sections). What a template *means*
//! is for [`evaluate`](crate::evaluate).

mod diagnostic;
mod edit;
mod intrinsic;
mod json;
mod node;
mod sections;
mod source;
#[expect(clippy::module_inception, reason = "the file is named for the thing inside")]
mod template;

pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity, did_you_mean};
pub use edit::{EditError, Edits, Place, Style};
pub use intrinsic::Intrinsic;
pub use node::{Arena, Kind, Member, Node};
pub use source::{LineColumn, MAX_SOURCE_BYTES, Source, SourceError, Span};
pub use template::{Entry, Section, Template};
use template::{LANGUAGE_EXTENSIONS, transforms};

/// The text form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML, with CloudFormation's short-form tags.
    Yaml,
}

/// A document that was read, whatever it is of.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The text it was read from.
    pub source: &'a Source,
    /// Its text form.
    pub format: Format,
    /// Its one value.
    pub root: &'a Node<'a>,
}

impl<'a> Document<'a> {
    /// Reads JSON or YAML, told apart by the first character that is not blank: `{` or `[` starts JSON.
    ///
    /// # Errors
    ///
    /// Returns every problem of syntax, duplicate keys (naming both places), and what is too deep.
    pub fn read(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        let text = source.text().trim_start_matches('\u{feff}').trim_start();
        if text.is_empty() || text.starts_with(['{', '[']) {
            return Ok(Self { source, format: Format::Json, root: json::read(source, arena)? });
        }
        Err(Diagnostic::error("not-yet", "YAML is not here yet").into())
    }
}

/// Returns the problem of a key that stands twice in one object.
fn duplicate_key(source: &Source, key: &str, earlier: Span, later: Span) -> Diagnostic {
    let line = source.line_column(earlier.start).line;
    Diagnostic::error("duplicate-key", format!("the key `{key}` stands twice in one object"))
        .at(source, later, "again here")
        .at(source, earlier, "first here")
        .hinted(format!("only one would count; take out this one or the one in line {line}"))
}
