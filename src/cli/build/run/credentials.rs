//! ECR credentials for a build that specifies none.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::build::registry::Credentials;
use crate::build::task::variables::{AUTH, DOCKER_CONFIGURATION};
use crate::build::task::{BuildEnvironment, BuildTaskRequest, build_auth, docker_configuration, ecr_registries};
use crate::cli::build::registry::service;
use crate::cli::{Context, Failure};
use crate::secret::{MASKED, Mask};

/// Adds a masked placeholder for the credentials that a started build gets.
pub fn add_placeholder(request: &mut BuildTaskRequest, environment: &BuildEnvironment, context: &mut Context<'_>) {
    let registries = ecr_registries(request, environment);
    if registries.is_empty() {
        finish(request, MASKED);
        return;
    }
    let hosts: Vec<&str> = registries.keys().map(String::as_str).collect();
    context.status(&format!("note: a started build gets credentials for {} in {AUTH}", hosts.join(" and ")));
    request.environment.insert(AUTH.to_owned(), MASKED.to_owned());
    finish(request, MASKED);
}

/// Replaces the credentials by docker's configuration for a docker client, which cannot read the variable.
fn finish(request: &mut BuildTaskRequest, configuration: &str) {
    if request.has_docker_commands && request.environment.shift_remove(AUTH).is_some() {
        request.environment.insert(DOCKER_CONFIGURATION.to_owned(), configuration.to_owned());
    }
}

/// Requests credentials from ECR for the registries that a build uses, and adds them to the build's environment and to the mask; returns
/// whether it added any.
///
/// If the caller lacks permission, it warns and continues, because the permissions of the build's task role may be enough.
///
/// # Errors
///
/// Returns an error if a request to ECR fails for another reason.
pub fn add(
    request: &mut BuildTaskRequest,
    environment: &BuildEnvironment,
    mask: &mut Mask,
    context: &mut Context<'_>,
) -> Result<bool, Failure> {
    // A token is valid for all registries of its region.
    let mut tokens: BTreeMap<String, Option<Credentials>> = BTreeMap::new();
    let registries = ecr_registries(request, environment);
    for (host, ecr) in &registries {
        if tokens.contains_key(&ecr.region) {
            continue;
        }
        let token = match service(context, Some(ecr.region.clone()))?.credentials() {
            Ok(token) => Some(token),
            Err(error) if error.is_denied() => {
                context.warn(&format!(
                    "note: cannot get credentials for {host}; the build uses its task role: {error}; `rackform permissions --for build` lists \
                        the required permissions"
                ));
                None
            }
            Err(error) => return Err(with_hint(error.into())),
        };
        tokens.insert(ecr.region.clone(), token);
    }
    for token in tokens.values().flatten() {
        if let Credentials::Password { user, password } = token {
            mask.add_credentials(password);
            // The form in the engines' configuration files.
            mask.add_credentials(&BASE64_STANDARD.encode(format!("{user}:{password}")));
        }
    }
    let token_of = |region: &String| tokens.get(region).and_then(Option::as_ref);
    let credentials: Vec<(&str, &Credentials)> =
        registries.iter().filter_map(|(host, ecr)| Some((host.as_str(), token_of(&ecr.region)?))).collect();
    let given = request.environment.get(AUTH).cloned();
    if credentials.is_empty() && !(given.is_some() && request.has_docker_commands) {
        return Ok(false);
    }
    // Those of the operator are kept.
    let auth = build_auth(given.as_deref(), credentials);
    let configuration = docker_configuration(&auth);
    mask.add_credentials(&auth);
    mask.add_credentials(&configuration);
    request.environment.insert(AUTH.to_owned(), auth);
    finish(request, &configuration);
    Ok(true)
}

fn with_hint(failure: Failure) -> Failure {
    match failure {
        Failure::Expected(failure) if failure.hint.is_none() => {
            Failure::Expected(failure).hinted(format!("start the build without ECR credentials: `--env {AUTH}={{}}`"))
        }
        failure => failure,
    }
}
