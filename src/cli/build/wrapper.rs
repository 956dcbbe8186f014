//! `rackform build wrapper`: a CI system's own kind of step around `rackform build image`.

use std::path::PathBuf;

use crate::build::image::Wrapper;
use crate::cli::{Context, ExitCode, Failure};

/// Writes a Buildkite plugin or a GitHub Action that only calls `rackform build image`
///
/// The files go into a repository of their own, from which pipelines name them. Files that are there already stay, unless `--force`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build wrapper buildkite-plugin image-cache-buildkite-plugin\n  rackform build wrapper github-action build-image-action\n\nExit codes: 0 written, 73 a file cannot be written, or is there already."
)]
pub struct Args {
    /// Which
    #[arg(value_enum)]
    wrapper: Wrapper,
    /// Where its files go
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns a file that cannot be written, or is there already.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let files: Vec<_> = args.wrapper.files().iter().map(|file| (args.directory.join(file.path), file)).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| !args.force && path.exists()) {
        return Err(
            Failure::new(ExitCode::CannotWrite, format!("`{}` is there already", path.display())).hinted("`--force` writes over it")
        );
    }
    let mut answer = String::new();
    for (path, file) in files {
        let folder = path.parent().unwrap_or(&args.directory);
        std::fs::create_dir_all(folder).map_err(|error| Failure::cannot_write(&path, &error))?;
        crate::cli::shared::files::write(&path, file.text.as_bytes())?;
        if file.is_executable {
            make_executable(&path).map_err(|error| Failure::cannot_write(&path, &error))?;
        }
        answer.push_str(&format!("{}\n", path.display()));
    }
    context.answer(&answer)?;
    Ok(ExitCode::Done)
}

fn make_executable(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = std::fs::metadata(path)?.permissions();
    // Whoever may read it may run it.
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    std::fs::set_permissions(path, permissions)
}
