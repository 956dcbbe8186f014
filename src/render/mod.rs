//! Renders the typed models and the template sources in `templates/` as the text of a template.
//!
//! Takes [`RenderOptions`]; returns text that is well-formed, because [`template`](crate::template) has parsed it, and in which every
//! reference resolves to an entry of the template. Evaluating the template is left to [`evaluate`](crate::evaluate), and checking
//! whether CloudFormation would accept it to [`validate`](crate::validate).

mod compare;
mod environment;
mod filters;
mod references;
mod sources;

use std::path::Path;

pub use compare::{LineDifference, differing_lines};

use crate::diagnostic::{Diagnostics, Source};
use crate::model::{Sections, rack};
use crate::template::{Arena, Document, Functions, Node, Style, Template, write_json, write_yaml};

/// The name of the rendered rack as a source of diagnostics.
pub const RENDERED_RACK: &str = "rack.json (rendered)";

/// The form of the rendered text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RenderFormat {
    /// Indented JSON, one entry per line, with a final line feed.
    #[default]
    Json,
    /// JSON on one line. CloudFormation accepts 51,200 bytes in a request and 1 MB in S3.
    MinifiedJson,
    /// YAML with short-form functions.
    Yaml,
}

/// Options of [`render`].
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions<'a> {
    /// The form of the text.
    pub format: RenderFormat,
    /// A directory whose files replace the built-in template sources of the same names; it can have more files for these to include.
    pub templates: Option<&'a Path>,
}

/// Renders the rack.
///
/// ```
/// use rackform::render::{RenderFormat, RenderOptions, render};
/// let text = render(&RenderOptions { format: RenderFormat::Yaml, templates: None })?;
/// assert!(text.contains("FileSystemId: !Ref BuildCacheFilesystem"));
/// # Ok::<(), rackform::diagnostic::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns an error if a template source is invalid, with its position there, or if the rendered text has syntax errors or unresolved
/// references.
pub fn render(options: &RenderOptions<'_>) -> Result<String, Diagnostics> {
    render_sections(&rack::rack(), options)
}

/// Renders a rack with these sections instead of those of [`rack::rack`].
///
/// # Errors
///
/// Returns the same errors as [`render`].
pub fn render_sections(rack: &Sections, options: &RenderOptions<'_>) -> Result<String, Diagnostics> {
    let sources = sources::TemplateSources::read(options.templates)?;
    let rendered = Source::new(RENDERED_RACK, environment::render(&sources, rack)?);
    let arena = Arena::new();
    let document = Document::read(&rendered, &arena)?;
    references::check(&Template::from_document(&document)?)?;
    Ok(to_text(document.root, options.format))
}

/// Writes a document in a form of [`render`].
pub fn to_text(root: &Node<'_>, format: RenderFormat) -> String {
    match format {
        RenderFormat::Json => write_json(root, &Style::pretty()),
        RenderFormat::MinifiedJson => write_json(root, &Style::minified()),
        RenderFormat::Yaml => write_yaml(root, Functions::Short),
    }
}
