//! Reads a line from the terminal without showing it.

use std::io::{BufRead as _, stdin};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The settings of the terminal before its echo was switched off.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Reads a line from standard input, which is a terminal, without its line break.
///
/// # Errors
///
/// Returns an error if the terminal cannot be set or read, or if the input ends.
pub fn read_line() -> std::io::Result<String> {
    let settings = tcgetattr(stdin())?;
    let mut hidden = settings.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // The line break is shown, so that what follows starts on a new line.
    hidden.local_modes.insert(LocalModes::ECHONL);
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(settings);
    let mut line = String::new();
    let result = tcsetattr(stdin(), OptionalActions::Flush, &hidden)
        .map_err(std::io::Error::from)
        .and_then(|()| stdin().lock().read_line(&mut line));
    restore();
    match result? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

/// Shows again what the user types, also if the program ends during a prompt.
pub fn restore() {
    if let Some(settings) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &settings);
    }
}
