//! Copies a stream of a program to the stream that it would have without the copy, and reads it on the way.

use std::fs::File;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::super::progress::{Progress, Reader, Stream};
use super::Stdout;

/// How long to wait for more output after a program has ended. Another program that it started may still have the stream.
const LATE_OUTPUT: Duration = Duration::from_secs(2);

/// A running copy.
pub(super) struct Copy {
    reader: Arc<Mutex<Reader>>,
    ended: Receiver<()>,
}

impl Copy {
    /// Lets a command write to a pipe, and starts to copy it. Returns `None` if that is impossible; the command then keeps its stream.
    ///
    /// The bytes go to the file descriptor itself, without the buffers and locks of this process's streams.
    pub(super) fn start(command: &mut Command, stream: Stream, stdout: Stdout, reader: Reader) -> Option<Self> {
        let destination = match (stream, stdout) {
            (Stream::Stdout, Stdout::Inherited) => io::stdout().as_fd().try_clone_to_owned(),
            (Stream::Stdout, Stdout::Stderr) | (Stream::Stderr, _) => io::stderr().as_fd().try_clone_to_owned(),
        };
        let (pipe, writer) = io::pipe().ok()?;
        let destination = File::from(destination.ok()?);
        let reader = Arc::new(Mutex::new(reader));
        let (sender, ended) = mpsc::channel();
        let shared = Arc::clone(&reader);
        std::thread::Builder::new()
            .name("build output".to_owned())
            .spawn(move || {
                copy(pipe, destination, &shared);
                // The receiver is gone if the program left a process behind that writes on.
                let _ = sender.send(());
            })
            .ok()?;
        match stream {
            Stream::Stdout => command.stdout(writer),
            Stream::Stderr => command.stderr(writer),
        };
        Some(Self { reader, ended })
    }

    /// Waits for the end of the output, and returns what it said.
    pub(super) fn finish(self) -> Progress {
        // Without an end, what was read so far is the result.
        let _ = self.ended.recv_timeout(LATE_OUTPUT);
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).progress()
    }
}

fn copy(mut pipe: PipeReader, mut destination: File, reader: &Mutex<Reader>) {
    let mut buffer = [0; 16 << 10];
    let mut is_open = true;
    loop {
        let count = match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let output = buffer.get(..count).unwrap_or_default();
        // A destination that was closed does not stop the build.
        is_open = is_open && write_all(&mut destination, output).is_ok();
        reader.lock().unwrap_or_else(PoisonError::into_inner).read(output);
    }
}

/// Writes everything, also to a destination that another process has made non-blocking.
fn write_all(destination: &mut File, mut output: &[u8]) -> io::Result<()> {
    while !output.is_empty() {
        match destination.write(output) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => output = output.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(5)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
