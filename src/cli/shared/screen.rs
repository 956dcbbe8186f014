//! Output of a command: to the process's streams, or captured in memory while several commands run at once.
//!
//! This is the only place that writes output, apart from the progress bar: [`painted`](crate::ui::painted) makes control characters in data
//! visible.

use std::io::{IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};

use crate::cli::shared::closed_stdout;
use crate::cli::shared::exit_codes::ExitCode;
use crate::cli::shared::failure::Failure;
use crate::cli::shared::pager;
use crate::ui::{Layout, Styles};

/// Writes the output of a command.
pub struct Screen {
    stdout: ColorChoice,
    stderr: ColorChoice,
    captured: Option<CapturedOutput>,
}

/// Standard output with a buffer, for long results.
pub type BufferedStdout = std::io::BufWriter<std::io::StdoutLock<'static>>;

/// The indentation of the rest of a wrapped message.
const HANG: usize = 2;

/// The size of the buffer of [`BufferedStdout`].
const BUFFER_BYTES: usize = 32 * 1024;

/// The captured output of a command.
#[derive(Debug, Default)]
pub struct CapturedOutput {
    /// The text for standard output.
    pub answer: String,
    /// The text for standard error.
    pub messages: String,
}

impl Screen {
    /// Returns a screen that writes to the process's streams.
    pub fn process(color: ColorChoice) -> Self {
        let (stdout, stderr) = match color {
            ColorChoice::Auto => (AutoStream::choice(&std::io::stdout()), AutoStream::choice(&std::io::stderr())),
            choice => (choice, choice),
        };
        Self { stdout, stderr, captured: None }
    }

    /// Returns a screen that captures output, with the color choice of the process's streams.
    pub fn capturing(color: ColorChoice) -> Self {
        Self { captured: Some(CapturedOutput::default()), ..Self::process(color) }
    }

    /// Returns the captured output; empty if the screen writes to the process's streams.
    pub fn into_captured(self) -> CapturedOutput {
        self.captured.unwrap_or_default()
    }

    /// Writes results to standard output.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if the reader closed the pipe, or an error if writing fails.
    pub fn answer(&mut self, text: &str) -> Result<(), Failure> {
        if let Some(captured) = &mut self.captured {
            captured.answer.push_str(text);
            return Ok(());
        }
        write_stdout(&self.painted(text))
    }

    /// Returns a text as it is written to standard output or a pager.
    fn painted<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        crate::ui::painted(text, self.stdout != ColorChoice::Never)
    }

    /// Writes a document to standard output, such as a template: exactly, except on a terminal, which the document could control.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if the reader closed the pipe, or an error if writing fails.
    pub fn document(&mut self, text: &str) -> Result<(), Failure> {
        if self.captured.is_some() || std::io::stdout().is_terminal() { self.answer(text) } else { write_stdout(text) }
    }

    /// Writes a long text to standard output; on a terminal that is too small for it, in a pager.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if the reader closed the pipe, or an error if writing fails.
    pub fn page(&mut self, text: &str) -> Result<(), Failure> {
        let rows = terminal_size::terminal_size().map_or(usize::MAX, |(_, rows)| usize::from(rows.0));
        let is_long = || text.lines().nth(rows.saturating_sub(1)).is_some();
        if self.captured.is_none() && self.can_prompt() && std::io::stdout().is_terminal() && is_long() && pager::page(&self.painted(text))
        {
            return Ok(());
        }
        self.answer(text)
    }

    /// Writes long JSON to standard output while it is serialized, without a copy in memory. Output is not captured, so only commands for
    /// one rack may use it.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if the reader closed the pipe, or an error if writing fails.
    pub fn stream_answer(&mut self, write: impl FnOnce(&mut BufferedStdout) -> Result<(), serde_json::Error>) -> Result<(), Failure> {
        check_stdout(false)?;
        let mut stdout = BufferedStdout::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
        write(&mut stdout).map_err(std::io::Error::from).and_then(|()| stdout.flush()).map_err(|error| cannot_write(&error))
    }

    /// Writes a message to standard error; errors are ignored.
    pub fn status(&mut self, text: &str) {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        if let Some(captured) = &mut self.captured {
            captured.messages.push_str(text);
            captured.messages.push_str(newline);
            return;
        }
        let layout = self.stderr_layout();
        // A terminal would break lines inside of words. A file or pipe keeps one line for each fact, so that it can be searched.
        let text = if layout.whole { text.into() } else { std::borrow::Cow::Owned(crate::ui::fitted(text, layout.width, HANG)) };
        let text = crate::ui::painted(&text, self.stderr != ColorChoice::Never);
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(newline.as_bytes()));
    }

    /// Asks a question, and returns whether the answer was yes.
    ///
    /// # Errors
    ///
    /// Returns an error if reading or writing fails.
    pub fn confirm(&self, question: &str) -> std::io::Result<bool> {
        let question = crate::ui::painted(question, self.stderr != ColorChoice::Never);
        crate::ui::confirm(&mut std::io::stdin().lock(), &mut std::io::stderr().lock(), &question)
    }

    /// Asks a question, and returns the answer, which is not shown while it is typed.
    ///
    /// # Errors
    ///
    /// Returns an error if reading or writing fails.
    pub fn ask_secret(&self, question: &str) -> std::io::Result<String> {
        let mut stderr = std::io::stderr().lock();
        stderr.write_all(question.as_bytes())?;
        stderr.flush()?;
        crate::cli::shared::hidden_input::read_line()
    }

    /// Returns whether the user can be prompted: standard input and standard error are terminals.
    pub fn can_prompt(&self) -> bool {
        self.captured.is_none() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Returns whether progress can be redrawn in place: standard error is a terminal that can move its cursor.
    pub fn can_draw(&self) -> bool {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        self.captured.is_none() && std::io::stderr().is_terminal() && !is_dumb
    }

    /// Returns the width and styles of standard output.
    pub fn stdout_layout(&self) -> Layout {
        layout(std::io::stdout().is_terminal(), self.stdout)
    }

    /// Returns the width and styles of standard error.
    pub fn stderr_layout(&self) -> Layout {
        layout(std::io::stderr().is_terminal(), self.stderr)
    }
}

/// Returns an error if there is something to write and standard output is closed.
fn check_stdout(is_empty: bool) -> Result<(), Failure> {
    if is_empty || !closed_stdout::is_closed() { Ok(()) } else { Err(closed()) }
}

fn write_stdout(text: &str) -> Result<(), Failure> {
    check_stdout(text.is_empty())?;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| cannot_write(&error))
}

/// Returns the failure for a closed standard output.
fn closed() -> Failure {
    Failure::new(ExitCode::CannotWrite, "cannot write to standard output: it is closed")
        .hinted("redirect it to a file, or to /dev/null to discard the result")
}

/// Returns the failure for standard output.
fn cannot_write(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::PipeClosed,
        _ => Failure::new(ExitCode::CannotWrite, "cannot write to standard output")
            .caused_by(error)
            .with_hint(crate::cli::shared::failure::space_hint(error)),
    }
}

fn layout(is_terminal: bool, color: ColorChoice) -> Layout {
    let width = if is_terminal { terminal_columns() } else { None };
    Layout { width: width.unwrap_or(Layout::DEFAULT_WIDTH), styles: Styles::when(color != ColorChoice::Never), whole: !is_terminal }
}

/// Returns the terminal's columns, at least 40, so that tables stay readable.
fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).max(40))
}
