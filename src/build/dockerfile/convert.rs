//! Converts the instructions of `parse-dockerfile` to [`Dockerfile`], with the span of every word in the file.

use std::ops::Range;

use parse_dockerfile::{Flag, FromInstruction, HealthcheckArguments, Instruction, JsonOrStringArray, Source as From};

use super::facts::{Argument, Command, Copy, Dockerfile, HereDocument, Run, Stage, Step, StepKind};
use super::lexer;
use super::lines::next_line;
use super::mount::Mount;
use super::text::Text;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::text::did_you_mean;

/// The parser directives in the comments at the start of the file.
pub(super) struct Directives {
    pub escape: char,
    pub syntax: Option<String>,
}

impl Directives {
    /// Parses the directives. The crate returns them only for a valid Dockerfile, so it gets one that consists of just these comments.
    pub(super) fn of(text: &str) -> Self {
        let comments: String = text.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect();
        let parsed = format!("{comments}\nFROM scratch\n");
        let directives = parse_dockerfile::parse(&parsed).ok().map(|file| file.parser_directives);
        let syntax = directives.as_ref().and_then(|all| all.syntax.as_ref()).map(|syntax| syntax.value.value.to_owned());
        Self { escape: directives.and_then(|all| all.escape).map_or('\\', |escape| escape.value.value), syntax }
    }
}

/// Collects the facts of one Dockerfile.
pub(super) struct Converter<'s> {
    source: &'s Source,
    /// The offset of the crate's text in the file: after a byte order mark.
    base: usize,
    dockerfile: Dockerfile,
    problems: Vec<Diagnostic>,
}

/// Flags of `RUN`, `COPY` and `ADD`.
///
/// Source: <https://docs.docker.com/reference/dockerfile/>
const RUN_FLAGS: [&str; 4] = ["mount", "network", "security", "device"];
const COPY_FLAGS: [&str; 6] = ["from", "chown", "chmod", "link", "parents", "exclude"];
const ADD_FLAGS: [&str; 7] = ["keep-git-dir", "checksum", "chown", "chmod", "link", "exclude", "unpack"];

impl<'s> Converter<'s> {
    pub(super) fn new(source: &'s Source, base: usize, directives: Directives) -> Self {
        let dockerfile = Dockerfile {
            source: source.clone(),
            syntax: directives.syntax,
            escape: directives.escape,
            global_arguments: Vec::new(),
            stages: Vec::new(),
            remarks: Vec::new(),
        };
        Self { source, base, dockerfile, problems: Vec::new() }
    }

    /// Returns the escape character, which continues lines.
    pub(super) fn escape(&self) -> char {
        self.dockerfile.escape
    }

    /// Returns the Dockerfile, or `None` if it has no stage, and the problems inside instructions.
    pub(super) fn finish(self) -> (Option<Dockerfile>, Vec<Diagnostic>) {
        ((!self.dockerfile.stages.is_empty()).then_some(self.dockerfile), self.problems)
    }

    /// Adds an instruction; `masked_documents` are here-documents that the crate did not find, by the offset of their `RUN`.
    pub(super) fn add(&mut self, instruction: &Instruction<'_>, masked_documents: &[(usize, Vec<HereDocument>)]) {
        if let Instruction::From(from) = instruction {
            return self.add_stage(from);
        }
        let step = match instruction {
            Instruction::Onbuild(onbuild) => self.step(&onbuild.instruction, masked_documents).map(|step| Step {
                span: self.span(&onbuild.onbuild.span),
                is_onbuild: true,
                ..step
            }),
            _ => self.step(instruction, masked_documents),
        };
        let Some(step) = step else { return };
        match (self.dockerfile.stages.last_mut(), step.kind) {
            (Some(stage), kind) => stage.steps.push(Step { kind, ..step }),
            (None, StepKind::Arg(arguments)) => self.dockerfile.global_arguments.extend(arguments),
            (None, _) => {}
        }
    }

    fn add_stage(&mut self, from: &FromInstruction<'_>) {
        let platform = from.options.iter().find(|flag| flag.name.value == "platform").and_then(|flag| self.value(flag));
        self.check_flags("FROM", &from.options, &["platform"]);
        let name = from.as_.as_ref().map(|(_, name)| (name.value.to_lowercase(), self.span(&name.span)));
        if let Some((name, span)) = &name {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
            if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.chars().all(is_plain) {
                let problem = Diagnostic::error("stage-name", format!("invalid stage name `{name}`")).at(self.source, *span, "");
                self.problems.push(problem.hinted("a stage name starts with a letter and contains only letters, digits, `-`, `_` and `.`"));
            }
        }
        let number = self.dockerfile.stages.len();
        let (span, base) = (self.span(&from.from.span), self.text(&from.image.span));
        self.dockerfile.stages.push(Stage { number, span, base, name, platform, steps: Vec::new() });
    }

