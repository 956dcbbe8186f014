//! Where a command writes: the process's own streams, or memory while several commands run at once.

use std::io::{IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};

use crate::cli::shared::exit_codes::ExitCode;
use crate::cli::shared::failure::Failure;
use crate::ui::{Layout, Styles};

/// Where a command writes.
pub struct Screen {
    stdout: ColorChoice,
    stderr: ColorChoice,
    kept: Option<Kept>,
}

/// Standard output, for a long answer.
pub type Pieces = std::io::BufWriter<std::io::StdoutLock<'static>>;

/// Bytes of a long answer that are written at once.
const PIECE_BYTES: usize = 32 * 1024;

/// What a command wrote while nobody watched.
#[derive(Debug, Default)]
pub struct Kept {
    /// What standard output would have had.
    pub answer: String,
    /// What standard error would have had.
    pub conversation: String,
}

impl Screen {
    /// Returns the process's own streams.
    pub fn process(color: ColorChoice) -> Self {
        let (stdout, stderr) = match color {
            ColorChoice::Auto => (AutoStream::choice(&std::io::stdout()), AutoStream::choice(&std::io::stderr())),
            choice => (choice, choice),
        };
        Self { stdout, stderr, kept: None }
    }

    /// Returns one that keeps what is written, in the colours of the process's own streams.
    pub fn keeping(color: ColorChoice) -> Self {
        Self { kept: Some(Kept::default()), ..Self::process(color) }
    }

    /// Returns what was kept.
    pub fn into_kept(self) -> Kept {
        self.kept.unwrap_or_default()
    }

    /// Writes the answer.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] when nobody reads it, or a failure to write.
    pub fn answer(&mut self, text: &str) -> Result<(), Failure> {
        if let Some(kept) = &mut self.kept {
            kept.answer.push_str(text);
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        // Views are plain already where no colour is wanted, and looking through a long answer for codes would cost more than writing it.
        let written = if self.stdout == ColorChoice::Never && !stdout.is_terminal() {
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        } else {
            let mut stdout = AutoStream::new(stdout, self.stdout);
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        };
        written.map_err(|error| cannot_write(&error))
    }

    /// Writes a long answer of JSON as it comes, without a copy of all of it in memory; for commands about one rack, whose screen is the
    /// process's own.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] when nobody reads it, or a failure to write.
    pub fn answer_in_pieces(&mut self, write: impl FnOnce(&mut Pieces) -> Result<(), serde_json::Error>) -> Result<(), Failure> {
        let mut pieces = Pieces::with_capacity(PIECE_BYTES, std::io::stdout().lock());
        write(&mut pieces).map_err(std::io::Error::from).and_then(|()| pieces.flush()).map_err(|error| cannot_write(&error))
    }

    /// Writes a line of the conversation; a closed standard error is nobody's failure.
    pub fn status(&mut self, text: &str) {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        if let Some(kept) = &mut self.kept {
            kept.conversation.push_str(text);
            kept.conversation.push_str(newline);
            return;
        }
        let mut stderr = AutoStream::new(std::io::stderr().lock(), self.stderr);
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(newline.as_bytes()));
    }

    /// Asks, and returns whether the answer was yes.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be asked.
    pub fn confirm(&self, question: &str) -> std::io::Result<bool> {
        let mut stderr = AutoStream::new(std::io::stderr().lock(), self.stderr);
        crate::ui::confirm(&mut std::io::stdin().lock(), &mut stderr, question)
    }

    /// Tells whether there is somebody to ask: standard input and standard error are terminals.
    pub fn can_prompt(&self) -> bool {
        self.kept.is_none() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Tells whether progress may be drawn over itself: standard error is a terminal, and one that can move its cursor.
    pub fn can_draw(&self) -> bool {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        self.kept.is_none() && std::io::stderr().is_terminal() && !is_dumb
    }

    /// Returns width and styles of standard output.
    pub fn stdout_layout(&self) -> Layout {
        layout(std::io::stdout().is_terminal(), self.stdout)
    }

    /// Returns width and styles of standard error.
    pub fn stderr_layout(&self) -> Layout {
        layout(std::io::stderr().is_terminal(), self.stderr)
    }
}

fn cannot_write(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::PipeClosed,
        _ => Failure::new(ExitCode::CannotWrite, "cannot write to standard output").caused_by(error),
    }
}

fn layout(is_terminal: bool, color: ColorChoice) -> Layout {
    let width = if is_terminal { terminal_columns() } else { None };
    Layout { width: width.unwrap_or(Layout::DEFAULT_WIDTH), styles: Styles::when(color != ColorChoice::Never), whole: !is_terminal }
}

/// Returns the terminal's columns; below 40 a table is no table any more.
fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).max(40))
}
