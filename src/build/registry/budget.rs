//! Limits on everything that a registry can make the program do: time, requests and bytes.
//!
//! One operation, such as listing all tags, has its own limits over all of its responses; all operations of a client together have others.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// What the operations of a client may use altogether, besides time.
const TOTAL_REQUESTS: u64 = 500_000;
const TOTAL_BYTES: u64 = 4 << 30;

/// How much longer than one operation all operations of a client may take.
const TOTAL_OPERATIONS: u32 = 30;

/// What one operation may read, in bytes.
const OPERATION_BYTES: u64 = 64 << 20;

/// The limits of a client, and what was used.
#[derive(Debug)]
pub(super) struct Budget {
    operation: Duration,
    end: Instant,
    operation_end: Cell<Instant>,
    operation_bytes: Cell<u64>,
    bytes: Cell<u64>,
    requests: Cell<u64>,
}

impl Budget {
    /// Returns the budget of a client whose operations take at most `operation` each.
    pub(super) fn new(operation: Duration) -> Self {
        let now = Instant::now();
        Self {
            operation,
            end: now + operation.saturating_mul(TOTAL_OPERATIONS),
            operation_end: Cell::new(now + operation),
            operation_bytes: Cell::new(OPERATION_BYTES),
            bytes: Cell::new(TOTAL_BYTES),
            requests: Cell::new(TOTAL_REQUESTS),
        }
    }

    /// Starts an operation.
    pub(super) fn start(&self) {
        self.operation_end.set(self.end.min(Instant::now() + self.operation));
        self.operation_bytes.set(OPERATION_BYTES);
    }

    /// Returns the remaining time of the operation.
    ///
    /// # Errors
    ///
    /// Returns a message if there is none.
    pub(super) fn remaining(&self) -> Result<Duration, String> {
        let left = self.operation_end.get().saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.exceeded()) } else { Ok(left) }
    }

    /// Returns the message for an operation that takes too long.
    pub(super) fn exceeded(&self) -> String {
        format!("the operation did not end within {}", seconds(self.operation))
    }

    /// Counts a request; returns the remaining time.
    ///
    /// # Errors
    ///
    /// Returns a message if no time or no request is left.
    pub(super) fn request(&self) -> Result<Duration, String> {
        let left = self.requests.get().checked_sub(1).ok_or_else(|| format!("more than {TOTAL_REQUESTS} requests were necessary"))?;
        self.requests.set(left);
        self.remaining()
    }

    /// Counts bytes of a response.
    ///
    /// # Errors
    ///
    /// Returns a message if the operation, or all operations together, read too much.
    pub(super) fn read(&self, bytes: usize) -> Result<(), String> {
        let bytes = bytes as u64;
        let left = |cell: &Cell<u64>, limit: u64| {
            let left = cell.get().checked_sub(bytes).ok_or_else(|| format!("the responses are larger than {} MiB", limit >> 20))?;
            cell.set(left);
            Ok::<(), String>(())
        };
        left(&self.operation_bytes, OPERATION_BYTES)?;
        left(&self.bytes, TOTAL_BYTES)?;
        self.remaining().map(|_| ())
    }
}

/// Returns a duration in seconds as text.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs().max(1))
}
