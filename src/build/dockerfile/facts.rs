//! What a Dockerfile says, with the place of everything.

use super::lexer::{Expanded, expand};
use super::mount::Mount;
use super::text::Text;
use crate::template::{Diagnostic, Source, Span};

/// A Dockerfile that was read.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// Its text.
    pub source: Source,
    /// The frontend that `# syntax=` names.
    pub syntax: Option<String>,
    /// The character that continues lines and escapes others: `\`, or what `# escape=` says.
    pub escape: char,
    /// `ARG` before the first `FROM`.
    pub global_arguments: Vec<Argument>,
    /// The stages, in order; there is at least one.
    pub stages: Vec<Stage>,
    /// What a reader noticed and a builder may take all the same.
    pub(super) remarks: Vec<Diagnostic>,
}

/// A name that an `ARG` declares.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name.
    pub name: Text,
    /// Its default as written.
    pub default: Option<Text>,
}

/// One stage: a `FROM` and what follows it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its number, from 0.
    pub number: usize,
    /// The keyword `FROM`.
    pub span: Span,
    /// The image or stage that it is built from, as written.
    pub base: Text,
    /// Its name in lowercase, which is how stages are looked up, and where it was written.
    pub name: Option<(String, Span)>,
    /// `--platform`, as written.
    pub platform: Option<Text>,
    /// What follows.
    pub steps: Vec<Step>,
}

impl Stage {
    /// Returns its name, or its number where it has none.
    pub fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| self.number.to_string(), |(name, _)| name.clone())
    }
}

/// One instruction of a stage.
#[derive(Clone, Debug)]
pub struct Step {
    /// The keyword.
    pub span: Span,
    /// Whether it stands behind `ONBUILD`, and so is carried out by whoever builds from this image.
    pub is_onbuild: bool,
    /// What it says.
    pub kind: StepKind,
}

/// What an instruction says.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `ARG`.
    Arg(Vec<Argument>),
    /// `ENV`: names, and values as written.
    Env(Vec<(Text, Text)>),
    /// `COPY` or `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(Run),
    /// `WORKDIR`.
    Workdir(Text),
    /// Any other that a builder puts variables into, such as `LABEL`: its arguments as written.
    Other(Text),
    /// What the container runs, `CMD`, `ENTRYPOINT`, `HEALTHCHECK`, or what is taken as it is: its arguments as written.
    Verbatim(Text),
}

/// A `COPY` or `ADD`.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Whether it is an `ADD`.
    pub is_add: bool,
    /// `--from`, as written: a stage, an image or a named context.
    pub from: Option<Text>,
    /// What is copied, as written; here-documents are in [`here_documents`](Self::here_documents).
    pub sources: Vec<Text>,
    /// Where to, as written.
    pub destination: Text,
    /// Files that are written out in the Dockerfile itself.
    pub here_documents: Vec<HereDocument>,
}

/// A `RUN`.
#[derive(Clone, Debug)]
pub struct Run {
    /// `--mount`, each.
    pub mounts: Vec<Mount>,
    /// The command.
    pub command: Command,
    /// Here-documents; where the command is only that, they are what is run.
    pub here_documents: Vec<HereDocument>,
}

/// The command of a `RUN`.
#[derive(Clone, Debug)]
pub enum Command {
    /// For a shell, continued lines joined.
    Shell(Text),
    /// A list of arguments, without a shell, and where it stands.
    Exec(Vec<String>, Span),
}

/// Lines up to a delimiter.
#[derive(Clone, Debug)]
pub struct HereDocument {
    /// The lines.
    pub text: Text,
    /// Whether variables in it are put in: its delimiter is not quoted.
    pub is_expanded: bool,
}

