//! Requests to a registry: HTTP with retries, authentication and limits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::challenge::{Challenge, challenges};
use super::credentials::Credentials;
use super::error::RegistryError;
use super::error_body::code_and_message;
use super::manifest::Manifest;
use super::name::is_loopback;

/// How often a request is sent in total.
const ATTEMPTS: u32 = 5;

/// The maximum pause before a retry, even if the registry asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The largest list or error to read, in bytes.
pub(super) const LIST_LIMIT_BYTES: u64 = 32 << 20;

/// How to connect to a registry.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to connect without TLS to another machine.
    pub insecure: bool,
    /// Certificates in PEM to trust instead of the default ones.
    pub certificates: Option<Vec<u8>>,
    /// The timeout of one attempt.
    pub timeout: Duration,
    /// The pause before the second attempt; it doubles before each further one.
    pub first_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { insecure: false, certificates: None, timeout: Duration::from_secs(60), first_wait: Duration::from_millis(250) }
    }
}

/// Sends requests to one registry, with authentication.
pub(super) struct Transport {
    agent: Agent,
    host: String,
    options: Options,
    credentials: Option<Credentials>,
    /// The values of the `Authorization` header, by scope.
    authorizations: RefCell<HashMap<String, String>>,
}

/// A response with any status.
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Body,
}

/// The method of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Delete,
}

