//! A registry that answers what it likes: every operation ends with a message, and credentials go to no other host.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rackform::build::registry::{Client, Credentials, Options, RegistryError, RegistryHint};
use serde_json::json;

use super::http_server::{FakeRegistry, HttpServer, Response, digest, error_response, json as good};

/// The longest time that any of these operations may take.
const SOON: Duration = Duration::from_secs(20);

fn options() -> Options {
    Options {
        first_wait: Duration::from_millis(1),
        timeout: Duration::from_secs(2),
        operation_timeout: Duration::from_secs(3),
        ..Options::default()
    }
}

fn password() -> Option<Credentials> {
    Some(Credentials::Password { user: "me".to_owned(), password: "planted-secret".to_owned() })
}

fn client(host: &str) -> Client {
    Client::new(host, options(), password()).unwrap()
}

/// Returns the error of listing tags, which must come soon.
fn tags_error(host: &str) -> RegistryError {
    let began = Instant::now();
    let error = client(host).tags("a").unwrap_err();
    assert!(began.elapsed() < SOON, "{:?}: {error}", began.elapsed());
    error
}

/// A server that writes raw bytes; it ends with the test.
struct RawServer {
    host: String,
    ends: Arc<AtomicBool>,
    written: Arc<AtomicUsize>,
}

impl RawServer {
    /// Serves up to 50 connections; `answer` writes until it fails or the test ends.
    fn new(answer: impl Fn(&mut TcpStream, &AtomicBool, &AtomicUsize) -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (ends, written, answer) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        let (server_ends, server_written) = (Arc::clone(&ends), Arc::clone(&written));
        std::thread::spawn(move || {
            for mut connection in listener.incoming().take(50).flatten() {
                if server_ends.load(Ordering::SeqCst) {
                    return;
                }
                let (ends, written, answer) = (Arc::clone(&server_ends), Arc::clone(&server_written), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let _ = connection.read(&mut [0; 4096]);
                    // The client closes the connection.
                    let _ = answer(&mut connection, &ends, &written);
                });
            }
        });
        Self { host, ends, written }
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.host);
    }
}

#[test]
fn an_endless_list_of_tags_ends_by_its_size() {
    let text = "x".repeat(20_000);
    let web = HttpServer::new(move |_, index| {
        let (status, mut headers, body) = good(&json!({"tags": (0..400).map(|tag| format!("{text}{index}-{tag}")).collect::<Vec<_>>()}));
        headers.push(("link", format!("</v2/a/tags/list?last={index}>; rel=\"next\"")));
        (status, headers, body)
    });
    let error = tags_error(&web.host);
    assert!(matches!(error, RegistryError::LimitExceeded { .. }), "{error}");
    assert!(web.requests().len() < 20, "{}", web.requests().len());
}

#[test]
fn endless_empty_pages_and_cycles_end() {
    let link = |target: String| {
        let (status, mut headers, body) = good(&json!({"tags": []}));
        headers.push(("link", format!("<{target}>; rel=\"next\"")));
        (status, headers, body)
    };
    let endless = HttpServer::new(move |_, index| link(format!("/v2/a/tags/list?last={index}")));
    let error = tags_error(&endless.host);
    assert!(matches!(error, RegistryError::LimitExceeded { .. }), "{error}");
    assert!(endless.requests().len() <= 2000);
    let cycle = HttpServer::new(move |_, index| link(format!("/v2/a/tags/list?last={}", index % 2)));
    let error = tags_error(&cycle.host);
    assert!(error.to_string().contains("cycle"), "{error}");
    // Only the query of a link counts: another path or host would get the credentials of this one.
    let elsewhere = HttpServer::new(move |_, index| match index {
        0 => link("//evil.example/token?last=x".to_owned()),
        _ => good(&json!({"tags": []})),
    });
    client(&elsewhere.host).tags("a").unwrap();
    assert_eq!(elsewhere.lines()[1], "GET /v2/a/tags/list?last=x");
}