    fn step(&mut self, instruction: &Instruction<'_>, masked_documents: &[(usize, Vec<HereDocument>)]) -> Option<Step> {
        let escape = self.dockerfile.escape;
        let (keyword, kind) = match instruction {
            Instruction::Arg(arg) => {
                let pairs = lexer::pairs(&self.text(&arg.arguments.span), escape, false);
                let arguments = pairs.into_iter().map(|pair| Argument { name: pair.name, default: pair.value }).collect();
                (&arg.arg, StepKind::Arg(arguments))
            }
            Instruction::Env(env) => {
                let mut pairs = Vec::new();
                for pair in lexer::pairs(&self.text(&env.arguments.span), escape, true) {
                    let Some(value) = pair.value else {
                        let message = format!("`ENV {}` has no value", pair.name.as_str());
                        let problem = Diagnostic::error("dockerfile-syntax", message).at(self.source, pair.name.span(), "");
                        self.problems.push(problem.hinted("write `ENV NAME=VALUE`; quote a value that contains spaces"));
                        continue;
                    };
                    pairs.push((pair.name, value));
                }
                (&env.env, StepKind::Env(pairs))
            }
            Instruction::Copy(copy) => {
                self.check_flags("COPY", &copy.options, &COPY_FLAGS);
                let from = copy.options.iter().find(|flag| flag.name.value == "from").and_then(|flag| self.value(flag));
                (&copy.copy, self.copy(false, from, &copy.src, &copy.dest.span))
            }
            Instruction::Add(add) => {
                self.check_flags("ADD", &add.options, &ADD_FLAGS);
                (&add.add, self.copy(true, None, &add.src, &add.dest.span))
            }
            Instruction::Run(run) => {
                self.check_flags("RUN", &run.options, &RUN_FLAGS);
                let mounts = self.mounts(&run.options);
                let command = match &run.arguments {
                    parse_dockerfile::Command::Exec(words) => {
                        Command::Exec(words.value.iter().map(|word| word.value.to_string()).collect(), self.span(&words.span))
                    }
                    parse_dockerfile::Command::Shell(text) => Command::Shell(self.text(&text.span)),
                    _ => return None,
                };
                let found = run.here_docs.iter().map(|document| self.here_document(document));
                let masked =
                    masked_documents.iter().filter(|(start, _)| *start == run.run.span.start).flat_map(|(_, documents)| documents.clone());
                (&run.run, StepKind::Run(Run { mounts, command, here_documents: found.chain(masked).collect() }))
            }
            Instruction::Workdir(workdir) => (&workdir.workdir, StepKind::Workdir(self.text(&workdir.arguments.span))),
            Instruction::Label(label) => (&label.label, StepKind::Other(self.text(&label.arguments.span))),
            Instruction::User(user) => (&user.user, StepKind::Other(self.text(&user.arguments.span))),
            Instruction::Stopsignal(signal) => (&signal.stopsignal, StepKind::Other(self.text(&signal.arguments.span))),
            Instruction::Maintainer(maintainer) => (&maintainer.maintainer, StepKind::Verbatim(self.text(&maintainer.name.span))),
            Instruction::Expose(expose) => (&expose.expose, StepKind::Other(self.around(&expose.arguments))),
            Instruction::Volume(volume) => {
                let text = match &volume.arguments {
                    JsonOrStringArray::Json(words) => self.text(&words.span),
                    JsonOrStringArray::String(words) => self.around(words),
                };
                (&volume.volume, StepKind::Other(text))
            }
            Instruction::Shell(shell) => (&shell.shell, StepKind::Verbatim(self.around(&shell.arguments))),
            Instruction::Cmd(cmd) => (&cmd.cmd, StepKind::Verbatim(self.command(&cmd.arguments))),
            Instruction::Entrypoint(entrypoint) => (&entrypoint.entrypoint, StepKind::Verbatim(self.command(&entrypoint.arguments))),
            Instruction::Healthcheck(check) => {
                let text = match &check.arguments {
                    HealthcheckArguments::Cmd { arguments, .. } => self.command(arguments),
                    _ => Text::default(),
                };
                (&check.healthcheck, StepKind::Verbatim(text))
            }
            _ => return None,
        };
        Some(Step { span: self.span(&keyword.span), is_onbuild: false, kind })
    }

