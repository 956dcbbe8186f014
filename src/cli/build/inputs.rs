//! Checks the inputs of a build before an engine is asked or started, so that all problems are reported at once.

use std::path::{Path, PathBuf};

use super::defaults::Defaults;
use crate::build::BuildRequest;
use crate::build::cache::Backend;
use crate::build::command::{check_request, is_secret_arg};
use crate::build::context::BuildContext;
use crate::build::dockerfile::{CacheMounts, Context as LintContext, Dockerfile, lint};
use crate::build::engine::{Engine, Version};
use crate::build::request::{BuildArg, Output, Secret, SecretSource};
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use crate::secret::Mask;
use crate::text::did_you_mean;
use crate::ui::build::hints;
use crate::validate::Finding;

/// Problems by the exit code that they lead to.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// Options that are invalid.
    pub(super) usage: Diagnostics,
    /// Files, directories and variables that do not exist.
    pub(super) missing: Diagnostics,
    /// Contents of files that are invalid.
    pub(super) data: Diagnostics,
}

impl Problems {
    /// Returns every problem as one failure, with the exit code of the first kind.
    ///
    /// # Errors
    ///
    /// Returns an error if there is a problem.
    pub(super) fn into_result(self) -> Result<(), Failure> {
        let kinds = [(self.usage, ExitCode::Usage), (self.missing, ExitCode::NoInput), (self.data, ExitCode::Data)];
        let Some(code) = kinds.iter().find(|(problems, _)| problems.has_errors()).map(|(_, code)| *code) else { return Ok(()) };
        let all = kinds.into_iter().flat_map(|(problems, _)| problems.0).filter(|problem| problem.severity == Severity::Error);
        Err(Failure::Problems(Diagnostics(all.collect()), code))
    }

    fn missing(&mut self, rule: &'static str, message: impl Into<String>, hint: impl Into<String>) {
        self.missing.push(Diagnostic::error(rule, message).hinted(hint));
    }
}

/// The inputs of a build that exist on this machine.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    dockerfile: Option<Dockerfile>,
    files: Option<BuildContext>,
}

/// How the command is used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage<'u> {
    /// Whether the engine is on another machine, so that missing files are not errors.
    pub(super) is_elsewhere: bool,
    /// Whether the build starts now, and needs its variables.
    pub(super) is_run: bool,
    /// The engine's version, if an option names it.
    pub(super) version: Option<&'u Version>,
}

/// Checks a request with the files that it names, and adds every problem. Returns the inputs for [`Inputs::findings`].
pub(super) fn check(
    request: &BuildRequest,
    engine: Engine,
    usage: Usage<'_>,
    defaults: &Defaults<'_>,
    problems: &mut Problems,
    context: &mut Context<'_>,
) -> Inputs {
    problems.usage.0.extend(hints::diagnostics(&check_request(request, engine)).0);
    let mut found = Problems::default();
    let inputs = files(request, engine, usage, defaults, &mut found);
    if usage.is_run {
        variables(request, &mut found);
    }
    if usage.is_elsewhere {
        // What is missing here may exist where the engine runs.
        for problem in std::mem::take(&mut found.missing.0) {
            context.status(&format!("note: {} on this machine; skipping the check", problem.message));
        }
    }
    problems.usage.0.extend(found.usage.0);
    problems.missing.0.extend(found.missing.0);
    problems.data.0.extend(found.data.0);
    inputs
}