#[test]
fn slow_and_endless_responses_end() {
    let drip = RawServer::new(|connection, ends, _| {
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
        while !ends.load(Ordering::SeqCst) {
            connection.write_all(b" ")?;
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    });
    let error = tags_error(&drip.host);
    assert!(matches!(error, RegistryError::InvalidResponse { .. } | RegistryError::LimitExceeded { .. }), "{error}");
    let slow_head = RawServer::new(|connection, ends, _| {
        connection.write_all(b"HTTP/1.1 200 OK\r\n")?;
        while !ends.load(Ordering::SeqCst) {
            connection.write_all(b"x: y\r\n")?;
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    });
    let error = tags_error(&slow_head.host);
    assert!(matches!(error, RegistryError::Unreachable { .. } | RegistryError::LimitExceeded { .. }), "{error}");
    for head in ["content-length: 99999999999999", "transfer-encoding: chunked"] {
        let endless = RawServer::new(move |connection, ends, written| {
            connection.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes())?;
            let is_chunked = head.contains("chunked");
            let chunk = vec![b' '; 1 << 16];
            while !ends.load(Ordering::SeqCst) {
                if is_chunked {
                    connection.write_all(b"10000\r\n")?;
                }
                connection.write_all(&chunk)?;
                if is_chunked {
                    connection.write_all(b"\r\n")?;
                }
                written.fetch_add(chunk.len(), Ordering::SeqCst);
            }
            Ok(())
        });
        let error = tags_error(&endless.host);
        assert!(matches!(error, RegistryError::InvalidResponse { .. } | RegistryError::LimitExceeded { .. }), "{head}: {error}");
        assert!(endless.written.load(Ordering::SeqCst) < 100 << 20, "{head}");
    }
}

#[test]
fn broken_heads_and_chunks_end() {
    let many = "x-header: y\r\n".repeat(100_000);
    let long = format!("x: {}\r\n", "y".repeat(10 << 20));
    for response in [
        format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
        format!("HTTP/1.1 200 OK\r\n{long}\r\n"),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\nx".to_owned(),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nx".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n".to_owned(),
        "HTTP/9.9 999 \r\n\r\n".to_owned(),
        String::new(),
    ] {
        let server = RawServer::new(move |connection, _, _| connection.write_all(response.as_bytes()));
        let error = tags_error(&server.host);
        assert!(error.is_registry_unusable(), "{error}");
    }
}

#[test]
fn a_long_pause_is_not_waited_for() {
    for wait in ["86400", "18446744073709551615"] {
        let web = HttpServer::new(move |_, _| {
            let mut response = error_response(429, "TOOMANYREQUESTS", "slow down");
            response.1.push(("retry-after", wait.to_owned()));
            response
        });
        let error = tags_error(&web.host);
        assert!(matches!(error, RegistryError::LimitExceeded { .. }) && error.to_string().contains("asks to wait"), "{error}");
        assert_eq!(web.requests().len(), 1);
    }
}

#[test]
fn unexpected_json_is_refused() {
    let deep = format!("{{\"tags\": {}1{}}}", "[".repeat(200_000), "]".repeat(200_000)).into_bytes();
    let encoded: Vec<(&'static str, String)> = vec![("content-encoding", "gzip".to_owned())];
    for (headers, body) in [(vec![], deep), (encoded, b"{\"tags\": []}".to_vec()), (vec![], b"{\"tags\": [1e999]}".to_vec())] {
        let response: Response = (200, headers, body);
        let web = HttpServer::new(move |_, _| response.clone());
        let error = tags_error(&web.host);
        assert!(matches!(error, RegistryError::InvalidResponse { .. }), "{error}");
    }
    let blob = format!("sha256:{}", "0".repeat(64));
    for manifest in [
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [{"digest": blob, "size": u64::MAX}, {"digest": blob, "size": u64::MAX}]}),
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "manifests": [{"digest": blob, "size": 1}]}),
        json!({"mediaType": "text/html", "layers": []}),
    ] {
        let web = HttpServer::new(move |_, _| good(&manifest));
        let error = client(&web.host).manifest("a", "tag").unwrap_err();
        assert!(matches!(error, RegistryError::InvalidResponse { .. }), "{error}");
    }
}

#[test]
fn content_has_the_digest_that_was_requested_and_the_one_that_the_registry_names() {
    let mut content = FakeRegistry::default();
    let own = content.image(&["one"], "2026-01-01T00:00:00Z", &[("layer", 10)]);
    let manifest = content.manifests[&own].clone();
    let other = digest(b"other");
    let named = other.clone();
    let web = HttpServer::new(move |request, _| {
        let headers =
            vec![("content-type", "application/vnd.oci.image.manifest.v1+json".to_owned()), ("docker-content-digest", named.clone())];
        if request.line.contains("/blobs/") { (200, vec![], b"not it".to_vec()) } else { (200, headers, manifest.clone()) }
    });
    let client = client(&web.host);
    for error in [
        client.manifest("a", "one").unwrap_err(),
        client.manifest("a", &own).unwrap_err(),
        client.digest("a", &own).unwrap_err(),
        client.blob("a", &other, 100).unwrap_err(),
        client.blob("a", &format!("sha512:{}", "0".repeat(128)), 100).unwrap_err(),
    ] {
        assert!(matches!(error, RegistryError::InvalidResponse { .. }) && error.to_string().contains("digest"), "{error}");
    }
}

/// Returns a registry that requires a token from a server.
fn with_challenge(challenge: impl Fn(&str) -> String + Send + Sync + 'static) -> HttpServer {
    HttpServer::new(move |request, _| {
        if request.line.contains("/token") {
            return good(&json!({"token": "issued"}));
        }
        match request.header("authorization") {
            "Bearer issued" => good(&json!({"tags": []})),
            _ => {
                let mut response = error_response(401, "UNAUTHORIZED", "authentication required");
                response.1.push(("www-authenticate", challenge(request.header("host"))));
                response
            }
        }
    })
}

