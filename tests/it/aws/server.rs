//! A server with canned responses on loopback.

use std::sync::{Arc, Mutex};

use super::http;
use crate::program::{Bench, Run};

/// Answers every request from a table of actions until it is dropped; what it was asked is kept.
pub struct Server {
    /// Where it listens.
    pub address: String,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Starts to answer; each answer is an HTTP status and a body, for an action and the request's body.
    pub fn new(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let address = http::listen(
            || true,
            move |connection| {
                http::serve(&connection, |request| {
                    let (action, body) = (request.action().unwrap_or_default(), request.text());
                    let (status, text) = answer(&action, &body);
                    kept.lock().unwrap().push((action, body));
                    Some(http::answer(&request.method(), status, "", &text))
                });
            },
        );
        Self { address, asked }
    }

    /// Runs the program against it; the arguments are split at blanks.
    pub fn run(&self, bench: &Bench, arguments: &str) -> Run {
        Run::of(&mut self.command(bench, arguments))
    }

    /// Returns the program as a command that asks here.
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

    /// Returns the actions that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(action, _)| action.clone()).collect()
    }

    /// Returns the bodies of the requests of an action.
    pub fn bodies(&self, action: &str) -> Vec<String> {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| asked == action).map(|(_, body)| body.clone()).collect()
    }
}

/// Returns a good answer to an action.
pub fn success(action: &str, result: &str) -> (u16, String) {
    (
        200,
        format!(
            "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{result}</{action}Result></{action}Response>"
        ),
    )
}

/// Returns an error with CloudFormation's code and words.
pub fn refusal(code: &str, message: &str) -> (u16, String) {
    (
        400,
        format!(
            "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
    )
}
