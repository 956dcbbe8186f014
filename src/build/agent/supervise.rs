//! Runs an engine as process 1 of a container: forwards signals and reaps orphaned processes.
//!
//! ECS stops a task with SIGTERM to process 1 and SIGKILL 30 seconds later. Orphaned processes of a container become children of process 1.
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html>

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::super::exec::{End, terminate};

/// The process ID of the running engine, or 0.
static ENGINE: AtomicI32 = AtomicI32::new(0);
/// Whether the process received a signal to stop.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs a handler that forwards SIGTERM, SIGINT and SIGHUP to the engine as SIGTERM.
///
/// # Errors
///
/// Returns an error if the handler cannot be installed or another one is installed already.
pub fn forward_signals() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        let engine = ENGINE.load(Ordering::SeqCst);
        if engine > 0 {
            terminate(Pid::from_raw(engine));
        }
    })
}

/// Returns whether the process received a signal to stop.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Runs a program to its end and reaps all other children of this process that end in the meantime.
///
/// # Errors
///
/// Returns an error if the program cannot be started or waited for.
pub fn run(command: &mut Command) -> io::Result<End> {
    let child = command.spawn()?;
    let engine = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    ENGINE.store(engine.as_raw(), Ordering::SeqCst);
    if is_interrupted() {
        // The signal arrived between two steps, when no engine was running.
        terminate(engine);
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
