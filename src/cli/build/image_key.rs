//! `rackform build image-key`: the key of a content-addressed image.

use super::defaults::Defaults;
use super::inputs::Problems;
use super::key_inputs::{ImageKey, KeyArgs, build_arg};
use crate::build::context::BuildContext;
use crate::build::dockerfile::{Context as LintContext, Dockerfile, StepKind, lint};
use crate::build::image::parse_secret;
use crate::build::platform::check_architecture;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source, SourceError};
use crate::ui::build::image::{KeyView, key_inputs};

/// Print the key of an image: the same inputs have the same key on any machine and in any directory
///
/// The key is a tag computed from the Dockerfile, the target, the architecture, the build arguments with their values, additional
/// arguments, and the path and content of every file that `--cache-on` matches. The command builds nothing and sends no requests.
/// docs/design/image-key.md defines the exact format.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build image-key --cache-on package-lock.json\n  rackform build image-key --cache-on '**/package.json' --cache-on yarn.lock --build-arg NODE_ENV\n  rackform build image-key --cache-on 'package.json#.dependencies' --target deps --format json\n  rackform build image-key --dockerfile-inline 'FROM node:22-alpine'\n\nExit codes: 0 done, 65 a file is invalid, 66 a file is missing or a glob matches nothing."
)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error with every problem of the files.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut key = args.key.clone();
    let mut defaults = Defaults::new(&context.rack_file()?.build);
    defaults.key(&mut key);
    let mut problems = Problems::default();
    for text in &key.secrets {
        if let Err(problem) = parse_secret(text) {
            problems.usage.push(Diagnostic::error("secret", format!("invalid `--secret`: {problem}")));
        }
    }
    check(&key, &defaults, &mut problems);
    // The command builds nothing, and a stage may be missing only in this version of the file.
    let stages = Diagnostics(std::mem::take(&mut problems.data.0));
    problems.into_result()?;
    for problem in stages.0 {
        context.show_warnings(&Diagnostics(vec![Diagnostic { severity: Severity::Warning, ..problem }]));
    }
    let image_key = key.compute(context.global.allow_outside_project)?;
    note_ignore_file(&key, &image_key, context);
    let view = KeyView::new(&image_key.key, &image_key.inputs, image_key.dockerfile.as_deref());
    context.detail(key_inputs(&view, context.stderr_layout()).trim_end_matches('\n'));
    let text = match args.format {
        Format::Human => format!("{}\n", image_key.key),
        Format::Json => crate::ui::json(&view)?,
    };
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

/// Adds a problem for each value that no build can use: an unknown architecture, an argument without a name, a missing directory,
/// Dockerfile or stage.
pub(super) fn check(key: &KeyArgs, defaults: &Defaults<'_>, problems: &mut Problems) {
    if let Some(unknown) = key.architecture.as_deref().and_then(|text| check_architecture(text).err()) {
        let problem = Diagnostic::error("architecture", unknown.message).hinted(unknown.hint);
        problems.usage.push(defaults.mark("platforms", problem));
    }
    for text in &key.build_args {
        if let Err(Failure::Expected(failure)) = build_arg(text) {
            let problem = Diagnostic::error("build-arg", failure.message);
            problems.usage.push(problem.hinted(failure.hint.unwrap_or_default()));
        }
    }
    if !key.base().is_dir() {
        let message = format!("directory `{}` does not exist", key.base().display());
        problems.missing.push(defaults.mark("directory", Diagnostic::error("build-context", message)));
        return;
    }
    let read = match (&key.dockerfile_inline, key.dockerfile_path()) {
        (Some(text), _) => Ok(Source::new("the inline Dockerfile", text.clone())),
        (None, Some(path)) => Source::read(&path).map_err(|error| (path, error)),
        (None, None) => return,
    };
    match read {
        // The file may have a syntax that only a frontend knows, so that only a stage that is missing for certain is a problem.
        Ok(source) => {
            let Some(target) = &key.target else { return };
            let Ok(dockerfile) = Dockerfile::read(&source) else { return };
            let context = LintContext { target: Some(target), ..LintContext::default() };
            let found = lint(&dockerfile, &context).into_iter().filter(|problem| problem.rule == "unknown-target");
            problems.data.0.extend(found.map(|problem| defaults.mark("target", problem)));
        }
        Err((path, error)) => {
            let message = format!("cannot read the Dockerfile `{}`: {}", path.display(), reason(&error));
            let problem = Diagnostic::error("dockerfile", message)
                .hinted("set another file with `--dockerfile`, or pass the text with `--dockerfile-inline`");
            problems.missing.push(defaults.mark("dockerfile", problem));
        }
    }
}

/// Prints when the ignore file of the build context matters for the key: it is no input of the key by itself.
pub(super) fn note_ignore_file(key: &KeyArgs, image_key: &ImageKey, context: &mut Context<'_>) {
    let files = BuildContext::read(key.base(), image_key.dockerfile.as_deref(), None);
    let Some(source) = &files.source else { return };
    let inputs = &image_key.inputs.files;
    let excluded: Vec<String> = inputs
        .iter()
        .filter(|file| file.path != ".dockerignore" && files.ignore.excluded_by(&file.path).is_some())
        .map(|file| format!("`{}`", file.path))
        .collect();
    if let Some(first) = excluded.first() {
        let more = if excluded.len() > 1 { format!(" and {} more files", excluded.len() - 1) } else { String::new() };
        context.status(&format!(
            "note: `{}` excludes {first}{more}, so a change changes the key, but not the image; omit it from `--cache-on`, or include it",
            source.name()
        ));
    }
    let text = String::from_utf8_lossy(&image_key.inputs.dockerfile).into_owned();
    let Ok(dockerfile) = Dockerfile::read(&Source::new("Dockerfile", text)) else { return };
    let is_directory = |source: &str| source.contains(['*', '$']) || key.base().join(source.trim_start_matches('/')).is_dir();
    let copies = dockerfile.stages.iter().flat_map(|stage| &stage.steps).any(|step| match &step.kind {
        StepKind::Copy(copy) => copy.from.is_none() && copy.sources.iter().any(|source| is_directory(source.as_str())),
        _ => false,
    });
    if copies && !files.ignore.is_empty() && !inputs.iter().any(|file| file.path.ends_with(".dockerignore")) {
        context.status(&format!(
            "note: `{0}` determines what the Dockerfile copies and is not part of the key; add it with `--cache-on {0}`",
            source.name()
        ));
    }
}

/// Returns why a file cannot be read.
fn reason(error: &SourceError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
