//! Prepares an ECR repository: creates it, sets its lifecycle policy and logs the engine in.

use crate::aws::RequestError;
use crate::build::Engine;
use crate::build::exec;
use crate::build::image::{DEFAULT_MAX_AGE_DAYS, is_max_age_policy, lifecycle_policy};
use crate::build::registry::ecr::EcrService;
use crate::build::registry::{Credentials, Repository};
use crate::cli::build::registry::credential_files;
use crate::cli::{Context, ExitCode, Failure};

/// Returns the repository. Creates it if it does not exist and no push would create it, and sets the lifecycle policy if that cannot
/// delete other images.
pub(super) fn ensure_repository(
    context: &mut Context<'_>,
    ecr: &dyn EcrService,
    name: &str,
    tags: &[(String, String)],
    max_age_days: Option<u32>,
) -> Result<Repository, Failure> {
    let (repository, is_new) = match ecr.repository(name)? {
        Some(repository) => (repository, false),
        None => {
            // Tags and an age that the user asks for are not those of the account's template.
            let leaves_settings = tags.is_empty() && max_age_days.is_none();
            if let Some(repository) = leaves_settings.then(|| created_on_push(context, ecr, name)).flatten() {
                context.status(&format!(
                    "repository `{name}` does not exist yet; the push creates it with the settings of the account's creation template"
                ));
                return Ok(repository);
            }
            context.status(&format!("repository `{name}` does not exist yet; creating it"));
            (ecr.create_repository(name, tags)?, true)
        }
    };
    let days = max_age_days.unwrap_or(DEFAULT_MAX_AGE_DAYS);
    if days == 0 {
        return Ok(repository);
    }
    let set_policy = || -> Result<bool, RequestError> {
        let may_set = is_new || may_replace(ecr.lifecycle_policy(name)?.as_deref(), name, max_age_days.is_some());
        if may_set {
            ecr.put_lifecycle_policy(name, &lifecycle_policy(days))?;
        }
        Ok(may_set)
    };
    match set_policy() {
        Ok(true) => {}
        Ok(false) => context.status(&format!(
            "warning: not changing the lifecycle policy of `{name}`: the repository may contain other images; \
                `--max-age-days 0` silences this warning"
        )),
        // A build may lack the permission to set the lifecycle policy.
        Err(error) if error.is_denied() => context.status(&format!("warning: cannot change the lifecycle policy of `{name}`: {error}")),
        Err(error) => return Err(error.into()),
    }
    Ok(repository)
}

/// Returns the address of a repository that a push creates. A build may lack the permission to read the templates, and creates the
/// repository itself then.
fn created_on_push(context: &mut Context<'_>, ecr: &dyn EcrService, name: &str) -> Option<Repository> {
    ecr.created_on_push(name).unwrap_or_else(|error| {
        context.detail(&format!("cannot read the repository creation templates: {error}"));
        None
    })
}

/// Returns whether the repository's policy may be replaced by one that deletes every image after some days. In a repository with other
/// images, such a policy would delete those too.
fn may_replace(policy: Option<&str>, name: &str, is_requested: bool) -> bool {
    match policy {
        Some(policy) => is_max_age_policy(policy),
        None => is_requested || name.starts_with("build-cache/"),
    }
}

/// Logs the engine in to the registry, with the password on standard input.
pub(super) fn log_in(context: &mut Context<'_>, engine: Engine, ecr: &dyn EcrService, repository: &Repository) -> Result<(), Failure> {
    let host = &repository.host;
    if credential_files().has_helper(host)? {
        context.detail(&format!("using the credential helper for {host}"));
        return Ok(());
    }
    let program = match engine {
        Engine::Docker | Engine::Buildx => "docker",
        Engine::Buildah => "buildah",
        // These engines have no login command and read docker's configuration.
        Engine::Buildctl | Engine::BuildctlDaemonless | Engine::Kaniko => {
            if credential_files().find(host)?.is_none() {
                context.status(&format!("warning: docker's configuration, which {engine} reads, has no credentials for {host}"));
            }
            return Ok(());
        }
    };
    let Credentials::Password { user, password } = ecr.credentials()? else { return Ok(()) };
    let argv = [program, "login", "--username", user.as_str(), "--password-stdin", host.as_str()].map(str::to_owned);
    exec::run_with_secret(&argv, &password).map_err(|error| {
        Failure::new(ExitCode::Failed, format!("cannot log {program} in to {host}"))
            .caused_by(&error)
            .hinted("with a credential helper such as amazon-ecr-credential-helper, use `--no-login`")
    })
}