fn files(request: &BuildRequest, engine: Engine, usage: Usage<'_>, defaults: &Defaults<'_>, problems: &mut Problems) -> Inputs {
    let mut inputs = Inputs::default();
    for secret in &request.secrets {
        secret_file(secret, problems);
    }
    if let Output::Archive(path) = &request.output
        && let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
    {
        let hint = "create it: no engine creates the directory of an archive";
        problems.missing("archive", format!("the directory `{}` does not exist", folder.display()), hint);
    }
    // The engine fetches remote contexts itself.
    if let Some(checked) = remote(&request.context) {
        if let Err((message, hint)) = checked {
            problems.usage.push(Diagnostic::error("build-context", message).hinted(hint));
        }
        return inputs;
    }
    let directory = Path::new(&request.context);
    let mut has_directory = true;
    // An invalid directory is reported with the options.
    if !directory.is_dir() && !matches!(request.context.as_str(), "" | "-") {
        has_directory = false;
        let state = if directory.exists() { "is not a directory" } else { "does not exist" };
        let problem = Diagnostic::error("build-context", format!("directory `{}` {state}", request.context.escape_debug()));
        problems.missing.push(defaults.mark("directory", problem.hinted("set the app's directory")));
    }
    let Some(path) = find(request, engine) else {
        match &request.dockerfile {
            Some(path) if !matches!(path.as_str(), "" | "-") => {
                let problem = Diagnostic::error("dockerfile", format!("Dockerfile `{}` does not exist", path.escape_debug()));
                let hint = "`--dockerfile` is relative to the current directory, not to the app's directory; in rack.yaml, `dockerfile` is \
                    relative to that file";
                problems.missing.push(defaults.mark("dockerfile", problem.hinted(hint)));
            }
            None if has_directory => {
                let message = format!("`{}/Dockerfile` does not exist", request.context.trim_end_matches('/'));
                problems.missing("dockerfile", message, "set its path with `--dockerfile`, or with `build.dockerfile` in rack.yaml");
            }
            _ => {}
        }
        return inputs;
    };
    match Source::read(&path).map_err(Failure::from) {
        Ok(source) => match Dockerfile::read(&source) {
            Ok(dockerfile) => {
                stages(&dockerfile, &path, request, problems);
                let files = has_directory.then(|| BuildContext::read(directory, Some(&path), Some(engine)));
                inputs.files = files;
                let ids = secret_ids(request);
                let found = lint(&dockerfile, &lint_context(request, engine, usage.version, &ids, inputs.files.as_ref()));
                let mask = mask(request);
                let errors = found.into_iter().filter(|problem| problem.severity == Severity::Error);
                let errors = errors.map(|problem| masked(problem, &mask));
                problems.data.0.extend(errors.map(|problem| match problem.rule {
                    "unknown-target" => defaults.mark("target", problem),
                    _ => problem,
                }));
                inputs.dockerfile = Some(dockerfile);
            }
            Err(found) => problems.data.0.extend(found.0),
        },
        Err(failure) => problems.missing("dockerfile", message_of(failure), "check the permissions and the encoding of the file"),
    }
    inputs
}

fn message_of(failure: Failure) -> String {
    match failure {
        Failure::Expected(failure) => failure.causes.iter().fold(failure.message, |text, cause| format!("{text}: {cause}")),
        _ => "cannot read the Dockerfile".to_owned(),
    }
}

/// Adds a problem if the file of a secret cannot be read.
pub(super) fn secret_file(secret: &Secret, problems: &mut Problems) {
    let SecretSource::File(path) = &secret.source else { return };
    // An empty path is reported with the options.
    if path.is_empty() {
        return;
    }
    let id = secret.id.escape_debug();
    let shown = path.escape_debug();
    let hint = "check the path, which is relative to the current directory; `~` is not expanded after `src=`";
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            problems.missing("secret-file", format!("the file `{shown}` of the secret `{id}` does not exist"), hint);
        }
        Ok(metadata) if metadata.is_dir() => {
            problems.missing("secret-file", format!("the file `{shown}` of the secret `{id}` is a directory"), hint);
        }
        // Opening a pipe would take its content from the engine.
        Ok(metadata) if metadata.is_file() => {
            if let Err(error) = std::fs::File::open(path) {
                let message = format!("the file `{shown}` of the secret `{id}` cannot be read: {error}");
                problems.missing("secret-file", message, "the engine reads it with your permissions");
            }
        }
        _ => {}
    }
}

