//! Handles Ctrl-C and SIGTERM: the first one asks the running operation to stop, a later one may end the program immediately.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cli::ExitCode;
use crate::cli::shared::hidden_input;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static PROMPTING: AtomicBool = AtomicBool::new(false);
static FOLLOWING: AtomicBool = AtomicBool::new(false);

/// What the last message says if the program ends while an operation runs.
const LEFT_RUNNING: &str =
    "\ninterrupted: the operation on the stack may continue; `rackform status` shows it, and `rackform events --follow` follows it\n";

/// Returns the flag that the first interrupt sets. The first call installs the handler.
pub fn flag() -> &'static AtomicBool {
    // This fails if the handler is already installed.
    let _ = ctrlc::set_handler(|| {
        let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
        INTERRUPTED.store(true, Ordering::SeqCst);
        // Exiting immediately is safe: AWS continues its operation, and the local store is consistent at any time.
        let is_interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if PROMPTING.load(Ordering::SeqCst) || count > 2 || (count == 2 && !is_interactive) {
            if FOLLOWING.load(Ordering::SeqCst) {
                let _ = std::io::stderr().write_all(LEFT_RUNNING.as_bytes());
            }
            hidden_input::restore();
            std::process::exit(ExitCode::Interrupted.number().into());
        }
    });
    &INTERRUPTED
}

/// Waits for a second interrupt, and returns whether there was one within the timeout.
pub fn wait_for_second(timeout: Duration) -> bool {
    let end = Instant::now() + timeout;
    while Instant::now() < end {
        if COUNT.load(Ordering::SeqCst) > 1 {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Resets the flag after an interrupt was handled.
pub fn reset() {
    COUNT.store(0, Ordering::SeqCst);
    INTERRUPTED.store(false, Ordering::SeqCst);
}

/// Runs a prompt, during which an interrupt ends the program immediately.
pub fn while_prompting<T>(prompt: impl FnOnce() -> T) -> T {
    flag();
    PROMPTING.store(true, Ordering::SeqCst);
    let answer = prompt();
    PROMPTING.store(false, Ordering::SeqCst);
    answer
}

/// Runs what starts or follows an operation: until it ends, an interrupt that ends the program says that the operation may continue.
pub fn while_following<T>(follow: impl FnOnce() -> T) -> T {
    FOLLOWING.store(true, Ordering::SeqCst);
    let result = follow();
    FOLLOWING.store(false, Ordering::SeqCst);
    result
}
