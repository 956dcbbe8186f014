//! The context of a command: its output, `rack.yaml`, and the memory of its documents.

use std::path::Path;

use crate::backend::local::FailedCopy;
use crate::cli::GlobalArgs;
use crate::cli::shared::exit_codes::ExitCode;
use crate::cli::shared::failure::Failure;
use crate::cli::shared::json_file::JsonFile;
use crate::cli::shared::screen::{BufferedStdout, CapturedOutput, Screen};
use crate::config::{CommandLineValues, RackFile, Settings, StackNameSource};
use crate::diagnostic::Diagnostics;
use crate::files::NewMode;
use crate::template::Arena;
use crate::ui::Layout;

/// The context of a command.
///
/// Standard output is the answer, standard error the messages.
pub struct Context<'a> {
    /// The arena of values that live as long as the command.
    pub arena: &'a Arena,
    /// The options that every command supports.
    pub global: &'a GlobalArgs,
    screen: Screen,
    summary: Option<String>,
    rack_file: Option<&'a RackFile>,
    has_reported_missing_rack_file: bool,
    /// The file that gets the JSON lines of an operation.
    pub json_file: Option<JsonFile>,
    /// Why the last good copy of the local store could not be written.
    pub failed_copy: FailedCopy,
    /// The session for all requests of the command to AWS.
    #[cfg(feature = "aws")]
    pub session: Option<std::sync::Arc<crate::aws::Session>>,
}

impl<'a> Context<'a> {
    /// Creates the context of a command, which writes to `screen`. Reads no file.
    pub fn new(arena: &'a Arena, global: &'a GlobalArgs, screen: Screen) -> Self {
        Self {
            arena,
            global,
            screen,
            summary: None,
            rack_file: None,
            has_reported_missing_rack_file: false,
            json_file: None,
            failed_copy: FailedCopy::default(),
            #[cfg(feature = "aws")]
            session: None,
        }
    }