/// Adds a problem for each variable that a build needs and that is not set.
fn variables(request: &BuildRequest, problems: &mut Problems) {
    for secret in &request.secrets {
        if let SecretSource::Environment(name) = &secret.source
            && crate::build::image::export::is_variable(name)
            && std::env::var_os(name).is_none()
        {
            let message = format!("environment variable {name} is not set, required for the secret `{}`", secret.id.escape_debug());
            problems.missing("secret-variable", message, "export the variable, or select another with `--secret id=ID,env=NAME`");
        }
    }
    for BuildArg { name, value } in &request.build_args {
        // The engine reads its own variables from the same environment.
        let is_of_engine = ["AWS_", "DOCKER_", "BUILDKIT_", "BUILDX_", "REGISTRY_", "ACTIONS_"].iter().any(|start| name.starts_with(start));
        let Some(value) = value.as_deref().filter(|value| is_of_engine && is_secret_arg(name, Some(value))) else { continue };
        if std::env::var_os(name).is_some_and(|other| other != *value) {
            let message = format!(
                "the build argument `{}` has another value than the variable of that name, which the engine may need for itself",
                name.escape_debug()
            );
            let hint = format!("use `--secret`, or another name than `{}`", name.escape_debug());
            problems.usage.push(Diagnostic::error("secret-build-arg", message).hinted(hint));
        }
    }
    for ssh in &request.ssh {
        let (id, source) = ssh.split_once('=').map_or((ssh.as_str(), None), |(id, source)| (id, Some(source)));
        let message = match source {
            None if std::env::var_os("SSH_AUTH_SOCK").is_none() => {
                format!("the SSH agent `{}` needs SSH_AUTH_SOCK, which is not set", id.escape_debug())
            }
            Some(paths) => match paths.split(',').find(|path| !Path::new(path).exists()) {
                Some(path) => {
                    format!("the socket or key `{}` of the SSH agent `{}` does not exist", path.escape_debug(), id.escape_debug())
                }
                None => continue,
            },
            None => continue,
        };
        problems.missing("ssh", message, "start an agent with `eval \"$(ssh-agent)\"`, or name a socket or key: `--ssh ID=PATH`");
    }
}

/// Adds a problem for each stage to cache that does not exist.
fn stages(dockerfile: &Dockerfile, path: &Path, request: &BuildRequest, problems: &mut Problems) {
    for stage in request.cache.as_ref().map_or(&[][..], |cache| &cache.stages) {
        if dockerfile.target(Some(stage)).is_none() {
            let message = format!("`--cache-stage`: unknown stage `{}` in `{}`", stage.escape_debug(), path.display());
            let names: Vec<&str> = dockerfile.stage_names().collect();
            let hint = did_you_mean(stage, names.iter().copied()).unwrap_or_else(|| match names.as_slice() {
                [] => "no stage has a name; name one with `FROM ... AS name`".to_owned(),
                names => format!("the stages are {}", names.join(", ")),
            });
            problems.data.push(Diagnostic::error("unknown-target", message).hinted(hint));
        }
    }
}

/// Returns `None` for a directory, and otherwise whether the address of the source is valid.
fn remote(context: &str) -> Option<Result<(), (String, &'static str)>> {
    if context.starts_with("git@") {
        let is_valid = context.split_once(':').is_some_and(|(host, path)| host.len() > "git@".len() && !path.is_empty());
        let message = || format!("invalid address `{}` of the source", context.escape_debug());
        return Some(if is_valid { Ok(()) } else { Err((message(), "write it as git@HOST:PATH, or as ssh://git@HOST/PATH")) });
    }
    let (scheme, rest) = context.split_once("://")?;
    // The text may contain a password.
    let invalid = |reason: &str| Some(Err((format!("invalid URL `{}://...` of the source: {reason}", scheme.escape_debug()), URL_HINT)));
    match url::Url::parse(context) {
        Err(error) => invalid(&error.to_string()),
        Ok(url) if !url.has_host() && !matches!(scheme, "file" | "dir" | "tar") => invalid("no host"),
        Ok(_) if rest.contains(char::is_whitespace) => invalid("it contains spaces"),
        Ok(_) => Some(Ok(())),
    }
}

