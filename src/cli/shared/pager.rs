//! Shows a long text in a pager, as Git does.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What `less` does by default: quit if the text fits on the screen, show colors, keep the text on the screen.
const LESS: &str = "FRX";

/// Shows a text in the pager of the environment. Returns whether it was shown.
pub fn page(text: &str) -> bool {
    let configured = ["RACKFORM_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok());
    let command = configured.unwrap_or_else(|| "less".to_owned());
    let mut words = command.split_whitespace();
    let Some(program) = words.next().filter(|program| *program != "cat") else { return false };
    let mut pager = Command::new(program);
    pager.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        pager.env("LESS", LESS);
    }
    let Ok(mut child) = pager.spawn() else { return false };
    if let Some(mut stdin) = child.stdin.take() {
        // A reader who quits early closes the pipe.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait().is_ok_and(|status| status.success() || status.code().is_none())
}
