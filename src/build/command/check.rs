//! Checks that apply to every engine: texts that no program accepts, invalid names, conflicting references.

use crate::diagnostic::Diagnostics;

use super::super::cache::{Backend, Direction, ImageRef, check_spec};
use super::super::engine::Engine;
use super::super::platform::check_platform;
use super::super::request::{BuildRequest, BuilderRequest, Output, SecretSource};
use super::problem::{CommandHint, Problem, Problems};
use super::secret_args;

/// Returns all problems of a request that no version of the engine accepts.
pub fn request(request: &BuildRequest, engine: Engine) -> Problems {
    let mut problems = Problems::default();
    no_nul(request, &mut problems);
    names(request, &mut problems);
    tags(request, &mut problems);
    cache(request, engine, &mut problems);
    secret_args::check(request, engine, &mut problems);
    problems
}

fn error(problems: &mut Problems, rule: &'static str, message: String, hint: impl Into<CommandHint>) {
    problems.push(Problem::new(rule, message).hinted(hint));
}

/// Arguments and environment variables of a process cannot contain a NUL character.
fn no_nul(request: &BuildRequest, problems: &mut Problems) {
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
        ("a tag", &request.optional_tags),
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
    let mut reported: Vec<&str> = Vec::new();
    for (what, _) in texts.into_iter().filter(|(_, text)| text.contains('\0')) {
        if !reported.contains(&what) {
            reported.push(what);
            error(
                problems,
                "nul-in-argument",
                format!("{what} contains a NUL character"),
                "remove it; no program accepts it in an argument",
            );
        }
    }
    // Attributes are one CSV record, and BuildKit reads only one line.
    let attributes = request.secrets.iter().flat_map(|secret| match &secret.source {
        SecretSource::Environment(source) | SecretSource::File(source) => [("a secret", secret.id.as_str()), ("a secret", source)],
    });
    let directory = cache.and_then(|cache| cache.directory.as_deref()).map(|directory| ("the cache's directory", directory));
    for (what, text) in attributes.chain(directory).filter(|(_, text)| text.contains(['\n', '\r'])) {
        let text = text.escape_debug();
        error(problems, "line-break-in-attribute", format!("{what} contains a line break: `{text}`"), "remove it; attributes are one line");
    }
}

fn names(request: &BuildRequest, problems: &mut Problems) {
    if request.context.is_empty() || request.context == "-" {
        error(problems, "build-context", format!("invalid directory `{}`", request.context), "specify the app's directory, such as `.`");
    }
    for (what, text) in [("Dockerfile", &request.dockerfile), ("target", &request.target)] {
        if text.as_deref().is_some_and(str::is_empty) {
            error(problems, "empty-name", format!("the {what} is empty"), "omit it, or specify a name");
        }
    }
    if request.dockerfile.as_deref() == Some("-") {
        error(problems, "dockerfile", "cannot read the Dockerfile from standard input".to_owned(), "write it to a file");
    }
    for arg in
        request.build_args.iter().filter(|arg| arg.name.is_empty() || arg.name.contains(|part: char| part == '=' || part.is_whitespace()))
    {
        let name = arg.name.escape_debug();
        error(
            problems,
            "build-arg",
            format!("invalid build argument name `{name}`"),
            "write NAME=VALUE, or NAME for the value of the environment variable",
        );
    }
    for secret in &request.secrets {
        if secret.id.is_empty() {
            error(problems, "secret", "a secret has no ID".to_owned(), "write `id=ID,env=NAME` or `id=ID,src=PATH`");
        }
        match &secret.source {
            SecretSource::Environment(name) if !is_variable(name) => {
                let message = format!("invalid environment variable name `{}`", name.escape_debug());
                error(problems, "secret", message, "use letters, digits and `_`, and no digit first; do not write the secret's value here");
            }
            SecretSource::File(path) if path.is_empty() => {
                error(problems, "secret", format!("the secret `{}` has no file", secret.id.escape_debug()), "specify it with `src=PATH`");
            }
            _ => {}
        }
    }
    let mut ids: Vec<&str> = request.secrets.iter().map(|secret| secret.id.as_str()).collect();
    ids.sort_unstable();
    for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
        error(problems, "secret", format!("duplicate secret `{}`", pair[0].escape_debug()), "use a different ID for each secret");
    }
    for ssh in request.ssh.iter().filter(|ssh| ssh.is_empty() || ssh.contains(['\n', '\r'])) {
        let message = format!("invalid SSH agent or key `{}`", ssh.escape_debug());
        error(problems, "ssh", message, "write `default`, `ID=SOCKET` or `ID=KEY`");
    }
    for unknown in request.platforms.iter().filter_map(|platform| check_platform(platform).err()) {
        error(problems, "platform", unknown.message, unknown.hint);
    }
    for (name, _) in request.labels.iter().filter(|(name, _)| name.is_empty() || name.contains('=')) {
        error(problems, "label", format!("invalid label name `{}`", name.escape_debug()), "write NAME=VALUE");
    }
    let progresses = ["auto", "plain", "tty", "rawjson", "quiet", "none"];
    if let Some(progress) = request.progress.as_deref().filter(|progress| !progresses.contains(progress)) {
        let message = format!("unknown progress format `{}`", progress.escape_debug());
        error(problems, "progress", message, "use auto, plain, tty, rawjson, quiet or none");
    }
    if !BuilderRequest::is_name(&request.builder.name) {
        let message = format!("invalid builder name `{}`", request.builder.name.escape_debug());
        error(problems, "builder", message, "use a letter, then letters, digits, `_`, `-` and `.`");
    }
}

