//! Options that have no effect with the chosen engine, cache or registry: an error with the fix, instead of silence.
//!
//! Only options of the command line count. Defaults in `rack.yaml` are for all engines and caches, and are used where they apply.

use super::command::cache::{CacheArgs, CacheChoice};
use super::command::engine::{CreateArg, EngineArgs};
use super::command::image::InputArgs;
use crate::build::cache::Backend;
use crate::build::engine::{Driver, Engine};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Adds a problem for each of these options that is given.
pub(super) fn add(options: &[(&str, bool)], reason: &str, hint: &str, problems: &mut Diagnostics) {
    for (option, _) in options.iter().filter(|(_, is_given)| *is_given) {
        problems.push(Diagnostic::error("ignored-option", format!("`{option}` has no effect {reason}")).hinted(hint));
    }
}

/// Adds a problem for each option of an engine that another engine ignores.
pub(super) fn engine(args: &EngineArgs, engine: Engine, problems: &mut Diagnostics) {
    let with_engine = format!("with the engine {engine}");
    let creates = [
        ("--create-driver", args.create_driver != Driver::DockerContainer),
        ("--driver-opt", !args.driver_options.is_empty()),
        ("--use-builder", args.use_builder),
    ];
    if !matches!(engine, Engine::Docker | Engine::Buildx) {
        let of_docker = [
            ("--driver", args.driver.is_some()),
            ("--image-store", args.image_store.is_some()),
            ("--without-buildx", args.without_buildx),
            ("--builder", args.builder.is_some()),
            ("--create-builder", args.create_builder != CreateArg::default()),
        ];
        add(
            &[of_docker.as_slice(), creates.as_slice()].concat(),
            &with_engine,
            "omit it, or use `--engine docker` or `--engine buildx`",
            problems,
        );
    } else if args.create_builder == CreateArg::Never {
        add(&creates, "with `--create-builder never`", "omit it, or allow the creation of a builder", problems);
    }
    if !engine.is_buildkit() {
        let hint = "omit it, or use an engine with BuildKit: docker, buildx, buildctl or buildctl-daemonless";
        add(&[("--buildkit-version", args.buildkit_version.is_some())], &with_engine, hint, problems);
    }
    if engine == Engine::Buildah {
        // Its cache is one repository of layers, and it has no other use for the platform.
        add(&[("--engine-platform", args.engine_platform.is_some())], &with_engine, "omit it, or use `--platform`", problems);
    }
    let program = [("--program", args.program.is_some() && args.buildkit_image.is_some())];
    add(&program, "with `--buildkit-image`, whose own program runs", "omit one of the two", problems);
}

/// Adds a problem for the default platform of an engine if the build names its platforms itself.
pub(super) fn default_platform(args: &EngineArgs, input: &InputArgs, problems: &mut Diagnostics) {
    let is_ignored = args.engine_platform.is_some() && !input.platforms.is_empty();
    add(&[("--engine-platform", is_ignored)], "with `--platform`, which names the platforms of the build", "omit one of the two", problems);
}

/// Adds a problem for each option of a build that an engine ignores.
pub(super) fn input(args: &InputArgs, engine: Engine, problems: &mut Diagnostics) {
    if !engine.is_buildkit() {
        let hint = "omit it, or use an engine with BuildKit: docker, buildx, buildctl or buildctl-daemonless";
        // Their output is always plain.
        let is_other = args.progress.as_deref().is_some_and(|progress| !matches!(progress, "plain" | "auto"));
        add(&[("--progress", is_other)], &format!("with the engine {engine}"), hint, problems);
    }
}

/// Adds a problem for each option of a cache that the backend or the engine ignores. `backend` is the one that the build uses.
pub(super) fn cache(args: &CacheArgs, backend: Option<CacheChoice>, engine: Engine, problems: &mut Diagnostics) {
    if !args.to.is_empty() || !args.from.is_empty() {
        let hint = "put it into the attributes of `--cache-to` and `--cache-from`, or omit these two";
        let others = [location(args), s3(args), layers(args)].concat();
        add(&others, "with `--cache-to` or `--cache-from`, which specify the whole cache", hint, problems);
        return;
    }
    let chosen = match backend {
        Some(CacheChoice::Backend(backend)) => backend,
        Some(CacheChoice::None) => {
            let others = [location(args), s3(args), layers(args)].concat();
            add(&others, "with `--cache none`", "omit it, or select a cache with `--cache BACKEND`", problems);
            return;
        }
        // Without a cache, a note reports that.
        None => return,
    };
    let reason = format!("on the cache `{chosen}`");
    let used: &[&str] = match chosen {
        Backend::Registry => &["--repository", "--cache-ref"],
        Backend::Image => &["--repository", "--cache-ref", "--cache-stage"],
        Backend::Local => &["--cache-dir"],
        Backend::Inline => &["--cache-ref"],
        Backend::S3 | Backend::Gha | Backend::Mounts => &[],
    };
    let others: Vec<_> = location(args).into_iter().filter(|(option, _)| !used.contains(option)).collect();
    add(&others, &reason, "omit it, or select the cache that it belongs to with `--cache`", problems);
    if chosen != Backend::S3 {
        add(&s3(args), &reason, "omit it, or use `--cache s3`", problems);
    }
    if engine.is_buildkit() {
        let hint = "omit it: only kaniko and buildah have it; `rackform build cache gc` deletes old caches";
        add(&[("--cache-ttl", args.cache_ttl.is_some())], &format!("with the engine {engine}"), hint, problems);
    }
    let has_one_form = matches!(chosen, Backend::Inline | Backend::Mounts | Backend::Image);
    if has_one_form {
        add(&[("--cache-mode", args.cache_mode.is_some())], &reason, "omit it, or use `--cache registry`", problems);
    }
    if matches!(chosen, Backend::Inline | Backend::Mounts) {
        let of_caches = [("--cache-branch", args.cache_branch.is_some()), ("--strict-cache", args.strict_cache)];
        add(&of_caches, &reason, "omit it, or use `--cache registry`", problems);
    }
    if has_one_form || matches!(chosen, Backend::Gha | Backend::S3) {
        let of_layers = [("--compression", args.compression.is_some()), ("--force-compression", args.force_compression)];
        add(&of_layers, &reason, "omit it, or use `--cache registry` or `--cache local`", problems);
    }
}

