//! A web server on loopback that answers as a test says.
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
    /// Headers by small names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// An answer: status, headers, body.
pub type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// Answers until it is dropped with the test; what it was asked is kept.
pub struct Web {
    /// `127.0.0.1:PORT`.
    pub host: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Request {
    /// Returns a header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Web {
    /// Starts to answer.
    pub fn new(answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                std::thread::spawn(move || serve(connection, &*answer, &kept));
            }
        });
        Self { host, asked }
    }

    /// Returns what was asked, in order.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the lines of what was asked, in order.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|request| request.line).collect()
    }
}

fn serve(connection: TcpStream, answer: &dyn Fn(&Request, usize) -> Answer, asked: &Mutex<Vec<Request>>) {
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
            let mut asked = asked.lock().unwrap();
            asked.push(request.clone());
            asked.len() - 1
        };
        let (status, headers, body) = answer(&request, before);
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

/// Returns a good answer of JSON.
pub fn json(value: &serde_json::Value) -> Answer {
    (200, vec![("content-type", "application/json".to_owned())], value.to_string().into_bytes())
}

/// Returns a refusal in a registry's words.
pub fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let text = serde_json::json!({"errors": [{"code": code, "message": message}]});
    (status, vec![("content-type", "application/json".to_owned())], text.to_string().into_bytes())
}

/// A registry of one repository that is kept in memory: images by tag, each of some layers by name and size.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// Blobs by digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Manifests by digest.
    pub manifests: BTreeMap<String, Vec<u8>>,
    /// Digests by tag.
    pub tags: BTreeMap<String, String>,
}

impl Shelf {
    /// Puts an image under tags, made at a time (RFC 3339); returns its digest.
    pub fn image(&mut self, tags: &[&str], made: &str, layers: &[(&str, u64)]) -> String {
        let config = serde_json::json!({"created": made, "note": tags.join(" ")}).to_string().into_bytes();
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

    /// Puts a manifest under tags; returns its digest.
    pub fn put(&mut self, tags: &[&str], manifest: Vec<u8>) -> String {
        let own = digest(&manifest);
        self.manifests.insert(own.clone(), manifest);
        for tag in tags {
            self.tags.insert((*tag).to_owned(), own.clone());
        }
        own
    }

    /// Serves it under `/v2/NAME/`; what is deleted is deleted.
    pub fn serve(self, name: &'static str) -> (Web, Arc<Mutex<Self>>) {
        let shelf = Arc::new(Mutex::new(self));
        let kept = Arc::clone(&shelf);
        let web = Web::new(move |request, _| {
            let mut shelf = kept.lock().unwrap();
            let (method, path) = request.line.split_once(' ').unwrap();
            let Some(path) = path.strip_prefix(&format!("/v2/{name}/")) else {
                return refusal(404, "NAME_UNKNOWN", "repository name not known");
            };
            if path.starts_with("tags/list") {
                return json(&serde_json::json!({"name": name, "tags": shelf.tags.keys().collect::<Vec<_>>()}));
            }
            if let Some(digest) = path.strip_prefix("blobs/") {
                return match shelf.blobs.get(digest) {
                    Some(blob) => (200, vec![], blob.clone()),
                    None => refusal(404, "BLOB_UNKNOWN", "blob unknown"),
                };
            }
            let reference = path.strip_prefix("manifests/").unwrap();
            let digest = shelf.tags.get(reference).cloned().unwrap_or_else(|| reference.to_owned());
            match (method, shelf.manifests.get(&digest).cloned()) {
                (_, None) => refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"),
                ("DELETE", Some(_)) => {
                    shelf.manifests.remove(&digest);
                    shelf.tags.retain(|_, named| *named != digest);
                    (202, vec![], vec![])
                }
                (_, Some(manifest)) => {
                    let kind = serde_json::from_slice::<serde_json::Value>(&manifest).unwrap()["mediaType"].as_str().unwrap().to_owned();
                    (200, vec![("content-type", kind), ("docker-content-digest", digest)], manifest)
                }
            }
        });
        (web, shelf)
    }
}

/// Returns the digest of bytes.
pub fn digest(bytes: &[u8]) -> String {
    let hex = rackform::text::sha256_hex(bytes);
    format!("sha256:{hex}")
}
