//! What every command is handed: where to write, how wide, `rack.yaml`, and the memory its documents live in.

use crate::config::BackendChoice;
use std::path::Path;

use crate::cli::GlobalArgs;
use crate::cli::shared::exit_codes::ExitCode;
use crate::cli::shared::failure::Failure;
use crate::cli::shared::screen::{BufferedStdout, CapturedOutput, Screen};
use crate::config::RackFile;
use crate::diagnostic::Diagnostics;
use crate::template::Arena;
use crate::ui::Layout;

/// What every command is handed.
///
/// Standard output is the answer, standard error the messages.
pub struct Context<'a> {
    /// Memory that lives as long as the command.
    pub arena: &'a Arena,
    /// Flags that every command takes.
    pub global: &'a GlobalArgs,
    screen: Screen,
    summary: Option<String>,
    rack_file: Option<&'a RackFile>,
    has_reported_missing_rack_file: bool,
    /// Who asks AWS: one for everything that a command asks.
    #[cfg(feature = "aws")]
    pub session: Option<std::sync::Arc<crate::aws::Session>>,
}

impl<'a> Context<'a> {
    /// Returns the context of one command, which writes to `screen`; reads no file.
    pub fn new(arena: &'a Arena, global: &'a GlobalArgs, screen: Screen) -> Self {
        Self {
            arena,
            global,
            screen,
            summary: None,
            rack_file: None,
            has_reported_missing_rack_file: false,
            #[cfg(feature = "aws")]
            session: None,
        }
    }