const URL_HINT: &str = "write an address such as https://github.com/acme/app.git or s3://BUCKET/SOURCE.tar.gz";

impl Inputs {
    /// Returns what is wrong with the Dockerfile for an engine.
    pub(super) fn findings(&self, request: &BuildRequest, engine: Engine, version: Option<&Version>) -> Vec<Finding> {
        let Some(dockerfile) = &self.dockerfile else { return Vec::new() };
        let found = lint(dockerfile, &lint_context(request, engine, version, &secret_ids(request), self.files.as_ref()));
        let mask = mask(request);
        found.into_iter().map(|diagnostic| Finding { diagnostic: masked(diagnostic, &mask), assignment: Vec::new() }).collect()
    }
}

/// Fails if the build would fail, and otherwise prints what is wrong with the Dockerfile.
///
/// # Errors
///
/// Returns an error with every error of the Dockerfile.
pub(super) fn show_findings(findings: &[Finding], context: &mut Context<'_>) -> Result<(), Failure> {
    let problems = Diagnostics(findings.iter().map(|finding| finding.diagnostic.clone()).collect());
    if problems.has_errors() {
        return Err(Failure::Problems(problems, ExitCode::Data));
    }
    context.show_warnings(&problems);
    Ok(())
}

/// Returns a mask of the values of build arguments that look like secrets.
fn mask(request: &BuildRequest) -> Mask {
    let mut mask = Mask::default();
    for BuildArg { name, value } in &request.build_args {
        if let Some(value) = value.as_deref().filter(|value| is_secret_arg(name, Some(value))) {
            mask.add_credentials(value);
        }
    }
    mask
}

/// Masks the values of build arguments, which a problem of a `FROM` quotes.
fn masked(mut problem: Diagnostic, mask: &Mask) -> Diagnostic {
    problem.message = mask.text(problem.message);
    problem.hint = problem.hint.map(|hint| mask.text(hint));
    problem
}

fn secret_ids(request: &BuildRequest) -> Vec<&str> {
    request.secrets.iter().map(|secret| secret.id.as_str()).collect()
}

fn lint_context<'c>(
    request: &'c BuildRequest,
    engine: Engine,
    version: Option<&'c Version>,
    secrets: &'c [&'c str],
    files: Option<&'c BuildContext>,
) -> LintContext<'c> {
    let cache = request.cache.as_ref();
    let keeps_mounts = cache.is_some_and(|cache| cache.mounts || cache.backend == Some(Backend::Mounts));
    LintContext {
        engine: Some(engine),
        version,
        backend: cache.and_then(|cache| cache.backend),
        cache_mounts: match (keeps_mounts, engine) {
            (true, Engine::Kaniko) => CacheMounts::Efs,
            (true, _) => CacheMounts::Kept,
            (false, _) => CacheMounts::Fresh,
        },
        target: request.target.as_deref(),
        build_args: &request.build_args,
        secrets: Some(secrets),
        files,
    }
}

/// Returns the Dockerfile that the engine would read, if it exists on this machine.
fn find(request: &BuildRequest, engine: Engine) -> Option<PathBuf> {
    let directory = if request.context == "." { Path::new("") } else { Path::new(&request.context) };
    let candidates: Vec<PathBuf> = match (&request.dockerfile, engine) {
        (Some(path), Engine::Kaniko | Engine::Buildah) => vec![path.into(), directory.join(path)],
        (Some(path), _) => vec![path.into()],
        (None, Engine::Buildah) => vec![directory.join("Containerfile"), directory.join("Dockerfile")],
        (None, Engine::Kaniko) => vec![directory.join("Dockerfile")],
        (None, _) => vec![directory.join("Dockerfile"), directory.join("dockerfile")],
    };
    // A named pipe is a file too: `--dockerfile <(...)`.
    candidates.into_iter().find(|path| path.exists() && !path.is_dir())
}
