//! The client of OCI registries: who it says it is, what it tries again, and what it does not believe.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rackform::build::registry::credentials::Places;
use rackform::build::registry::{Client, Credentials, Options, RegistryError};
use serde_json::json;

use super::web::{Answer, Shelf, Web, json as good, refusal};
use crate::program::Bench;

fn client(web: &Web, credentials: Option<Credentials>) -> Client {
    let options = Options { first_wait: Duration::from_millis(1), timeout: Duration::from_secs(5), ..Options::default() };
    Client::new(&web.host, options, credentials).unwrap()
}

fn password() -> Option<Credentials> {
    Some(Credentials::Password { user: "AWS".to_owned(), password: "planted-secret".to_owned() })
}

fn challenge(text: String) -> Answer {
    let mut answer = refusal(401, "UNAUTHORIZED", "authentication required");
    answer.1.push(("www-authenticate", text));
    answer
}

#[test]
fn tags_come_from_every_page() {
    let web = Web::new(|request, _| match request.line.as_str() {
        "GET /v2/a/b/tags/list?n=500" => {
            let (status, mut headers, body) = good(&json!({"tags": ["b", "a"]}));
            headers.push(("link", "</v2/a/b/tags/list?n=500&last=b>; rel=\"next\"".to_owned()));
            (status, headers, body)
        }
        "GET /v2/a/b/tags/list?n=500&last=b" => good(&json!({"tags": ["c"]})),
        // Docker's own registry has null for an empty repository.
        "GET /v2/empty/tags/list?n=500" => good(&json!({"tags": null})),
        _ => refusal(404, "NAME_UNKNOWN", "repository name not known to registry"),
    });
    let client = client(&web, None);
    assert_eq!(client.tags("a/b").unwrap(), Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]));
    assert_eq!(client.tags("empty").unwrap(), Some(vec![]));
    assert_eq!(client.tags("missing").unwrap(), None);
}

