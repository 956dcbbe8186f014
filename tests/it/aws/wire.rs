//! A server on loopback that answers as the APIs' documentation says, and keeps what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use super::super::program::{Bench, Run};

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The `Action` of a query API; empty for any other.
    pub action: String,
    /// The head, in lower case.
    pub head: String,
    pub body: String,
    /// How often this action was asked for before.
    pub earlier: usize,
}

impl Asked {
    /// Returns a form field, decoded.
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

type Answer = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

/// Answers every request until the test ends.
pub struct Wire {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Wire {
    pub fn new(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answer>) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || serve(connection, &*answer, &kept));
            }
        });
        Self { address, asked }
    }

    /// Returns the program, pointed at this server, with credentials.
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

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the actions asked for, in order; of other APIs, method and path.
    pub fn actions(&self) -> Vec<String> {
        let name = |asked: Asked| if asked.action.is_empty() { format!("{} {}", asked.method, asked.path) } else { asked.action };
        self.asked().into_iter().map(name).collect()
    }

    /// Returns the requests for one action.
    pub fn all(&self, action: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.action == action).collect()
    }
}

/// Serves the requests of one connection, one after the other.
fn serve(connection: TcpStream, answer: &Answer, kept: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut connection = connection;
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            head.push_str(&line);
        }
        let mut first = head.split_whitespace().map(ToOwned::to_owned);
        let (method, path) = (first.next().unwrap(), first.next().unwrap());
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |length| length.trim().parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
        let asked = {
            let mut kept = kept.lock().unwrap();
            let earlier = kept.iter().filter(|asked| asked.action == action).count();
            kept.push(Asked { method, path, action, head, body, earlier });
            kept.last().unwrap().clone()
        };
        let (status, text) = answer(&asked);
        // A status of nothing is a connection that breaks before an answer comes.
        if status == 0 {
            return;
        }
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", text.len());
        if connection.write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
    }
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
