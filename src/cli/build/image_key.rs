//! `rackform build image-key`: the key of a content-addressed image.

use std::path::{Path, PathBuf};

use crate::build::image::files::{PatternHint, find};
use crate::build::image::{FileProblem, Key, KeyInputs, architecture, build_args};
use crate::build::request::BuildArg;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ui::build_image::KeyView;

/// Prints the key of an image: the same inputs have the same key, on any machine and in any directory
///
/// The key is a tag made of the Dockerfile, the target, the architecture, the build arguments with their values, further arguments, and
/// path and content of every file that `--cache-on` names. Nothing is asked or built. docs/design/image-key.md has the exact format.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build image-key --cache-on package-lock.json\n  rackform build image-key --cache-on '**/package.json' --cache-on yarn.lock --build-arg NODE_ENV\n  rackform build image-key --cache-on 'package.json#.dependencies' --target deps --format json\n  rackform build image-key --dockerfile-inline 'FROM node:22-alpine'\n\nExit codes: 0 done, 65 a file makes no sense, 66 a file is missing or a glob matches nothing."
)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What goes into a key.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "What the image is made of")]
pub struct KeyArgs {
    /// Directory that every path here is relative to
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    pub directory: PathBuf,
    /// The Dockerfile [default: Dockerfile]
    #[arg(long, value_name = "PATH", conflicts_with = "dockerfile_inline")]
    pub dockerfile: Option<PathBuf>,
    /// The Dockerfile's text, in place of a file
    #[arg(long, value_name = "TEXT")]
    pub dockerfile_inline: Option<String>,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// The architecture, such as amd64 or linux/arm64 [default: this machine's]
    #[arg(long, value_name = "ARCHITECTURE")]
    pub architecture: Option<String>,
    /// A build argument; a bare name has the environment's value
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub build_args: Vec<String>,
    /// Further arguments for the engine, in shell words; `$NAME` in them is the environment's value when the image is built, and not in the
    /// key
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub additional_build_args: Vec<String>,
    /// Files whose content counts: a glob with `**` and `{a,b}`, `!GLOB` to leave some out, `FILE#.part` for part of a JSON file
    #[arg(long = "cache-on", value_name = "GLOB")]
    pub cache_on: Vec<String>,
    /// Let a glob match nothing, and a part of a JSON file be missing
    #[arg(long)]
    pub allow_no_match: bool,
}

/// A key with what it is made of.
#[derive(Clone, Debug)]
pub struct Made {
    /// The key.
    pub key: Key,
    /// What it is made of.
    pub ingredients: KeyInputs,
    /// Where the Dockerfile is; `None` where its text was given.
    pub dockerfile: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every problem of the files.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let made = args.key.make()?;
    let view = KeyView::new(&made.key, &made.ingredients, made.dockerfile.as_deref());
    context.detail(crate::ui::build_image::ingredients(&view, context.stderr_layout()).trim_end_matches('\n'));
    let text = match args.format {
        Format::Human => format!("{}\n", made.key),
        Format::Json => crate::ui::json(&view)?,
    };
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

impl KeyArgs {
    /// Returns a path as it is from where the program was started.
    pub fn placed(&self, path: &Path) -> PathBuf {
        if self.directory == Path::new(".") { path.to_owned() } else { self.directory.join(path) }
    }

    /// Returns the further arguments as words.
    ///
    /// # Errors
    ///
    /// Returns that quotes are not closed.
    pub fn extra(&self) -> Result<Vec<String>, Failure> {
        let mut words = Vec::new();
        for text in &self.additional_build_args {
            words.extend(shlex::split(text).ok_or_else(|| {
                Failure::new(ExitCode::Usage, "`--additional-build-args` has a quote that is not closed")
                    .hinted("words are divided as a POSIX shell divides them")
            })?);
        }
        Ok(words)
    }

    /// Makes the key.
    ///
    /// # Errors
    ///
    /// Returns every problem of the files.
    pub fn make(&self) -> Result<Made, Failure> {
        let dockerfile = match &self.dockerfile_inline {
            Some(_) => None,
            None => Some(self.placed(self.dockerfile.as_deref().unwrap_or(Path::new("Dockerfile")))),
        };
        let text = match (&self.dockerfile_inline, &dockerfile) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(path)) => std::fs::read(path).map_err(|error| {
                Failure::new(ExitCode::NoInput, format!("cannot read the Dockerfile `{}`", path.display()))
                    .caused_by(&error)
                    .hinted("`--dockerfile` names another, `--dockerfile-inline` gives its text")
            })?,
            (None, None) => Vec::new(),
        };
        let files = find(&self.directory, &self.cache_on, self.allow_no_match).map_err(problems)?;
        let given = self.build_args.iter().map(|text| build_arg(text)).collect::<Result<Vec<_>, _>>()?;
        let mut unreadable = None;
        let build_args = build_args(&given, |name| match std::env::var(name) {
            Ok(value) => Some(value),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => {
                unreadable = Some(name.to_owned());
                None
            }
        });
        if let Some(name) = unreadable {
            return Err(Failure::new(ExitCode::Usage, format!("the environment's `{name}` is not UTF-8")));
        }
        let ingredients = KeyInputs {
            dockerfile: text,
            target: self.target.clone(),
            architecture: architecture(self.architecture.as_deref().unwrap_or(std::env::consts::ARCH)),
            build_args,
            extra: self.extra()?,
            files,
        };
        Ok(Made { key: ingredients.key(), ingredients, dockerfile })
    }
}

/// Reads a build argument.
///
/// # Errors
///
/// Returns that it has no name.
pub(super) fn build_arg(text: &str) -> Result<BuildArg, Failure> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(Failure::new(ExitCode::Usage, format!("`{}` is no build argument", text.escape_debug()))
            .hinted("write it as NAME=VALUE, or NAME"));
    }
    Ok(BuildArg { name: name.to_owned(), value })
}

/// Returns problems of files as what the command failed for.
fn problems(problems: Vec<FileProblem>) -> Failure {
    let mut found = Diagnostics::default();
    let mut exit_code = ExitCode::NoInput;
    for problem in problems {
        match problem {
            FileProblem::Json(problems) => {
                exit_code = ExitCode::Data;
                found.0.extend(problems.0);
            }
            FileProblem::File { path, message } => {
                found.push(Diagnostic::error("cache-on-file", format!("cannot read `{path}`: {message}")))
            }
            FileProblem::Pattern { pattern, message, hint } => {
                let problem = Diagnostic::error("cache-on", format!("`--cache-on {}`: {message}", pattern.escape_debug()));
                found.push(match hint {
                    Some(hint) => problem.hinted(hint_text(hint)),
                    None => problem,
                });
            }
        }
    }
    Failure::Problems(found, exit_code)
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
