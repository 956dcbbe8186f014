//! Reads a Dockerfile, over the crate `parse-dockerfile`.
//!
//! The crate gives instructions with places and stops at the first error. Here a text is read again without an instruction that is
//! wrong until nothing is, so that every error is told at once; and here-documents that do not stand first in a `RUN`, which the crate takes
//! for instructions, are set aside the same way.

use parse_dockerfile::Instruction;

use super::convert::{Converter, Directives};
use super::facts::{Dockerfile, HereDocument};
use super::here_documents::{self, Delimiter};
use super::text::Text;
use crate::template::{Diagnostic, Diagnostics, Source, Span, did_you_mean};

/// Longest Dockerfile, in bytes.
///
/// The longest in public repositories are a tenth of it; reading is quadratic in the number of errors.
const LONGEST_BYTES: usize = 1024 * 1024;

/// Most errors told of one file.
const MOST_ERRORS: usize = 50;

/// What is read in place of a `FROM` that is wrong.
const STAGE: &[u8] = b"FROM x";

/// Every instruction.
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
    /// Reads a Dockerfile.
    ///
    /// # Errors
    ///
    /// Returns every problem that keeps a builder from starting: words that are no instructions, missing arguments, here-documents
    /// without an end, stages of one name, mounts that there are not.
    pub fn read(source: &Source) -> Result<Self, Diagnostics> {
        let text = source.text();
        if text.len() > LONGEST_BYTES {
            let message = format!("`{}` is larger than {LONGEST_BYTES} bytes, which no Dockerfile is", source.name());
            return Err(Diagnostic::error("dockerfile-syntax", message).hinted("name the Dockerfile, not what it copies").into());
        }
        // What is blanked keeps its length, so that every offset stays right. The byte order mark is taken off by the crate.
        let base = text.len() - text.trim_start_matches('\u{feff}').len();
        let mut reading = Reading { source, base, masked: text.as_bytes()[base..].to_vec(), problems: Vec::new(), aside: Vec::new() };
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
    /// All of it was read; without a stage there is nothing to give.
    Done(Option<Dockerfile>),
    /// Something was blanked: read again.
    Again,
    /// Nothing after this can be told apart.
    Stuck,
}

struct Reading<'s> {
    source: &'s Source,
    /// Where the text starts behind a byte order mark.
    base: usize,
    masked: Vec<u8>,
    problems: Vec<Diagnostic>,
    /// Here-documents that were set aside, by the place of their `RUN`.
    aside: Vec<(usize, Vec<HereDocument>)>,
}

