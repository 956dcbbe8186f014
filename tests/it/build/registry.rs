//! Tests of the client of OCI registries: authentication, retries, and invalid responses.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rackform::build::registry::credentials::CredentialFiles;
use rackform::build::registry::{Client, Credentials, Options, RegistryError, RegistryHint};
use serde_json::json;

use super::http_server::{FakeRegistry, HttpServer, Response, error_response, json as good};
use crate::program::Bench;

fn client(web: &HttpServer, credentials: Option<Credentials>) -> Client {
    let options = Options { first_wait: Duration::from_millis(1), timeout: Duration::from_secs(5), ..Options::default() };
    Client::new(&web.host, options, credentials).unwrap()
}

fn password() -> Option<Credentials> {
    Some(Credentials::Password { user: "AWS".to_owned(), password: "planted-secret".to_owned() })
}

fn challenge(text: String) -> Response {
    let mut answer = error_response(401, "UNAUTHORIZED", "authentication required");
    answer.1.push(("www-authenticate", text));
    answer
}

#[test]
fn tags_are_read_from_every_page() {
    let web = HttpServer::new(|request, _| match request.line.as_str() {
        "GET /v2/a/b/tags/list?n=500" => {
            let (status, mut headers, body) = good(&json!({"tags": ["b", "a"]}));
            headers.push(("link", "</v2/a/b/tags/list?n=500&last=b>; rel=\"next\"".to_owned()));
            (status, headers, body)
        }
        "GET /v2/a/b/tags/list?n=500&last=b" => good(&json!({"tags": ["c"]})),
        // Docker's own registry returns null for an empty repository.
        "GET /v2/empty/tags/list?n=500" => good(&json!({"tags": null})),
        _ => error_response(404, "NAME_UNKNOWN", "repository name not known to registry"),
    });
    let client = client(&web, None);
    assert_eq!(client.tags("a/b").unwrap(), Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]));
    assert_eq!(client.tags("empty").unwrap(), Some(vec![]));
    assert_eq!(client.tags("missing").unwrap(), None);
}

#[test]
fn a_link_to_another_host_is_requested_from_the_registry_itself() {
    let web = HttpServer::new(|request, _| {
        let (status, mut headers, body) = good(&json!({"tags": [request.line.len().to_string()]}));
        if !request.line.contains("last") {
            headers.push(("link", "<https://elsewhere.example/v2/a/tags/list?last=x>; rel=\"next\"".to_owned()));
        }
        (status, headers, body)
    });
    assert_eq!(client(&web, password()).tags("a").unwrap().unwrap().len(), 2);
    assert_eq!(web.lines()[1], "GET /v2/a/tags/list?last=x");
}

#[test]
fn a_token_is_requested_once_and_only_that_request_contains_the_password() {
    let web = HttpServer::new(|request, _| {
        if request.line.starts_with("GET /token") {
            return good(&json!({"token": "issued"}));
        }
        match request.header("authorization") {
            "Bearer issued" => good(&json!({"tags": ["x"]})),
            _ => challenge(format!("Bearer realm=\"http://{}/token\",service=\"it\",scope=\"repository:a:pull\"", request.header("host"))),
        }
    });
    let client = client(&web, password());
    assert_eq!(client.tags("a").unwrap().unwrap(), ["x"]);
    assert_eq!(client.tags("a").unwrap().unwrap(), ["x"]);
    let asked = web.requests();
    let tokens: Vec<_> = asked.iter().filter(|request| request.line.starts_with("GET /token")).collect();
    assert_eq!(tokens.len(), 1, "{asked:#?}");
    assert_eq!(tokens[0].line, "GET /token?scope=repository%3Aa%3Apull&service=it");
    assert_eq!(tokens[0].header("authorization"), "Basic QVdTOnBsYW50ZWQtc2VjcmV0");
}

#[test]
fn an_identity_token_is_exchanged_and_a_registry_token_is_sent_unchanged() {
    let web = HttpServer::new(|request, _| match (request.line.as_str(), request.header("authorization")) {
        ("POST /token", _) => good(&json!({"access_token": "exchanged"})),
        (_, "Bearer exchanged" | "Bearer own") => good(&json!({"tags": []})),
        _ => challenge(format!("Bearer realm=\"http://{}/token\",service=\"it\"", request.header("host"))),
    });
    assert!(client(&web, Some(Credentials::Identity("refresh".to_owned()))).tags("a").unwrap().is_some());
    let exchange = web.requests().into_iter().find(|request| request.line == "POST /token").unwrap();
    assert!(exchange.body.contains("refresh_token=refresh") && exchange.body.contains("scope=repository%3Aa%3Apull"), "{}", exchange.body);
    assert!(client(&web, Some(Credentials::Token("own".to_owned()))).tags("a").unwrap().is_some());
}

#[test]
fn basic_authentication_requires_a_password() {
    let web = HttpServer::new(|request, _| match request.header("authorization") {
        "Basic QVdTOnBsYW50ZWQtc2VjcmV0" => good(&json!({"tags": ["x"]})),
        _ => challenge("Basic realm=\"ecr\",service=\"ecr.amazonaws.com\"".to_owned()),
    });
    assert_eq!(client(&web, password()).tags("a").unwrap().unwrap(), ["x"]);
    let anonymous = client(&web, None).tags("a").unwrap_err();
    assert!(matches!(anonymous, RegistryError::Unauthorized { .. }), "{anonymous}");
    let wrong = client(&web, Some(Credentials::Password { user: "me".to_owned(), password: "planted-too".to_owned() }));
    let wrong = wrong.tags("a").unwrap_err();
    assert!(wrong.to_string().contains("`me`") && !format!("{wrong:?} {:?}", wrong.hint()).contains("planted"), "{wrong:?}");
}

