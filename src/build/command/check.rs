//! What is wrong with a request whatever the engine: texts that no program can be given, names that are none, references that clash.

use crate::diagnostic::{Diagnostic, Diagnostics};

use super::super::cache::{Backend, Direction, ImageRef, check_spec};
use super::super::engine::Engine;
use super::super::request::{BuildRequest, Output, SecretSource};

/// Returns every problem of a request.
pub(super) fn request(request: &BuildRequest, engine: Engine) -> Diagnostics {
    let mut problems = Diagnostics::default();
    no_nul(request, &mut problems);
    names(request, &mut problems);
    tags(request, &mut problems);
    cache(request, engine, &mut problems);
    problems
}

fn error(problems: &mut Diagnostics, rule: &'static str, message: String, hint: &str) {
    problems.push(Diagnostic::error(rule, message).hinted(hint));
}

/// No argument and no variable of a process can hold a NUL.
fn no_nul(request: &BuildRequest, problems: &mut Diagnostics) {
    let cache = request.cache.as_ref();
    let mut texts: Vec<(&str, &str)> = vec![("the directory", &request.context), ("the service", &request.service)];
    let optional = [
        ("the Dockerfile", &request.dockerfile),
        ("the target", &request.target),
        ("the progress", &request.progress),
        ("the BuildKit image", &request.buildkit_image),
    ];
    texts.extend(optional.into_iter().filter_map(|(what, text)| Some((what, text.as_deref()?))));
    for arg in &request.build_args {
        texts.push(("a build argument", &arg.name));
        texts.extend(arg.value.as_deref().map(|value| ("a build argument", value)));
    }
    for secret in &request.secrets {
        let (SecretSource::Environment(source) | SecretSource::File(source)) = &secret.source;
        texts.extend([("a secret", secret.id.as_str()), ("a secret", source)]);
    }
    texts.extend(request.labels.iter().flat_map(|(name, value)| [("a label", name.as_str()), ("a label", value)]));
    for (what, list) in [
        ("an SSH agent", &request.ssh),
        ("a platform", &request.platforms),
        ("a tag", &request.tags),
        ("a further argument", &request.extra),
        ("a driver option", &request.builder.options),
    ] {
        texts.extend(list.iter().map(|text| (what, text.as_str())));
    }
    if let Output::Archive(path) = &request.output {
        texts.push(("the archive", path));
    }
    if let Some(cache) = cache {
        let optional = [&cache.repository, &cache.reference, &cache.branch, &cache.main_branch, &cache.directory, &cache.ttl];
        let s3 = &cache.s3;
        let s3 = [&s3.region, &s3.bucket, &s3.prefix, &s3.blobs_prefix, &s3.manifests_prefix, &s3.endpoint_url, &s3.touch_refresh];
        texts.extend(optional.into_iter().chain(s3).filter_map(|text| Some(("the cache", text.as_deref()?))));
        texts.extend(cache.to.iter().chain(&cache.from).chain(&cache.stages).map(|text| ("the cache", text.as_str())));
    }
    let mut told: Vec<&str> = Vec::new();
    for (what, _) in texts.into_iter().filter(|(_, text)| text.contains('\0')) {
        if !told.contains(&what) {
            told.push(what);
            error(problems, "nul-in-argument", format!("{what} has a NUL in it"), "no program can be given one");
        }
    }
    // Quoted fields of one record: BuildKit's reader takes one line.
    let attributes = request.secrets.iter().flat_map(|secret| match &secret.source {
        SecretSource::Environment(source) | SecretSource::File(source) => [("a secret", secret.id.as_str()), ("a secret", source)],
    });
    let directory = cache.and_then(|cache| cache.directory.as_deref()).map(|directory| ("the cache's directory", directory));
    for (what, text) in attributes.chain(directory).filter(|(_, text)| text.contains(['\n', '\r'])) {
        let text = text.escape_debug();
        error(problems, "line-break-in-attribute", format!("{what} has a line break in it: `{text}`"), "attributes are one line");
    }
}

