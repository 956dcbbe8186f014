//! Asks one registry.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::answer::refusal;
use super::auth::{Challenge, challenges};
use super::credentials::Credentials;
use super::error::RegistryError;
use super::manifest::{Manifest, is_digest};
use super::name::is_loopback;
use crate::text::sha256_hex;

/// How often something is tried in all.
const ATTEMPTS: u32 = 5;

/// The longest that a registry may tell to wait before the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The largest manifest that is read, in bytes: the specification asks registries for 4 MiB at least.
const MANIFEST_LIMIT_BYTES: u64 = 8 << 20;

/// The largest list or error that is read, in bytes.
const LIST_LIMIT_BYTES: u64 = 32 << 20;

/// How many tags are asked for at a time.
const PAGE: u32 = 500;

/// The most pages of tags: a registry that leads in circles comes to an end.
const PAGES: usize = 2000;

/// How a registry is spoken to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether it may be spoken to without TLS though it is not this machine.
    pub insecure: bool,
    /// Certificates in PEM that are trusted in place of the usual ones.
    pub certificates: Option<Vec<u8>>,
    /// How long one try may take.
    pub timeout: Duration,
    /// How long to wait before the second try; twice as long before each further one.
    pub first_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { insecure: false, certificates: None, timeout: Duration::from_secs(60), first_wait: Duration::from_millis(250) }
    }
}

/// A registry.
pub struct Client {
    agent: Agent,
    host: String,
    base: String,
    options: Options,
    credentials: Option<Credentials>,
    /// What to say who asks with, by scope.
    answers: RefCell<HashMap<String, String>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

/// An answer that came, whatever it says.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

/// The ways of asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Head,
    Delete,
}

