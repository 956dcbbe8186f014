//! The parsed Dockerfile: stages and instructions, with spans.

use super::lexer::{Expanded, expand};
use super::mount::Mount;
use super::text::Text;
use crate::diagnostic::{Diagnostic, Source, Span};

/// A parsed Dockerfile.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// The source text.
    pub source: Source,
    /// The frontend that `# syntax=` names.
    pub syntax: Option<String>,
    /// The escape character, which also continues lines: `\` unless `# escape=` sets another.
    pub escape: char,
    /// The arguments that are declared before the first `FROM`.
    pub global_arguments: Vec<Argument>,
    /// The stages, in order; there is at least one.
    pub stages: Vec<Stage>,
    /// Problems that the parser found and that a builder may accept.
    pub(super) remarks: Vec<Diagnostic>,
}

/// An argument that an `ARG` declares.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name.
    pub name: Text,
    /// The default value as written.
    pub default: Option<Text>,
}

/// A stage: a `FROM` and the instructions after it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The number, from 0.
    pub number: usize,
    /// The span of the keyword `FROM`.
    pub span: Span,
    /// The base image or base stage, as written.
    pub base: Text,
    /// The name in lowercase (stage names are case-insensitive) and its span.
    pub name: Option<(String, Span)>,
    /// `--platform`, as written.
    pub platform: Option<Text>,
    /// The instructions.
    pub steps: Vec<Step>,
}

impl Stage {
    /// Returns the name, or the number if the stage has no name.
    pub fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| self.number.to_string(), |(name, _)| name.clone())
    }
}

/// One instruction of a stage.
#[derive(Clone, Debug)]
pub struct Step {
    /// The span of the keyword.
    pub span: Span,
    /// Whether it follows `ONBUILD`, and so runs only in builds that use this image as their base.
    pub is_onbuild: bool,
    /// The instruction with its arguments.
    pub kind: StepKind,
}

/// An instruction with its arguments.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `ARG`.
    Arg(Vec<Argument>),
    /// `ENV`: names and values as written.
    Env(Vec<(Text, Text)>),
    /// `COPY` or `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(Run),
    /// `WORKDIR`.
    Workdir(Text),
    /// Another instruction whose variables the builder expands, such as `LABEL`: its arguments as written.
    Other(Text),
    /// An instruction whose variables the builder does not expand, such as `CMD`, `ENTRYPOINT` or `HEALTHCHECK`: its arguments as written.
    Verbatim(Text),
}

/// A `COPY` or `ADD`.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Whether it is an `ADD`.
    pub is_add: bool,
    /// `--from`, as written: a stage, an image or a named context.
    pub from: Option<Text>,
    /// The sources as written, without [`here_documents`](Self::here_documents).
    pub sources: Vec<Text>,
    /// The destination as written.
    pub destination: Text,
    /// Inline files.
    pub here_documents: Vec<HereDocument>,
}

/// A `RUN`.
#[derive(Clone, Debug)]
pub struct Run {
    /// The `--mount` flags.
    pub mounts: Vec<Mount>,
    /// The command.
    pub command: Command,
    /// The here-documents; if the command consists only of here-documents, they are executed.
    pub here_documents: Vec<HereDocument>,
}

/// The command of a `RUN`.
#[derive(Clone, Debug)]
pub enum Command {
    /// The shell form, with continued lines joined.
    Shell(Text),
    /// The exec form: a list of arguments, and its span.
    Exec(Vec<String>, Span),
}

/// A here-document.
#[derive(Clone, Debug)]
pub struct HereDocument {
    /// The lines.
    pub text: Text,
    /// Whether its variables are expanded, because its delimiter is not quoted.
    pub is_expanded: bool,
}