impl Reading<'_> {
    fn pass(&mut self) -> Pass {
        let masked = std::mem::take(&mut self.masked);
        // Only whole characters are blanked, each byte by a space.
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
                // A `FROM` that is wrong starts a stage all the same: what follows is looked at too.
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

    /// Reads what is not blanked; else says what is to be blanked before the next pass, or that there is none.
    fn read(&mut self, text: &str) -> Result<Option<Dockerfile>, Option<std::ops::Range<usize>>> {
        let mut end = 0;
        let instructions = parse_dockerfile::parse_iter(text).map_err(|error| self.tell(text, &error, 0, '\\'))?;
        let mut converter = Converter::new(self.source, self.base, Directives::of(text));
        for instruction in instructions {
            let instruction = instruction.map_err(|error| self.tell(text, &error, end, converter.escape()))?;
            let run = match &instruction {
                Instruction::Run(run) => Some(run),
                Instruction::Onbuild(onbuild) => match &*onbuild.instruction {
                    Instruction::Run(run) => Some(run),
                    _ => None,
                },
                _ => None,
            };
            if let Some(run) = run
                && !self.aside.iter().any(|(start, _)| *start == run.run.span.start)
            {
                let start = run.run.span.start;
                let (range, documents) = self.set_aside(text, run, converter.escape());
                self.aside.push((start, documents));
                if let Some(range) = range {
                    return Err(Some(range));
                }
            }
            end = super::convert::end(text, &instruction).max(end);
            converter.add(&instruction, &self.aside);
        }
        // Problems inside of instructions are told by the last pass, which sees each once.
        let (dockerfile, problems) = converter.finish();
        self.problems.extend(problems);
        Ok(dockerfile)
    }

    /// Finds the here-documents of a `RUN` that the crate did not, and what of the file they take.
    fn set_aside(
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
                let place = joined.span_of(start, end);
                let problem = Diagnostic::error("dockerfile-syntax", format!("the here-document `{word}` has no end")).at(
                    self.source,
                    self.shifted(place),
                    "",
                );
                self.problems.push(problem.hinted(format!("end it with a line that is just `{word}`")));
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

    /// Keeps what the crate found wrong, and returns the instruction that it is about: the next one after `end`.
    fn tell(&mut self, text: &str, error: &parse_dockerfile::Error, end: usize, escape: char) -> Option<std::ops::Range<usize>> {
        let start = first_significant_line(text, end);
        let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let said = format!("{error:#}");
        let word = text[start..].split_whitespace().next().unwrap_or_default();
        if error.line() == 0 {
            if self.problems.is_empty() {
                let problem = Diagnostic::error("no-stage", "there is no `FROM`").at(self.source, Span::new(0, 0), "");
                self.problems.push(problem.hinted("a Dockerfile starts a stage with `FROM` and an image, or `FROM scratch`"));
            }
            return None;
        }
        // `ENTRYPOINT []` takes the base image's away, which builders accept and the crate does not.
        let arguments = text[start + word.len()..].trim_start_matches([' ', '\t']);
        if word.eq_ignore_ascii_case("ENTRYPOINT") && arguments.starts_with('[') && said.contains("at least one argument") {
            return Some(start..logical_end(text, start, escape));
        }
        let is_unterminated = said.contains("reached eof");
        let span = if said.starts_with("unknown instruction") || at < start || is_unterminated {
            Span::new(start, start + word.len())
        } else {
            let length = text[at..].find(|c: char| c.is_whitespace()).unwrap_or(text.len() - at);
            Span::new(at, at + length)
        };
        let known = || INSTRUCTIONS.iter().any(|name| name.eq_ignore_ascii_case(word));
        let (message, hint) = if said.starts_with("expected FROM") {
            // After a FROM that is wrong itself, or another instruction like this one, this says nothing new.
            if !self.problems.is_empty() {
                return Some(start..logical_end(text, start, escape));
            }
            (format!("`{word}` stands before the first `FROM`"), Some("only `ARG` may; put `FROM` and an image before it".to_owned()))
        } else if said.starts_with("unknown instruction") || (!known() && at == start) {
            let hint = did_you_mean(word, INSTRUCTIONS)
                .unwrap_or_else(|| format!("a line that belongs to the one before needs a `{escape}` at the end of that one"));
            (format!("there is no instruction `{word}`"), Some(hint))
        } else if said.starts_with("invalid escape") {
            (said, Some("`# escape=` takes \\ or `".to_owned()))
        } else if said.contains("here-document") {
            ("a here-document has no end".to_owned(), Some("end it with a line that is just its delimiter".to_owned()))
        } else if said.starts_with("expected AS") || said.starts_with("expected newline") {
            (
                "`FROM` takes one image, then perhaps `AS` and a name".to_owned(),
                Some("FROM [--platform=PLATFORM] IMAGE [AS NAME]".to_owned()),
            )
        } else {
            (said.replace('\'', "`"), Some("docs.docker.com/reference/dockerfile says what each instruction takes".to_owned()))
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

/// Returns where the line after an offset starts.
pub(super) fn next_line(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| offset + newline + 1)
}

/// Returns where the next line starts, from an offset on, that is neither empty nor a comment.
fn first_significant_line(text: &str, offset: usize) -> usize {
    let mut at = offset;
    for line in text.get(offset..).unwrap_or_default().split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            return at + (line.len() - trimmed.len());
        }
        at += line.len();
    }
    text.len()
}

/// Returns where the instruction ends whose line an offset is in, continued lines included.
fn logical_end(text: &str, offset: usize, escape: char) -> usize {
    let mut at = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let mut is_continued = true;
    for line in text[at..].split_inclusive('\n') {
        let trimmed = line.trim();
        let is_between = (trimmed.is_empty() || trimmed.starts_with('#')) && at > offset;
        if !is_continued {
            break;
        }
        at += line.len();
        if !is_between {
            is_continued = trimmed.ends_with(escape);
        }
    }
    at
}