    fn copy(&self, is_add: bool, from: Option<Text>, sources: &[From<'_>], destination: &Range<usize>) -> StepKind {
        let mut copy = Copy { is_add, from, sources: Vec::new(), destination: self.text(destination), here_documents: Vec::new() };
        for source in sources {
            match source {
                From::Path(path) => copy.sources.push(self.text(&path.span)),
                From::HereDoc(document) => copy.here_documents.push(self.here_document(document)),
                _ => {}
            }
        }
        StepKind::Copy(copy)
    }

    fn mounts(&mut self, flags: &[Flag<'_>]) -> Vec<Mount> {
        let mut mounts = Vec::new();
        for flag in flags.iter().filter(|flag| flag.name.value == "mount") {
            let (span, text) = (self.span(&flag.span()), self.value(flag).unwrap_or_default());
            mounts.push(Mount::read(self.source, span, text, &mut self.problems));
        }
        mounts
    }

    /// Reports unknown flags of an instruction; a custom frontend may have others, so its flags are not checked.
    fn check_flags(&mut self, keyword: &str, flags: &[Flag<'_>], known: &[&'static str]) {
        let syntax = self.dockerfile.syntax.as_deref();
        if syntax.is_some_and(|syntax| !syntax.starts_with("docker/dockerfile:") && !syntax.contains("/docker/dockerfile:")) {
            return;
        }
        for flag in flags.iter().filter(|flag| !known.contains(&&*flag.name.value)) {
            let message = format!("`{keyword}` has no flag `--{}`", flag.name.value);
            let mut remark = Diagnostic::warning("unknown-flag", message).at(self.source, self.span(&flag.flag_span()), "");
            remark.hint = did_you_mean(&flag.name.value, known.iter().copied())
                .or_else(|| Some("current builders refuse it; `# syntax=` can select a frontend that supports it".to_owned()));
            self.dockerfile.remarks.push(remark);
        }
    }

    fn here_document(&self, document: &parse_dockerfile::HereDoc<'_>) -> HereDocument {
        let (start, end) = (document.span.start + self.base, document.span.end + self.base);
        // In a here-document the escape character is always the shell's backslash.
        HereDocument { text: Text::read(self.source.text(), start, end, '\\'), is_expanded: document.expand }
    }

    fn command(&self, command: &parse_dockerfile::Command<'_>) -> Text {
        match command {
            parse_dockerfile::Command::Exec(words) => self.text(&words.span),
            parse_dockerfile::Command::Shell(text) => self.text(&text.span),
            _ => Text::default(),
        }
    }

    fn around(&self, words: &[parse_dockerfile::UnescapedString<'_>]) -> Text {
        match (words.first(), words.last()) {
            (Some(first), Some(last)) => self.text(&(first.span.start..last.span.end)),
            _ => Text::default(),
        }
    }

    fn value(&self, flag: &Flag<'_>) -> Option<Text> {
        flag.value.as_ref().map(|value| self.text(&value.span))
    }

    fn text(&self, span: &Range<usize>) -> Text {
        Text::read(self.source.text(), span.start + self.base, span.end + self.base, self.dockerfile.escape)
    }

    fn span(&self, span: &Range<usize>) -> Span {
        Span::new(span.start + self.base, span.end + self.base)
    }
}

/// Returns the end offset of an instruction.
pub(super) fn end(text: &str, instruction: &Instruction<'_>) -> usize {
    let words = |words: &[parse_dockerfile::UnescapedString<'_>]| words.last().map_or(0, |word| word.span.end);
    let command = |command: &parse_dockerfile::Command<'_>| match command {
        parse_dockerfile::Command::Exec(words) => words.span.end,
        parse_dockerfile::Command::Shell(text) => text.span.end,
        _ => 0,
    };
    let copied = |sources: &[From<'_>], destination: &Range<usize>| {
        let documents = sources.iter().filter_map(|source| match source {
            From::HereDoc(document) => Some(document.span.end),
            _ => None,
        });
        documents.max().unwrap_or(0).max(destination.end)
    };
    let last = match instruction {
        Instruction::Add(add) => copied(&add.src, &add.dest.span),
        Instruction::Arg(arg) => arg.arguments.span.end,
        Instruction::Cmd(cmd) => command(&cmd.arguments),
        Instruction::Copy(copy) => copied(&copy.src, &copy.dest.span),
        Instruction::Entrypoint(entrypoint) => command(&entrypoint.arguments),
        Instruction::Env(env) => env.arguments.span.end,
        Instruction::Expose(expose) => words(&expose.arguments),
        Instruction::From(from) => from.as_.as_ref().map_or(from.image.span.end, |(_, name)| name.span.end),
        Instruction::Healthcheck(check) => match &check.arguments {
            HealthcheckArguments::Cmd { arguments, .. } => command(arguments),
            HealthcheckArguments::None { none, .. } => none.span.end,
            _ => check.healthcheck.span.end,
        },
        Instruction::Label(label) => label.arguments.span.end,
        Instruction::Maintainer(maintainer) => maintainer.name.span.end,
        Instruction::Onbuild(onbuild) => return end(text, &onbuild.instruction),
        Instruction::Run(run) => command(&run.arguments).max(run.here_docs.last().map_or(0, |document| document.span.end)),
        Instruction::Shell(shell) => words(&shell.arguments),
        Instruction::Stopsignal(signal) => signal.arguments.span.end,
        Instruction::User(user) => user.arguments.span.end,
        Instruction::Volume(volume) => match &volume.arguments {
            JsonOrStringArray::Json(words) => words.span.end,
            JsonOrStringArray::String(all) => words(all),
        },
        Instruction::Workdir(workdir) => workdir.arguments.span.end,
        _ => 0,
    };
    next_line(text, last)
}
