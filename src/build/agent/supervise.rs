//! Runs an engine as process 1 of a container must: signals are passed on, and orphans are taken care of.
//!
//! ECS stops a task with SIGTERM to process 1 and SIGKILL 30 seconds later; orphans of a container become children of process 1.
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html>

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::super::exec::{End, ask_to_end};

/// The engine that runs; 0 where none does.
static ENGINE: AtomicI32 = AtomicI32::new(0);
/// Somebody asked for an end.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Passes SIGTERM, SIGINT and SIGHUP on to the engine as SIGTERM, from now on and for as long as the process lives.
///
/// # Errors
///
/// Returns that signals cannot be handled, or are handled by somebody else already.
pub fn forward_signals() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        ENDING.store(true, Ordering::SeqCst);
        let engine = ENGINE.load(Ordering::SeqCst);
        if engine > 0 {
            ask_to_end(Pid::from_raw(engine));
        }
    })
}

/// Tells whether somebody asked for an end.
pub fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// Runs a program to its end and takes care of every child of this process that ends meanwhile.
///
/// # Errors
///
/// Returns that it cannot be started, or waited for.
pub fn run(command: &mut Command) -> io::Result<End> {
    let child = command.spawn()?;
    let engine = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    ENGINE.store(engine.as_raw(), Ordering::SeqCst);
    if is_ending() {
        // It was asked for between two steps, when there was nobody to pass it on to.
        ask_to_end(engine);
    }
    let end = loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == engine => break End::Code(code),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == engine => break End::Signal(signal as i32),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    };
    ENGINE.store(0, Ordering::SeqCst);
    while matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..))) {}
    Ok(end)
}
