//! Arguments that several engines have in common.

use super::super::cache::{Attributes, ImageRef, Mode};
use super::super::request::{BuildArg, BuildRequest, CacheRequest, Secret, SecretSource};
use super::invocation::{Invocation, Need, Note};
use super::problem::{CacheSetting, CommandHint};

/// An argument vector under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments(pub(super) Vec<String>);

impl Arguments {
    pub(super) fn new(arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(arguments.into_iter().map(Into::into).collect())
    }

    pub(super) fn argument(&mut self, argument: impl Into<String>) {
        self.0.push(argument.into());
    }

    /// Adds a flag and its value as two arguments.
    pub(super) fn flag(&mut self, name: &str, value: impl Into<String>) {
        self.0.extend([name.to_owned(), value.into()]);
    }

    pub(super) fn flag_if_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.flag(name, value);
        }
    }
}

/// Returns the path in a form that no program parses as a flag.
pub(super) fn path(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// Returns `name=value`, or only the name if the engine reads the value from the environment.
pub(super) fn build_arg(arg: &BuildArg) -> String {
    match &arg.value {
        Some(value) => format!("{}={value}", arg.name),
        None => arg.name.clone(),
    }
}

/// Returns `id=...,env=...` or `id=...,src=...`.
pub(super) fn secret(secret: &Secret) -> String {
    let attributes = Attributes::new().with("id", &secret.id);
    match &secret.source {
        SecretSource::Environment(name) => attributes.with("env", name),
        SecretSource::File(path) => attributes.with("src", path),
    }
    .to_string()
}

/// Returns the repository of an engine that caches each layer under its own tag.
///
/// If the request has a complete reference instead, as engines with one tag for each cache use it, returns the repository of the reference.
///
/// # Errors
///
/// Returns an error if the request has neither a repository nor a reference, or if it is invalid.
pub(super) fn layer_repository(cache: &CacheRequest) -> Result<ImageRef, String> {
    let text = cache.repository.as_ref().or(cache.reference.as_ref()).ok_or("a registry cache requires a repository")?;
    let reference: ImageRef = text.parse()?;
    if cache.repository.is_some() && (reference.tag.is_some() || reference.digest.is_some()) {
        return Err(format!("`{reference}` is a reference, not a repository: the engine tags each layer itself"));
    }
    Ok(ImageRef { tag: None, digest: None, ..reference })
}

/// Adds a note about cache settings without effect on an engine that caches single layers, which all services and branches share.
///
/// `others` are further settings, each with whether the request contains it.
pub(super) fn note_ignored_settings(
    request: &BuildRequest,
    cache: &CacheRequest,
    others: &[(CacheSetting, bool)],
    invocation: &mut Invocation,
) {
    let main = cache.main_branch.as_deref().unwrap_or("main");
    let has_branch = cache.branch.as_deref().is_some_and(|branch| branch != main);
    let common = [
        (CacheSetting::Service, !request.service.is_empty()),
        (CacheSetting::Branch, has_branch),
        (CacheSetting::ModeMin, cache.mode == Mode::Min),
    ];
    let ignored: Vec<CacheSetting> = common.iter().chain(others).filter(|(_, is_set)| *is_set).map(|(setting, _)| *setting).collect();
    if ignored.is_empty() {
        return;
    }
    let message = format!(
        "{} ignores some cache settings: it caches single layers, which all builds with the same repository share",
        invocation.engine
    );
    invocation.note(Note::new("cache-settings-ignored", message).hinted(CommandHint::IgnoredCacheSettings(ignored)));
}

/// Adds the variables that the request's secrets are read from.
pub(super) fn add_needs(request: &BuildRequest, invocation: &mut Invocation) {
    for secret in &request.secrets {
        if let SecretSource::Environment(name) = &secret.source {
            let purpose = format!("the secret `{}`", secret.id);
            invocation.needs.push(Need { any_of: vec![name.clone()], purpose, required: true });
        }
    }
}
