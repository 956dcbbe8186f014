//! A server of canned answers on loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::program::{Bench, Run};

/// What is answered to an action with a body.
type Answer = dyn Fn(&str, &str) -> (u16, String) + Send + Sync;

/// Answers every request from a table of actions until it is dropped; what it was asked is kept.
pub struct Server {
    /// Where it listens.
    pub address: String,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Starts to answer; each answer is an HTTP status and a body, for an action and the request's body.
    pub fn new(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let answer: Arc<Answer> = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                std::thread::spawn(move || serve(connection, &*answer, &kept));
            }
        });
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

/// Serves the requests of one connection, one after the other.
fn serve(connection: TcpStream, answer: &Answer, asked: &Mutex<Vec<(String, String)>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut connection = connection;
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
        let (status, text) = answer(&action, &body);
        asked.lock().unwrap().push((action, body));
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", text.len());
        if connection.write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
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
