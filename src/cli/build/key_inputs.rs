//! The inputs of the key of an image, as options.

use std::path::{Path, PathBuf};

use crate::build::image::files::{PatternHint, find};
use crate::build::image::{FileProblem, Key, KeyInputs, architecture, build_args};
use crate::build::request::BuildArg;
use crate::cli::{ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics, MAX_SOURCE_BYTES};
use crate::files;

/// The inputs of a key.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Image inputs")]
pub struct KeyArgs {
    /// The directory that all paths are relative to [default: `build.directory` in rack.yaml, otherwise .]
    #[arg(long, value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
    /// The Dockerfile [default: `build.dockerfile` in rack.yaml, otherwise Dockerfile]
    #[arg(long, value_name = "PATH", conflicts_with = "dockerfile_inline")]
    pub dockerfile: Option<PathBuf>,
    /// The Dockerfile in rack.yaml, relative to the working directory.
    #[arg(skip)]
    pub resolved_dockerfile: Option<PathBuf>,
    /// The text of the Dockerfile, instead of a file
    #[arg(long, value_name = "TEXT")]
    pub dockerfile_inline: Option<String>,
    /// The stage to build [default: `build.target` in rack.yaml, otherwise the last]
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// The architecture, such as amd64 or linux/arm64 [default: that of the only platform in `build.platforms` in rack.yaml, otherwise
    /// this machine's]
    #[arg(long, value_name = "ARCHITECTURE")]
    pub architecture: Option<String>,
    /// A build argument; a name without a value takes it from the environment
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub build_args: Vec<String>,
    /// Additional arguments for the engine, split like a shell command; `$NAME` is replaced from the environment at build time and its
    /// value is not part of the key
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub additional_build_args: Vec<String>,
    /// Files to include in the key: a glob with `**` and `{a,b}`, `!GLOB` to exclude files, `FILE#.part` for part of a JSON file
    #[arg(long = "cache-on", value_name = "GLOB")]
    pub cache_on: Vec<String>,
    /// A build secret: `id=ID,src=FILE`, `id=ID,env=NAME`, or the name of a variable; not part of the key
    #[arg(long = "secret", value_name = "SECRET")]
    pub secrets: Vec<String>,
    /// Allow globs without a match and missing parts of JSON files
    #[arg(long)]
    pub allow_no_match: bool,
}

/// A key with its inputs.
#[derive(Clone, Debug)]
pub struct ImageKey {
    /// The key.
    pub key: Key,
    /// Its inputs.
    pub inputs: KeyInputs,
    /// The path of the Dockerfile; `None` if its text was given inline.
    pub dockerfile: Option<PathBuf>,
}

impl KeyArgs {
    /// Returns the directory that all paths are relative to.
    pub fn base(&self) -> &Path {
        self.directory.as_deref().unwrap_or(Path::new("."))
    }

