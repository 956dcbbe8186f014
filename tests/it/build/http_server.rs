//! An HTTP server on loopback whose responses a test defines, and a fake registry on it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method and path with query: `GET /v2/`.
    pub line: String,
    /// Headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// A response: status, headers, body.
pub type Response = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// Serves requests until the test process ends, and records them.
pub struct HttpServer {
    /// `127.0.0.1:PORT`.
    pub host: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Request {
    /// Returns a header, or an empty string if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl HttpServer {
    /// Starts the server; `respond` gets each request and the number of requests before it.
    pub fn new(respond: impl Fn(&Request, usize) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (respond, recorded) = (Arc::new(respond), Arc::clone(&requests));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (respond, recorded) = (Arc::clone(&respond), Arc::clone(&recorded));
                std::thread::spawn(move || serve(connection, &*respond, &recorded));
            }
        });
        Self { host, requests }
    }

    /// Returns the recorded requests in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns method and path of the recorded requests in order.
    pub fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }
}

fn serve(connection: TcpStream, respond: &dyn Fn(&Request, usize) -> Response, requests: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut connection = connection;
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim_end().is_empty() {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let headers: BTreeMap<String, String> = lines
            .iter()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let line = lines[0].rsplit_once(' ').unwrap().0.to_owned();
        let request = Request { line, headers, body: String::from_utf8(body).unwrap() };
        let before = {
            let mut requests = requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let (status, headers, body) = respond(&request, before);
        let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let is_head = request.line.starts_with("HEAD ");
        if connection.write_all(head.as_bytes()).is_err() || (!is_head && connection.write_all(&body).is_err()) {
            return;
        }
    }
}

/// Returns a successful response with JSON.
pub fn json(value: &serde_json::Value) -> Response {
    (200, vec![("content-type", "application/json".to_owned())], value.to_string().into_bytes())
}

/// Returns an error response in the format of a registry.
pub fn error_response(status: u16, code: &str, message: &str) -> Response {
    let text = serde_json::json!({"errors": [{"code": code, "message": message}]});
    (status, vec![("content-type", "application/json".to_owned())], text.to_string().into_bytes())
}

/// A fake registry with one repository in memory.
#[derive(Clone, Debug, Default)]
pub struct FakeRegistry {
    /// Blobs by digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Manifests by digest.
    pub manifests: BTreeMap<String, Vec<u8>>,
    /// Digests by tag.
    pub tags: BTreeMap<String, String>,
}

impl FakeRegistry {
    /// Adds an image with tags, a creation time (RFC 3339) and layers by name and size; returns its digest.
    pub fn image(&mut self, tags: &[&str], created: &str, layers: &[(&str, u64)]) -> String {
        let config = serde_json::json!({"created": created, "note": tags.join(" ")}).to_string().into_bytes();
        let config_digest = digest(&config);
        let layers: Vec<_> = layers
            .iter()
            .map(|(name, size)| {
                serde_json::json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(name.as_bytes()), "size": size})
            })
            .collect();
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config.len()},
            "layers": layers,
        });
        self.blobs.insert(config_digest, config);
        self.put(tags, manifest.to_string().into_bytes())
    }

    /// Adds a manifest with tags; returns its digest.
    pub fn put(&mut self, tags: &[&str], manifest: Vec<u8>) -> String {
        let own = digest(&manifest);
        self.manifests.insert(own.clone(), manifest);
        for tag in tags {
            self.tags.insert((*tag).to_owned(), own.clone());
        }
        own
    }

    /// Serves the repository under `/v2/NAME/`; a DELETE request removes a manifest.
    pub fn serve(self, name: &'static str) -> (HttpServer, Arc<Mutex<Self>>) {
        let registry = Arc::new(Mutex::new(self));
        let served = Arc::clone(&registry);
        let web = HttpServer::new(move |request, _| served.lock().unwrap().respond(name, request));
        (web, registry)
    }

    /// Responds to a request for the repository under `/v2/NAME/`; a DELETE request removes a manifest.
    pub fn respond(&mut self, name: &str, request: &Request) -> Response {
        let (method, path) = request.line.split_once(' ').unwrap();
        let Some(path) = path.strip_prefix(&format!("/v2/{name}/")) else {
            return error_response(404, "NAME_UNKNOWN", "repository name not known");
        };
        if path.starts_with("tags/list") {
            return json(&serde_json::json!({"name": name, "tags": self.tags.keys().collect::<Vec<_>>()}));
        }
        if let Some(digest) = path.strip_prefix("blobs/") {
            return match self.blobs.get(digest) {
                Some(blob) => (200, vec![], blob.clone()),
                None => error_response(404, "BLOB_UNKNOWN", "blob unknown"),
            };
        }
        let reference = path.strip_prefix("manifests/").unwrap();
        let digest = self.tags.get(reference).cloned().unwrap_or_else(|| reference.to_owned());
        match (method, self.manifests.get(&digest).cloned()) {
            (_, None) => error_response(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            ("DELETE", Some(_)) => {
                self.manifests.remove(&digest);
                self.tags.retain(|_, named| *named != digest);
                (202, vec![], vec![])
            }
            (_, Some(manifest)) => {
                let kind = serde_json::from_slice::<serde_json::Value>(&manifest).unwrap()["mediaType"].as_str().unwrap().to_owned();
                (200, vec![("content-type", kind), ("docker-content-digest", digest)], manifest)
            }
        }
    }
}

/// Returns the digest of bytes.
pub fn digest(bytes: &[u8]) -> String {
    let hex = rackform::text::sha256_hex(bytes);
    format!("sha256:{hex}")
}
