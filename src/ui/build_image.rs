//! Content-addressed images, shown.

use std::path::Path;

use serde::Serialize;

use super::layout::visible;
use super::{Layout, styled};
use crate::build::image::files::FileKind;
use crate::build::image::{Key, KeyInputs};
use crate::text::hex;

/// A key and what it is made of; values of build arguments are not shown.
#[derive(Clone, Debug, Serialize)]
pub struct KeyView {
    key: Key,
    /// The file, or `null` where the text was given.
    dockerfile: Option<String>,
    target: Option<String>,
    architecture: String,
    build_args: Vec<ArgumentView>,
    extra_args: Vec<String>,
    files: Vec<FileView>,
}

/// A build argument without its value.
#[derive(Clone, Debug, Serialize)]
struct ArgumentView {
    name: String,
    /// Whether it has a value, its own or the environment's.
    has_value: bool,
}

/// A file that counts.
#[derive(Clone, Debug, Serialize)]
struct FileView {
    path: String,
    part: Option<String>,
    kind: FileKind,
    link: Option<String>,
    sha256: String,
    size_bytes: u64,
}

impl KeyView {
    /// Returns what there is to show of a key.
    pub fn new(key: &Key, ingredients: &KeyInputs, dockerfile: Option<&Path>) -> Self {
        Self {
            key: key.clone(),
            dockerfile: dockerfile.map(|path| path.display().to_string()),
            target: ingredients.target.clone(),
            architecture: ingredients.architecture.clone(),
            build_args: ingredients
                .build_args
                .iter()
                .map(|(name, value)| ArgumentView { name: name.clone(), has_value: value.is_some() })
                .collect(),
            extra_args: ingredients.extra.clone(),
            files: ingredients
                .files
                .iter()
                .map(|file| FileView {
                    path: file.path.clone(),
                    part: file.part.clone(),
                    kind: file.kind,
                    link: file.link.clone(),
                    sha256: hex(file.sha256),
                    size_bytes: file.size_bytes,
                })
                .collect(),
        }
    }
}

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It was there, and nothing was pulled.
    Found,
    /// It was there, and was pulled.
    Pulled,
    /// It was built and pushed.
    Built,
}

/// An image under its key.
#[derive(Clone, Debug, Serialize)]
pub struct ImageView {
    key: Key,
    image: String,
    reference: String,
    what: What,
}

impl ImageView {
    /// Returns what there is to show of an image.
    pub fn new(key: &Key, image: &str, what: What) -> Self {
        Self { key: key.clone(), image: image.to_owned(), reference: format!("{image}:{key}"), what }
    }
}

/// Returns what a key is made of, for a person.
pub fn ingredients(view: &KeyView, layout: Layout) -> String {
    let mut text = String::new();
    let mut line =
        |name: &str, value: &str| text.push_str(&format!("{} {}\n", styled(layout.styles.dim, format!("{name:14}")), visible(value)));
    line("dockerfile", view.dockerfile.as_deref().unwrap_or("(inline)"));
    line("target", view.target.as_deref().unwrap_or("(the last stage)"));
    line("architecture", &view.architecture);
    for argument in &view.build_args {
        line("build argument", &format!("{}{}", argument.name, if argument.has_value { "" } else { " (no value)" }));
    }
    for argument in &view.extra_args {
        line("extra argument", argument);
    }
    for file in &view.files {
        let part = file.part.as_deref().map(|part| format!("#{part}")).unwrap_or_default();
        line("file", &format!("{}{part}  {}", file.path, file.sha256.get(..12).unwrap_or_default()));
    }
    text
}