impl Transport {
    pub(super) fn new(host: &str, options: Options, credentials: Option<Credentials>) -> Result<Self, RegistryError> {
        let is_local = is_loopback(host);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(options.timeout))
            .timeout_connect(Some(options.timeout.min(Duration::from_secs(15))))
            .https_only(!(is_local || options.insecure))
            .user_agent(concat!("rackform/", env!("CARGO_PKG_VERSION")));
        if is_local {
            config = config.proxy(None);
        }
        if let Some(pem) = &options.certificates {
            let trusted = certificates(pem)
                .map_err(|message| RegistryError::Unreachable { host: host.to_owned(), message: format!("SSL_CERT_FILE: {message}") })?;
            config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusted)).build());
        }
        let agent = config.build().new_agent();
        Ok(Self { agent, host: host.to_owned(), options, credentials, authorizations: RefCell::default() })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns whether requests are sent without TLS.
    pub(super) fn allows_http(&self) -> bool {
        is_loopback(&self.host) || self.options.insecure
    }

    /// Sends a request; authenticates if the registry requires it.
    pub(super) fn send(
        &self,
        method: Method,
        address: &str,
        repository: &str,
        permission: &str,
        action: &str,
    ) -> Result<Response, RegistryError> {
        let scope = match permission {
            "delete" => format!("repository:{repository}:delete,pull"),
            permission => format!("repository:{repository}:{permission}"),
        };
        let known = self.authorizations.borrow().get(&scope).cloned();
        let mut response = self.send_with(method, address, known.as_deref())?;
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let offered: Vec<Challenge> =
            response.headers.get_all("www-authenticate").iter().filter_map(|header| header.to_str().ok()).flat_map(challenges).collect();
        let Some(authorization) = self.authorization_header(&offered, &scope, action)? else {
            return Err(self.unauthorized(&mut response, action));
        };
        let mut response = self.send_with(method, address, Some(&authorization))?;
        if response.status == StatusCode::UNAUTHORIZED {
            return Err(self.unauthorized(&mut response, action));
        }
        self.authorizations.borrow_mut().insert(scope, authorization);
        Ok(response)
    }

    /// Reads the body of a response.
    pub(super) fn body(&self, response: &mut Response, limit_bytes: u64, expected: &str) -> Result<Vec<u8>, RegistryError> {
        response.body.with_config().limit(limit_bytes).read_to_vec().map_err(|error| self.invalid_response(expected, &error.to_string()))
    }

    /// Returns an error unless the response has one of these statuses.
    pub(super) fn expect(&self, response: &mut Response, statuses: &[StatusCode], action: &str) -> Result<(), RegistryError> {
        if statuses.contains(&response.status) {
            return Ok(());
        }
        let (code, message) = code_and_message(&self.body(response, LIST_LIMIT_BYTES, "an error").unwrap_or_default());
        Err(RegistryError::Refused { host: self.host.clone(), action: action.to_owned(), status: response.status.as_u16(), code, message })
    }

    pub(super) fn invalid_response(&self, expected: &str, message: &str) -> RegistryError {
        RegistryError::InvalidResponse { host: self.host.clone(), expected: expected.to_owned(), message: message.to_owned() }
    }

    /// Returns the value of the `Authorization` header, or `None` if the challenges require credentials and there are none.
    fn authorization_header(&self, offered: &[Challenge], scope: &str, action: &str) -> Result<Option<String>, RegistryError> {
        let bearer = offered.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        match (bearer, &self.credentials) {
            (_, Some(Credentials::Token(token))) => Ok(Some(format!("Bearer {token}"))),
            (Some(Challenge::Bearer { realm, service, scope: requested }), _) => {
                // The scope of the registry's challenge has precedence.
                let scope = requested.as_deref().unwrap_or(scope);
                Ok(Some(format!("Bearer {}", self.token(realm, service.as_deref(), scope, action)?)))
            }
            (_, Some(Credentials::Password { user, password })) if offered.contains(&Challenge::Basic) => Ok(Some(basic(user, password))),
            _ => Ok(None),
        }
    }

    /// Requests a token from the registry's token server.
    ///
    /// Source: <https://distribution.github.io/distribution/spec/auth/token/>, <https://distribution.github.io/distribution/spec/auth/oauth/>
    fn token(&self, realm: &str, service: Option<&str>, scope: &str, action: &str) -> Result<String, RegistryError> {
        #[derive(Deserialize)]
        struct TokenResponse {
            token: Option<String>,
            access_token: Option<String>,
        }
        let server = realm.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
        if !(realm.starts_with("https://") || (realm.starts_with("http://") && (is_loopback(server) || self.options.insecure))) {
            let message = format!("it requires a token from `{realm}`, to which credentials are not sent without TLS");
            return Err(RegistryError::Unauthorized { host: self.host.clone(), user: self.user(), action: action.to_owned(), message });
        }
        let mut response = self.retry_with_backoff(|| {
            if let Some(Credentials::Identity(identity)) = &self.credentials {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("service", service.unwrap_or_default()),
                    ("client_id", "rackform"),
                    ("scope", scope),
                    ("refresh_token", identity),
                ];
                return self.agent.post(realm).send_form(form);
            }
            let mut request = self.agent.get(realm).query("scope", scope);
            if let Some(service) = service {
                request = request.query("service", service);
            }
            if let Some(Credentials::Password { user, password }) = &self.credentials {
                request = request.header("authorization", basic(user, password));
            }
            request.call()
        })?;
        if matches!(response.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(self.unauthorized(&mut response, action));
        }
        self.expect(&mut response, &[StatusCode::OK], "issue a token")?;
        let body = self.body(&mut response, LIST_LIMIT_BYTES, "a token")?;
        let found: TokenResponse = serde_json::from_slice(&body).map_err(|error| self.invalid_response("a token", &error.to_string()))?;
        found.token.or(found.access_token).ok_or_else(|| self.invalid_response("a token", "it contains no token"))
    }

    fn send_with(&self, method: Method, address: &str, authorization: Option<&str>) -> Result<Response, RegistryError> {
        self.retry_with_backoff(|| {
            let mut request = match method {
                Method::Get => self.agent.get(address),
                Method::Head => self.agent.head(address),
                Method::Delete => self.agent.delete(address),
            };
            if method != Method::Delete && address.contains("/manifests/") {
                request = request.header("accept", Manifest::MEDIA_TYPES.join(", "));
            }
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            request.call()
        })
    }

    /// Sends a request until the registry responds with another status than one of an overloaded server.
    fn retry_with_backoff(&self, send: impl Fn() -> Result<ureq::http::Response<Body>, ureq::Error>) -> Result<Response, RegistryError> {
        let mut wait = self.options.first_wait;
        for attempt in 1.. {
            let is_last = attempt >= ATTEMPTS;
            let requested = match send() {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    let is_busy = matches!(parts.status.as_u16(), 429 | 500 | 502 | 503 | 504);
                    if !is_busy || is_last {
                        return Ok(Response { status: parts.status, headers: parts.headers, body });
                    }
                    parts.headers.get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs)
                }
                Err(error) if is_last || !is_transient(&error) => {
                    return Err(RegistryError::Unreachable { host: self.host.clone(), message: error.to_string() });
                }
                Err(_) => None,
            };
            std::thread::sleep(requested.unwrap_or(wait).min(LONGEST_WAIT));
            wait *= 2;
        }
        Err(RegistryError::Unreachable { host: self.host.clone(), message: "no response".to_owned() })
    }

    fn unauthorized(&self, response: &mut Response, action: &str) -> RegistryError {
        let (_, message) = code_and_message(&self.body(response, LIST_LIMIT_BYTES, "an error").unwrap_or_default());
        RegistryError::Unauthorized { host: self.host.clone(), user: self.user(), action: action.to_owned(), message }
    }

    /// Returns the user of the requests, for messages.
    fn user(&self) -> String {
        match &self.credentials {
            Some(Credentials::Password { user, .. }) => format!("user `{user}`"),
            Some(_) => "the owner of the token".to_owned(),
            None => "anonymous users".to_owned(),
        }
    }
}

/// Reads certificates in PEM; returns a message if there are none or if they are invalid.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let read: Result<Vec<Certificate<'static>>, _> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
        .collect();
    let certificates = read.map_err(|error| error.to_string())?;
    if certificates.is_empty() { Err("the file contains no certificate".to_owned()) } else { Ok(certificates) }
}

/// Returns whether a retry may succeed.
fn is_transient(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => {
            // A starting server refuses connections. Invalid data does not change.
            !matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData)
        }
        ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}