#[test]
fn the_password_goes_to_no_other_host() {
    let collector = with_challenge(|_| String::new());
    let port = collector.host.split_once(':').unwrap().1.to_owned();
    let elsewhere = format!("http://localhost:{port}/token");
    let realm = elsewhere.clone();
    let web = with_challenge(move |_| format!("Bearer realm=\"{realm}\",service=\"it\""));
    let error = client(&web.host).tags("a").unwrap_err();
    assert!(error.to_string().contains("localhost") && !error.to_string().contains("planted"), "{error}");
    assert_eq!(error.hint(), Some(RegistryHint::TrustTokenServer { server: "localhost".to_owned() }));
    assert_eq!(collector.requests().len(), 0);
    // Anonymous requests contain nothing to protect, and the option allows the server.
    assert!(Client::new(&web.host, options(), None).unwrap().tags("a").unwrap().is_some());
    let allowed = Options { token_servers: vec!["localhost".to_owned()], ..options() };
    assert!(Client::new(&web.host, allowed, password()).unwrap().tags("a").unwrap().is_some());

    for realm in [
        "http://localhost:1@127.0.0.1:1/token",
        "http://me:x@HOST/token",
        "http://10.255.255.1/token",
        "http://127.0.0.1.evil.example/",
        "//HOST/token",
        "file:///etc/passwd",
    ] {
        let web = with_challenge(move |host| format!("Bearer realm=\"{}\"", realm.replace("HOST", host)));
        let error = client(&web.host).tags("a").unwrap_err();
        assert!(matches!(error, RegistryError::Unauthorized { .. }), "{realm}: {error}");
        assert_eq!(web.requests().len(), 1, "{realm}");
    }
    assert!(Client::new("localhost:1@registry.example.com", options(), password()).is_err());
}

#[test]
fn a_token_is_requested_for_nothing_else_than_what_is_necessary() {
    let web =
        with_challenge(|host| format!("Bearer realm=\"http://{host}/token\",scope=\"registry:catalog:* repository:other:push,delete\""));
    client(&web.host).tags("a").unwrap();
    let requested = web.lines().into_iter().find(|line| line.contains("/token")).unwrap();
    assert_eq!(requested, "GET /token?scope=repository%3Aa%3Apull");
}

#[test]
fn redirects_carry_no_credentials() {
    let collector = HttpServer::new(|_, _| good(&json!({"token": "stolen", "tags": []})));
    for status in [301, 302, 303, 307, 308] {
        for credentials in
            [password(), Some(Credentials::Identity("planted-identity".to_owned())), Some(Credentials::Token("planted-token".to_owned()))]
        {
            let target = collector.host.clone();
            let web = HttpServer::new(move |request, _| {
                let to = |path: &str| (status, vec![("location", format!("http://{target}{path}"))], vec![]);
                match (request.header("authorization"), request.line.contains("/token")) {
                    (_, true) => to("/token"),
                    ("", false) => {
                        let mut response = error_response(401, "UNAUTHORIZED", "authentication required");
                        response.1.push(("www-authenticate", format!("Bearer realm=\"http://{}/token\"", request.header("host"))));
                        response
                    }
                    _ => to("/v2/a/tags/list"),
                }
            });
            let _ = Client::new(&web.host, options(), credentials).unwrap().tags("a");
        }
    }
    let sent = format!("{:?}", collector.requests());
    assert!(!sent.contains("planted") && !sent.contains("authorization"), "{sent}");
    let target = collector.host.clone();
    let before = collector.requests().len();
    let web = HttpServer::new(move |_, _| (307, vec![("location", format!("http://{target}/v2/a/manifests/x"))], vec![]));
    assert!(client(&web.host).delete("a", &digest(b"x")).is_err());
    assert_eq!(collector.requests().len(), before, "a deletion is not redirected");
    let cycle =
        HttpServer::new(|request, _| (302, vec![("location", format!("http://{}/v2/a/tags/list", request.header("host")))], vec![]));
    assert!(tags_error(&cycle.host).is_registry_unusable());
    assert!(cycle.requests().len() <= 40, "{}", cycle.requests().len());
}

#[test]
fn long_messages_are_shortened() {
    let web = HttpServer::new(|_, _| error_response(400, &"C".repeat(100_000), &"m".repeat(1_000_000)));
    assert!(tags_error(&web.host).to_string().len() < 1000);
    let web = HttpServer::new(|_, _| error_response(400, "DENIED", &"m ".repeat(10_000)));
    assert!(tags_error(&web.host).to_string().len() < 1000);
}
