//! Plans `/kaniko/executor` of the osscontainertools fork.
//!
//! Source: <https://github.com/osscontainertools/kaniko#additional-flags>

use super::super::cache::{Backend, Compression, ImageRef, cache_tag};
use super::super::engine::{EngineFacts, Kaniko, Support};
use super::super::request::{BuildRequest, CacheRequest, ImageFormat, Output};
use super::arguments::{self, Arguments};
use super::problem::{CacheSetting, CommandHint, Problem, Problems};
use super::{Invocation, Note, Step};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = Problems::default();
    let mut invocation = Invocation::new(facts.engine);
    let kaniko = Kaniko(facts.version.clone());
    arguments::add_needs(request, &mut invocation);
    if kaniko.uses_oci_stages() {
        // As in the rack's builder: multi-stage images keep the media types of older versions.
        invocation.environment.insert("FF_KANIKO_OCI_STAGES".to_owned(), "0".to_owned());
    }
    if kaniko.0.is_none() {
        let message = "the version of kaniko is unknown: assuming a current one";
        invocation.note(Note::new("unknown-version", message).hinted(CommandHint::SetEngineVersion { minimum: None }));
    }
    if !kaniko.extracts_safely() {
        let message = format!("{} follows symbolic links out of the directory when it extracts an image or archive", kaniko.description());
        invocation.note(Note::new("kaniko-extraction", message).hinted("use 1.28.0 or later, or build only from images that you trust"));
    }
    let mut argv = Arguments::new([facts.program()]);
    // kaniko fetches a context with a URL itself.
    let kind = if request.context.contains("://") { "" } else { "dir://" };
    argv.argument(format!("--context={kind}{}", request.context));
    if let Some(dockerfile) = &request.dockerfile {
        argv.argument(format!("--dockerfile={dockerfile}"));
    }
    if let Some(target) = &request.target {
        argv.argument(format!("--target={target}"));
    }
    for tag in &request.tags {
        argv.argument(format!("--destination={tag}"));
    }
    for arg in &request.build_args {
        argv.argument(format!("--build-arg={}", arguments::build_arg(arg)));
    }
    for (name, value) in &request.labels {
        argv.argument(format!("--label={name}={value}"));
    }
    match request.platforms.as_slice() {
        [] => {}
        [platform] => argv.argument(format!("--custom-platform={platform}")),
        _ => problems.push(
            Problem::new("platform", "kaniko builds for one platform at a time")
                .hinted("build each image on its own architecture, and create a manifest list"),
        ),
    }
    secrets(request, &kaniko, &mut argv, &mut invocation, &mut problems);
    if let Some(cache) = &request.cache {
        layers(request, cache, &kaniko, &mut argv, &mut invocation, &mut problems);
        mounts(cache, &kaniko, &mut invocation);
    }
    output(request, &kaniko, &mut argv, &mut invocation, &mut problems);
    registries(request, &mut argv);
    if request.pull {
        invocation.note(Note::new("pull", "kaniko always pulls base images"));
    }
    argv.0.extend(request.extra.iter().cloned());
    invocation.steps.push(Step::new("build the image", argv.0));
    problems.into_result(invocation)
}

fn secrets(request: &BuildRequest, kaniko: &Kaniko, argv: &mut Arguments, invocation: &mut Invocation, problems: &mut Problems) {
    match kaniko.secrets() {
        _ if request.secrets.is_empty() => {}
        Support::Always => {}
        Support::OptIn => {
            invocation.environment.insert("FF_KANIKO_RUN_MOUNT_SECRET".to_owned(), "true".to_owned());
        }
        Support::Never => problems.push(
            Problem::new("secret", format!("{} does not support build secrets", kaniko.description()))
                .hinted(CommandHint::SetEngineVersion { minimum: Some("1.27.0") }),
        ),
    }
    for secret in &request.secrets {
        argv.argument(format!("--secret={}", arguments::secret(secret)));
    }
    if !request.ssh.is_empty() {
        problems.push(Problem::new("ssh", "kaniko does not support SSH agents").hinted("pass the key as a secret"));
    }
}