fn names(request: &BuildRequest, problems: &mut Diagnostics) {
    if request.context.is_empty() || request.context == "-" {
        error(problems, "build-context", format!("`{}` is no directory", request.context), "name the app's directory, such as `.`");
    }
    for (what, text) in [("Dockerfile", &request.dockerfile), ("target", &request.target)] {
        if text.as_deref().is_some_and(str::is_empty) {
            error(problems, "empty-name", format!("the {what} is empty"), "leave it out, or name it");
        }
    }
    if request.dockerfile.as_deref() == Some("-") {
        error(problems, "dockerfile", "the Dockerfile cannot be standard input".to_owned(), "write it to a file");
    }
    for arg in request.build_args.iter().filter(|arg| arg.name.is_empty() || arg.name.contains(['=', '\n', '\r'])) {
        let name = arg.name.escape_debug();
        error(
            problems,
            "build-arg",
            format!("`{name}` is no build argument's name"),
            "it is NAME=VALUE, or NAME for the environment's value",
        );
    }
    for secret in &request.secrets {
        if secret.id.is_empty() {
            error(problems, "secret", "a secret without an id".to_owned(), "it is `id=ID,env=NAME` or `id=ID,src=PATH`");
        }
        match &secret.source {
            SecretSource::Environment(name) if !is_variable(name) => {
                let message = format!("`{}` is no environment variable's name", name.escape_debug());
                error(problems, "secret", message, "letters, digits and `_`, no digit first; the secret's value never goes here");
            }
            SecretSource::File(path) if path.is_empty() => {
                error(problems, "secret", format!("the secret `{}` has no file", secret.id.escape_debug()), "`src=PATH` names it");
            }
            _ => {}
        }
    }
    let mut ids: Vec<&str> = request.secrets.iter().map(|secret| secret.id.as_str()).collect();
    ids.sort_unstable();
    for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
        error(problems, "secret", format!("the secret `{}` is there twice", pair[0].escape_debug()), "give each its own id");
    }
    for ssh in request.ssh.iter().filter(|ssh| ssh.is_empty() || ssh.contains(['\n', '\r'])) {
        let message = format!("`{}` is no SSH agent or key", ssh.escape_debug());
        error(problems, "ssh", message, "`default`, or `ID=SOCKET` or `ID=KEY`");
    }
    for platform in request.platforms.iter().filter(|platform| !is_platform(platform)) {
        let message = format!("`{}` is no platform", platform.escape_debug());
        error(problems, "platform", message, "it is OS/ARCHITECTURE, such as linux/arm64, perhaps with a variant");
    }
    for (name, _) in request.labels.iter().filter(|(name, _)| name.is_empty() || name.contains('=')) {
        error(problems, "label", format!("`{}` is no label's name", name.escape_debug()), "a label is NAME=VALUE");
    }
    let progresses = ["auto", "plain", "tty", "rawjson", "quiet", "none"];
    if let Some(progress) = request.progress.as_deref().filter(|progress| !progresses.contains(progress)) {
        let message = format!("there is no progress `{}`", progress.escape_debug());
        error(problems, "progress", message, "auto, plain, tty, rawjson, quiet or none");
    }
    if !is_builder_name(&request.builder.name) {
        let message = format!("`{}` is no builder's name", request.builder.name.escape_debug());
        error(problems, "builder", message, "a letter, then letters, digits, `_`, `-` and `.`");
    }
}

fn tags(request: &BuildRequest, problems: &mut Diagnostics) {
    for tag in &request.tags {
        match tag.parse::<ImageRef>() {
            Ok(reference) if reference.digest.is_some() => {
                error(problems, "tag", format!("`{tag}` has a digest, which only a finished image has"), "leave it out");
            }
            Ok(_) => {}
            Err(wrong) => problems.push(Diagnostic::error("tag", wrong)),
        }
    }
    if request.output == Output::Push && request.tags.is_empty() {
        error(
            problems,
            "push-without-tag",
            "there is nothing to push: the image has no tag".to_owned(),
            "`--tag REGISTRY/REPOSITORY:TAG` names it",
        );
    }
    if request.output == Output::Archive(String::new()) {
        error(problems, "archive", "the archive has no path".to_owned(), "name the file");
    }
}

fn cache(request: &BuildRequest, engine: Engine, problems: &mut Diagnostics) {
    let Some(cache) = &request.cache else { return };
    let raw = cache.to.iter().map(|text| (text, Direction::Export)).chain(cache.from.iter().map(|text| (text, Direction::Import)));
    let mut written: Vec<ImageRef> = Vec::new();
    for (text, direction) in raw {
        let Some(attributes) = check_spec(text, direction, problems) else { continue };
        let Some(reference) = attributes.get("ref") else { continue };
        match reference.parse::<ImageRef>() {
            Ok(reference) if direction == Direction::Export => written.push(reference),
            Ok(_) => {}
            Err(wrong) => problems.push(Diagnostic::error("cache-reference", wrong)),
        }
    }
    if (!cache.to.is_empty() || !cache.from.is_empty()) && !engine.is_buildkit() {
        let message = format!("{engine} does not take caches in BuildKit's words");
        error(problems, "cache-attributes", message, "`--cache` and `--repository` say it for every engine");
    }
    if matches!(cache.backend, Some(Backend::Registry | Backend::Image)) && engine != Engine::Kaniko && engine != Engine::Buildah {
        match cache.references(&request.service) {
            Ok(references) => written.extend(references.into_iter().next()),
            Err(wrong) => {
                let hint = "`--repository HOST/REPOSITORY` says where the cache goes, `--cache-ref` the whole reference";
                problems.push(Diagnostic::error("cache-reference", wrong).hinted(hint));
            }
        }
    }
    // Another engine says itself that it has no such cache.
    if engine.is_buildkit() {
        let is_missing = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        if cache.backend == Some(Backend::S3) {
            for (what, flag, text) in [("bucket", "--s3-bucket", &cache.s3.bucket), ("region", "--s3-region", &cache.s3.region)] {
                if is_missing(text) {
                    error(problems, "cache-s3", format!("a cache in S3 needs its {what}"), &format!("`{flag}` tells it"));
                }
            }
        }
        if cache.backend == Some(Backend::Local) && is_missing(&cache.directory) {
            error(problems, "cache-directory", "a local cache needs a directory".to_owned(), "`--cache-dir PATH`");
        }
    }
    let images: Vec<ImageRef> = request.tags.iter().filter_map(|tag| tag.parse().ok()).collect();
    for reference in written {
        if images.iter().any(|image| image.canonical() == reference.canonical()) {
            let message = format!("the cache would overwrite the image: both are `{}`", reference.canonical());
            error(problems, "cache-is-image", message, "give the cache a tag or repository of its own");
        }
    }
}

/// Tells whether it is a variable's name as POSIX has it.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_platform(platform: &str) -> bool {
    let parts: Vec<&str> = platform.split('/').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    matches!(parts.len(), 2 | 3) && parts.iter().all(is_word)
}

/// Tells whether buildx takes it as a builder's name.
///
/// Source: <https://docs.docker.com/reference/cli/docker/buildx/create/#name>
fn is_builder_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