impl Dockerfile {
    /// Returns the stage with a name or number.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        let lower = name.to_lowercase();
        let named = self.stages.iter().find(|stage| stage.name.as_ref().is_some_and(|(name, _)| *name == lower));
        named.or_else(|| self.stages.get(name.parse::<usize>().ok()?))
    }

    /// Returns the names of all named stages.
    pub fn stage_names(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().filter_map(|stage| stage.name.as_ref().map(|(name, _)| name.as_str()))
    }

    /// Returns the stage `target`, or the last stage; `None` if the target does not exist.
    pub fn target(&self, target: Option<&str>) -> Option<&Stage> {
        target.map_or_else(|| self.stages.last(), |name| self.stage(name))
    }

    /// Returns the value of an `ARG` before the first `FROM`: the passed value, the default, or the value that the builder sets.
    pub fn global_value(&self, name: &str, build_arg: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        self.global_value_before(name, build_arg, self.global_arguments.len())
    }

    fn global_value_before(&self, name: &str, build_arg: &dyn Fn(&str) -> Option<String>, end: usize) -> Option<String> {
        let declared = self.global_arguments[..end].iter().rposition(|argument| argument.name.as_str() == name);
        let Some(at) = declared else { return build_arg(name).filter(|_| super::predefined::is_automatic(name)) };
        build_arg(name).or_else(|| {
            let default = self.global_arguments[at].default.as_ref()?;
            Some(expand(default.as_str(), self.escape, &|name| self.global_value_before(name, build_arg, at)).text)
        })
    }

    /// Returns the base of a stage with its arguments expanded.
    pub fn base(&self, stage: &Stage, build_arg: &dyn Fn(&str) -> Option<String>) -> Expanded {
        expand(stage.base.as_str(), self.escape, &|name| self.global_value(name, build_arg))
    }

    /// Returns the earlier stages that a stage may be based on; empty if its base is an image.
    ///
    /// There are several if the platform is part of the name, as in `FROM base-$TARGETARCH`: the platform is known only during the build.
    pub fn parents(&self, stage: &Stage, build_arg: &dyn Fn(&str) -> Option<String>) -> Vec<&Stage> {
        const ANY: char = '\u{0}';
        let value_of =
            |name: &str| self.global_value(name, build_arg).or_else(|| super::predefined::is_automatic(name).then(|| ANY.to_string()));
        let base = expand(stage.base.as_str(), self.escape, &value_of).text.to_lowercase();
        let fits = |name: &str| match base.split_once(ANY) {
            Some((start, rest)) => name.starts_with(start) && name.ends_with(rest.rsplit(ANY).next().unwrap_or_default()),
            None => name == base,
        };
        self.stages[..stage.number].iter().filter(|stage| stage.name.as_ref().is_some_and(|(name, _)| fits(name))).collect()
    }

    /// Returns the chain of base stages of a stage, from the first one to the stage itself.
    pub fn lineage(&self, stage: &Stage, build_arg: &dyn Fn(&str) -> Option<String>) -> Vec<&Stage> {
        let mut lineage = Vec::new();
        let mut next = self.stages.get(stage.number);
        while let Some(stage) = next {
            lineage.push(stage);
            next = self.parents(stage, build_arg).first().copied();
        }
        lineage.reverse();
        lineage
    }

    /// Returns the sorted numbers of the stages that a build of `target` requires: its bases, and the stages that it copies from or mounts.
    pub fn required(&self, target: &Stage, build_arg: &dyn Fn(&str) -> Option<String>) -> Vec<usize> {
        let mut required = vec![false; self.stages.len()];
        let mut open = vec![target.number];
        while let Some(number) = open.pop() {
            let Some(stage) = self.stages.get(number).filter(|_| !std::mem::replace(&mut required[number], true)) else { continue };
            open.extend(self.parents(stage, build_arg).iter().map(|parent| parent.number));
            for from in stage.steps.iter().flat_map(Step::sources_elsewhere) {
                // In `--from` only arguments from before the first `FROM` are expanded.
                let name = expand(from.as_str(), self.escape, &|name| self.global_value(name, build_arg)).text;
                open.extend(self.stage(&name).map(|stage| stage.number));
            }
        }
        (0..required.len()).filter(|number| required[*number]).collect()
    }
}

impl Step {
    /// Returns the sources of files other than the build context: `COPY --from` and `RUN --mount=from=`, as written.
    pub fn sources_elsewhere(&self) -> impl Iterator<Item = &Text> {
        let (copied, mounts) = match &self.kind {
            StepKind::Copy(copy) => (copy.from.as_ref(), [].as_slice()),
            StepKind::Run(run) => (None, run.mounts.as_slice()),
            _ => (None, [].as_slice()),
        };
        copied.into_iter().chain(mounts.iter().filter_map(|mount| mount.from.as_ref()))
    }

    /// Returns every text that may contain a variable.
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.kind {
            StepKind::Arg(arguments) => arguments.iter().filter_map(|argument| argument.default.as_ref()).map(Text::as_str).collect(),
            StepKind::Env(pairs) => pairs.iter().map(|(_, value)| value.as_str()).collect(),
            StepKind::Copy(copy) => {
                let paths = copy.from.iter().chain(&copy.sources).chain([&copy.destination]).map(Text::as_str);
                paths.chain(copy.here_documents.iter().map(|document| document.text.as_str())).collect()
            }
            StepKind::Run(run) => {
                let command: Vec<&str> = match &run.command {
                    Command::Shell(text) => vec![text.as_str()],
                    Command::Exec(words, _) => words.iter().map(String::as_str).collect(),
                };
                let mounts = run.mounts.iter().map(|mount| mount.text.as_str());
                command.into_iter().chain(mounts).chain(run.here_documents.iter().map(|document| document.text.as_str())).collect()
            }
            StepKind::Workdir(text) | StepKind::Other(text) | StepKind::Verbatim(text) => vec![text.as_str()],
        }
    }
}