/// Adds the options for cached layers.
fn layers(
    request: &BuildRequest,
    cache: &CacheRequest,
    kaniko: &Kaniko,
    argv: &mut Arguments,
    invocation: &mut Invocation,
    problems: &mut Problems,
) {
    let cache_repo = match cache.backend {
        Some(Backend::Registry) => match arguments::layer_repository(cache) {
            Ok(repository) => repository.to_string(),
            Err(message) => {
                let hint = CommandHint::SetLayerRepositoryOrDirectory;
                return problems.push(Problem::new("cache-repository", message).hinted(hint));
            }
        },
        Some(Backend::Local) => {
            if !kaniko.has_oci_cache() {
                let message = format!("{} cannot cache layers in a directory, which requires 1.9.2", kaniko.description());
                problems.push(Problem::new("cache-backend", message));
            }
            let Some(directory) = cache.directory.as_deref() else {
                return problems
                    .push(Problem::new("cache-directory", "a local cache requires a directory").hinted(CommandHint::SetCacheDirectory));
            };
            // kaniko appends `:` and a key to the path, so the layers of `/cache` would be beside the volume that is mounted there, and
            // lost. One directory for each service: kaniko does not lock it, and two simultaneous builds may overwrite each other's layers.
            // One for each platform: kaniko's keys do not contain it (https://github.com/osscontainertools/kaniko/pull/1029).
            let name = request.dimensions().without_target().tag(&cache_tag(&request.service));
            format!("oci:{}/{name}", directory.trim_end_matches('/'))
        }
        Some(Backend::Mounts) | None => return,
        Some(backend) => {
            return problems.push(
                Problem::new("cache-backend", format!("kaniko does not support {backend} caches")).hinted(
                    "it caches layers in a registry (`registry`) or a directory (`oci`), and directories of cache mounts (`mounts`)",
                ),
            );
        }
    };
    for flag in kaniko.cache_key_flags() {
        invocation.environment.insert((*flag).to_owned(), "true".to_owned());
    }
    argv.argument("--cache=true");
    argv.argument(format!("--cache-repo={cache_repo}"));
    if request.no_cache {
        // With this limit every cached layer is too old: kaniko ignores it and writes a new one.
        argv.argument("--cache-ttl=0s");
        invocation.note(Note::new("no-cache", "the build does not read the cache, but writes it for the next build"));
    } else if let Some(ttl) = &cache.ttl {
        argv.argument(format!("--cache-ttl={ttl}"));
    }
    match cache.compression {
        Some(Compression::Uncompressed) => argv.argument("--compressed-caching=false"),
        Some(Compression::Estargz) => {
            invocation.note(Note::new("compression", "kaniko does not support estargz: compressing layers with gzip"))
        }
        Some(Compression::Zstd) => argv.argument("--compression=zstd"),
        Some(Compression::Gzip) | None => {}
    }
    invocation.cache_to.push(cache_repo.clone());
    if !request.no_cache {
        invocation.cache_from.push(cache_repo);
    }
    if cache.backend == Some(Backend::Registry) {
        let others = [(CacheSetting::ForceCompression, cache.force_compression)];
        arguments::note_ignored_settings(request, cache, &others, invocation);
    }
    writability(request, cache, kaniko, invocation);
}

/// Adds notes about a cache that cannot be written, and about a repository that builds for several platforms share.
///
/// kaniko asks the registry for permission to push before it builds: to push the image, or with `--no-push` the cache. If a layer of the
/// cache cannot be pushed later, it warns and exits with 0. Source: `CheckPushPermissions` in
/// <https://github.com/osscontainertools/kaniko/blob/v1.27.5/pkg/executor/push.go>, and the end of `build` in
/// <https://github.com/osscontainertools/kaniko/blob/v1.27.5/pkg/executor/build.go>; observed with 1.27.5.
fn writability(request: &BuildRequest, cache: &CacheRequest, kaniko: &Kaniko, invocation: &mut Invocation) {
    let in_registry = cache.backend == Some(Backend::Registry);
    let checks_first = in_registry && request.output != Output::Push;
    let message = match (checks_first, cache.strict) {
        (true, _) => {
            "kaniko fails before the build if it may not push to its cache repository, because the image is not pushed; later errors are only warnings"
        }
        (false, true) => "kaniko has no strict mode: if it cannot write its cache, it warns and exits with 0",
        (false, false) => "if kaniko cannot write its cache, it warns and exits with 0",
    };
    let note = Note::new("cache-must-be-writable", message);
    let repository = arguments::layer_repository(cache).ok().filter(|_| in_registry);
    let is_ecr = repository.as_ref().is_some_and(ImageRef::is_ecr);
    invocation.note(if is_ecr { note.hinted("in ECR the repository must exist and have mutable tags") } else { note });
    let is_foreign = request.platforms.first().or(request.native_platform.as_ref()).is_some_and(|platform| !platform.ends_with("amd64"));
    if in_registry && is_foreign {
        let message = format!(
            "{} does not distinguish platforms in its cache: after `FROM scratch` or an image for one platform, it uses layers of another one",
            kaniko.description()
        );
        invocation.note(Note::new("kaniko-platform", message).hinted("use one cache repository for each platform"));
    }
}

