//! A server on loopback that responds as the APIs' documentation states, and records its requests.

use std::process::Command;
use std::sync::{Arc, Mutex};

use super::super::program::{Bench, Run};
use super::http;

/// One request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The `Action` of a query API; empty for any other.
    pub action: String,
    /// The `Action` of a query API, or the target of a JSON API; empty for REST APIs.
    pub operation: String,
    /// The head, in lower case.
    pub head: String,
    pub body: String,
    /// The number of earlier requests for this action.
    pub earlier: usize,
}

impl RecordedRequest {
    /// Returns the decoded value of a form field.
    pub fn field(&self, name: &str) -> Option<String> {
        let pair = self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(decoded(pair))
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A server that answers every request until the test ends.
pub struct Wire {
    pub address: String,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl Wire {
    /// Starts a server. `answer` returns an HTTP status and a body; status 0 closes the connection without a response.
    pub fn new(answer: impl Fn(&RecordedRequest) -> (u16, String) + Send + Sync + 'static) -> Self {
        let requests: Arc<Mutex<Vec<RecordedRequest>>> = Arc::default();
        let recorded = Arc::clone(&requests);
        let address = http::listen(
            || true,
            move |connection| {
                http::serve(&connection, |request| {
                    let recorded_request = {
                        let mut recorded = recorded.lock().unwrap();
                        let operation = request.action().unwrap_or_default();
                        let action = if request.header("x-amz-target").is_some() { String::new() } else { operation.clone() };
                        let earlier = recorded.iter().filter(|request| request.action == action).count();
                        let head = request.head.join("\r\n").to_ascii_lowercase();
                        recorded.push(RecordedRequest {
                            method: request.method(),
                            path: request.path(),
                            action,
                            operation,
                            head,
                            body: request.text(),
                            earlier,
                        });
                        recorded.last().unwrap().clone()
                    };
                    let (status, text) = answer(&recorded_request);
                    (status != 0).then(|| http::answer(&recorded_request.method, status, &error_header(&text), &text))
                });
            },
        );
        Self { address, requests }
    }

    /// Returns a command that runs the program with this server as its endpoint, and with credentials.
    pub fn command(&self, bench: &Bench, arguments: &str) -> Command {
        let mut command = bench.command();
        command.args(arguments.split_whitespace());
        command.envs([
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
            ("AWS_MAX_ATTEMPTS", "2"),
            ("HOME", "/nonexistent"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        command
    }

    pub fn run(&self, bench: &Bench, arguments: &str) -> Run {
        Run::of(&mut self.command(bench, arguments))
    }

    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the actions of the requests, in order; for other APIs, method and path.
    pub fn actions(&self) -> Vec<String> {
        let name = |request: RecordedRequest| match request.action.as_str() {
            "" => format!("{} {}", request.method, request.path),
            _ => request.action,
        };
        self.requests().into_iter().map(name).collect()
    }

    /// Returns the requests for one action.
    pub fn all(&self, action: &str) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(|request| request.action == action).collect()
    }
}

/// Returns the error header of REST services for a JSON body with `ErrorCode`.
fn error_header(text: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    body["ErrorCode"].as_str().map(|code| format!("x-amzn-errortype: {code}\r\n")).unwrap_or_default()
}

pub fn success(action: &str, result: &str) -> (u16, String) {
    let namespace = if action.contains("CallerIdentity") || action == "AssumeRole" {
        "https://sts.amazonaws.com/doc/2011-06-15/"
    } else {
        "http://cloudformation.amazonaws.com/doc/2010-05-15/"
    };
    (200, format!("<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result></{action}Response>"))
}

pub fn refusal(code: &str, message: &str) -> (u16, String) {
    (
        400,
        format!(
            "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
    )
}
