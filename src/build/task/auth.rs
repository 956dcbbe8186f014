//! Credentials of the ECR registries that a build pushes to and caches in, in the format of the public build service.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::super::registry::credentials::{docker_key, registry_host};
use super::super::registry::{Credentials, EcrHost};
use super::build_environment::BuildEnvironment;
use super::request::{BuildTaskRequest, Builder};
use super::variables::{AUTH, CACHE_REPO, PUSH};

/// Returns the ECR registries of a build's image and cache, by host.
///
/// Returns none for a registry whose credentials the request already has, none at all if it has an empty list of credentials, and none if
/// the program in the image does not read them.
pub fn ecr_registries(request: &BuildTaskRequest, environment: &BuildEnvironment) -> BTreeMap<String, EcrHost> {
    let reads = matches!(request.builder, Builder::Agent | Builder::Convox) || request.has_docker_commands;
    let given = request.environment.get(AUTH).map(|text| entries(text));
    if !reads || given.as_ref().is_some_and(Map::is_empty) {
        return BTreeMap::new();
    }
    let is_given = |host: &str| given.iter().flat_map(Map::keys).any(|key| registry_host(key) == host);
    let image = request.environment.get(PUSH).or(request.push.as_ref());
    let of_environment = environment.cache.repository.as_ref().filter(|_| environment.cache.is_on);
    let cache = request.environment.get(CACHE_REPO).or(of_environment);
    let host = |repository: &String| {
        let host = repository.split('/').next()?;
        Some((host.to_owned(), EcrHost::parse(host)?)).filter(|_| !is_given(host))
    };
    [image, cache].into_iter().flatten().filter_map(host).collect()
}

/// Returns credentials as the JSON of `BUILD_AUTH`, by host: the given ones, and those with a user name and password.
pub fn build_auth<'a>(given: Option<&str>, credentials: impl IntoIterator<Item = (&'a str, &'a Credentials)>) -> String {
    let entry = |(host, credentials): (&'a str, &'a Credentials)| match credentials {
        Credentials::Password { user, password } => Some((host.to_owned(), json!({ "Username": user, "Password": password }))),
        Credentials::Identity(_) | Credentials::Token(_) => None,
    };
    let mut all = given.map(entries).unwrap_or_default();
    all.extend(credentials.into_iter().filter_map(entry));
    Value::Object(all).to_string()
}

/// Returns docker's configuration file with the credentials of `BUILD_AUTH`.
///
/// Source: <https://github.com/docker/cli/blob/master/cli/config/configfile/file.go>
pub fn docker_configuration(auth: &str) -> String {
    let text = |entry: &Value, names: [&str; 2]| names.iter().find_map(|name| Some(entry.get(name)?.as_str()?.to_owned()));
    let entry = |(registry, entry): (String, Value)| {
        let (user, password) = (text(&entry, ["Username", "username"])?, text(&entry, ["Password", "password"])?);
        Some((docker_key(&registry).to_owned(), json!({ "auth": BASE64_STANDARD.encode(format!("{user}:{password}")) })))
    };
    let auths: Map<String, Value> = entries(auth).into_iter().filter_map(entry).collect();
    json!({ "auths": auths }).to_string()
}

fn entries(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
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
        assert!(hosts(&request, &environment).is_empty(), "an empty list of credentials is a choice");
        let given = r#"{"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/":{"Username":"AWS","Password":"fake"}}"#;
        request.environment.insert(AUTH.to_owned(), given.to_owned());
        assert!(hosts(&request, &environment).is_empty(), "given credentials are kept");
        request.environment.insert(AUTH.to_owned(), r#"{"ghcr.io":{"Username":"robot","Password":"fake"}}"#.to_owned());
        assert_eq!(hosts(&request, &environment), ["eu-west-1"], "those of other registries are added");
    }

    #[test]
    fn credentials_are_added_to_the_given_ones() {
        let password = |text: &str| Credentials::Password { user: "AWS".to_owned(), password: text.to_owned() };
        let ecr = password("fake-2");
        let all = build_auth(Some(r#"{"ghcr.io":{"Username":"robot","Password":"fake-1"}}"#), [("r.example", &ecr)]);
        assert_eq!(all, r#"{"ghcr.io":{"Username":"robot","Password":"fake-1"},"r.example":{"Username":"AWS","Password":"fake-2"}}"#);
        assert_eq!(
            docker_configuration(r#"{"docker.io":{"username":"a","password":"b"},"https://r.example/":{"Username":"a","Password":"b"}}"#),
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"r.example":{"auth":"YTpi"}}}"#
        );
    }
}
