//! A minimal HTTP server on loopback, for the emulated AWS services.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A received request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The request line and the headers.
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the next request of a connection; returns `None` at its end.
    pub fn read(reader: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut request = Self::default();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            request.head.push(line.to_owned());
        }
        let length = request.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn word(&self, place: usize) -> String {
        self.head.first().and_then(|line| line.split(' ').nth(place)).unwrap_or_default().to_owned()
    }

    pub fn method(&self) -> String {
        self.word(0)
    }

    /// Returns the path with its query.
    pub fn path(&self) -> String {
        self.word(1)
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the query protocols' action or the JSON protocols' target, such as `DescribeStacks`; `None` for REST
    /// APIs.
    pub fn action(&self) -> Option<String> {
        let of_form = self.body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"Action="));
        if let Some(action) = of_form {
            return Some(String::from_utf8_lossy(action).into_owned());
        }
        self.header("x-amz-target").and_then(|target| target.rsplit('.').next()).map(ToOwned::to_owned)
    }
}

/// Returns the bytes of a response. A response to `HEAD` has no body.
pub fn answer(method: &str, status: u16, headers: &str, body: &str) -> Vec<u8> {
    let body = if method == "HEAD" { "" } else { body };
    let kind = if body.starts_with(['{', '[']) { "application/json" } else { "text/xml" };
    format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Listens on a free port and serves each connection in its own thread; returns the address.
///
/// The listener stops at the first connection after `is_open` returns `false`.
pub fn listen(is_open: impl Fn() -> bool + Send + 'static, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            if !is_open() {
                return;
            }
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(connection));
        }
    });
    address
}

/// Calls `answer` with each request of a connection and writes the response; `None` closes the connection.
pub fn serve(connection: &TcpStream, mut answer: impl FnMut(Request) -> Option<Vec<u8>>) {
    let Ok(other) = connection.try_clone() else { return };
    let mut reader = BufReader::new(other);
    let mut connection = connection;
    while let Some(request) = Request::read(&mut reader) {
        let is_last = request.header("connection").is_some_and(|connection| connection.eq_ignore_ascii_case("close"));
        let Some(answer) = answer(request) else { return };
        if connection.write_all(&answer).is_err() || is_last {
            // The clone of the stream would keep it open.
            let _ = connection.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}