impl Dockerfile {
    /// Returns the stage of that name or number.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        let lower = name.to_lowercase();
        let named = self.stages.iter().find(|stage| stage.name.as_ref().is_some_and(|(name, _)| *name == lower));
        named.or_else(|| self.stages.get(name.parse::<usize>().ok()?))
    }

    /// Returns the names of the stages that have one.
    pub fn stage_names(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().filter_map(|stage| stage.name.as_ref().map(|(name, _)| name.as_str()))
    }

    /// Returns the stage that is built: `target`, or the last one; nothing where there is no such stage.
    pub fn target(&self, target: Option<&str>) -> Option<&Stage> {
        target.map_or_else(|| self.stages.last(), |name| self.stage(name))
    }

    /// Returns the value of an `ARG` before the first `FROM`: given, else its default, else what the builder sets by itself.
    pub fn global_value(&self, name: &str, given: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        self.global_value_before(name, given, self.global_arguments.len())
    }

    fn global_value_before(&self, name: &str, given: &dyn Fn(&str) -> Option<String>, end: usize) -> Option<String> {
        let declared = self.global_arguments[..end].iter().rposition(|argument| argument.name.as_str() == name);
        let Some(at) = declared else { return given(name).filter(|_| super::predefined::is_automatic(name)) };
        given(name).or_else(|| {
            let default = self.global_arguments[at].default.as_ref()?;
            Some(expand(default.as_str(), self.escape, &|name| self.global_value_before(name, given, at)).text)
        })
    }

    /// Returns the base of a stage with the values of `ARG` put in.
    pub fn base(&self, stage: &Stage, given: &dyn Fn(&str) -> Option<String>) -> Expanded {
        expand(stage.base.as_str(), self.escape, &|name| self.global_value(name, given))
    }

    /// Returns the stages before a stage that it may be built from; none where that is an image.
    ///
    /// There are several where a platform is part of the name, as in `FROM base-$TARGETARCH`: that is known when it is built.
    pub fn parents(&self, stage: &Stage, given: &dyn Fn(&str) -> Option<String>) -> Vec<&Stage> {
        const ANY: char = '\u{0}';
        let value_of =
            |name: &str| self.global_value(name, given).or_else(|| super::predefined::is_automatic(name).then(|| ANY.to_string()));
        let base = expand(stage.base.as_str(), self.escape, &value_of).text.to_lowercase();
        let fits = |name: &str| match base.split_once(ANY) {
            Some((start, rest)) => name.starts_with(start) && name.ends_with(rest.rsplit(ANY).next().unwrap_or_default()),
            None => name == base,
        };
        self.stages[..stage.number].iter().filter(|stage| stage.name.as_ref().is_some_and(|(name, _)| fits(name))).collect()
    }

    /// Returns a stage and the stages that it is built from, the first one first.
    pub fn lineage(&self, stage: &Stage, given: &dyn Fn(&str) -> Option<String>) -> Vec<&Stage> {
        let mut lineage = Vec::new();
        let mut next = self.stages.get(stage.number);
        while let Some(stage) = next {
            lineage.push(stage);
            next = self.parents(stage, given).first().copied();
        }
        lineage.reverse();
        lineage
    }

    /// Returns the numbers of the stages that a build of `target` needs, in order: what it is built from, copies from and mounts.
    pub fn required(&self, target: &Stage, given: &dyn Fn(&str) -> Option<String>) -> Vec<usize> {
        let mut needed = vec![false; self.stages.len()];
        let mut open = vec![target.number];
        while let Some(number) = open.pop() {
            let Some(stage) = self.stages.get(number).filter(|_| !std::mem::replace(&mut needed[number], true)) else { continue };
            open.extend(self.parents(stage, given).iter().map(|parent| parent.number));
            for from in stage.steps.iter().flat_map(Step::sources_elsewhere) {
                // `--from` knows no `ARG` but those before the first `FROM`, and a stage that is named by a variable is rare.
                let name = expand(from.as_str(), self.escape, &|name| self.global_value(name, given)).text;
                open.extend(self.stage(&name).map(|stage| stage.number));
            }
        }
        (0..needed.len()).filter(|number| needed[*number]).collect()
    }
}

impl Step {
    /// Returns what it takes files from instead of the build context: `COPY --from`, `RUN --mount=from=`, as written.
    pub fn sources_elsewhere(&self) -> impl Iterator<Item = &Text> {
        let (copied, mounts) = match &self.kind {
            StepKind::Copy(copy) => (copy.from.as_ref(), [].as_slice()),
            StepKind::Run(run) => (None, run.mounts.as_slice()),
            _ => (None, [].as_slice()),
        };
        copied.into_iter().chain(mounts.iter().filter_map(|mount| mount.from.as_ref()))
    }

    /// Returns every text of it that may name a variable.
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