    /// Moves a value into the command's memory; it is given back to the system when the program ends.
    pub fn alloc<T>(&self, value: T) -> &'a T {
        self.arena.bump().alloc(value)
    }

    /// Writes the answer to standard output.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] when nobody reads it, or a failure to write.
    pub fn answer(&mut self, text: &str) -> Result<(), Failure> {
        self.screen.answer(text)
    }

    /// Writes a long answer of JSON to standard output as it comes, without a copy of all of it in memory.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::PipeClosed`] when nobody reads it, or a failure to write.
    pub fn stream_answer(&mut self, write: impl FnOnce(&mut BufferedStdout) -> Result<(), serde_json::Error>) -> Result<(), Failure> {
        self.screen.stream_answer(write)
    }

    /// Writes the answer to a file, or to standard output when there is none.
    ///
    /// # Errors
    ///
    /// Returns a failure to write; the file is then what it was before.
    pub fn answer_to(&mut self, output: Option<&Path>, text: &str) -> Result<(), Failure> {
        match output {
            Some(path) if path != Path::new("-") => crate::cli::shared::files::write(path, text.as_bytes()),
            _ => self.answer(text),
        }
    }

    /// Says something on standard error, unless `--quiet`.
    pub fn status(&mut self, text: &str) {
        if !self.global.quiet {
            self.warn(text);
        }
    }

    /// Says something on standard error under `-v` only.
    pub fn detail(&mut self, text: &str) {
        if self.global.verbose > 0 {
            self.warn(text);
        }
    }

    /// Says something on standard error even under `--quiet`; a closed standard error is nobody's failure.
    pub fn warn(&mut self, text: &str) {
        self.screen.status(text);
    }

    /// Shows warnings on standard error, unless `--quiet`.
    pub fn show_warnings(&mut self, warnings: &Diagnostics) {
        if !warnings.0.is_empty() && !self.global.quiet {
            let text = crate::ui::diagnostics(warnings, self.stderr_layout());
            self.warn(text.trim_end_matches('\n'));
        }
    }

    /// Shows why the command failed.
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

    /// Tells whether there is somebody to ask.
    pub fn can_prompt(&self) -> bool {
        self.screen.can_prompt()
    }

    /// Keeps what a line about this command says in a summary of several.
    pub fn summarize(&mut self, text: impl Into<String>) {
        self.summary = Some(text.into());
    }

    /// Returns what was written and said about it, where the screen kept it.
    pub fn finish(self) -> (CapturedOutput, Option<String>) {
        (self.screen.into_captured(), self.summary)
    }

    /// Asks before something is carried out; whoever has `--yes` need not. `declined` says what a no leaves as it was.
    ///
    /// # Errors
    ///
    /// Returns that the answer was no, or that there is nobody to ask.
    pub fn confirm(&mut self, question: &str, declined: &str) -> Result<(), Failure> {
        if !self.can_prompt() {
            return Err(Failure::new(ExitCode::Declined, "there is no terminal to ask on").hinted("`--yes` goes ahead without asking"));
        }
        match crate::cli::shared::interrupt::while_prompting(|| self.screen.confirm(question)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::new(ExitCode::Declined, format!("not confirmed: {declined}"))),
            Err(error) => Err(Failure::new(ExitCode::Declined, "cannot ask").caused_by(&error)),
        }
    }

    /// Tells whether progress may be drawn over itself.
    pub fn can_draw_progress(&self) -> bool {
        !self.global.quiet && self.screen.can_draw()
    }

    /// Returns `rack.yaml`, read at the first call; an empty one when the default path does not exist.
    ///
    /// # Errors
    ///
    /// Returns every problem in it, or that the file which `--file` names does not exist.
    pub fn rack_file(&mut self) -> Result<&'a RackFile, Failure> {
        if let Some(rack_file) = self.rack_file {
            return Ok(rack_file);
        }
        let rack_file = match self.global.file() {
            Some(path) => RackFile::read(path)?,
            None => {
                let path = Path::new(RackFile::DEFAULT_PATH);
                if path.exists() { RackFile::read(path)? } else { RackFile::default() }
            }
        };
        let rack_file = self.alloc(rack_file);
        self.rack_file = Some(rack_file);
        Ok(rack_file)
    }

    /// Returns `rack.yaml`, which must exist.
    ///
    /// # Errors
    ///
    /// Returns every problem in it, or that there is none.
    pub fn required_rack_file(&mut self) -> Result<&'a RackFile, Failure> {
        let rack_file = self.rack_file()?;
        if rack_file.path.is_none() {
            return Err(Failure::new(ExitCode::NoInput, format!("there is no `{}` here", RackFile::DEFAULT_PATH))
                .hinted("`rackform init` writes one; `--file` names another, and `--stack-name` does without"));
        }
        Ok(rack_file)
    }

    /// Returns the region: `--region`, else `rack.yaml`, else `us-east-1`.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    pub fn region(&mut self) -> Result<String, Failure> {
        if let Some(region) = &self.global.region {
            return Ok(region.clone());
        }
        Ok(self.rack_file()?.region.clone().unwrap_or_else(|| "us-east-1".to_owned()))
    }

    /// Returns the region that was given, by `--region` or `rack.yaml`; AWS has a chain of its own for when none was.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    pub fn given_region(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.global.region.clone().or(self.rack_file()?.region.clone()))
    }

    /// Returns the AWS profile: `--profile`, else `rack.yaml`.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    #[cfg(feature = "aws")]
    pub fn profile(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.global.profile.clone().or(self.rack_file()?.profile.clone()))
    }

    /// Returns the role to assume before AWS is asked anything: `--role-arn`, else `rack.yaml`.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    #[cfg(feature = "aws")]
    pub fn role_arn(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.global.role_arn.clone().or(self.rack_file()?.role_arn.clone()))
    }

    /// Returns the role that CloudFormation works as: `--cloudformation-role-arn`, else `rack.yaml`.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    pub fn cloudformation_role_arn(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.global.cloudformation_role_arn.clone().or(self.rack_file()?.cloudformation_role_arn.clone()))
    }

    /// Returns the stack's name: `--stack-name`, else `name` in `rack.yaml`, else the stem of a file, else `rack`.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    pub fn stack_name(&mut self, file: Option<&Path>) -> Result<String, Failure> {
        if let Some(name) = &self.global.stack_name {
            return Ok(name.clone());
        }
        if let Some(name) = &self.rack_file()?.name {
            return Ok(name.clone());
        }
        if file.is_none() {
            self.report_missing_rack_file()?;
            let rack_file = self.rack_file()?;
            if rack_file.path.is_some() && !self.has_reported_missing_rack_file {
                self.has_reported_missing_rack_file = true;
                self.status(&format!("{} names no stack: this is about a stack `rack`", rack_file.place(None)));
            }
        }
        let stem = file.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
        let name: String = stem.unwrap_or_default().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let name = name.trim_matches('-');
        Ok(if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name.to_owned() } else { "rack".to_owned() })
    }

    /// Returns the name of the stack that is to change, which must have been given: by `--stack-name`, or by a `rack.yaml` being there.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`, or that there is none.
    pub fn stack_to_change(&mut self) -> Result<String, Failure> {
        if self.global.stack_name.is_none() {
            let rack_file = self.required_rack_file()?;
            if rack_file.name.is_none() {
                // An empty file, or one that lost its first line, must not make a stack of a name that nobody gave.
                let message = format!("`{}` names no stack", rack_file.place(None));
                return Err(Failure::new(ExitCode::NoInput, message)
                    .hinted("give it a line `name: my-rack`, or name the stack with `--stack-name`"));
            }
        }
        self.stack_name(None)
    }

    /// Says once that the rack is rackform's own because there is no `rack.yaml`, when there is none.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    pub fn report_missing_rack_file(&mut self) -> Result<(), Failure> {
        if self.rack_file()?.path.is_none() && !self.has_reported_missing_rack_file {
            self.has_reported_missing_rack_file = true;
            let name = self.global.stack_name.as_deref().unwrap_or("rack");
            self.status(&format!("no rack.yaml here: this is about rackform's own rack with its defaults, and a stack `{name}`"));
        }
        Ok(())
    }

    /// Returns where plans are carried out: `--backend`, else `rack.yaml`, else the local backend beside `rack.yaml`.
    ///
    /// # Errors
    ///
    /// Returns the problems of `rack.yaml`.
    pub fn backend(&mut self) -> Result<BackendChoice, Failure> {
        if let Some(backend) = &self.global.backend {
            return Ok(backend.clone());
        }
        let rack_file = self.rack_file()?;
        Ok(match &rack_file.backend {
            Some(BackendChoice::Local { directory }) => BackendChoice::Local { directory: rack_file.beside(directory) },
            Some(backend) => backend.clone(),
            None => BackendChoice::Local { directory: rack_file.beside(Path::new(BackendChoice::DEFAULT_DIRECTORY)) },
        })
    }
}