#[test]
fn a_password_is_never_sent_without_tls() {
    let web = HttpServer::new(|_, _| challenge("Bearer realm=\"http://tokens.example/token\",service=\"it\"".to_owned()));
    let error = client(&web, password()).tags("a").unwrap_err();
    assert!(error.to_string().contains("credentials are not sent without TLS"), "{error}");
    assert_eq!(web.requests().len(), 1);
}

#[test]
fn temporary_errors_are_retried_and_others_are_reported() {
    let web = HttpServer::new(|_, index| match index {
        0 => (429, vec![("retry-after", "0".to_owned())], vec![]),
        1 => (503, vec![], b"<html>busy</html>".to_vec()),
        _ => good(&json!({"tags": ["x"]})),
    });
    assert_eq!(client(&web, None).tags("a").unwrap().unwrap(), ["x"]);
    assert_eq!(web.requests().len(), 3);
    let always = HttpServer::new(|_, _| error_response(429, "TOOMANYREQUESTS", "slow down"));
    let error = client(&always, None).tags("a").unwrap_err();
    assert_eq!(always.requests().len(), 5);
    assert!(matches!(&error, RegistryError::Refused { status: 429, .. }) && error.hint().is_some(), "{error}");
    let denied = HttpServer::new(|_, _| error_response(403, "DENIED", "requested access to the resource is denied"));
    let error = client(&denied, None).tags("a").unwrap_err();
    assert_eq!(denied.requests().len(), 1);
    assert!(error.to_string().contains("requested access to the resource is denied"), "{error}");
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = Options { first_wait: Duration::from_millis(1), ..Options::default() };
    let error = Client::new(&unused.to_string(), options, None).unwrap().tags("a").unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
}

#[test]
fn an_image_is_found_by_tag_and_verified_by_digest() {
    let mut registry_content = FakeRegistry::default();
    let digest = registry_content.image(&["one"], "2026-01-01T00:00:00Z", &[("layer", 10)]);
    let (web, _) = registry_content.serve("a");
    let registry = client(&web, None);
    assert_eq!(registry.digest("a", "one").unwrap().as_deref(), Some(digest.as_str()));
    assert_eq!(registry.digest("a", "two").unwrap(), None);
    let manifest = registry.manifest("a", &digest).unwrap().unwrap();
    assert_eq!((manifest.digest.as_str(), manifest.layers.len()), (digest.as_str(), 1));
    assert!(web.requests()[0].header("accept").contains("application/vnd.oci.image.index.v1+json"));
    assert!(registry.delete("a", &digest).unwrap());
    assert!(!registry.delete("a", &digest).unwrap());

    let wrong_digest = HttpServer::new(|_, _| (200, vec![], br#"{"layers":[]}"#.to_vec()));
    let error = client(&wrong_digest, None).manifest("a", &digest).unwrap_err();
    assert!(matches!(error, RegistryError::InvalidResponse { .. }), "{error}");
    let no_delete = HttpServer::new(|_, _| error_response(405, "UNSUPPORTED", "The operation is unsupported."));
    let error = client(&no_delete, None).delete("a", &digest).unwrap_err();
    assert!(matches!(error, RegistryError::DeletionDisabled { .. }) && error.hint() == Some(RegistryHint::EnableDeletion), "{error}");
    let html = HttpServer::new(|_, _| (200, vec![], b"<html>a proxy's page</html>".to_vec()));
    assert!(matches!(client(&html, None).tags("a").unwrap_err(), RegistryError::InvalidResponse { .. }));
}

#[test]
fn credentials_are_read_from_the_files_of_the_engines() {
    let bench = Bench::new();
    let places = CredentialFiles { files: vec![bench.path().join("missing.json"), bench.path().join("config.json")] };
    let find = |host: &str| places.find(host);
    let user = |found: Option<Credentials>| match found {
        Some(Credentials::Password { user, password }) => format!("{user}:{password}"),
        Some(Credentials::Identity(token)) => format!("identity {token}"),
        Some(Credentials::Token(token)) => format!("token {token}"),
        None => "none".to_owned(),
    };
    bench.file(
        "config.json",
        json!({"auths": {
            "https://registry.example/v2/": {"auth": "bWU6c2VjcmV0OnR3bw=="},
            "https://index.docker.io/v1/": {"username": "hub", "password": "x"},
            "identity.example": {"auth": "PHRva2VuPjo=", "identitytoken": "abc"},
            "token.example": {"registrytoken": "def"},
            "empty.example": {},
            "broken.example": {"auth": "!!!"},
        }})
        .to_string(),
    );
    for (host, expected) in [
        ("registry.example", "me:secret:two"),
        ("docker.io", "hub:x"),
        ("identity.example", "identity abc"),
        ("token.example", "token def"),
        ("empty.example", "none"),
        ("other.example", "none"),
    ] {
        assert_eq!(user(find(host).unwrap()), expected, "{host}");
    }
    let error = find("broken.example").unwrap_err();
    assert!(error.to_string().contains("config.json") && !error.to_string().contains("!!!"), "{error}");
    bench.file("config.json", "{\"auths\": {\"registry.example\": {\"auth\": \"c2VjcmV0\" planted");
    let error = find("registry.example").unwrap_err();
    assert!(error.to_string().contains("config.json:1:") && !error.to_string().contains("planted"), "{error}");
}
