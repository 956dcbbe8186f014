//! Arguments that several engines have in common.

use super::super::cache::{Attributes, ImageRef, Mode};
use super::super::request::{BuildArg, BuildRequest, CacheRequest, Secret, SecretSource};
use super::invocation::{Invocation, Need, Note};

/// Grows an argument vector.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments(pub(super) Vec<String>);

impl Arguments {
    pub(super) fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }

    pub(super) fn word(&mut self, word: impl Into<String>) {
        self.0.push(word.into());
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

/// Returns a path that no program takes for a flag.
pub(super) fn path(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// Returns `name=value`, or the name alone where the engine takes the environment's value itself.
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

/// Returns the repository that an engine keeps single layers in, each under a tag of its own.
///
/// Of a whole reference that was given for engines with one tag a cache, the repository is taken; a repository itself has no tag.
///
/// # Errors
///
/// Returns what is wrong with it, or that there is none.
pub(super) fn layer_repository(cache: &CacheRequest) -> Result<ImageRef, String> {
    let text = cache.repository.as_ref().or(cache.reference.as_ref()).ok_or("a registry cache needs a repository")?;
    let reference: ImageRef = text.parse()?;
    if cache.repository.is_some() && (reference.tag.is_some() || reference.digest.is_some()) {
        return Err(format!("`{reference}` is a reference, not a repository: each layer gets a tag of its own there"));
    }
    Ok(ImageRef { tag: None, digest: None, ..reference })
}

/// Says what of a cache has no effect where single layers are kept, which every service and branch shares; `others` are further flags.
pub(super) fn unheeded(request: &BuildRequest, cache: &CacheRequest, others: &[(&'static str, bool)], invocation: &mut Invocation) {
    let main = cache.main_branch.as_deref().unwrap_or("main");
    let has_branch = cache.branch.as_deref().is_some_and(|branch| branch != main);
    let all = [("--service", !request.service.is_empty()), ("--cache-branch", has_branch), ("--cache-mode min", cache.mode == Mode::Min)];
    let given: Vec<String> = all.iter().chain(others).filter(|(_, is_given)| *is_given).map(|(flag, _)| format!("`{flag}`")).collect();
    if given.is_empty() {
        return;
    }
    let (flags, engine) = (given.join(", "), invocation.engine);
    let have = if given.len() == 1 { "has" } else { "have" };
    let message =
        format!("{flags} {have} no effect on the cache: {engine} keeps single layers there, shared by all that use the repository");
    invocation.note(Note::new("cache-flags-unheeded", message).hinted("a repository each keeps services or branches apart"));
}

/// Says which variables the request's secrets come from, and which build arguments look like secrets.
pub(super) fn add_needs(request: &BuildRequest, invocation: &mut Invocation) {
    for secret in &request.secrets {
        if let SecretSource::Environment(name) = &secret.source {
            let purpose = format!("the secret `{}`", secret.id);
            invocation.needs.push(Need { any_of: vec![name.clone()], purpose, required: true });
        }
    }
    let is_secret = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PRIVATE_KEY", "CREDENTIAL"].iter().any(|word| name.contains(word))
    };
    for arg in request.build_args.iter().filter(|arg| is_secret(&arg.name)) {
        invocation.note(
            Note::new(
                "secret-build-arg",
                format!("the build argument `{}` sounds like a secret, and stays readable in the image", arg.name),
            )
            .hinted(format!("`--secret {0}` with `RUN --mount=type=secret,id={0}` leaves no trace", arg.name)),
        );
    }
}
