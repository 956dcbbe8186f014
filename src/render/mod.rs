//! Turns the typed models and the template sources in `templates/` into a template's bytes.
//!
//! Takes [`RenderOptions`], gives text that the [`template`](crate::template) room has read back, so that it is well-formed,
//! and in which every reference names something that is there. What the template means is for
//! [`evaluate`](crate::evaluate), and whether AWS would take it for [`validate`](crate::validate).

mod compare;
mod environment;
mod filters;
mod references;
mod sources;

use std::path::Path;

pub use compare::{LineDifference, differing_lines};

use crate::model::rack;
use crate::template::{Arena, Diagnostics, Document, Functions, Source, Style, Template, write_json, write_yaml};

/// The form of the rendered text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RenderFormat {
    /// JSON, indented, one entry per line, with a line feed at the end.
    #[default]
    Json,
    /// JSON in one line: a template in a request may be 51,200 bytes long, and one from S3 1 MB.
    MinifiedJson,
    /// YAML with short-form functions.
    Yaml,
}

/// What to render, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions<'a> {
    /// The form of the text.
    pub format: RenderFormat,
    /// A directory whose files take the place of template sources of the same name; others may be added for them to include.
    pub templates: Option<&'a Path>,
}

/// Renders the rack.
///
/// ```
/// use rackform::render::{RenderFormat, RenderOptions, render};
/// let text = render(&RenderOptions { format: RenderFormat::Yaml, templates: None })?;
/// assert!(text.contains("FileSystemId: !Ref BuildCacheFilesystem"));
/// # Ok::<(), rackform::template::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns what is wrong in a template source, at its place there; or, in the rendered text, every problem of syntax and
/// every reference to nothing.
pub fn render(options: &RenderOptions<'_>) -> Result<String, Diagnostics> {
    let sources = sources::TemplateSources::read(options.templates)?;
    let rendered = Source::new("rack.json (rendered)", environment::render(&sources, &rack::rack())?);
    let arena = Arena::new();
    let document = Document::read(&rendered, &arena)?;
    references::check(&Template::from_document(&document)?)?;
    Ok(match options.format {
        RenderFormat::Json => write_json(document.root, &Style::pretty()),
        RenderFormat::MinifiedJson => write_json(document.root, &Style::minified()),
        RenderFormat::Yaml => write_yaml(document.root, Functions::Short),
    })
}
