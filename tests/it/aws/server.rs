//! A server with canned responses on loopback.

use std::sync::{Arc, Mutex};

use super::http;
use crate::program::{Bench, Run};

/// A server that answers every request by its action, and records the requests.
pub struct Server {
    /// The address of the server.
    pub address: String,
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Starts a server. `answer` takes an action and the body of the request, and returns an HTTP status and a body.
    pub fn new(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&requests);
        let address = http::listen(
            || true,
            move |connection| {
                http::serve(&connection, |request| {
                    let (action, body) = (request.action().unwrap_or_default(), request.text());
                    let (status, text) = answer(&action, &body);
                    recorded.lock().unwrap().push((action, body));
                    Some(http::answer(&request.method(), status, "", &text))
                });
            },
        );
        Self { address, requests }
    }

    /// Runs the program against this server; the arguments are split at spaces.
    pub fn run(&self, bench: &Bench, arguments: &str) -> Run {
        Run::of(&mut self.command(bench, arguments))
    }

    /// Returns a command that runs the program with this server as its endpoint.
    pub fn command(&self, bench: &Bench, arguments: &str) -> std::process::Command {
        let mut command = bench.command();
        command.args(arguments.split_whitespace());
        command.envs([
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
        ]);
        command.envs([("AWS_MAX_ATTEMPTS", "1"), ("HOME", "/nonexistent"), ("AWS_EC2_METADATA_DISABLED", "true")]);
        command
    }

    /// Returns the actions of the requests, in order.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|(action, _)| action.clone()).collect()
    }

    /// Returns the bodies of the requests of an action.
    pub fn bodies(&self, action: &str) -> Vec<String> {
        self.requests.lock().unwrap().iter().filter(|(requested, _)| requested == action).map(|(_, body)| body.clone()).collect()
    }
}

/// Returns a successful response to an action.
pub fn success(action: &str, result: &str) -> (u16, String) {
    (
        200,
        format!(
            "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{result}</{action}Result></{action}Response>"
        ),
    )
}

/// Returns an error response with a code and a message of CloudFormation.
pub fn refusal(code: &str, message: &str) -> (u16, String) {
    (
        400,
        format!(
            "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
    )
}
