//! ECR's credentials for a build, where nobody gave it any.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::build::registry::Credentials;
use crate::build::task::variables::AUTH;
use crate::build::task::{BuildEnvironment, BuildTaskRequest, build_auth, ecr_registries};
use crate::cli::build::registry::service;
use crate::cli::{Context, Failure};
use crate::secret::{MASKED, Mask};

/// Stands in for credentials that a build would get.
pub fn stand_in(order: &mut BuildTaskRequest, site: &BuildEnvironment, context: &mut Context<'_>) {
    let registries = ecr_registries(order, site);
    if registries.is_empty() {
        return;
    }
    let hosts: Vec<&str> = registries.keys().map(String::as_str).collect();
    context.status(&format!("note: when it starts, the build gets credentials of {} in {AUTH}", hosts.join(" and ")));
    order.environment.insert(AUTH.to_owned(), MASKED.to_owned());
}

/// Asks ECR for the credentials of the registries that a build uses, and gives them to it; they go into the mask. Tells whether it got any.
///
/// Who may not ask is told so: the build's own role may be enough.
///
/// # Errors
///
/// Returns that ECR cannot be asked.
pub fn add(order: &mut BuildTaskRequest, site: &BuildEnvironment, mask: &mut Mask, context: &mut Context<'_>) -> Result<bool, Failure> {
    // A token is good for every registry of its region.
    let mut tokens: BTreeMap<String, Option<Credentials>> = BTreeMap::new();
    let registries = ecr_registries(order, site);
    for (host, ecr) in &registries {
        if tokens.contains_key(&ecr.region) {
            continue;
        }
        let token = match service(context, Some(ecr.region.clone()))?.credentials() {
            Ok(token) => Some(token),
            Err(error) if error.is_denied() => {
                context.warn(&format!(
                    "note: the build gets no credentials of {host}, and goes on with its own role's: {error}; `rackform permissions --for \
                        build` lists what asking takes"
                ));
                None
            }
            Err(error) => return Err(without(error.into())),
        };
        tokens.insert(ecr.region.clone(), token);
    }
    for token in tokens.values().flatten() {
        if let Credentials::Password { user, password } = token {
            mask.add_credentials(password);
            // As engines' configuration files have it.
            mask.add_credentials(&BASE64_STANDARD.encode(format!("{user}:{password}")));
        }
    }
    let of = |region: &String| tokens.get(region).and_then(Option::as_ref);
    let known: Vec<(&str, &Credentials)> = registries.iter().filter_map(|(host, ecr)| Some((host.as_str(), of(&ecr.region)?))).collect();
    if known.is_empty() {
        return Ok(false);
    }
    let auth = build_auth(known);
    mask.add_credentials(&auth);
    order.environment.insert(AUTH.to_owned(), auth);
    Ok(true)
}

fn without(failure: Failure) -> Failure {
    match failure {
        Failure::Expected(failure) if failure.hint.is_none() => {
            Failure::Expected(failure).hinted(format!("`--env {AUTH}={{}}` starts the build without ECR's credentials"))
        }
        failure => failure,
    }
}
