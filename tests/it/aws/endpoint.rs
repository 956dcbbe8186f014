//! An AWS endpoint on loopback: starts `tests/e2e/endpoint.py`, gives every test its own account, and runs the program against it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::program::{Bench, Run};

/// The time limit for the start of the server, generous because the machine may be busy.
const START: Duration = Duration::from_secs(60);

/// The time limit for one run of the program.
const RUN: Duration = Duration::from_secs(90);

/// The server of this process. It exits when this process ends, because it reads the other end of `_alive`.
struct Server {
    address: String,
    _child: Child,
    _alive: std::process::ChildStdin,
}

impl Server {
    fn start(python: &Path) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/endpoint.py");
        // Its log helps to analyze a failure.
        let log = std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("endpoint.log")).unwrap();
        let mut child = Command::new(python)
            .arg(&script)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", python.display()));
        let alive = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        let _ = stdout.read_line(&mut address);
        // Further output must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let address = address.trim().to_owned();
        let begun = Instant::now();
        while begun.elapsed() < START && matches!(child.try_wait(), Ok(None)) {
            if exchange(&address, "GET /_ministack/health HTTP/1.1\r\nconnection: close\r\n", "")
                .is_some_and(|answer| answer.contains(" 200 "))
            {
                return Some(Self { address, _child: child, _alive: alive });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Another process may have taken the port: the caller retries once.
        let _ = child.kill();
        let _ = child.wait();
        None
    }
}

/// Returns the server's address; `None` if MiniStack is not installed, which skips the test.
fn address() -> Option<&'static str> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let python = python()?;
    let start = || Server::start(&python).or_else(|| Server::start(&python));
    let server = SERVER.get_or_init(start).as_ref();
    Some(
        server
            .unwrap_or_else(|| panic!("the endpoint did not start; see endpoint.log in {}", env!("CARGO_TARGET_TMPDIR")))
            .address
            .as_str(),
    )
}

/// Returns the Python that has MiniStack: `RACKFORM_MINISTACK`, which `tests/run` sets.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("RACKFORM_MINISTACK").map(PathBuf::from).filter(|python| python.exists());
    if python.is_none() {
        crate::support::skip("no endpoint to test against (RACKFORM_MINISTACK names a Python with MiniStack; `tests/run` installs one)");
    }
    python
}

/// An empty AWS account of one test.
#[derive(Clone)]
pub struct Account {
    /// The account ID: twelve digits.
    pub id: String,
    /// The address of the server, or of a proxy for it.
    pub address: String,
}