    /// Moves a value into the command's memory, which lives until the program ends.
    pub fn alloc<T>(&self, value: T) -> &'a T {
        self.arena.bump().alloc(value)
    }

    /// Writes the answer to standard output.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if standard output is closed, or an error if writing fails.
    pub fn answer(&mut self, text: &str) -> Result<(), Failure> {
        self.screen.answer(text)
    }

    /// Prints a long result on standard output, in a pager if it is longer than the terminal.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if standard output is closed, or an error if writing fails.
    pub fn page(&mut self, text: &str) -> Result<(), Failure> {
        self.screen.page(text)
    }

    /// Writes a document to standard output, exactly unless it is a terminal.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if standard output is closed, or an error if writing fails.
    pub fn document(&mut self, text: &str) -> Result<(), Failure> {
        self.screen.document(text)
    }

    /// Streams a long JSON answer to standard output, without a copy of all of it in memory.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] if standard output is closed, or an error if writing fails.
    pub fn stream_answer(&mut self, write: impl FnOnce(&mut BufferedStdout) -> Result<(), serde_json::Error>) -> Result<(), Failure> {
        self.screen.stream_answer(write)
    }

    /// Writes a document exactly to the file `output`, or to standard output if it is absent or `-`.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails; the file is unchanged.
    pub fn document_to(&mut self, output: Option<&Path>, text: &str) -> Result<(), Failure> {
        match output {
            Some(path) if path != Path::new("-") => {
                crate::cli::shared::files::write_result(self.global, path, text.as_bytes(), NewMode::Default)
            }
            _ => self.document(text),
        }
    }

    /// Prints a message on standard error, unless `--quiet`.
    pub fn status(&mut self, text: &str) {
        if !self.global.quiet {
            self.warn(text);
        }
    }

    /// Prints a message on standard error with `-v` only.
    pub fn detail(&mut self, text: &str) {
        if self.global.verbose > 0 {
            self.warn(text);
        }
    }

    /// Prints a message on standard error even with `--quiet`; ignores a closed standard error.
    pub fn warn(&mut self, text: &str) {
        self.screen.status(text);
    }

    /// Prints warnings on standard error, with `--quiet` only if there are errors among them.
    pub fn show_warnings(&mut self, warnings: &Diagnostics) {
        if !warnings.0.is_empty() && (!self.global.quiet || warnings.has_errors()) {
            let mut warnings = warnings.clone();
            for warning in &mut warnings.0 {
                warning.hint = match warning.rule {
                    "assumed-account" => Some("give the account with --account, or `account` in rack.yaml".to_owned()),
                    "assumed-region" => Some("give the region with --region, or `region` in rack.yaml".to_owned()),
                    _ => warning.hint.take(),
                };
            }
            let text = crate::ui::diagnostics(&warnings, self.stderr_layout());
            self.warn(text.trim_end_matches('\n'));
        }
    }

    /// Prints why the command failed.
    pub fn show_failure(&mut self, failure: &Failure) {
        let layout = self.stderr_layout();
        match failure {
            Failure::PipeClosed => {}
            Failure::Expected(failure) => {
                self.warn(&crate::ui::failure(&failure.message, &failure.causes, failure.hint.as_deref(), layout))
            }
            Failure::Problems(problems, _) => {
                let text = crate::ui::diagnostics(problems, layout);
                self.warn(text.trim_end_matches('\n'));
            }
            Failure::Bug(error) => self.warn(&crate::cli::shared::bug::report(&error.to_string(), None)),
        }
    }

    /// Returns width and styles of standard output.
    pub fn layout(&self) -> Layout {
        self.screen.stdout_layout()
    }

    /// Returns width and styles of standard error.
    pub fn stderr_layout(&self) -> Layout {
        self.screen.stderr_layout()
    }

    /// Returns whether a terminal is available for prompts.
    pub fn can_prompt(&self) -> bool {
        self.screen.can_prompt()
    }

    /// Sets the line about this command in the summary of several commands.
    pub fn summarize(&mut self, text: impl Into<String>) {
        self.summary = Some(text.into());
    }

    /// Returns the captured output, if the screen captures it, and the line for the summary.
    pub fn finish(self) -> (CapturedOutput, Option<String>) {
        (self.screen.into_captured(), self.summary)
    }

    /// Asks for confirmation. If the user declines, the error message ends with `declined`, such as "the plan was not applied".
    ///
    /// # Errors
    ///
    /// Returns an error if the user declines, or if no terminal is available.
    pub fn confirm(&mut self, question: &str, declined: &str) -> Result<(), Failure> {
        if !self.can_prompt() {
            return Err(
                Failure::new(ExitCode::Declined, "confirmation requires a terminal").hinted("use `--yes` to continue without confirmation")
            );
        }
        match crate::cli::shared::interrupt::while_prompting(|| self.screen.confirm(question)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::new(ExitCode::Declined, format!("not confirmed: {declined}"))),
            Err(error) => Err(Failure::new(ExitCode::Declined, "cannot read the confirmation").caused_by(&error)),
        }
    }

    /// Asks for a value that is not shown while it is typed.
    ///
    /// # Errors
    ///
    /// Returns an error if the terminal cannot be read.
    pub fn ask_secret(&mut self, question: &str) -> Result<String, Failure> {
        crate::cli::shared::interrupt::while_prompting(|| self.screen.ask_secret(question))
            .map_err(|error| Failure::new(ExitCode::Declined, "cannot read the value from the terminal").caused_by(&error))
    }

    /// Returns whether progress can be redrawn in place.
    pub fn can_draw_progress(&self) -> bool {
        !self.global.quiet && self.screen.can_draw()
    }

    /// Returns `rack.yaml`, read at the first call; its default if the default path does not exist.
    ///
    /// # Errors
    ///
    /// Returns every error in the file, or an error if the file of `--file` does not exist.
    pub fn rack_file(&mut self) -> Result<&'a RackFile, Failure> {
        if let Some(rack_file) = self.rack_file {
            return Ok(rack_file);
        }
        let rack_file = crate::cli::shared::files::read_rack_file(self.global)?;
        let rack_file = self.alloc(rack_file);
        self.rack_file = Some(rack_file);
        Ok(rack_file)
    }

    /// Returns the effective settings: the command line takes precedence over `rack.yaml`, which takes precedence over defaults.
    ///
    /// # Errors
    ///
    /// Returns every error in `rack.yaml`.
    pub fn settings(&mut self) -> Result<Settings<'a>, Failure> {
        let global = self.global;
        let command_line = CommandLineValues {
            region: global.region.as_deref(),
            profile: global.profile.as_deref(),
            role_arn: global.role_arn.as_deref(),
            cloudformation_role_arn: global.cloudformation_role_arn.as_deref(),
            stack_name: global.stack_name.as_deref(),
            backend: global.backend.as_ref(),
        };
        Ok(Settings { command_line, rack_file: self.rack_file()? })
    }

    /// Returns the stack name; prints once if nothing names the stack and the default name is used.
    ///
    /// # Errors
    ///
    /// Returns every error in `rack.yaml`.
    pub fn stack_name(&mut self, template_file: Option<&Path>) -> Result<String, Failure> {
        match self.settings()?.stack_name(template_file) {
            StackNameSource::Named(name) => Ok(name),
            StackNameSource::Default(name) => {
                self.report_missing_rack_file()?;
                if !self.has_reported_missing_rack_file {
                    self.has_reported_missing_rack_file = true;
                    let location = self.rack_file()?.location(None);
                    self.status(&format!("{location} has no `name`; using the stack name `{name}`"));
                }
                Ok(name)
            }
        }
    }

    /// Returns the name of the stack to change, which must be configured.
    ///
    /// # Errors
    ///
    /// Returns every error in `rack.yaml`, or an error if nothing names the stack.
    pub fn stack_to_change(&mut self) -> Result<String, Failure> {
        Ok(self.settings()?.configured_stack_name()?.to_owned())
    }

    /// Prints once that the built-in rack is used, if `rack.yaml` does not exist.
    ///
    /// # Errors
    ///
    /// Returns every error in `rack.yaml`.
    pub fn report_missing_rack_file(&mut self) -> Result<(), Failure> {
        if self.rack_file()?.path.is_none() && !self.has_reported_missing_rack_file {
            self.has_reported_missing_rack_file = true;
            let name = self.global.stack_name.as_deref().unwrap_or("rack");
            self.status(&format!("no rack.yaml in this directory; using the built-in rack with its defaults and the stack name `{name}`"));
        }
        Ok(())
    }
}
