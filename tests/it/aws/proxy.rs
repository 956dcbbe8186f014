//! A proxy between the SDK and the endpoint that drops, delays, truncates and refuses requests.
//!
//! It counts calls by their action, so that "the second `DescribeChangeSet`" is the same call in every run.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::http::{self, Request};

/// A fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is delivered and answered.
    None,
    /// It is answered with `Throttling` and not delivered.
    Throttled,
    /// It is answered with this status and not delivered.
    ServerError(u16),
    /// The connection is cut before it is delivered.
    CutBefore,
    /// It is delivered, and the connection is cut before the response.
    CutAfter,
    /// It is not delivered, and there is no response.
    SilentBefore,
    /// It is delivered, and there is no response.
    SilentAfter,
    /// It is delivered, and the first byte of the response is late.
    Slow,
    /// It is delivered, and half of the response arrives.
    Truncated,
}

impl Fault {
    /// Every fault, without [`Fault::None`].
    pub const ALL: [Self; 9] = [
        Self::Throttled,
        Self::ServerError(500),
        Self::ServerError(503),
        Self::CutBefore,
        Self::CutAfter,
        Self::SilentBefore,
        Self::SilentAfter,
        Self::Slow,
        Self::Truncated,
    ];

    /// Returns whether the endpoint receives the call.
    pub fn delivers(self) -> bool {
        matches!(self, Self::None | Self::CutAfter | Self::SilentAfter | Self::Slow | Self::Truncated)
    }
}

/// The delay of [`Fault::Slow`]: noticeable, and within every timeout.
const LATE: Duration = Duration::from_millis(400);

/// A recorded call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The action, such as `CreateChangeSet`; method and path for REST services.
    pub action: String,
    /// Its number among the calls of this action, from 1.
    pub count: usize,
    /// The fault.
    pub fault: Fault,
    /// The body of the request.
    pub body: String,
}

type Decide = dyn Fn(&str, usize) -> Fault + Send + Sync;

struct Shared {
    upstream: String,
    decide: Box<Decide>,
    calls: Mutex<Vec<Call>>,
    counts: Mutex<HashMap<String, usize>>,
    changed: Condvar,
    closed: AtomicBool,
}

/// The proxy; it stops when it is dropped.
pub struct Proxy {
    /// The address of the proxy.
    pub address: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a proxy for a server; `decide` gets the action of each call and its number among the calls of this action.
    pub fn new(upstream: &str, decide: impl Fn(&str, usize) -> Fault + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.strip_prefix("http://").unwrap().to_owned(),
            decide: Box::new(decide),
            calls: Mutex::default(),
            counts: Mutex::default(),
            changed: Condvar::new(),
            closed: AtomicBool::new(false),
        });
        let kept = Arc::clone(&shared);
        let open = Arc::clone(&shared);
        let address = http::listen(move || !open.closed.load(Ordering::SeqCst), move |connection| kept.serve(connection));
        Self { address, shared }
    }

    /// Starts a proxy with a fault at one call, identified by action and number.
    pub fn faulting(upstream: &str, action: &str, count: usize, fault: Fault) -> Self {
        let action = action.to_owned();
        Self::new(upstream, move |found, number| if found == action && number == count { fault } else { Fault::None })
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// Waits until the proxy has handled a call; returns `false` if the call does not arrive in time.
    pub fn wait_for(&self, action: &str, count: usize) -> bool {
        let (calls, limit) = (self.shared.calls.lock().unwrap(), Duration::from_secs(60));
        let met = |calls: &mut Vec<Call>| !calls.iter().any(|call| call.action == action && call.count == count);
        !self.shared.changed.wait_timeout_while(calls, limit, met).unwrap().1.timed_out()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then checks `closed`.
        let _ = TcpStream::connect(self.address.strip_prefix("http://").unwrap_or_default());
    }
}

impl Shared {
    fn serve(&self, connection: TcpStream) {
        let Ok(other) = connection.try_clone() else { return };
        let mut reader = BufReader::new(other);
        let mut connection = connection;
        while let Some(request) = Request::read(&mut reader) {
            let action = request.action().unwrap_or_else(|| format!("{} {}", request.method(), request.path()));
            let count = {
                let mut counts = self.counts.lock().unwrap();
                let count = counts.entry(action.clone()).or_insert(0);
                *count += 1;
                *count
            };
            let fault = (self.decide)(&action, count);
            let answer = if fault.delivers() { self.forward(&request) } else { None };
            // A call is recorded after it was handled, so that the endpoint has processed it when `wait_for` returns.
            self.calls.lock().unwrap().push(Call { action, count, fault, body: request.text() });
            self.changed.notify_all();
            let written = match (fault, answer) {
                (Fault::Throttled, _) => connection.write_all(&refusal(400, "Throttling", "Rate exceeded")),
                (Fault::ServerError(status), _) => connection.write_all(&refusal(status, "InternalFailure", "planted")),
                (Fault::None, Some(answer)) => connection.write_all(&answer),
                (Fault::Slow, Some(answer)) => {
                    std::thread::sleep(LATE);
                    connection.write_all(&answer)
                }
                (Fault::Truncated, Some(answer)) => {
                    let _ = connection.write_all(answer.get(..answer.len() * 3 / 4).unwrap_or_default());
                    break;
                }
                (Fault::SilentBefore | Fault::SilentAfter, _) => {
                    self.keep_silent(&mut connection);
                    break;
                }
                _ => break,
            };
            if written.is_err() {
                break;
            }
        }
        let _ = connection.shutdown(Shutdown::Both);
    }

    /// Returns the endpoint's response, always with a `content-length` header.
    fn forward(&self, request: &Request) -> Option<Vec<u8>> {
        let mut upstream = TcpStream::connect(&self.upstream).ok()?;
        let mut head = String::new();
        for line in &request.head {
            if !line.to_ascii_lowercase().starts_with("connection:") {
                head.push_str(line);
                head.push_str("\r\n");
            }
        }
        head.push_str("connection: close\r\n\r\n");
        upstream.write_all(head.as_bytes()).ok()?;
        upstream.write_all(&request.body).ok()?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }

    /// Sends nothing until the client closes the connection or the proxy stops.
    fn keep_silent(&self, connection: &mut TcpStream) {
        let _ = connection.set_read_timeout(Some(Duration::from_millis(50)));
        let begun = Instant::now();
        let mut byte = [0];
        while begun.elapsed() < Duration::from_secs(120) && !self.closed.load(Ordering::SeqCst) {
            match connection.read(&mut byte) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(_) => return,
            }
        }
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Vec<u8> {
    let body = format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Receiver</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
    );
    http::answer("POST", status, "", &body)
}
