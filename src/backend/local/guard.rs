//! Catches panics of the database, which assumes in places that its file is as it wrote it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a panic of this thread is caught, so that it is no bug to report.
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}

/// Runs `work`; returns the message of a panic as an error.
pub(super) fn guard<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    IS_GUARDED.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(false);
    done.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned());
        Err(text.unwrap_or_else(|| "inconsistent structure".to_owned()))
    })
}
