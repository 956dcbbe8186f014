//! `/kaniko/executor`, osscontainertools' fork.
//!
//! Source: <https://github.com/osscontainertools/kaniko#additional-flags>

use crate::diagnostic::{Diagnostic, Diagnostics};

use super::super::cache::{Backend, Compression, ImageRef, cache_tag};
use super::super::engine::{CacheMounts, EngineFacts, Kaniko};
use super::super::request::{BuildRequest, CacheRequest, ImageFormat, Output};
use super::arguments::{self, Arguments};
use super::{Invocation, Note, Step};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut invocation = Invocation::new(facts.engine);
    let kaniko = Kaniko(facts.version.clone());
    arguments::add_needs(request, &mut invocation);
    if kaniko.hands_on_oci_layouts() {
        // As the rack's builder has it; its multi-stage images keep the media types that they had with older versions.
        invocation.environment.insert("FF_KANIKO_OCI_STAGES".to_owned(), "0".to_owned());
    }
    let mut argv = Arguments::new([facts.program()]);
    // An address is kaniko's to fetch.
    let kind = if request.context.contains("://") { "" } else { "dir://" };
    argv.word(format!("--context={kind}{}", request.context));
    if let Some(dockerfile) = &request.dockerfile {
        argv.word(format!("--dockerfile={dockerfile}"));
    }
    if let Some(target) = &request.target {
        argv.word(format!("--target={target}"));
    }
    for tag in &request.tags {
        argv.word(format!("--destination={tag}"));
    }
    for arg in &request.build_args {
        argv.word(format!("--build-arg={}", arguments::build_arg(arg)));
    }
    for (name, value) in &request.labels {
        argv.word(format!("--label={name}={value}"));
    }
    match request.platforms.as_slice() {
        [] => {}
        [platform] => argv.word(format!("--custom-platform={platform}")),
        _ => problems.push(
            Diagnostic::error("platform", "kaniko builds for one platform at a time")
                .hinted("build each on its own architecture, and join them in a manifest list"),
        ),
    }
    secrets(request, &kaniko, &mut argv, &mut problems);
    if let Some(cache) = &request.cache {
        layers(request, cache, &kaniko, &mut argv, &mut invocation, &mut problems);
        mounts(cache, &kaniko, &mut invocation);
    }
    output(request, &kaniko, &mut argv, &mut invocation, &mut problems);
    registries(request, &mut argv);
    if request.pull {
        invocation.note(Note::new("pull", "kaniko always looks base images up anew"));
    }
    argv.0.extend(request.extra.iter().cloned());
    invocation.steps.push(Step::new("build the image", argv.0));
    problems.into_result(invocation)
}

fn secrets(request: &BuildRequest, kaniko: &Kaniko, argv: &mut Arguments, problems: &mut Diagnostics) {
    if !request.secrets.is_empty() && !kaniko.has_secrets() {
        problems.push(
            Diagnostic::error("secret", format!("{} has no build secrets", kaniko.words()))
                .hinted("they came with 1.27.0; `--engine-version` says which it is"),
        );
    }
    for secret in &request.secrets {
        argv.word(format!("--secret={}", arguments::secret(secret)));
    }
    if !request.ssh.is_empty() {
        problems.push(Diagnostic::error("ssh", "kaniko forwards no SSH agent").hinted("pass a key as a secret"));
    }
}

