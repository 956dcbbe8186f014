//! Requests to a registry: HTTP with retries, authentication and limits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read as _;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use url::Url;

use super::budget::{Budget, seconds};
use super::challenge::{Challenge, challenges};
use super::credentials::Credentials;
use super::error::RegistryError;
use super::error_body::code_and_message;
use super::manifest::Manifest;
use super::name::is_loopback;
use super::token_server::{Refusal, Trust, check};

/// How often a request is sent in total.
const ATTEMPTS: u32 = 5;

/// The longest pause before a retry. If the registry asks for a longer one, the request fails.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How many redirects are followed, such as one from a blob to its storage.
const REDIRECTS: u32 = 5;

/// The largest list to read, in bytes.
pub(super) const LIST_LIMIT_BYTES: u64 = 32 << 20;

/// The largest response of a token server to read, in bytes.
const TOKEN_LIMIT_BYTES: u64 = 1 << 20;

/// How much of an error is read, in bytes.
const ERROR_LIMIT_BYTES: u64 = 64 << 10;

/// How to connect to a registry.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to connect without TLS to another machine.
    pub insecure: bool,
    /// Certificates in PEM to trust instead of the default ones.
    pub certificates: Option<Vec<u8>>,
    /// Hosts of token servers that may get the credentials, besides those that are known to belong to the registry.
    pub token_servers: Vec<String>,
    /// The timeout of one attempt.
    pub timeout: Duration,
    /// The timeout of one operation with all its requests, retries and pauses.
    pub operation_timeout: Duration,
    /// The pause before the second attempt; it doubles before each further one.
    pub first_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            insecure: false,
            certificates: None,
            token_servers: Vec::new(),
            timeout: Duration::from_secs(60),
            operation_timeout: Duration::from_secs(120),
            first_wait: Duration::from_millis(250),
        }
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
    budget: Budget,
}

/// A response with any status.
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Body,
}

/// The method of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method<'m> {
    Get,
    Head,
    Delete,
    /// Writes a manifest: its bytes, and its media type.
    Put(&'m [u8], &'m str),
}

