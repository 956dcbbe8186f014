//! Ctrl-C, and a request to end: the first one is heeded when it suits, a further one ends the program where nobody heeds it.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cli::ExitCode;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static TIMES: AtomicUsize = AtomicUsize::new(0);
static ASKING: AtomicBool = AtomicBool::new(false);

/// Returns the flag that is set from the first interruption on; interruptions are heeded from the first call on.
pub fn flag() -> &'static AtomicBool {
    // A handler that is there already does the same.
    let _ = ctrlc::set_handler(|| {
        let times = TIMES.fetch_add(1, Ordering::SeqCst) + 1;
        INTERRUPTED.store(true, Ordering::SeqCst);
        // Nothing is lost by ending at once: what is under way is AWS's, or the store's, which may be left at any moment.
        let has_somebody = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if ASKING.load(Ordering::SeqCst) || times > 2 || (times == 2 && !has_somebody) {
            std::process::exit(ExitCode::Interrupted.number().into());
        }
    });
    &INTERRUPTED
}

/// Waits for a second interruption; tells whether it came.
pub fn again_within(patience: Duration) -> bool {
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if TIMES.load(Ordering::SeqCst) > 1 {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Forgets interruptions that were heeded.
pub fn forget() {
    TIMES.store(0, Ordering::SeqCst);
    INTERRUPTED.store(false, Ordering::SeqCst);
}

/// Asks something, and lets an interruption meanwhile end the program as it would without a handler.
pub fn while_asking<T>(ask: impl FnOnce() -> T) -> T {
    ASKING.store(true, Ordering::SeqCst);
    let answer = ask();
    ASKING.store(false, Ordering::SeqCst);
    answer
}
