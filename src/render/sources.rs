//! The template sources: those that are built in, and those of a directory in their place.

use std::path::Path;

use crate::template::{Diagnostic, Diagnostics, Source, SourceError};

/// The source that the others are included from.
pub(super) const ROOT: &str = "rack.json.j2";

/// The ending that makes a file of a directory a template source.
const ENDING: &str = ".j2";

/// The built-in sources by name.
const BUILT_IN: [(&str, &str); 8] = [
    (ROOT, include_str!("../../templates/rack.json.j2")),
    ("access.json.j2", include_str!("../../templates/access.json.j2")),
    ("build_cache.json.j2", include_str!("../../templates/build_cache.json.j2")),
    ("builds.json.j2", include_str!("../../templates/builds.json.j2")),
    ("mappings.json.j2", include_str!("../../templates/mappings.json.j2")),
    ("metadata.json.j2", include_str!("../../templates/metadata.json.j2")),
    ("network.json.j2", include_str!("../../templates/network.json.j2")),
    ("rules.json.j2", include_str!("../../templates/rules.json.j2")),
];

/// Template sources, each under the name that `include` knows it by.
pub(super) struct TemplateSources {
    sources: Vec<(String, Source)>,
}

impl TemplateSources {
    /// Returns the built-in sources, with those of `directory` before them.
    ///
    /// # Errors
    ///
    /// Returns that the directory or a file in it cannot be read.
    pub(super) fn read(directory: Option<&Path>) -> Result<Self, Diagnostics> {
        let mut sources = match directory {
            Some(directory) => read_directory(directory)?,
            None => Vec::new(),
        };
        for (name, text) in BUILT_IN {
            if !sources.iter().any(|(given, _)| given == name) {
                sources.push((name.to_owned(), Source::new(format!("templates/{name}"), text)));
            }
        }
        Ok(Self { sources })
    }

    /// Returns names and sources.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// Returns the source of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Source> {
        self.iter().find(|(given, _)| *given == name).map(|(_, source)| source)
    }
}

fn read_directory(directory: &Path) -> Result<Vec<(String, Source)>, Diagnostics> {
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read the directory of template sources `{}`: {error}", directory.display());
        Diagnostics::from(Diagnostic::error("template-source", message))
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if let Some(name) = name.to_str().filter(|name| name.ends_with(ENDING)) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        let message = format!("the directory `{}` has no template sources", directory.display());
        let hint = format!("their names end in {ENDING}, such as {ROOT}, and take the place of the built-in ones");
        return Err(Diagnostic::error("template-source", message).hinted(hint).into());
    }
    names.sort_unstable();
    let read = |name: String| Source::read(&directory.join(&name)).map(|source| (name, source));
    names.into_iter().map(read).collect::<Result<_, SourceError>>().map_err(|error| {
        let message = match std::error::Error::source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        Diagnostic::error("template-source", message).into()
    })
}
