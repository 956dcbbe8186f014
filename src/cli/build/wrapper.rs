//! `rackform build wrapper`: writes a Buildkite plugin or GitHub Action that calls `rackform build image`.

use std::path::PathBuf;

use crate::build::image::Wrapper;
use crate::cli::shared::files;
use crate::cli::{Context, ExitCode, Failure};
use crate::files::NewMode;

/// Write a Buildkite plugin or a GitHub Action that calls `rackform build image`
///
/// Commit the files to a separate repository that pipelines refer to. Existing files are not overwritten without `--force`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build wrapper buildkite-plugin image-cache-buildkite-plugin\n  rackform build wrapper github-action build-image-action\n\nExit codes: 0 written, 73 a file cannot be written or already exists."
)]
pub struct Args {
    /// The wrapper to write
    #[arg(value_enum)]
    wrapper: Wrapper,
    /// The directory to write to
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if a file cannot be written or already exists.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let files: Vec<_> = args.wrapper.files().iter().map(|file| (args.directory.join(file.path), file)).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| !args.force && path.symlink_metadata().is_ok()) {
        return Err(
            Failure::new(ExitCode::CannotWrite, format!("`{}` already exists", path.display())).hinted("use `--force` to overwrite it")
        );
    }
    let mut output = String::new();
    for (path, file) in files {
        let folder = path.parent().unwrap_or(&args.directory);
        files::create_directory(context.global, folder)?;
        let new_mode = if file.is_executable { NewMode::Executable } else { NewMode::Default };
        files::write(context.global, &path, file.text.as_bytes(), new_mode)?;
        output.push_str(&format!("{}\n", path.display()));
    }
    context.answer(&output)?;
    Ok(ExitCode::Done)
}