/// Adds the setting for directories of `RUN --mount=type=cache`, and a note about where they are stored.
fn mounts(cache: &CacheRequest, kaniko: &Kaniko, invocation: &mut Invocation) {
    let support = kaniko.cache_mounts();
    if support == Support::OptIn {
        invocation.environment.insert("FF_KANIKO_RUN_MOUNT_CACHE".to_owned(), "true".to_owned());
    }
    if !(cache.mounts || cache.backend == Some(Backend::Mounts)) {
        return;
    }
    let note = if support == Support::Never {
        Note::new("cache-mounts", format!("{} ignores `RUN --mount=type=cache`", kaniko.description()))
            .hinted("use 1.26.0 or later; directories on EFS require 1.26.5")
    } else if !kaniko.moves_between_file_systems() {
        let message = format!("{} cannot move directories of cache mounts to and from EFS: the build fails", kaniko.description());
        Note::new("cache-mounts", message).hinted("use 1.26.5 or later, which copies them")
    } else {
        let message = "directories of `RUN --mount=type=cache` are stored in /kaniko/caches, and copied from and to it for each `RUN`";
        Note::new("cache-mounts", message).hinted(
            "mount a separate directory for each app there: kaniko does not lock it, so two simultaneous builds overwrite each other's files",
        )
    };
    invocation.note(note);
}

fn output(request: &BuildRequest, kaniko: &Kaniko, argv: &mut Arguments, invocation: &mut Invocation, problems: &mut Problems) {
    if request.output != Output::Push {
        argv.argument("--no-push");
    }
    match &request.output {
        Output::Archive(path) => {
            argv.argument(format!("{}={path}", kaniko.tar_path_flag()));
            let archive = |what: &str| Problem::new("archive", format!("kaniko cannot write an archive {what}"));
            if request.tags.is_empty() {
                problems.push(archive("of an image without a tag").hinted(CommandHint::NameImage));
            }
            if request.image_format == Some(ImageFormat::Oci) {
                problems.push(archive("in the OCI format").hinted(CommandHint::PushOrOmitOciFormat));
            }
            if request.cache.as_ref().is_some_and(|cache| cache.compression == Some(Compression::Zstd)) {
                problems.push(archive("that is compressed with zstd").hinted(CommandHint::PushOrOmitZstd));
            }
        }
        Output::Load => problems
            .push(Problem::new("load", "kaniko has no image store to load the image into").hinted(CommandHint::ArchiveForDockerLoad)),
        Output::Default if !request.tags.is_empty() => {
            invocation.note(Note::new("no-output", "kaniko discards the image after the build").hinted(CommandHint::PushOrArchive));
        }
        Output::Push | Output::Default | Output::CacheOnly => {}
    }
    if let Some(format) = request.image_format {
        if !kaniko.has_image_format() {
            let message = format!("{} always uses the format of the base image", kaniko.description());
            problems.push(Problem::new("image-format", message).hinted("use 1.28.1 or later to choose the format"));
        }
        argv.argument(format!("--image-format={}", format.name()));
    }
}

fn registries(request: &BuildRequest, argv: &mut Arguments) {
    if !request.insecure_registry {
        return;
    }
    let cache = request.cache.as_ref().and_then(|cache| arguments::layer_repository(cache).ok());
    let mut hosts: Vec<String> = Vec::new();
    for reference in request.tags.iter().filter_map(|tag| tag.parse::<ImageRef>().ok()).chain(cache) {
        hosts.extend(reference.host.filter(|host| !hosts.contains(host)));
    }
    for host in hosts {
        argv.argument(format!("--insecure-registry={host}"));
        argv.argument(format!("--skip-tls-verify-registry={host}"));
    }
}