fn tags(request: &BuildRequest, problems: &mut Problems) {
    for tag in request.tags.iter().chain(&request.optional_tags) {
        match tag.parse::<ImageRef>() {
            Ok(reference) if reference.digest.is_some() => {
                error(
                    problems,
                    "tag",
                    format!("the tag `{tag}` contains a digest, which is known only after the build"),
                    "remove the digest",
                );
            }
            Ok(_) => {}
            Err(message) => problems.push(Problem::new("tag", message)),
        }
    }
    if request.output == Output::Push && request.tags.is_empty() {
        error(problems, "push-without-tag", "cannot push an image without a tag".to_owned(), CommandHint::NameImage);
    }
    if request.output == Output::Archive(String::new()) {
        error(problems, "archive", "the path of the archive is empty".to_owned(), "specify a file");
    }
}

fn cache(request: &BuildRequest, engine: Engine, problems: &mut Problems) {
    let Some(cache) = &request.cache else { return };
    let raw = cache.to.iter().map(|text| (text, Direction::Export)).chain(cache.from.iter().map(|text| (text, Direction::Import)));
    let mut written: Vec<ImageRef> = Vec::new();
    for (text, direction) in raw {
        let mut found = Diagnostics::default();
        let attributes = check_spec(text, direction, &mut found);
        problems.0.extend(Problems::from(found).0);
        let Some(attributes) = attributes else { continue };
        let Some(reference) = attributes.get("ref") else { continue };
        match reference.parse::<ImageRef>() {
            Ok(reference) if direction == Direction::Export => {
                // Since 0.11: https://github.com/moby/buildkit/blob/v0.32.2/control/control.go (findDuplicateCacheOptions)
                if attributes.get("type") == Some("registry") && written.iter().any(|other| other.canonical() == reference.canonical()) {
                    let message = format!("two caches are written to `{}`", reference.canonical());
                    error(problems, "cache-attributes", message, "BuildKit refuses the build: use a different tag for each cache");
                }
                written.push(reference);
            }
            Ok(_) => {}
            Err(message) => problems.push(Problem::new("cache-reference", message)),
        }
    }
    if (!cache.to.is_empty() || !cache.from.is_empty()) && !engine.is_buildkit() {
        let message = format!("{engine} does not support caches with BuildKit attributes");
        error(problems, "cache-attributes", message, CommandHint::UseCommonCacheOptions);
    }
    if matches!(cache.backend, Some(Backend::Registry | Backend::Image)) && engine != Engine::Kaniko && engine != Engine::Buildah {
        match cache.references(&request.service, &request.dimensions()) {
            Ok(references) => written.extend(references.into_iter().next()),
            Err(message) => {
                problems.push(Problem::new("cache-reference", message).hinted(CommandHint::SetRepositoryOrReference));
            }
        }
    }
    // The other engines report that they do not support such a cache.
    if engine.is_buildkit() {
        let is_missing = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        if cache.backend == Some(Backend::S3) {
            let required = [("bucket", CommandHint::SetS3Bucket, &cache.s3.bucket), ("region", CommandHint::SetS3Region, &cache.s3.region)];
            for (what, hint, _) in required.into_iter().filter(|(.., text)| is_missing(text)) {
                error(problems, "cache-s3", format!("a cache in S3 requires a {what}"), hint);
            }
        }
        if let Some(endpoint) = cache.s3.endpoint_url.as_deref().filter(|_| cache.backend == Some(Backend::S3)) {
            let is_url = url::Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !is_url {
                let message = format!("invalid endpoint `{}` of the S3 cache", endpoint.escape_debug());
                error(problems, "cache-s3", message, "write it with its scheme, such as http://127.0.0.1:9000");
            }
        }
        if cache.backend == Some(Backend::Local) && is_missing(&cache.directory) {
            error(problems, "cache-directory", "a local cache requires a directory".to_owned(), CommandHint::SetCacheDirectory);
        }
    }
    let images: Vec<ImageRef> = request.tags.iter().filter_map(|tag| tag.parse().ok()).collect();
    for reference in written {
        if images.iter().any(|image| image.canonical() == reference.canonical()) {
            let message = format!("the cache would overwrite the image: both are `{}`", reference.canonical());
            error(problems, "cache-is-image", message, "use another tag or repository for the cache");
        }
    }
}

/// Returns whether the text is the name of a variable according to POSIX.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
