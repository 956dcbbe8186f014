//! The template sources: the built-in ones, and those of a directory that replace them.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, SourceError, Span};

/// The source that includes the others.
pub(super) const ROOT: &str = "rack.json.j2";

/// The file extension of template sources.
const ENDING: &str = ".j2";

/// The built-in sources by name.
const BUILT_IN: [(&str, &str); 6] = [
    (ROOT, include_str!("../../templates/rack.json.j2")),
    ("autoscale.py.j2", include_str!("../../templates/autoscale.py.j2")),
    ("lifecycle.py.j2", include_str!("../../templates/lifecycle.py.j2")),
    ("mappings.json.j2", include_str!("../../templates/mappings.json.j2")),
    ("rules.json.j2", include_str!("../../templates/rules.json.j2")),
    ("user_data.yaml.j2", include_str!("../../templates/user_data.yaml.j2")),
];

/// Built-in sources of earlier releases. They listed logical IDs or parameters, whose order now comes from the models.
const REMOVED: [&str; 5] = ["access.json.j2", "build_cache.json.j2", "builds.json.j2", "metadata.json.j2", "network.json.j2"];

/// Template sources, each with the name that `include` uses.
pub(super) struct TemplateSources {
    sources: Vec<(String, Source)>,
}

impl TemplateSources {
    /// Returns the sources of `directory` and the built-in sources that it does not replace.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory or a file in it cannot be read, or if it replaces a source that no longer exists.
    pub(super) fn read(directory: Option<&Path>) -> Result<Self, Diagnostics> {
        let mut sources = match directory {
            Some(directory) => {
                let sources = read_directory(directory)?;
                refuse_removed(&sources)?;
                sources
            }
            None => Vec::new(),
        };
        for (name, text) in BUILT_IN {
            if !sources.iter().any(|(own, _)| own == name) {
                sources.push((name.to_owned(), Source::new(format!("templates/{name}"), text)));
            }
        }
        Ok(Self { sources })
    }

    /// Returns names and sources.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// Returns the source with this name.
    pub(super) fn get(&self, name: &str) -> Option<&Source> {
        self.iter().find(|(own, _)| *own == name).map(|(_, source)| source)
    }
}

/// Refuses files that would have replaced a removed built-in source, because nothing includes them any more.
fn refuse_removed(sources: &[(String, Source)]) -> Result<(), Diagnostics> {
    let included = |name: &str| sources.iter().any(|(_, source)| source.text().contains(name));
    let mut problems = Diagnostics::default();
    for (name, source) in sources.iter().filter(|(name, _)| REMOVED.contains(&name.as_str()) && !included(name)) {
        let message = format!("no built-in template source includes `{name}` any more");
        let hint = format!("change the section in {ROOT} instead, for example `\"Resources\": {{ {{{{ resources | entries }}}}, ... }}`");
        problems.push(Diagnostic::error("template-source", message).at(source, Span::new(0, 0), "").hinted(hint));
    }
    problems.into_result(())
}

fn read_directory(directory: &Path) -> Result<Vec<(String, Source)>, Diagnostics> {
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read the template source directory `{}`: {error}", directory.display());
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
        let message = format!("the directory `{}` contains no template sources", directory.display());
        let hint = format!("file names end in {ENDING}; a file such as {ROOT} replaces the built-in source of the same name");
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
