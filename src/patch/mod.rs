//! Adds the build cache to an existing rack template with text edits that keep the existing bytes.
//!
//! Takes a [`Source`] and returns [`Patched`]: the new text and the list of additions. If anything prevents the patch, it returns every
//! problem with its position, and no text. [`model`](crate::model) defines the pieces of the cache; [`cli`](crate::cli) writes files.

mod cache_entries;
mod check;
mod compare;
mod insertion;
mod insertion_order;
mod json;
mod layout;
mod plan;
mod references;
mod sections;
mod tasks;
mod template_capabilities;
mod yaml;

use crate::diagnostic::{Diagnostics, LineColumn, Source};
use crate::template::{Arena, Document, Template};
use crate::text::{Pairs, TextDifference};

/// A template with the build cache added.
#[derive(Clone, Debug)]
pub struct Patched {
    before: Source,
    text: String,
    changes: Vec<Change>,
}

/// One addition to the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path in the document, such as `Resources.BuildCacheFilesystem`.
    pub path: String,
    /// A description for messages, such as ``resource `BuildCacheFilesystem` ``.
    pub what: String,
    /// The position in the new text.
    pub position: LineColumn,
}

impl Patched {
    /// Returns the new text, with the original byte order mark and line ends.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the template already had the whole build cache, so that the text is unchanged.
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the additions in the order of the new text.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns a unified diff with three lines of context; empty if nothing changed.
    pub fn unified_diff(&self) -> String {
        if self.is_unchanged() {
            return String::new();
        }
        let name = self.before.name();
        TextDifference::of(self.before.text(), &self.text, &Pairs::default()).unified(name, name)
    }
}

/// Adds the build cache to the rack template `source`.
///
/// Pieces that the template already has are not changed, so a second run changes nothing; a partial cache is completed.
///
/// # Errors
///
/// Returns an error with every problem: syntax errors, missing requirements of the cache, and entries that have a name of the cache but
/// different content.
pub fn patch(source: &Source) -> Result<Patched, Diagnostics> {
    let arena = Arena::new();
    let document = Document::read(source, &arena)?;
    let template = Template::from_document(&document)?;
    let insertions = plan::plan(&template)?;
    if insertions.is_empty() {
        return Ok(Patched { before: source.clone(), text: source.text().to_owned(), changes: Vec::new() });
    }
    let text = layout::write(&document, &insertions)?;
    let changes = check::check(&document, &insertions, &text)?;
    Ok(Patched { before: source.clone(), text, changes })
}
