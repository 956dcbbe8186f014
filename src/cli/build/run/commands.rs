//! The commands of a build task whose image has no build agent: kaniko itself, or a docker client.

use crate::build::agent::Settings;
use crate::build::command::{plan, shell};
use crate::build::engine::{Buildx, Driver, ImageStore};
use crate::build::task::variables::{DOCKER_CONFIGURATION, URL};
use crate::build::task::{BuildEnvironment, BuildTaskRequest};
use crate::build::{Engine, EngineFacts, Invocation};
use crate::cli::{ExitCode, Failure};

/// The Docker Engine of the rack's instances, whose machine image is the one for ECS with Amazon Linux 2023.
///
/// Source: <https://docs.aws.amazon.com/linux/al2023/release-notes/all-packages-AL2023.html>
const INSTANCE_ENGINE: &str = "25.0.0";

/// Stands for the address of the source in a planned command, which reads it from a variable: it may contain a signature.
const SOURCE: &str = "RACKFORM_SOURCE";

/// Sets the command of a task that runs kaniko without the build agent.
pub(super) fn with_kaniko_arguments(
    mut request: BuildTaskRequest,
    build_environment: &BuildEnvironment,
) -> Result<BuildTaskRequest, Failure> {
    if request.url.is_none() && !request.environment.contains_key(URL) {
        return Err(Failure::new(
            ExitCode::Usage,
            "the task's image is kaniko without the build agent, which requires the URL of the source",
        )
        .hinted("specify `--url s3://BUCKET/SOURCE.tar.gz`, or a command after `--`"));
    }
    let settings = Settings { engine: Some(Engine::Kaniko), ..settings(&request, build_environment) };
    let tag = build_environment.image.as_deref().and_then(|image| image.rsplit('/').next()?.split(['@', ':']).nth(1)).unwrap_or_default();
    let facts =
        EngineFacts { version: tag.trim_start_matches('v').parse().ok(), platform: build_environment.platform.clone(), ..settings.facts() };
    let invocation = plan(&settings.request(), &facts)
        .map_err(|problems| Failure::Problems(crate::ui::build::hints::diagnostics(&problems), ExitCode::Usage))?;
    request.command = invocation.steps.first().map(|step| step.argv.iter().skip(1).cloned().collect());
    Ok(with_variables(request, invocation))
}

/// Sets the command of a task that runs a docker client, with the Docker Engine of its instance.
///
/// The engine fetches the source itself. Credentials are in a variable, which the command writes to docker's configuration file.
pub(super) fn with_docker_commands(
    mut request: BuildTaskRequest,
    build_environment: &BuildEnvironment,
) -> Result<BuildTaskRequest, Failure> {
    let url = request.environment.get(URL).or(request.url.as_ref());
    let Some(url) = url else {
        let message = "the task's image is a docker client without the build agent, which requires the URL of the source";
        return Err(Failure::new(ExitCode::Usage, message)
            .hinted("specify `--url https://HOST/SOURCE.tar.gz` or the address of a git repository, or a command after `--`"));
    };
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    if !matches!(scheme.as_str(), "https" | "http" | "git" | "ssh") && !url.starts_with("git@") {
        let message =
            format!("the docker client in the task's image does not support sources with the scheme `{}://`", scheme.escape_debug());
        return Err(Failure::new(ExitCode::Usage, message).hinted(
            "use the address of a git repository or of an https:// archive; for an object in S3 export \
                BUILD_URL=\"$(aws s3 presign s3://BUCKET/SOURCE.tar.gz)\" and use `--secret-env BUILD_URL`",
        ));
    }
    let settings = Settings {
        source: Some(SOURCE.to_owned()),
        cache_directory: None,
        engine: Some(Engine::Buildx),
        ..settings(&request, build_environment)
    };
    let facts = EngineFacts {
        version: INSTANCE_ENGINE.parse().ok(),
        buildx: Buildx::Present(None),
        driver: Some(Driver::Docker),
        image_store: Some(ImageStore::GraphDriver),
        platform: build_environment.platform.clone(),
        ..settings.facts()
    };
    let invocation = plan(&settings.request(), &facts)
        .map_err(|problems| Failure::Problems(crate::ui::build::hints::diagnostics(&problems), ExitCode::Usage))?;
    let commands = shell(&invocation).map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
    let text = format!(
        "umask 077\nmkdir -p \"${{HOME:-/root}}/.docker\"\nprintf '%s' \"${{{DOCKER_CONFIGURATION}:-{{}}}}\" > \"${{HOME:-/root}}/.docker/config.json\"\nunset {DOCKER_CONFIGURATION}\n{}",
        commands.replace(SOURCE, "\"$BUILD_URL\"")
    );
    request.command = Some(vec!["sh".to_owned(), "-ec".to_owned(), text]);
    request.has_docker_commands = true;
    Ok(with_variables(request, invocation))
}

/// Returns the settings of the build agent for a request.
fn settings(request: &BuildTaskRequest, build_environment: &BuildEnvironment) -> Settings {
    Settings {
        app: Some(request.app.clone()),
        id: Some(request.id.clone()),
        service: request.service.clone(),
        source: request.environment.get(URL).cloned().or(request.url.clone()),
        dockerfile: request.dockerfile.clone(),
        target: request.target.clone(),
        build_args: request.build_args.clone(),
        push: request.push.clone(),
        no_cache: request.no_cache,
        cache: build_environment.cache.is_on,
        cache_repository: build_environment.cache.repository.clone(),
        cache_directory: build_environment.cache.directory.clone(),
        ..Settings::default()
    }
}

/// Adds the variables of an invocation to the task.
fn with_variables(mut request: BuildTaskRequest, invocation: Invocation) -> BuildTaskRequest {
    for (name, value) in invocation.secret_variables() {
        request.environment.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    for (name, value) in invocation.environment {
        request.environment.entry(name).or_insert(value);
    }
    request
}