#[test]
fn a_page_that_leads_elsewhere_is_asked_for_here() {
    let web = Web::new(|request, _| {
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
fn a_token_is_asked_for_once_and_with_a_password_only_where_it_belongs() {
    let web = Web::new(|request, _| {
        if request.line.starts_with("GET /token") {
            return good(&json!({"token": "given"}));
        }
        match request.header("authorization") {
            "Bearer given" => good(&json!({"tags": ["x"]})),
            _ => challenge(format!("Bearer realm=\"http://{}/token\",service=\"it\",scope=\"repository:a:pull\"", request.header("host"))),
        }
    });
    let client = client(&web, password());
    assert_eq!(client.tags("a").unwrap().unwrap(), ["x"]);
    assert_eq!(client.tags("a").unwrap().unwrap(), ["x"]);
    let asked = web.asked();
    let tokens: Vec<_> = asked.iter().filter(|request| request.line.starts_with("GET /token")).collect();
    assert_eq!(tokens.len(), 1, "{asked:#?}");
    assert_eq!(tokens[0].line, "GET /token?scope=repository%3Aa%3Apull&service=it");
    assert_eq!(tokens[0].header("authorization"), "Basic QVdTOnBsYW50ZWQtc2VjcmV0");
}

#[test]
fn an_identity_token_is_traded_in_and_a_registry_token_is_shown() {
    let web = Web::new(|request, _| match (request.line.as_str(), request.header("authorization")) {
        ("POST /token", _) => good(&json!({"access_token": "traded"})),
        (_, "Bearer traded" | "Bearer own") => good(&json!({"tags": []})),
        _ => challenge(format!("Bearer realm=\"http://{}/token\",service=\"it\"", request.header("host"))),
    });
    assert!(client(&web, Some(Credentials::Identity("refresh".to_owned()))).tags("a").unwrap().is_some());
    let traded = web.asked().into_iter().find(|request| request.line == "POST /token").unwrap();
    assert!(traded.body.contains("refresh_token=refresh") && traded.body.contains("scope=repository%3Aa%3Apull"), "{}", traded.body);
    assert!(client(&web, Some(Credentials::Token("own".to_owned()))).tags("a").unwrap().is_some());
}

#[test]
fn basic_is_for_who_has_a_password() {
    let web = Web::new(|request, _| match request.header("authorization") {
        "Basic QVdTOnBsYW50ZWQtc2VjcmV0" => good(&json!({"tags": ["x"]})),
        _ => challenge("Basic realm=\"ecr\",service=\"ecr.amazonaws.com\"".to_owned()),
    });
    assert_eq!(client(&web, password()).tags("a").unwrap().unwrap(), ["x"]);
    let nobody = client(&web, None).tags("a").unwrap_err();
    assert!(matches!(nobody, RegistryError::Unauthorized { .. }), "{nobody}");
    let wrong = client(&web, Some(Credentials::Password { user: "me".to_owned(), password: "planted-too".to_owned() }));
    let wrong = wrong.tags("a").unwrap_err();
    assert!(wrong.to_string().contains("`me`") && !format!("{wrong:?} {:?}", wrong.hint()).contains("planted"), "{wrong:?}");
}

#[test]
fn no_password_goes_to_a_server_that_anybody_can_listen_to() {
    let web = Web::new(|_, _| challenge("Bearer realm=\"http://tokens.example/token\",service=\"it\"".to_owned()));
    let error = client(&web, password()).tags("a").unwrap_err();
    assert!(error.to_string().contains("no password goes there without TLS"), "{error}");
    assert_eq!(web.asked().len(), 1);
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_told() {
    let web = Web::new(|_, before| match before {
        0 => (429, vec![("retry-after", "0".to_owned())], vec![]),
        1 => (503, vec![], b"<html>busy</html>".to_vec()),
        _ => good(&json!({"tags": ["x"]})),
    });
    assert_eq!(client(&web, None).tags("a").unwrap().unwrap(), ["x"]);
    assert_eq!(web.asked().len(), 3);
    let always = Web::new(|_, _| refusal(429, "TOOMANYREQUESTS", "slow down"));
    let error = client(&always, None).tags("a").unwrap_err();
    assert_eq!(always.asked().len(), 5);
    assert!(matches!(&error, RegistryError::Refused { status: 429, .. }) && error.hint().is_some(), "{error}");
    let denied = Web::new(|_, _| refusal(403, "DENIED", "requested access to the resource is denied"));
    let error = client(&denied, None).tags("a").unwrap_err();
    assert_eq!(denied.asked().len(), 1);
    assert!(error.to_string().contains("requested access to the resource is denied"), "{error}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = Options { first_wait: Duration::from_millis(1), ..Options::default() };
    let error = Client::new(&nobody.to_string(), options, None).unwrap().tags("a").unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
}

#[test]
fn an_image_is_found_by_its_tag_and_believed_by_its_digest() {
    let mut shelf = Shelf::default();
    let made = shelf.image(&["one"], "2026-01-01T00:00:00Z", &[("layer", 10)]);
    let (web, _) = shelf.serve("a");
    let registry = client(&web, None);
    assert_eq!(registry.digest("a", "one").unwrap().as_deref(), Some(made.as_str()));
    assert_eq!(registry.digest("a", "two").unwrap(), None);
    let manifest = registry.manifest("a", &made).unwrap().unwrap();
    assert_eq!((manifest.digest.as_str(), manifest.layers.len()), (made.as_str(), 1));
    assert!(web.asked()[0].header("accept").contains("application/vnd.oci.image.index.v1+json"));
    assert!(registry.delete("a", &made).unwrap());
    assert!(!registry.delete("a", &made).unwrap());

    let liar = Web::new(|_, _| (200, vec![], br#"{"layers":[]}"#.to_vec()));
    let error = client(&liar, None).manifest("a", &made).unwrap_err();
    assert!(matches!(error, RegistryError::InvalidResponse { .. }), "{error}");
    let keeper = Web::new(|_, _| refusal(405, "UNSUPPORTED", "The operation is unsupported."));
    let error = client(&keeper, None).delete("a", &made).unwrap_err();
    assert!(matches!(error, RegistryError::KeepsAll { .. }) && error.hint().unwrap().contains("storage.delete.enabled"), "{error}");
    let page = Web::new(|_, _| (200, vec![], b"<html>a proxy's page</html>".to_vec()));
    assert!(matches!(client(&page, None).tags("a").unwrap_err(), RegistryError::InvalidResponse { .. }));
}

#[test]
fn credentials_are_where_engines_keep_them() {
    let bench = Bench::new();
    let places = Places { files: vec![bench.path().join("missing.json"), bench.path().join("config.json")] };
    let find = |host: &str| places.find(host);
    let user = |found: Option<Credentials>| match found {
        Some(Credentials::Password { user, password }) => format!("{user}:{password}"),
        Some(Credentials::Identity(token)) => format!("identity {token}"),
        Some(Credentials::Token(token)) => format!("token {token}"),
        None => "nobody".to_owned(),
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
        ("empty.example", "nobody"),
        ("other.example", "nobody"),
    ] {
        assert_eq!(user(find(host).unwrap()), expected, "{host}");
    }
    let error = find("broken.example").unwrap_err();
    assert!(error.to_string().contains("config.json") && !error.to_string().contains("!!!"), "{error}");
    bench.file("config.json", "{\"auths\": {\"registry.example\": {\"auth\": \"c2VjcmV0\" planted");
    let error = find("registry.example").unwrap_err();
    assert!(error.to_string().contains("config.json:1:") && !error.to_string().contains("planted"), "{error}");
}
