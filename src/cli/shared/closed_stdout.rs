//! Whether the program was started with a closed standard output, as with `>&-`.
//!
//! Rust's runtime opens /dev/null in place of a closed standard stream before `main`, so that no other file gets its number. Every write
//! then succeeds, and the result would be lost without an error. After that, a program that is given /dev/null on purpose looks the same,
//! so this looks before the runtime starts.
//!
//! Source: <https://github.com/rust-lang/rust/blob/1.95.0/library/std/src/sys/pal/unix/mod.rs>, `sanitize_standard_fds`

use std::sync::atomic::{AtomicBool, Ordering};

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before the runtime: it only reads the flags of one file descriptor.
#[ctor::ctor(unsafe)]
fn look() {
    if rustix::io::fcntl_getfd(std::io::stdout()).is_err() {
        IS_CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Returns whether standard output was closed when the program started.
pub fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::Relaxed)
}
