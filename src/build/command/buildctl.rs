//! `buildctl build`, and `buildctl-daemonless.sh build`, alone or in a container of BuildKit's image.
//!
//! Source: <https://github.com/moby/buildkit/blob/master/docs/reference/buildctl.md>

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics};

use super::super::cache::{Attributes, Backend};
use super::super::engine::{BuildKit, Engine, EngineFacts};
use super::super::request::{BuildRequest, Output, Secret, SecretSource};
use super::arguments::{self, Arguments};
use super::{Invocation, Note, Step, caches};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let buildkit = BuildKit(facts.buildkit.clone().or_else(|| facts.version.clone()));
    if buildkit.0.is_none() && request.cache.is_some() {
        let message = "BuildKit's version is not known: it is taken for a current one";
        invocation.note(Note::new("buildkit-version", message).hinted("`--buildkit-version` says it; ECR needs 0.12"));
    }
    if let Some(cache) = &request.cache {
        match cache.backend {
            Some(Backend::Image) => problems.push(
                Diagnostic::error("cache-backend", format!("{} does not start from earlier images", facts.engine))
                    .hinted("`--cache registry` keeps more than they do"),
            ),
            Some(Backend::Mounts) => invocation.note(mounts(facts.engine)),
            _ if cache.mounts => invocation.note(mounts(facts.engine)),
            _ => {}
        }
        caches::add(request, cache, &buildkit, facts.engine, &mut invocation);
    }
    for arg in request.build_args.iter().filter(|arg| arg.value.is_none()) {
        problems.push(
            Diagnostic::error(
                "build-arg",
                format!("`{}` has no value, and buildctl takes none from the environment", arg.name.escape_debug()),
            )
            .hinted("set it in the environment of rackform, or write NAME=VALUE"),
        );
    }
    let mut inside = Inside::new(request, facts, &mut problems);
    let mut argv = Arguments::new(["build", "--frontend", "dockerfile.v0"]);
    argv.flag("--local", format!("context={}", inside.context));
    argv.flag("--local", format!("dockerfile={}", inside.dockerfile));
    if let Some(name) = &inside.filename {
        argv.flag("--opt", format!("filename={name}"));
    }
    if let Some(target) = &request.target {
        argv.flag("--opt", format!("target={target}"));
    }
    for arg in &request.build_args {
        argv.flag("--opt", format!("build-arg:{}", arguments::build_arg(arg)));
    }
    for (name, value) in &request.labels {
        argv.flag("--opt", format!("label:{name}={value}"));
    }
    if !request.platforms.is_empty() {
        argv.flag("--opt", format!("platform={}", request.platforms.join(",")));
    }
    if request.pull {
        argv.flag("--opt", "image-resolve-mode=pull");
    }
    if request.no_cache {
        argv.word("--no-cache");
    }
    for secret in &request.secrets {
        let secret = inside.secret(secret);
        argv.flag("--secret", arguments::secret(&secret));
    }
    for ssh in &request.ssh {
        argv.flag("--ssh", ssh);
    }
    if let Some(output) = output(request, &mut problems, &mut invocation) {
        argv.flag("--output", output);
    }
    for to in &invocation.cache_to {
        argv.flag("--export-cache", inside.cache(to, "dest"));
    }
    for from in &invocation.cache_from {
        argv.flag("--import-cache", inside.cache(from, "src"));
    }
    match request.progress.as_deref() {
        None | Some("auto") => {}
        Some(progress) => argv.word(format!("--progress={progress}")),
    }
    argv.0.extend(request.extra.iter().cloned());
    let mut whole = inside.command;
    whole.0.extend(argv.0);
    invocation.steps.push(Step::new("build the image", whole.0));
    problems.into_result(invocation)
}

fn mounts(engine: Engine) -> Note {
    let message = match engine {
        Engine::BuildctlDaemonless => "directories of `RUN --mount=type=cache` go with the daemon, when the build ends",
        _ => "directories of `RUN --mount=type=cache` live in buildkitd's own state",
    };
    Note::new("cache-mounts", message)
}

fn output(request: &BuildRequest, problems: &mut Diagnostics, invocation: &mut Invocation) -> Option<String> {
    let names = (!request.tags.is_empty()).then(|| request.tags.join(","));
    let image = |kind: &str| Attributes::of_type(kind).with_some("name", names.clone());
    match &request.output {
        Output::Push => {
            let output = image("image").with("push", "true");
            Some(output.with_if(request.insecure_registry, "registry.insecure", "true").to_string())
        }
        Output::Archive(path) => Some(image("docker").with("dest", path).to_string()),
        Output::Load => {
            problems.push(
                Diagnostic::error("load", "buildctl has no image store that it could load into")
                    .hinted("`--archive FILE` writes what `docker load` takes; `--push` pushes"),
            );
            None
        }
        Output::Default if names.is_some() => {
            let message = "the image stays with buildkitd";
            invocation.note(Note::new("no-output", message).hinted("`--push` or `--archive FILE` gets it out of there"));
            Some(image("image").to_string())
        }
        Output::Default | Output::CacheOnly => None,
    }
}

/// Where things are for the program that runs: on this machine, or in a container.
struct Inside {
    command: Arguments,
    context: String,
    dockerfile: String,
    filename: Option<String>,
    in_container: bool,
    mounted: usize,
    cache_directory: Option<String>,
}

impl Inside {
    /// Where a container has the app; a seed's own choice, kept.
    const CONTEXT: &'static str = "/tmp/work";
    /// Where it has the directory of a local cache.
    const CACHE: &'static str = "/tmp/build-cache";

