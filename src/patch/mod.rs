//! Puts the build cache into an existing rack template as text edits, existing bytes kept.
//!
//! Takes a [`Source`], gives [`Patched`]: the new text and what came into it. Everything that stands in the way is told at once, with
//! its place, and then there is no text at all. What the cache consists of is for [`model`](crate::model); writing files is for
//! [`cli`](crate::cli).

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

/// A template with the build cache in it.
#[derive(Clone, Debug)]
pub struct Patched {
    before: Source,
    text: String,
    changes: Vec<Change>,
}

/// One thing that came into the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where in the document: `Resources.BuildCacheFilesystem`.
    pub path: String,
    /// What it is, for people: ``resource `BuildCacheFilesystem` ``.
    pub what: String,
    /// Where it stands in the new text.
    pub place: LineColumn,
}

impl Patched {
    /// Returns the new text, byte order mark and line ends as they were.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether the template held the whole build cache already, so that the text is what it was.
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns what came in, in the order of the new text.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns the difference as a unified diff with three lines of context; empty when nothing changed.
    pub fn unified_diff(&self) -> String {
        if self.is_unchanged() {
            return String::new();
        }
        let name = self.before.name();
        similar::TextDiff::from_lines(self.before.text(), &self.text).unified_diff().context_radius(3).header(name, name).to_string()
    }
}

/// Puts the build cache into the rack template `source`.
///
/// The same pieces in the template already are left as they stand, so a second run changes nothing; a cache that is there in
/// part is completed.
///
/// # Errors
///
/// Returns every problem: of syntax; of what the template lacks for the cache; of what stands under the cache's names with other content.
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
