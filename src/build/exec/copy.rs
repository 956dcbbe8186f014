//! Copies a stream of a program to the stream that it would have without the copy, and reads it on the way.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::super::progress::{Progress, Reader, Stream};
use super::Stdout;
use crate::secret::Mask;

/// How long to wait for more output after a program has ended. Another program that it started may still have the stream.
const LATE_OUTPUT: Duration = Duration::from_secs(2);

/// A running copy.
pub(super) struct Copy {
    reader: Arc<Mutex<Option<Reader>>>,
    ended: Receiver<()>,
}

impl Copy {
    /// Lets a command write to a pipe, and starts to copy it. Returns `None` if that is impossible; the command then keeps its stream.
    ///
    /// The bytes go to the file descriptor itself, without the buffers and locks of this process's streams.
    pub(super) fn start(command: &mut Command, stream: Stream, stdout: Stdout, reader: Option<Reader>, mask: Mask) -> Option<Self> {
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
                copy(pipe, destination, &shared, &mask);
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

    /// Waits for the end of the output, and returns what it said, if it was read.
    pub(super) fn finish(self) -> Option<Progress> {
        // Without an end, what was read so far is the result.
        let _ = self.ended.recv_timeout(LATE_OUTPUT);
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(|reader| reader.progress())
    }
}

fn copy(mut pipe: PipeReader, mut destination: File, reader: &Mutex<Option<Reader>>, mask: &Mask) {
    let mut buffer = [0; 16 << 10];
    let mut is_open = true;
    let mut write = |output: &[u8]| {
        // A destination that was closed does not stop the build.
        is_open = is_open && write_all(&mut destination, output).is_ok();
        if let Some(reader) = reader.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            reader.read(output);
        }
    };
    let mut lines = MaskedLines { mask, pending: Vec::new() };
    loop {
        let count = match pipe.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let output = buffer.get(..count).unwrap_or_default();
        if mask.is_empty() {
            write(output);
        } else {
            lines.read(output, &mut write);
        }
    }
    lines.finish(&mut write);
}

/// Masks secrets in the lines of an output. A line is written when it is complete, because a part of one may end inside a secret.
struct MaskedLines<'m> {
    mask: &'m Mask,
    pending: Vec<u8>,
}

impl MaskedLines<'_> {
    /// The longest line that is held back as a whole.
    const LONGEST: usize = 1 << 20;

    fn read(&mut self, output: &[u8], write: &mut dyn FnMut(&[u8])) {
        self.pending.extend_from_slice(output);
        let end = self.pending.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map(|at| at + 1);
        let end = end.or_else(|| (self.pending.len() > Self::LONGEST).then_some(self.pending.len()));
        if let Some(end) = end {
            let rest = self.pending.split_off(end);
            self.finish(write);
            self.pending = rest;
        }
    }

    fn finish(&mut self, write: &mut dyn FnMut(&[u8])) {
        let lines = std::mem::take(&mut self.pending);
        if lines.is_empty() {
            return;
        }
        match self.mask.mask(&String::from_utf8_lossy(&lines)) {
            Cow::Borrowed(_) => write(&lines),
            Cow::Owned(masked) => write(masked.as_bytes()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_two_parts_of_an_output_is_masked() {
        let mask: Mask = ["hunter2-planted"].into_iter().collect();
        let mut lines = MaskedLines { mask: &mask, pending: Vec::new() };
        let mut written = Vec::new();
        let mut write = |output: &[u8]| written.extend_from_slice(output);
        for part in [&b"#1 echo hunter2-"[..], b"planted\n\xff\nrest hunter2-planted", b" end"] {
            lines.read(part, &mut write);
        }
        lines.finish(&mut write);
        assert_eq!(written, b"#1 echo ****\n\xef\xbf\xbd\nrest **** end");
    }
}