impl Account {
    /// Returns a new account; `None` if there is no server, which skips the test.
    pub fn new() -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(100_000_000_001);
        Some(Self { id: NEXT.fetch_add(1, Ordering::Relaxed).to_string(), address: address()?.to_owned() })
    }

    /// Returns the same account, reached at another address.
    pub fn at(&self, address: &str) -> Self {
        Self { id: self.id.clone(), address: address.to_owned() }
    }

    /// Returns a command of the program that reaches this account.
    pub fn command(&self, bench: &Bench, arguments: &str) -> Command {
        let mut command = bench.command();
        command.args(arguments.split_whitespace()).envs([
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_ACCESS_KEY_ID", self.id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", "planted-secret-access-key"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("HOME", "/nonexistent"),
        ]);
        command
    }

    /// Runs the program against this account; the arguments are split at spaces.
    pub fn run(&self, bench: &Bench, arguments: &str) -> Run {
        Running::start(&mut self.command(bench, arguments)).finish()
    }

    /// Sends a request to CloudFormation without the program and the SDK; returns the XML of the response.
    pub fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let mut body = format!("Action={action}&Version=2010-05-15");
        for (name, value) in parameters {
            body.push_str(&format!("&{name}={}", escaped(value)));
        }
        self.send("cloudformation", "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n", &body)
    }

    /// Sends a request to a service; returns the body of the response.
    pub fn send(&self, service: &str, head: &str, body: &str) -> String {
        let signed = format!(
            "{head}authorization: AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             connection: close\r\n",
            self.id
        );
        let answer = exchange(&self.address, &signed, body).unwrap_or_default();
        answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }

    /// Returns the status of a stack; `gone` if it does not exist.
    pub fn status(&self, stack: &str) -> String {
        let answer = self.ask("DescribeStacks", &[("StackName", stack)]);
        element(&answer, "StackStatus").unwrap_or("gone").to_owned()
    }

    /// Waits until no operation on a stack is in progress; returns its status.
    pub fn wait_until_idle(&self, stack: &str) -> String {
        let begun = Instant::now();
        loop {
            let status = self.status(stack);
            if !status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS" {
                return status;
            }
            assert!(begun.elapsed() < RUN, "{stack} is still {status}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for a stack to have a status.
    pub fn until(&self, stack: &str, status: &str) {
        let begun = Instant::now();
        while self.status(stack) != status {
            assert!(begun.elapsed() < RUN, "{stack} is {} and does not become {status}", self.status(stack));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the names of a stack's change sets that were not executed.
    pub fn open_change_sets(&self, stack: &str) -> Vec<String> {
        let answer = self.ask("ListChangeSets", &[("StackName", stack)]);
        answer
            .split("<member>")
            .filter(|member| member.contains("<ExecutionStatus>AVAILABLE<") || member.contains("<ExecutionStatus>UNAVAILABLE<"))
            .filter_map(|member| element(member, "ChangeSetName").map(ToOwned::to_owned))
            .collect()
    }

    /// Returns the number of the stack's own events with a status, which shows how many operations started.
    pub fn started_count(&self, stack: &str, status: &str) -> usize {
        self.events(stack).iter().filter(|(logical_id, found)| logical_id == stack && found == status).count()
    }

    /// Returns a stack's events, the latest first: logical ID and status.
    pub fn events(&self, stack: &str) -> Vec<(String, String)> {
        let (mut events, mut token) = (Vec::new(), None);
        loop {
            let next = token.take().unwrap_or_default();
            let mut parameters = vec![("StackName", stack)];
            if !String::is_empty(&next) {
                parameters.push(("NextToken", &next));
            }
            let answer = self.ask("DescribeStackEvents", &parameters);
            events.extend(answer.split("<member>").skip(1).filter_map(|member| {
                Some((element(member, "LogicalResourceId")?.to_owned(), element(member, "ResourceStatus")?.to_owned()))
            }));
            match element(&answer, "NextToken") {
                Some(next) => token = Some(next.to_owned()),
                None => return events,
            }
        }
    }
}

/// Returns the text of the first element with a name.
pub fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// Sends one request and returns the whole response; `None` if the server is unreachable or the response takes too long.
fn exchange(address: &str, head: &str, body: &str) -> Option<String> {
    let host = address.strip_prefix("http://")?;
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    stream.write_all(format!("{head}host: {host}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    String::from_utf8(answer).ok()
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// A running program. Dropping it kills the process.
pub struct Running {
    child: Child,
    stdout: Option<std::thread::JoinHandle<String>>,
    stderr: Option<std::thread::JoinHandle<String>>,
}

impl Running {
    /// Starts a command and records its output.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Some(read_all(child.stdout.take().unwrap()));
        let stderr = Some(read_all(child.stderr.take().unwrap()));
        Self { child, stdout, stderr }
    }

    /// Waits for the end. A run over the time limit is killed and fails the test.
    pub fn finish(mut self) -> Run {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break Some(status);
            }
            if begun.elapsed() > RUN {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let stdout = self.stdout.take().unwrap().join().unwrap();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        let run = Run { stdout, stderr, code: status.and_then(|status| status.code()).unwrap_or(-1) };
        assert!(status.is_some(), "still running after {} s:\n{run}", RUN.as_secs());
        run
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_all(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
