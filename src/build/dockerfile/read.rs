//! Parses a Dockerfile with the crate `parse-dockerfile`.
//!
//! The crate returns instructions with offsets and stops at the first error. To report all errors at once, this module blanks an invalid
//! instruction and parses again until no error is left. It also blanks here-documents that do not start the command of a `RUN`, because the
//! crate parses their lines as instructions.

use parse_dockerfile::Instruction;

use super::convert::{Converter, Directives};
use super::facts::{Dockerfile, HereDocument};
use super::here_documents::{self, Delimiter};
use super::lines::{first_significant_line, logical_end, next_line};
use super::text::Text;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::text::did_you_mean;

/// The maximum length of a Dockerfile, in bytes.
///
/// The longest ones in public repositories are a tenth of it; parsing is quadratic in the number of errors.
const LONGEST_BYTES: usize = 1024 * 1024;

/// The maximum number of reported errors.
const MOST_ERRORS: usize = 50;

/// The replacement of an invalid `FROM`.
const STAGE: &[u8] = b"FROM x";

/// All instructions.
const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

impl Dockerfile {
    /// Parses a Dockerfile.
    ///
    /// # Errors
    ///
    /// Returns an error with all problems that make a builder refuse the file: unknown instructions, missing arguments, unterminated
    /// here-documents, duplicate stage names, invalid mounts.
    pub fn read(source: &Source) -> Result<Self, Diagnostics> {
        let text = source.text();
        if text.len() > LONGEST_BYTES {
            let message = format!("`{}` is larger than {LONGEST_BYTES} bytes, the limit for a Dockerfile", source.name());
            return Err(Diagnostic::error("dockerfile-syntax", message).hinted("check that the path is that of the Dockerfile").into());
        }
        // Blanking keeps the length, so that all offsets stay valid. The crate skips the byte order mark.
        let base = text.len() - text.trim_start_matches('\u{feff}').len();
        let mut reading =
            Reading { source, base, masked: text.as_bytes()[base..].to_vec(), problems: Vec::new(), masked_documents: Vec::new() };
        let mut dockerfile = loop {
            match reading.pass() {
                Pass::Done(dockerfile) => break dockerfile,
                Pass::Again => {}
                Pass::Stuck => break None,
            }
            if reading.problems.len() >= MOST_ERRORS {
                break None;
            }
        };
        if let Some(dockerfile) = &mut dockerfile {
            reading.problems.extend(super::stages::problems(dockerfile));
        }
        let mut problems = reading.problems;
        problems.sort_by_key(|problem| problem.labels.first().map_or(0, |label| label.span.start));
        let problems = Diagnostics(problems);
        match dockerfile {
            Some(dockerfile) => problems.into_result(dockerfile),
            None => Err(problems),
        }
    }
}

enum Pass {
    /// The whole text was parsed; `None` if it has no stage.
    Done(Option<Dockerfile>),
    /// Something was blanked: parse again.
    Again,
    /// The rest of the text cannot be parsed.
    Stuck,
}

struct Reading<'s> {
    source: &'s Source,
    /// The offset of the text, after a byte order mark.
    base: usize,
    masked: Vec<u8>,
    problems: Vec<Diagnostic>,
    /// Here-documents that were blanked, by the offset of their `RUN`.
    masked_documents: Vec<(usize, Vec<HereDocument>)>,
}

