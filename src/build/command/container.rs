//! The paths of a buildctl command on this machine, or in a container of BuildKit's image.

use std::path::Path;

use super::super::cache::Attributes;
use super::super::engine::{Engine, EngineFacts};
use super::super::request::{BuildRequest, Output, Secret, SecretSource};
use super::arguments::{self, Arguments};
use super::problem::{CommandHint, Problem, Problems};

/// The paths of a build as buildctl sees them, on this machine or in a container, and the command that starts it.
pub(super) struct Paths {
    pub(super) command: Arguments,
    pub(super) context: String,
    pub(super) dockerfile: String,
    pub(super) filename: Option<String>,
    in_container: bool,
    mounted: usize,
    cache_directory: Option<String>,
}

impl Paths {
    /// The app's directory in the container.
    const CONTEXT: &'static str = "/tmp/work";
    /// The directory of a local cache in the container.
    const CACHE: &'static str = "/tmp/build-cache";

    pub(super) fn new(request: &BuildRequest, facts: &EngineFacts, problems: &mut Problems) -> Self {
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
                Problem::new("buildkit-image", "only the engine buildctl-daemonless can run in BuildKit's image")
                    .hinted(CommandHint::UseDaemonless),
            );
        }
        if let Output::Archive(_) = request.output {
            problems.push(Problem::new("archive", "cannot write an archive from a container").hinted(CommandHint::PushOrOmitBuildKitImage));
        }
        if !request.ssh.is_empty() {
            problems.push(Problem::new("ssh", "an SSH agent is not available in a container").hinted(CommandHint::OmitBuildKitImage));
        }
        // The container mounts these paths, and docker mounts only absolute paths.
        for path in [&context, &directory].into_iter().filter(|path| !Path::new(path.as_str()).is_absolute()) {
            let message = format!("`{}` is not absolute, which a mount in a container requires", path.escape_debug());
            problems.push(Problem::new("buildkit-image", message));
        }
        let mut paths = Self {
            command: Arguments::new(["docker", "run", "--rm", "--privileged"]),
            context: Self::CONTEXT.to_owned(),
            dockerfile: Self::CONTEXT.to_owned(),
            filename,
            in_container: true,
            mounted: 0,
            cache_directory: request.cache.as_ref().and_then(|cache| cache.directory.clone()),
        };
        paths.mount(&context, Self::CONTEXT, false);
        if directory != context {
            paths.dockerfile = "/tmp/dockerfile".to_owned();
            paths.mount(&directory, "/tmp/dockerfile", true);
        }
        if let Some(config) = &request.docker_config {
            paths.mount(config, "/root/.docker", false);
        }
        paths.variables(request);
        paths.command.flag("--entrypoint", Engine::BuildctlDaemonless.program());
        for (number, secret) in request.secrets.iter().enumerate() {
            if let SecretSource::File(path) = &secret.source {
                paths.insert_mount(path, &format!("/run/build-secrets/{number}"), true);
            }
        }
        if let Some(directory) = paths.cache_directory.clone() {
            paths.insert_mount(&directory, Self::CACHE, false);
        }
        paths.command.argument(image);
        paths
    }

    fn mount(&mut self, source: &str, target: &str, is_read_only: bool) {
        // `-v` splits its value at colons; the value of `--mount` is a CSV record, with quotes.
        if source.contains([':', ',', '"']) {
            let mount = Attributes::of_type("bind").with("source", source).with("target", target);
            self.command.flag("--mount", mount.with_if(is_read_only, "readonly", "true").to_string());
        } else {
            self.command.flag("-v", format!("{source}:{target}{}", if is_read_only { ":ro" } else { "" }));
        }
    }

    /// Adds a mount before the entry point, which is the last option.
    fn insert_mount(&mut self, source: &str, target: &str, is_read_only: bool) {
        let tail = self.command.0.split_off(self.command.0.len().saturating_sub(2));
        self.mount(source, target, is_read_only);
        self.command.0.extend(tail);
    }

    /// Passes variables to the container by name, never by value.
    fn variables(&mut self, request: &BuildRequest) {
        let secrets = request.secrets.iter().filter_map(|secret| match &secret.source {
            SecretSource::Environment(name) => Some(name.as_str()),
            SecretSource::File(_) => None,
        });
        let mut names: Vec<&str> = secrets.collect();
        let kinds = request.cache.iter().flat_map(|cache| {
            let explicit =
                cache.to.iter().chain(&cache.from).filter_map(|text| Attributes::parse(text).ok()?.get("type").map(str::to_owned));
            cache.backend.map(|backend| backend.name().to_owned()).into_iter().chain(explicit)
        });
        for kind in kinds {
            match kind.as_str() {
                "s3" => names.extend(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]),
                "gha" => names.extend(["ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL", "ACTIONS_CACHE_SERVICE_V2"]),
                _ => {}
            }
        }
        let mut added: Vec<&str> = Vec::new();
        for name in names {
            if !added.contains(&name) {
                added.push(name);
                self.command.flag("-e", name);
            }
        }
    }

    /// Returns a secret with the path of its file as buildctl sees it.
    pub(super) fn secret(&mut self, secret: &Secret) -> Secret {
        let number = self.mounted;
        self.mounted += 1;
        match &secret.source {
            SecretSource::File(_) if self.in_container => {
                Secret { id: secret.id.clone(), source: SecretSource::File(format!("/run/build-secrets/{number}")) }
            }
            _ => secret.clone(),
        }
    }

    /// Returns a cache with the path of its directory as buildctl sees it; `key` is the attribute of the directory.
    pub(super) fn cache(&self, text: &str, key: &str) -> String {
        let (Some(directory), Ok(attributes)) = (&self.cache_directory, Attributes::parse(text)) else { return text.to_owned() };
        let mut moved = Attributes::new();
        for (name, value) in attributes.iter() {
            let rest = value.strip_prefix(directory.trim_end_matches('/')).filter(|_| name == key);
            moved = moved.with(name, rest.map_or_else(|| value.to_owned(), |rest| format!("{}{rest}", Self::CACHE)));
        }
        moved.to_string()
    }
}