/// Returns the options of an engine, and whether each is given.
pub(super) fn engine_options(args: &EngineArgs) -> Vec<(&'static str, bool)> {
    vec![
        ("--engine", args.engine.is_some()),
        ("--engine-version", args.engine_version.is_some()),
        ("--buildkit-version", args.buildkit_version.is_some()),
        ("--engine-platform", args.engine_platform.is_some()),
        ("--driver", args.driver.is_some()),
        ("--image-store", args.image_store.is_some()),
        ("--without-buildx", args.without_buildx),
        ("--program", args.program.is_some()),
        ("--builder", args.builder.is_some()),
        ("--create-builder", args.create_builder != CreateArg::default()),
        ("--create-driver", args.create_driver != Driver::DockerContainer),
        ("--driver-opt", !args.driver_options.is_empty()),
        ("--use-builder", args.use_builder),
        ("--buildkit-image", args.buildkit_image.is_some()),
        ("--no-detect", args.no_detect),
    ]
}

/// Returns the options of what to build, and whether each is given.
pub(super) fn input_options(args: &InputArgs) -> Vec<(&'static str, bool)> {
    vec![
        ("--dockerfile", args.dockerfile.is_some()),
        ("--target", args.target.is_some()),
        ("--build-arg", !args.build_args.is_empty()),
        ("--secret", !args.secrets.is_empty()),
        ("--ssh", !args.ssh.is_empty()),
        ("--platform", !args.platforms.is_empty()),
        ("--no-cache", args.no_cache),
        ("--pull", args.pull),
        ("--progress", args.progress.is_some()),
        ("--insecure-registry", args.insecure_registry),
        ("--engine-arg", !args.extra.is_empty()),
    ]
}

/// Returns the options of a cache, and whether each is given.
pub(super) fn cache_options(args: &CacheArgs) -> Vec<(&'static str, bool)> {
    let others = [
        ("--cache", args.cache.is_some()),
        ("--service", args.service.is_some()),
        ("--cache-mounts", args.cache_mounts),
        ("--cache-to", !args.to.is_empty()),
        ("--cache-from", !args.from.is_empty()),
    ];
    [others.to_vec(), location(args), s3(args), layers(args)].concat()
}

fn location(args: &CacheArgs) -> Vec<(&'static str, bool)> {
    vec![
        ("--repository", args.repository.is_some()),
        ("--cache-ref", args.cache_ref.is_some()),
        ("--cache-dir", args.cache_dir.is_some()),
        ("--cache-stage", !args.cache_stages.is_empty()),
    ]
}

fn s3(args: &CacheArgs) -> Vec<(&'static str, bool)> {
    vec![
        ("--s3-bucket", args.s3_bucket.is_some()),
        ("--s3-region", args.s3_region.is_some()),
        ("--s3-prefix", args.s3_prefix.is_some()),
        ("--s3-blobs-prefix", args.s3_blobs_prefix.is_some()),
        ("--s3-manifests-prefix", args.s3_manifests_prefix.is_some()),
        ("--s3-endpoint-url", args.s3_endpoint_url.is_some()),
        ("--s3-path-style", args.s3_path_style.is_some()),
        ("--s3-upload-parallelism", args.s3_upload_parallelism.is_some()),
        ("--s3-touch-refresh", args.s3_touch_refresh.is_some()),
    ]
}

fn layers(args: &CacheArgs) -> Vec<(&'static str, bool)> {
    vec![
        ("--cache-branch", args.cache_branch.is_some()),
        ("--cache-mode", args.cache_mode.is_some()),
        ("--compression", args.compression.is_some()),
        ("--force-compression", args.force_compression),
        ("--strict-cache", args.strict_cache),
        ("--cache-ttl", args.cache_ttl.is_some()),
    ]
}