impl Transport {
    pub(super) fn new(host: &str, options: Options, credentials: Option<Credentials>) -> Result<Self, RegistryError> {
        let is_local = is_loopback(host);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(options.timeout))
            .timeout_connect(Some(options.timeout.min(Duration::from_secs(15))))
            .https_only(!(is_local || options.insecure))
            .max_redirects(REDIRECTS)
            .redirect_auth_headers(RedirectAuthHeaders::Never)
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
        let budget = Budget::new(options.operation_timeout);
        Ok(Self { agent, host: host.to_owned(), options, credentials, authorizations: RefCell::default(), budget })
    }

    /// Starts an operation, to which the limits of one apply.
    pub(super) fn start(&self) {
        self.budget.start();
    }

    pub(super) fn limit_exceeded(&self, message: String) -> RegistryError {
        RegistryError::LimitExceeded { host: self.host.clone(), message }
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
        method: Method<'_>,
        address: &str,
        repository: &str,
        permission: &str,
        action: &str,
    ) -> Result<Response, RegistryError> {
        let scope = match permission {
            "delete" => format!("repository:{repository}:delete,pull"),
            "push" => format!("repository:{repository}:pull,push"),
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
        let encoding = response.headers.get("content-encoding").map(|encoding| String::from_utf8_lossy(encoding.as_bytes()).to_lowercase());
        if let Some(encoding) = encoding.filter(|encoding| encoding != "identity") {
            return Err(self.invalid_response(expected, &format!("it has the encoding `{encoding}`, which was not requested")));
        }
        let body = self.read(response, limit_bytes + 1, expected)?;
        if body.len() as u64 > limit_bytes {
            return Err(self.invalid_response(expected, &format!("it is larger than {limit_bytes} bytes")));
        }
        Ok(body)
    }

    /// Reads at most `limit_bytes` of a body.
    fn read(&self, response: &mut Response, limit_bytes: u64, expected: &str) -> Result<Vec<u8>, RegistryError> {
        let mut body = Vec::new();
        let mut reader = response.body.as_reader().take(limit_bytes);
        let mut buffer = vec![0; 32 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(body),
                Ok(length) => {
                    self.budget.read(length).map_err(|message| self.limit_exceeded(message))?;
                    body.extend_from_slice(&buffer[..length]);
                }
                Err(_) if self.budget.remaining().is_err() => return Err(self.limit_exceeded(self.budget.exceeded())),
                Err(error) => return Err(self.invalid_response(expected, &error.to_string())),
            }
        }
    }

    /// Reads the error in a response.
    fn error(&self, response: &mut Response) -> (Option<String>, String) {
        code_and_message(&self.read(response, ERROR_LIMIT_BYTES, "an error").unwrap_or_default())
    }

    /// Returns an error unless the response has one of these statuses.
    pub(super) fn expect(&self, response: &mut Response, statuses: &[StatusCode], action: &str) -> Result<(), RegistryError> {
        if statuses.contains(&response.status) {
            return Ok(());
        }
        let (code, message) = self.error(response);
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
            (Some(Challenge::Bearer { realm, service }), _) => {
                Ok(Some(format!("Bearer {}", self.token(realm, service.as_deref(), scope, action)?)))
            }
            (_, Some(Credentials::Password { user, password })) if offered.contains(&Challenge::Basic) => Ok(Some(basic(user, password))),
            _ => Ok(None),
        }
    }

    /// Requests a token from the registry's token server.
    ///
    /// Source: <https://distribution.github.io/distribution/spec/auth/token/>,
    /// <https://distribution.github.io/distribution/spec/auth/oauth/>
    fn token(&self, realm: &str, service: Option<&str>, scope: &str, action: &str) -> Result<String, RegistryError> {
        #[derive(Deserialize)]
        struct TokenResponse {
            token: Option<String>,
            access_token: Option<String>,
        }
        let realm = self.token_server(realm, action)?;
        let mut response = self.retry_with_backoff(|timeout| {
            if let Some(Credentials::Identity(identity)) = &self.credentials {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("service", service.unwrap_or_default()),
                    ("client_id", "rackform"),
                    ("scope", scope),
                    ("refresh_token", identity),
                ];
                let request = self.agent.post(realm.as_str()).config().max_redirects(0).timeout_global(Some(timeout)).build();
                return request.send_form(form);
            }
            let request = self.agent.get(realm.as_str()).config().max_redirects(0).timeout_global(Some(timeout)).build();
            let mut request = request.query("scope", scope);
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
        if response.status.is_redirection() {
            return Err(
                self.invalid_response("a token", "the token server redirects to another address, to which credentials are not sent")
            );
        }
        self.expect(&mut response, &[StatusCode::OK], "issue a token")?;
        let body = self.body(&mut response, TOKEN_LIMIT_BYTES, "a token")?;
        let found: TokenResponse = serde_json::from_slice(&body).map_err(|error| self.invalid_response("a token", &error.to_string()))?;
        let token = found.token.or(found.access_token).ok_or_else(|| self.invalid_response("a token", "it contains no token"))?;
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.invalid_response("a token", "it contains other characters than those of a token"));
        }
        Ok(token)
    }

    /// Returns the address of a token server that the registry names, if it may be asked.
    fn token_server(&self, realm: &str, action: &str) -> Result<Url, RegistryError> {
        let trust = Trust {
            registry: &self.host,
            insecure: self.options.insecure,
            has_credentials: self.credentials.is_some(),
            servers: &self.options.token_servers,
        };
        check(realm, &trust).map_err(|refusal| {
            let message = match refusal {
                Refusal::Unknown { server } => return RegistryError::UnknownTokenServer { host: self.host.clone(), server },
                Refusal::Invalid(problem) => format!("it requires a token from the invalid address `{realm}`: {problem}"),
                Refusal::WithoutTls => format!("it requires a token from `{realm}`, to which credentials are not sent without TLS"),
            };
            RegistryError::Unauthorized { host: self.host.clone(), user: self.user(), action: action.to_owned(), message }
        })
    }

    fn send_with(&self, method: Method<'_>, address: &str, authorization: Option<&str>) -> Result<Response, RegistryError> {
        self.retry_with_backoff(|timeout| {
            let request = match method {
                Method::Get => self.agent.get(address),
                Method::Head => self.agent.head(address),
                Method::Delete => self.agent.delete(address),
                Method::Put(body, media_type) => {
                    let mut request = self.agent.put(address).config().max_redirects(0).timeout_global(Some(timeout)).build();
                    request = request.header("content-type", media_type);
                    if let Some(authorization) = authorization {
                        request = request.header("authorization", authorization);
                    }
                    return request.send(body);
                }
            };
            // A redirect is only expected from content to where it is stored.
            let redirects = if method == Method::Delete { 0 } else { REDIRECTS };
            let mut request = request.config().max_redirects(redirects).timeout_global(Some(timeout)).build();
            if method != Method::Delete && address.contains("/manifests/") {
                request = request.header("accept", Manifest::MEDIA_TYPES.join(", "));
            }
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            request.call()
        })
    }

    /// Sends a request until the registry responds with another status than one of an overloaded server. `send` gets the timeout.
    fn retry_with_backoff(
        &self,
        send: impl Fn(Duration) -> Result<ureq::http::Response<Body>, ureq::Error>,
    ) -> Result<Response, RegistryError> {
        let mut wait = self.options.first_wait;
        for attempt in 1.. {
            let is_last = attempt >= ATTEMPTS;
            let remaining = self.budget.request().map_err(|message| self.limit_exceeded(message))?;
            let requested = match send(self.options.timeout.min(remaining)) {
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
            let pause = requested.unwrap_or(wait);
            let remaining = self.budget.remaining().map_err(|message| self.limit_exceeded(message))?;
            if pause > LONGEST_WAIT.min(remaining) {
                return Err(self.limit_exceeded(format!("it asks to wait {} before the next request", seconds(pause))));
            }
            std::thread::sleep(pause);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        Err(RegistryError::Unreachable { host: self.host.clone(), message: "no response".to_owned() })
    }

    fn unauthorized(&self, response: &mut Response, action: &str) -> RegistryError {
        let (_, message) = self.error(response);
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