impl Reading<'_> {
    fn pass(&mut self) -> Pass {
        let masked = std::mem::take(&mut self.masked);
        // Only whole characters are blanked, each byte with a space.
        let text = String::from_utf8_lossy(&masked);
        let pass = self.read(&text);
        self.masked = masked;
        match pass {
            Ok(dockerfile) => Pass::Done(dockerfile),
            Err(Some(range)) => {
                let masked = self.masked.get_mut(range).unwrap_or_default();
                let before = masked.to_vec();
                for byte in masked.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
                    *byte = b' ';
                }
                // An invalid `FROM` still starts a stage, so that the instructions after it are parsed.
                if let (Some(keyword), Some(stage)) = (before.get(..4), masked.get_mut(..STAGE.len()))
                    && keyword.eq_ignore_ascii_case(&STAGE[..4])
                    && !stage.contains(&b'\n')
                {
                    stage.copy_from_slice(STAGE);
                }
                if *masked == *before { Pass::Stuck } else { Pass::Again }
            }
            Err(None) => Pass::Stuck,
        }
    }

    /// Parses the text. Returns an error with the range to blank before the next pass, or `None` if the rest cannot be parsed.
    fn read(&mut self, text: &str) -> Result<Option<Dockerfile>, Option<std::ops::Range<usize>>> {
        let mut end = 0;
        let instructions = parse_dockerfile::parse_iter(text).map_err(|error| self.report_error(text, &error, 0, '\\'))?;
        let mut converter = Converter::new(self.source, self.base, Directives::of(text));
        for instruction in instructions {
            let instruction = instruction.map_err(|error| self.report_error(text, &error, end, converter.escape()))?;
            let run = match &instruction {
                Instruction::Run(run) => Some(run),
                Instruction::Onbuild(onbuild) => match &*onbuild.instruction {
                    Instruction::Run(run) => Some(run),
                    _ => None,
                },
                _ => None,
            };
            if let Some(run) = run
                && !self.masked_documents.iter().any(|(start, _)| *start == run.run.span.start)
            {
                let start = run.run.span.start;
                let (range, documents) = self.mask_here_documents(text, run, converter.escape());
                self.masked_documents.push((start, documents));
                if let Some(range) = range {
                    return Err(Some(range));
                }
            }
            end = super::convert::end(text, &instruction).max(end);
            converter.add(&instruction, &self.masked_documents);
        }
        // Only the last pass reports problems inside instructions, so that each is reported once.
        let (dockerfile, problems) = converter.finish();
        self.problems.extend(problems);
        Ok(dockerfile)
    }

    /// Finds the here-documents of a `RUN` that the crate did not find, and their range in the file.
    fn mask_here_documents(
        &mut self,
        text: &str,
        run: &parse_dockerfile::RunInstruction<'_>,
        escape: char,
    ) -> (Option<std::ops::Range<usize>>, Vec<HereDocument>) {
        let parse_dockerfile::Command::Shell(command) = &run.arguments else { return (None, Vec::new()) };
        let joined = Text::read(text, command.span.start, command.span.end, escape);
        let after = run.here_docs.last().map_or(command.span.end, |document| document.span.end);
        let first = next_line(text, after);
        let mut at = first;
        let mut documents = Vec::new();
        for Delimiter { word, is_expanded, strips_tabs, start, end } in here_documents::delimiters(joined.as_str()) {
            let Some((body_end, next)) = here_documents::body(text, at, &word, strips_tabs) else {
                let delimiter = joined.span_of(start, end);
                let problem = Diagnostic::error("dockerfile-syntax", format!("the here-document `{word}` is not terminated")).at(
                    self.source,
                    self.shifted(delimiter),
                    "",
                );
                self.problems.push(problem.hinted(format!("terminate it with a line that contains only `{word}`")));
                return (Some(first..text.len()), documents);
            };
            let body = Text::read(self.source.text(), at + self.base, body_end + self.base, '\\');
            documents.push(HereDocument { text: body, is_expanded });
            at = next;
        }
        ((at > first).then_some(first..at), documents)
    }

    fn shifted(&self, span: Span) -> Span {
        Span::new(span.start as usize + self.base, span.end as usize + self.base)
    }

    /// Reports an error of the crate, and returns the range of the invalid instruction: the next one after `end`.
    fn report_error(&mut self, text: &str, error: &parse_dockerfile::Error, end: usize, escape: char) -> Option<std::ops::Range<usize>> {
        let start = first_significant_line(text, end);
        let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let message_of_crate = format!("{error:#}");
        let word = text[start..].split_whitespace().next().unwrap_or_default();
        if error.line() == 0 {
            if self.problems.is_empty() {
                let problem = Diagnostic::error("no-stage", "the Dockerfile has no `FROM`").at(self.source, Span::new(0, 0), "");
                self.problems.push(problem.hinted("start a stage with `FROM` and an image, or `FROM scratch`"));
            }
            return None;
        }
        // `ENTRYPOINT []` resets the base image's entrypoint: builders accept it, the crate does not.
        let arguments = text[start + word.len()..].trim_start_matches([' ', '\t']);
        if word.eq_ignore_ascii_case("ENTRYPOINT") && arguments.starts_with('[') && message_of_crate.contains("at least one argument") {
            return Some(start..logical_end(text, start, escape));
        }
        let is_unterminated = message_of_crate.contains("reached eof");
        let span = if message_of_crate.starts_with("unknown instruction") || at < start || is_unterminated {
            Span::new(start, start + word.len())
        } else {
            let length = text[at..].find(|c: char| c.is_whitespace()).unwrap_or(text.len() - at);
            Span::new(at, at + length)
        };
        let known = || INSTRUCTIONS.iter().any(|name| name.eq_ignore_ascii_case(word));
        let (message, hint) = if message_of_crate.starts_with("expected FROM") {
            // Redundant after an invalid `FROM`, or after the same error for an earlier instruction.
            if !self.problems.is_empty() {
                return Some(start..logical_end(text, start, escape));
            }
            (
                format!("`{word}` precedes the first `FROM`"),
                Some("only `ARG` may precede `FROM`; add `FROM` with an image before it".to_owned()),
            )
        } else if message_of_crate.starts_with("unknown instruction") || (!known() && at == start) {
            let hint =
                did_you_mean(word, INSTRUCTIONS).unwrap_or_else(|| format!("to continue the previous line, end that line with `{escape}`"));
            (format!("unknown instruction `{word}`"), Some(hint))
        } else if message_of_crate.starts_with("invalid escape") {
            (message_of_crate, Some("`# escape=` accepts only `\\` or a backtick".to_owned()))
        } else if message_of_crate.contains("here-document") {
            ("a here-document is not terminated".to_owned(), Some("terminate it with a line that contains only its delimiter".to_owned()))
        } else if message_of_crate.starts_with("expected AS") || message_of_crate.starts_with("expected newline") {
            ("invalid arguments of `FROM`".to_owned(), Some("write `FROM [--platform=PLATFORM] IMAGE [AS NAME]`".to_owned()))
        } else {
            (
                message_of_crate.replace('\'', "`"),
                Some("see docs.docker.com/reference/dockerfile for the arguments of each instruction".to_owned()),
            )
        };
        let problem = Diagnostic::error(if known() { "dockerfile-syntax" } else { "unknown-instruction" }, message);
        let mut problem = problem.at(self.source, self.shifted(span), "");
        problem.hint = hint;
        self.problems.push(problem);
        if is_unterminated {
            return None;
        }
        Some(start..logical_end(text, at.max(start), escape))
    }
}
