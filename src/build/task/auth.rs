//! Credentials of the ECR registries that a build pushes to and caches in, in the format of the public build service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::registry::{Credentials, EcrHost};
use super::build_environment::BuildEnvironment;
use super::request::{BuildTaskRequest, Builder};
use super::variables::{AUTH, CACHE_REPO, PUSH};

/// Returns the ECR registries of a build's image and cache, by host.
///
/// Returns none if the request already has credentials, or if the program in the image does not read them.
pub fn ecr_registries(request: &BuildTaskRequest, environment: &BuildEnvironment) -> BTreeMap<String, EcrHost> {
    let reads = matches!(request.builder, Builder::Agent | Builder::Convox);
    if !reads || request.environment.contains_key(AUTH) {
        return BTreeMap::new();
    }
    let image = request.environment.get(PUSH).or(request.push.as_ref());
    let of_environment = environment.cache.repository.as_ref().filter(|_| environment.cache.is_on);
    let cache = request.environment.get(CACHE_REPO).or(of_environment);
    let host = |repository: &String| {
        let host = repository.split('/').next()?;
        Some((host.to_owned(), EcrHost::parse(host)?))
    };
    [image, cache].into_iter().flatten().filter_map(host).collect()
}

/// Returns credentials as the JSON of `BUILD_AUTH`, by host; only those with a user name and password.
pub fn build_auth<'a>(credentials: impl IntoIterator<Item = (&'a str, &'a Credentials)>) -> String {
    let entry = |(host, credentials): (&'a str, &'a Credentials)| match credentials {
        Credentials::Password { user, password } => Some((host.to_owned(), json!({ "Username": user, "Password": password }))),
        Credentials::Identity(_) | Credentials::Token(_) => None,
    };
    Value::Object(credentials.into_iter().filter_map(entry).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ecr_registries_of_builders_that_read_credentials_are_returned() {
        let mut environment = BuildEnvironment::default();
        environment.cache.is_on = true;
        environment.cache.repository = Some("111122223333.dkr.ecr.eu-west-1.amazonaws.com/rack-build-cache".to_owned());
        let mut request =
            BuildTaskRequest { push: Some("444455556666.dkr.ecr.us-east-1.amazonaws.com/web:1".to_owned()), ..BuildTaskRequest::default() };
        let hosts = |request: &BuildTaskRequest, environment: &BuildEnvironment| {
            ecr_registries(request, environment).into_values().map(|ecr| ecr.region).collect::<Vec<_>>()
        };
        assert_eq!(hosts(&request, &environment), ["eu-west-1", "us-east-1"]);
        environment.cache.is_on = false;
        assert_eq!(hosts(&request, &environment), ["us-east-1"]);
        request.environment.insert(PUSH.to_owned(), "r.example/web".to_owned());
        assert!(hosts(&request, &environment).is_empty());
        environment.cache.is_on = true;
        assert_eq!(hosts(&request, &environment), ["eu-west-1"]);
        request.builder = Builder::Kaniko;
        assert!(hosts(&request, &environment).is_empty(), "kaniko itself does not read the variable");
        request.builder = Builder::Convox;
        request.environment.insert(AUTH.to_owned(), "{}".to_owned());
        assert!(hosts(&request, &environment).is_empty(), "given credentials are kept");
    }
}