    /// Resolves a path that is relative to the base directory against the current directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        if self.base() == Path::new(".") { path.to_owned() } else { self.base().join(path) }
    }

    /// Returns the path of the Dockerfile; `None` if its text is given.
    pub fn dockerfile_path(&self) -> Option<PathBuf> {
        if self.dockerfile_inline.is_some() {
            return None;
        }
        let default = || self.resolve(Path::new("Dockerfile"));
        let given = self.dockerfile.as_ref().map(|path| self.resolve(path));
        Some(given.or_else(|| self.resolved_dockerfile.clone()).unwrap_or_else(default))
    }

    /// Returns the additional engine arguments, split like a shell command.
    ///
    /// # Errors
    ///
    /// Returns an error if a quote is not closed.
    pub fn extra(&self) -> Result<Vec<String>, Failure> {
        let mut arguments = Vec::new();
        for text in &self.additional_build_args {
            arguments.extend(shlex::split(text).ok_or_else(|| {
                Failure::new(ExitCode::Usage, "`--additional-build-args` has an unclosed quote")
                    .hinted("the text is split like a POSIX shell command")
            })?);
        }
        Ok(arguments)
    }

    /// Computes the key. `allow_outside` allows links that lead out of the directory.
    ///
    /// # Errors
    ///
    /// Returns an error with every problem of the files.
    pub fn compute(&self, allow_outside: bool) -> Result<ImageKey, Failure> {
        let dockerfile = self.dockerfile_path();
        let text = match (&self.dockerfile_inline, &dockerfile) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(path)) => files::read(path, MAX_SOURCE_BYTES as u64).map_err(|error| {
                Failure::new(ExitCode::NoInput, format!("cannot read the Dockerfile `{}`", path.display()))
                    .caused_by(&error)
                    .hinted("set another file with `--dockerfile`, or pass the text with `--dockerfile-inline`")
            })?,
            (None, None) => Vec::new(),
        };
        let files = find(self.base(), &self.cache_on, self.allow_no_match, allow_outside).map_err(problems)?;
        let arguments = self.build_args.iter().map(|text| build_arg(text)).collect::<Result<Vec<_>, _>>()?;
        let mut not_utf8 = None;
        let build_args = build_args(&arguments, |name| match std::env::var(name) {
            Ok(value) => Some(value),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => {
                not_utf8 = Some(name.to_owned());
                None
            }
        });
        if let Some(name) = not_utf8 {
            return Err(Failure::new(ExitCode::Usage, format!("the environment variable `{name}` is not valid UTF-8")));
        }
        let inputs = KeyInputs {
            dockerfile: text,
            target: self.target.clone(),
            architecture: architecture(self.architecture.as_deref().unwrap_or(std::env::consts::ARCH)),
            build_args,
            extra: self.extra()?,
            files,
        };
        Ok(ImageKey { key: inputs.key(), inputs, dockerfile })
    }
}

/// Parses a build argument.
///
/// # Errors
///
/// Returns an error if the argument has no valid name.
pub(super) fn build_arg(text: &str) -> Result<BuildArg, Failure> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        // The value may be a secret.
        return Err(Failure::new(ExitCode::Usage, format!("invalid build argument name `{}`", name.escape_debug()))
            .hinted("write it as NAME=VALUE or NAME"));
    }
    Ok(BuildArg { name: name.to_owned(), value })
}

/// Converts problems of files to a failure of the command.
fn problems(problems: Vec<FileProblem>) -> Failure {
    let mut diagnostics = Diagnostics::default();
    let mut exit_code = ExitCode::NoInput;
    for problem in problems {
        match problem {
            FileProblem::Json(problems) => {
                exit_code = ExitCode::Data;
                diagnostics.0.extend(problems.0);
            }
            FileProblem::File { path, message } => {
                diagnostics.push(Diagnostic::error("cache-on-file", format!("cannot read `{path}`: {message}")))
            }
            FileProblem::Outside { path, target } => {
                exit_code = ExitCode::Data;
                let message = format!("`{path}` leads out of the directory, to `{}`", target.display());
                diagnostics.push(Diagnostic::error("cache-on-file", message).hinted(
                    "the key would depend on a file that is not in the build context: copy the file, or use `--allow-outside-project`",
                ));
            }
            FileProblem::Pattern { pattern, message, hint } => {
                let problem = Diagnostic::error("cache-on", format!("`--cache-on {}`: {message}", pattern.escape_debug()));
                diagnostics.push(match hint {
                    Some(hint) => problem.hinted(hint_text(hint)),
                    None => problem,
                });
            }
        }
    }
    Failure::Problems(diagnostics, exit_code)
}

/// Returns how to correct a pattern, in terms of this command's flags.
fn hint_text(hint: PatternHint) -> String {
    match hint {
        PatternHint::MatchFilesBelow(glob) => format!("`{glob}` matches every file below the directory"),
        PatternHint::AllowNoMatch => {
            "patterns are relative to `--directory`; `--allow-no-match` allows patterns without a match".to_owned()
        }
        PatternHint::AllowMissingPart => "spell the keys as in the file, or allow missing parts with `--allow-no-match`".to_owned(),
        PatternHint::MoveBaseDirectoryUp => "choose a directory further up with `--directory`".to_owned(),
    }
}