/// Adds where layers are kept.
fn layers(
    request: &BuildRequest,
    cache: &CacheRequest,
    kaniko: &Kaniko,
    argv: &mut Arguments,
    invocation: &mut Invocation,
    problems: &mut Diagnostics,
) {
    let place = match cache.backend {
        Some(Backend::Registry) => match arguments::layer_repository(cache) {
            Ok(repository) => repository.to_string(),
            Err(wrong) => {
                let hint = "`--repository HOST/REPOSITORY` says where layers go, `--cache oci --cache-dir PATH` keeps them in a directory";
                return problems.push(Diagnostic::error("cache-repository", wrong).hinted(hint));
            }
        },
        Some(Backend::Local) => {
            if !kaniko.has_oci_cache() {
                let message = format!("{} keeps no layers in a directory, which came with 1.9.2", kaniko.words());
                problems.push(Diagnostic::error("cache-backend", message));
            }
            let Some(directory) = cache.directory.as_deref() else {
                return problems
                    .push(Diagnostic::error("cache-directory", "a cache in a directory needs one").hinted("`--cache-dir PATH`"));
            };
            // A directory for each service: nothing locks one, and two builds that write to it at once may lose a layer.
            match request.service.is_empty() {
                true => format!("oci:{directory}"),
                false => format!("oci:{}/{}", directory.trim_end_matches('/'), cache_tag(&request.service)),
            }
        }
        Some(Backend::Mounts) | None => return,
        Some(backend) => {
            return problems.push(
                Diagnostic::error("cache-backend", format!("kaniko has no {backend} cache")).hinted(
                    "it keeps layers in a registry (`registry`) or a directory (`oci`), and directories of cache mounts (`mounts`)",
                ),
            );
        }
    };
    argv.word("--cache=true");
    argv.word(format!("--cache-repo={place}"));
    if request.no_cache {
        // A layer of no age at all is too old: nothing is taken, everything is written.
        argv.word("--cache-ttl=0s");
        invocation.note(Note::new("no-cache", "nothing is taken from the cache; it is written anew for the next build"));
    } else if let Some(ttl) = &cache.ttl {
        argv.word(format!("--cache-ttl={ttl}"));
    }
    match cache.compression {
        Some(Compression::Uncompressed) => argv.word("--compressed-caching=false"),
        Some(Compression::Estargz) => invocation.note(Note::new("compression", "kaniko has no estargz: layers are compressed with gzip")),
        Some(Compression::Zstd) => argv.word("--compression=zstd"),
        Some(Compression::Gzip) | None => {}
    }
    invocation.cache_to.push(place.clone());
    if !request.no_cache {
        invocation.cache_from.push(place);
    }
    if cache.backend == Some(Backend::Registry) {
        arguments::unheeded(request, cache, &[("--force-compression", cache.force_compression)], invocation);
    }
    let note = Note::new("cache-must-be-writable", "kaniko ends at once where it may not write to its cache");
    let is_ecr = cache.backend == Some(Backend::Registry) && arguments::layer_repository(cache).is_ok_and(|repository| repository.is_ecr());
    invocation.note(if is_ecr { note.hinted("in ECR the repository must be there already, and its tags mutable") } else { note });
}

/// Says what becomes of directories of `RUN --mount=type=cache`.
fn mounts(cache: &CacheRequest, kaniko: &Kaniko, invocation: &mut Invocation) {
    let support = kaniko.cache_mounts();
    if support == CacheMounts::WhenAsked {
        invocation.environment.insert("FF_KANIKO_RUN_MOUNT_CACHE".to_owned(), "true".to_owned());
    }
    if !(cache.mounts || cache.backend == Some(Backend::Mounts)) {
        return;
    }
    let note = if support == CacheMounts::Never {
        Note::new("cache-mounts", format!("{} ignores `RUN --mount=type=cache`", kaniko.words()))
            .hinted("1.26.0 heeds it, and 1.26.5 where the directories are on EFS")
    } else if !kaniko.moves_between_file_systems() {
        let message = format!("{} cannot move directories of cache mounts to and from EFS: the build fails there", kaniko.words());
        Note::new("cache-mounts", message).hinted("1.26.5 or later copies them")
    } else {
        let message = "directories of `RUN --mount=type=cache` are kept in /kaniko/caches, and copied there and back for each `RUN`";
        Note::new("cache-mounts", message).hinted(
            "mount a directory of the app's own there: kaniko locks nothing, so two builds with one directory lose each other's files",
        )
    };
    invocation.note(note);
}

fn output(request: &BuildRequest, kaniko: &Kaniko, argv: &mut Arguments, invocation: &mut Invocation, problems: &mut Diagnostics) {
    if request.output != Output::Push {
        argv.word("--no-push");
    }
    match &request.output {
        Output::Archive(path) => {
            argv.word(format!("{}={path}", kaniko.tar_path_flag()));
            let archive = |what: &str| Diagnostic::error("archive", format!("an archive of kaniko's cannot be {what}"));
            if request.tags.is_empty() {
                problems.push(archive("without a tag").hinted("`--tag` names the image in it"));
            }
            if request.image_format == Some(ImageFormat::Oci) {
                problems.push(archive("in OCI's format").hinted("`--push` it, or leave `--image-format oci` out"));
            }
            if request.cache.as_ref().is_some_and(|cache| cache.compression == Some(Compression::Zstd)) {
                problems.push(archive("compressed with zstd").hinted("`--push` it, or leave `--compression zstd` out"));
            }
        }
        Output::Load => problems.push(
            Diagnostic::error("load", "kaniko has no image store that it could load into")
                .hinted("`--archive FILE` writes what `docker load` takes; `--push` pushes"),
        ),
        Output::Default if !request.tags.is_empty() => {
            invocation.note(Note::new("no-output", "the image is built and thrown away").hinted("`--push` or `--archive FILE` keeps it"));
        }
        Output::Push | Output::Default | Output::CacheOnly => {}
    }
    if let Some(format) = request.image_format {
        if !kaniko.has_image_format() {
            let message = format!("{} takes the image's format from its base image", kaniko.words());
            problems.push(Diagnostic::error("image-format", message).hinted("1.28.0 or later lets it be chosen"));
        }
        argv.word(format!("--image-format={}", format.name()));
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
        argv.word(format!("--insecure-registry={host}"));
        argv.word(format!("--skip-tls-verify-registry={host}"));
    }
}