impl Client {
    /// Returns a client of the registry at `host`; asks nothing yet.
    ///
    /// # Errors
    ///
    /// Returns that the certificates in the options are none.
    pub fn new(host: &str, options: Options, credentials: Option<Credentials>) -> Result<Self, RegistryError> {
        let local = is_loopback(host);
        let plain = local || options.insecure;
        // Docker Hub's API has another name than its images.
        let server = if host == "docker.io" { "registry-1.docker.io" } else { host };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(options.timeout))
            .timeout_connect(Some(options.timeout.min(Duration::from_secs(15))))
            .https_only(!plain)
            .user_agent(concat!("rackform/", env!("CARGO_PKG_VERSION")));
        if local {
            config = config.proxy(None);
        }
        if let Some(pem) = &options.certificates {
            let read: Result<Vec<Certificate<'static>>, _> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                    Ok(_) => None,
                    Err(error) => Some(Err(error)),
                })
                .collect();
            let trusted = read
                .map_err(|error| error.to_string())
                .and_then(|trusted| if trusted.is_empty() { Err("there is no certificate in the file".to_owned()) } else { Ok(trusted) });
            let trusted = trusted
                .map_err(|message| RegistryError::Unreachable { host: host.to_owned(), message: format!("SSL_CERT_FILE: {message}") })?;
            config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusted)).build());
        }
        Ok(Self {
            agent: config.build().new_agent(),
            host: host.to_owned(),
            base: format!("{}://{server}/v2/", if plain { "http" } else { "https" }),
            options,
            credentials,
            answers: RefCell::default(),
        })
    }

    /// Returns the registry's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns every tag of a repository, sorted; `None` when there is no such repository.
    ///
    /// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags>
    ///
    /// # Errors
    ///
    /// Returns that the registry could not be asked, or refused.
    pub fn tags(&self, repository: &str) -> Result<Option<Vec<String>>, RegistryError> {
        #[derive(Deserialize)]
        struct Page {
            tags: Option<Vec<String>>,
        }
        let what = format!("list the tags of `{repository}`");
        let mut tags = Vec::new();
        let mut next = Some(format!("{}{repository}/tags/list?n={PAGE}", self.base));
        for _ in 0..PAGES {
            let Some(address) = next.take() else { break };
            let mut answer = self.ask(Method::Get, &address, repository, "pull", &what)?;
            if answer.status == StatusCode::NOT_FOUND {
                // A repository that is there has a list, though perhaps an empty one.
                return Ok(None);
            }
            self.expect(&mut answer, &[StatusCode::OK], &what)?;
            let body = self.body(&mut answer, LIST_LIMIT_BYTES, "a list of tags")?;
            let page: Page = serde_json::from_slice(&body).map_err(|error| self.invalid_response("a list of tags", &error.to_string()))?;
            tags.extend(page.tags.unwrap_or_default());
            next = answer.headers.get("link").and_then(|link| link.to_str().ok()).and_then(next_page).map(|path| self.resolved(&path));
        }
        tags.sort();
        tags.dedup();
        Ok(Some(tags))
    }

    /// Returns the digest that a tag stands for, without reading what it names; `None` when there is no such tag.
    ///
    /// # Errors
    ///
    /// Returns that the registry could not be asked, or refused.
    pub fn digest(&self, repository: &str, reference: &str) -> Result<Option<String>, RegistryError> {
        let what = format!("look for `{repository}:{reference}`");
        let mut answer = self.ask(Method::Head, &self.manifest_address(repository, reference), repository, "pull", &what)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.expect(&mut answer, &[StatusCode::OK], &what)?;
        let told = answer.headers.get("docker-content-digest").and_then(|digest| digest.to_str().ok()).filter(|digest| is_digest(digest));
        match told {
            Some(digest) => Ok(Some(digest.to_owned())),
            // The header need not be there.
            None => Ok(self.manifest(repository, reference)?.map(|manifest| manifest.digest)),
        }
    }

    /// Returns the manifest of a tag or digest; `None` when there is none.
    ///
    /// # Errors
    ///
    /// Returns that the registry could not be asked, refused, or gave bytes that do not have the digest asked for.
    pub fn manifest(&self, repository: &str, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        let what = format!("read the manifest of `{repository}:{reference}`");
        let mut answer = self.ask(Method::Get, &self.manifest_address(repository, reference), repository, "pull", &what)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.expect(&mut answer, &[StatusCode::OK], &what)?;
        let media_type = answer
            .headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .map(|kind| kind.split(';').next().unwrap_or(kind).trim().to_owned());
        let bytes = self.body(&mut answer, MANIFEST_LIMIT_BYTES, "a manifest")?;
        let read = Manifest::read(&bytes, media_type.as_deref()).map_err(|error| self.invalid_response("a manifest", &error))?;
        if reference.starts_with("sha256:") && read.digest != reference {
            return Err(self.invalid_response("the manifest", &format!("asked for {reference}, and it is {}", read.digest)));
        }
        Ok(Some(read))
    }

    /// Returns a blob of at most so many bytes; `None` when there is none.
    ///
    /// # Errors
    ///
    /// Returns that the registry could not be asked, refused, or gave more, or bytes that do not have the digest.
    pub fn blob(&self, repository: &str, digest: &str, limit_bytes: u64) -> Result<Option<Vec<u8>>, RegistryError> {
        let what = format!("read {digest} of `{repository}`");
        let mut answer = self.ask(Method::Get, &format!("{}{repository}/blobs/{digest}", self.base), repository, "pull", &what)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.expect(&mut answer, &[StatusCode::OK], &what)?;
        let bytes = self.body(&mut answer, limit_bytes, "a blob")?;
        if digest.strip_prefix("sha256:").is_some_and(|hex| hex != sha256_hex(&bytes)) {
            return Err(self.invalid_response("the blob", &format!("it is not {digest}")));
        }
        Ok(Some(bytes))
    }

    /// Deletes a manifest with all its tags; tells whether there was one.
    ///
    /// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests>
    ///
    /// # Errors
    ///
    /// Returns that the registry could not be asked, or does not delete.
    pub fn delete(&self, repository: &str, digest: &str) -> Result<bool, RegistryError> {
        let what = format!("delete {digest} of `{repository}`");
        let mut answer = self.ask(Method::Delete, &self.manifest_address(repository, digest), repository, "delete", &what)?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(false),
            StatusCode::METHOD_NOT_ALLOWED => Err(RegistryError::KeepsAll { host: self.host.clone() }),
            _ => self.expect(&mut answer, &[StatusCode::ACCEPTED, StatusCode::OK, StatusCode::NO_CONTENT], &what).map(|()| true),
        }
    }

    fn manifest_address(&self, repository: &str, reference: &str) -> String {
        format!("{}{repository}/manifests/{reference}", self.base)
    }

    /// Returns the address of the next page, which may be written with or without a host; another host than this one is not followed.
    fn resolved(&self, path: &str) -> String {
        let root = self.base.trim_end_matches("/v2/");
        match path.strip_prefix('/') {
            Some(path) => format!("{root}/{path}"),
            None if path.starts_with(&self.base) => path.to_owned(),
            None => format!("{}{}", self.base, path.split_once("/v2/").map_or(path, |(_, path)| path)),
        }
    }

    /// Asks, saying who asks where that is wanted.
    fn ask(&self, method: Method, address: &str, repository: &str, action: &str, what: &str) -> Result<Answer, RegistryError> {
        let scope = match action {
            "delete" => format!("repository:{repository}:delete,pull"),
            action => format!("repository:{repository}:{action}"),
        };
        let known = self.answers.borrow().get(&scope).cloned();
        let mut answer = self.send(method, address, known.as_deref())?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let offered: Vec<Challenge> =
            answer.headers.get_all("www-authenticate").iter().filter_map(|header| header.to_str().ok()).flat_map(challenges).collect();
        let Some(said) = self.authorization_header(&offered, &scope, what)? else {
            return Err(self.unauthorized(&mut answer, what));
        };
        let mut answer = self.send(method, address, Some(&said))?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Err(self.unauthorized(&mut answer, what));
        }
        self.answers.borrow_mut().insert(scope, said);
        Ok(answer)
    }

    /// Returns what to say who asks with; `None` where nobody is known and none of the ways does without.
    fn authorization_header(&self, offered: &[Challenge], scope: &str, what: &str) -> Result<Option<String>, RegistryError> {
        let bearer = offered.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        match (bearer, &self.credentials) {
            (_, Some(Credentials::Token(token))) => Ok(Some(format!("Bearer {token}"))),
            (Some(Challenge::Bearer { realm, service, scope: wanted }), _) => {
                // Asked for as the registry words it, and as this client does where it leaves that open.
                let scope = wanted.as_deref().unwrap_or(scope);
                Ok(Some(format!("Bearer {}", self.token(realm, service.as_deref(), scope, what)?)))
            }
            (_, Some(Credentials::Password { user, password })) if offered.contains(&Challenge::Basic) => Ok(Some(basic(user, password))),
            _ => Ok(None),
        }
    }

    /// Asks the server that gives tokens.
    ///
    /// Source: <https://distribution.github.io/distribution/spec/auth/token/>, <https://distribution.github.io/distribution/spec/auth/oauth/>
    fn token(&self, realm: &str, service: Option<&str>, scope: &str, what: &str) -> Result<String, RegistryError> {
        #[derive(Deserialize)]
        struct Given {
            token: Option<String>,
            access_token: Option<String>,
        }
        let place = realm.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
        if !(realm.starts_with("https://") || (realm.starts_with("http://") && (is_loopback(place) || self.options.insecure))) {
            let message = format!("it sends to `{realm}` for a token, and no password goes there without TLS");
            return Err(RegistryError::Unauthorized { host: self.host.clone(), who: self.who(), what: what.to_owned(), message });
        }
        let mut answer = self.retry_with_backoff(|| {
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
        if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(self.unauthorized(&mut answer, what));
        }
        self.expect(&mut answer, &[StatusCode::OK], "give a token")?;
        let body = self.body(&mut answer, LIST_LIMIT_BYTES, "a token")?;
        let given: Given = serde_json::from_slice(&body).map_err(|error| self.invalid_response("a token", &error.to_string()))?;
        given.token.or(given.access_token).ok_or_else(|| self.invalid_response("a token", "there is none in the answer"))
    }

    fn send(&self, method: Method, address: &str, authorization: Option<&str>) -> Result<Answer, RegistryError> {
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

    /// Tries until an answer comes that is not about being busy, waiting longer each time.
    fn retry_with_backoff(&self, send: impl Fn() -> Result<ureq::http::Response<Body>, ureq::Error>) -> Result<Answer, RegistryError> {
        let mut wait = self.options.first_wait;
        for attempt in 1.. {
            let is_last = attempt >= ATTEMPTS;
            let told = match send() {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    let is_busy = matches!(parts.status.as_u16(), 429 | 500 | 502 | 503 | 504);
                    if !is_busy || is_last {
                        return Ok(Answer { status: parts.status, headers: parts.headers, body });
                    }
                    parts.headers.get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs)
                }
                Err(error) if is_last || !is_passing(&error) => {
                    return Err(RegistryError::Unreachable { host: self.host.clone(), message: error.to_string() });
                }
                Err(_) => None,
            };
            std::thread::sleep(told.unwrap_or(wait).min(LONGEST_WAIT));
            wait *= 2;
        }
        Err(RegistryError::Unreachable { host: self.host.clone(), message: "no answer".to_owned() })
    }

    fn body(&self, answer: &mut Answer, limit_bytes: u64, what: &str) -> Result<Vec<u8>, RegistryError> {
        answer.body.with_config().limit(limit_bytes).read_to_vec().map_err(|error| self.invalid_response(what, &error.to_string()))
    }

    fn expect(&self, answer: &mut Answer, good: &[StatusCode], what: &str) -> Result<(), RegistryError> {
        if good.contains(&answer.status) {
            return Ok(());
        }
        let (code, message) = refusal(&self.body(answer, LIST_LIMIT_BYTES, "an error").unwrap_or_default());
        Err(RegistryError::Refused { host: self.host.clone(), what: what.to_owned(), status: answer.status.as_u16(), code, message })
    }

    fn unauthorized(&self, answer: &mut Answer, what: &str) -> RegistryError {
        let (_, message) = refusal(&self.body(answer, LIST_LIMIT_BYTES, "an error").unwrap_or_default());
        RegistryError::Unauthorized { host: self.host.clone(), who: self.who(), what: what.to_owned(), message }
    }

    fn who(&self) -> String {
        match &self.credentials {
            Some(Credentials::Password { user, .. }) => format!("`{user}`"),
            Some(_) => "whoever the token is of".to_owned(),
            None => "somebody without credentials".to_owned(),
        }
    }

    fn invalid_response(&self, what: &str, message: &str) -> RegistryError {
        RegistryError::InvalidResponse { host: self.host.clone(), what: what.to_owned(), message: message.to_owned() }
    }
}

/// Tells whether trying again may go well.
fn is_passing(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => {
            // A refused connection to a server that is being started is worth a second look, a file's error is not.
            !matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData)
        }
        ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// Returns the address of the next page from a `Link` header: `</v2/a/tags/list?n=1&last=b>; rel="next"`.
fn next_page(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| address.to_owned())
    })
}