    fn new(request: &BuildRequest, facts: &EngineFacts, problems: &mut Diagnostics) -> Self {
        let context = arguments::path(&request.context);
        let (directory, filename) = match request.dockerfile.as_deref().map(Path::new) {
            None => (context.clone(), None),
            Some(path) => {
                let directory = path.parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default();
                let directory = if directory.is_empty() { ".".to_owned() } else { arguments::path(&directory) };
                (directory, path.file_name().map(|name| name.to_string_lossy().into_owned()))
            }
        };
        let Some(image) = request.buildkit_image.as_deref() else {
            let command = Arguments::new([facts.program()]);
            return Self { command, context, dockerfile: directory, filename, in_container: false, mounted: 0, cache_directory: None };
        };
        if facts.engine != Engine::BuildctlDaemonless {
            problems.push(
                Diagnostic::error("buildkit-image", "BuildKit's image is run for buildctl-daemonless only")
                    .hinted("`--engine buildctl-daemonless`"),
            );
        }
        if let Output::Archive(_) = request.output {
            problems.push(
                Diagnostic::error("archive", "a container leaves no archive behind")
                    .hinted("`--push` pushes; without `--buildkit-image` there is no container"),
            );
        }
        if !request.ssh.is_empty() {
            problems.push(Diagnostic::error("ssh", "an SSH agent is not in the container").hinted("leave `--buildkit-image` out"));
        }
        // A container cannot reach what is not mounted, and only absolute paths are.
        for path in [&context, &directory].into_iter().filter(|path| !Path::new(path.as_str()).is_absolute()) {
            problems.push(Diagnostic::error(
                "buildkit-image",
                format!("`{}` is not absolute, and a container needs it so", path.escape_debug()),
            ));
        }
        let mut inside = Self {
            command: Arguments::new(["docker", "run", "--rm", "--privileged"]),
            context: Self::CONTEXT.to_owned(),
            dockerfile: Self::CONTEXT.to_owned(),
            filename,
            in_container: true,
            mounted: 0,
            cache_directory: request.cache.as_ref().and_then(|cache| cache.directory.clone()),
        };
        inside.mount(&context, Self::CONTEXT, false);
        if directory != context {
            inside.dockerfile = "/tmp/dockerfile".to_owned();
            inside.mount(&directory, "/tmp/dockerfile", true);
        }
        if let Some(config) = &request.docker_config {
            inside.mount(config, "/root/.docker", false);
        }
        inside.variables(request);
        inside.command.flag("--entrypoint", Engine::BuildctlDaemonless.program());
        for (number, secret) in request.secrets.iter().enumerate() {
            if let SecretSource::File(path) = &secret.source {
                inside.insert_mount(path, &format!("/run/build-secrets/{number}"), true);
            }
        }
        if let Some(directory) = inside.cache_directory.clone() {
            inside.insert_mount(&directory, Self::CACHE, false);
        }
        inside.command.word(image);
        inside
    }

    fn mount(&mut self, source: &str, target: &str, is_read_only: bool) {
        // `-v` takes a path apart at colons; `--mount` is a record of CSV.
        if source.contains([':', ',', '"']) {
            let mount = Attributes::of_type("bind").with("source", source).with("target", target);
            self.command.flag("--mount", mount.with_if(is_read_only, "readonly", "true").to_string());
        } else {
            self.command.flag("-v", format!("{source}:{target}{}", if is_read_only { ":ro" } else { "" }));
        }
    }

    /// Mounts something else, in front of the entry point.
    fn insert_mount(&mut self, source: &str, target: &str, is_read_only: bool) {
        let tail = self.command.0.split_off(self.command.0.len().saturating_sub(2));
        self.mount(source, target, is_read_only);
        self.command.0.extend(tail);
    }

    /// Hands variables on by name, never by value.
    fn variables(&mut self, request: &BuildRequest) {
        let secrets = request.secrets.iter().filter_map(|secret| match &secret.source {
            SecretSource::Environment(name) => Some(name.as_str()),
            SecretSource::File(_) => None,
        });
        let mut names: Vec<&str> = secrets.collect();
        let kinds = request.cache.iter().flat_map(|cache| {
            let written =
                cache.to.iter().chain(&cache.from).filter_map(|text| Attributes::parse(text).ok()?.get("type").map(str::to_owned));
            cache.backend.map(|backend| backend.name().to_owned()).into_iter().chain(written)
        });
        for kind in kinds {
            match kind.as_str() {
                "s3" => names.extend(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]),
                "gha" => names.extend(["ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL", "ACTIONS_CACHE_SERVICE_V2"]),
                _ => {}
            }
        }
        let mut told: Vec<&str> = Vec::new();
        for name in names {
            if !told.contains(&name) {
                told.push(name);
                self.command.flag("-e", name);
            }
        }
    }

    /// Returns a secret with its file where the program finds it.
    fn secret(&mut self, secret: &Secret) -> Secret {
        let number = self.mounted;
        self.mounted += 1;
        match &secret.source {
            SecretSource::File(_) if self.in_container => {
                Secret { id: secret.id.clone(), source: SecretSource::File(format!("/run/build-secrets/{number}")) }
            }
            _ => secret.clone(),
        }
    }

    /// Returns a cache with its directory where the program finds it.
    fn cache(&self, text: &str, place: &str) -> String {
        let (Some(directory), Ok(attributes)) = (&self.cache_directory, Attributes::parse(text)) else { return text.to_owned() };
        let mut moved = Attributes::new();
        for (key, value) in attributes.iter() {
            let rest = value.strip_prefix(directory.trim_end_matches('/')).filter(|_| key == place);
            moved = moved.with(key, rest.map_or_else(|| value.to_owned(), |rest| format!("{}{rest}", Self::CACHE)));
        }
        moved.to_string()
    }
}
