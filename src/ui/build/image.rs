//! The output of `rackform build image-key` and `rackform build image`.

use std::path::Path;

use serde::Serialize;

use crate::build::cache_report::CacheReport;
use crate::build::command::is_secret_arg;
use crate::build::image::files::FileKind;
use crate::build::image::{Key, KeyInputs};
use crate::secret::{MASKED, is_secret_value};
use crate::text::hex;
use crate::ui::visible::visible;
use crate::ui::{Layout, styled};

/// A key and its inputs, without the values of build arguments.
#[derive(Clone, Debug, Serialize)]
pub struct KeyView {
    key: Key,
    /// The Dockerfile; `null` if its text was given inline.
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
    /// Whether it has a value, either its own or from the environment.
    has_value: bool,
}

/// A file that is part of the key.
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
    /// Returns the view of a key.
    pub fn new(key: &Key, inputs: &KeyInputs, dockerfile: Option<&Path>) -> Self {
        Self {
            key: key.clone(),
            dockerfile: dockerfile.map(|path| path.display().to_string()),
            target: inputs.target.clone(),
            architecture: inputs.architecture.clone(),
            build_args: inputs
                .build_args
                .iter()
                .map(|(name, value)| ArgumentView { name: name.clone(), has_value: value.is_some() })
                .collect(),
            extra_args: masked(&inputs.extra),
            files: inputs
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

/// Masks the values of build arguments that look like secrets.
fn masked(arguments: &[String]) -> Vec<String> {
    let mut masked = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let text = argument.strip_prefix("--build-arg=").unwrap_or(argument);
        let start = argument.strip_suffix(text).unwrap_or_default();
        masked.push(match text.split_once('=') {
            Some((name, value)) if is_secret_arg(name, Some(value)) => format!("{start}{name}={MASKED}"),
            _ if is_secret_value(argument) => MASKED.to_owned(),
            _ => argument.clone(),
        });
    }
    masked
}

/// How the image was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageSource {
    /// It existed and was not pulled.
    Found,
    /// It existed and was pulled.
    Pulled,
    /// It did not exist and was built and pushed.
    Built,
}

/// An image tagged with its key.
#[derive(Clone, Debug, Serialize)]
pub struct ImageView<'r> {
    key: Key,
    image: String,
    reference: String,
    what: ImageSource,
    /// What the build did, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'r CacheReport>,
}

impl<'r> ImageView<'r> {
    /// Returns the view of an image.
    pub fn new(key: &Key, image: &str, what: ImageSource, cache: Option<&'r CacheReport>) -> Self {
        Self { key: key.clone(), image: image.to_owned(), reference: format!("{image}:{key}"), what, cache }
    }
}

/// Formats the inputs of a key.
pub fn key_inputs(view: &KeyView, layout: Layout) -> String {
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
