//! Output files of commands, and the project that paths in `rack.yaml` must not leave.

use std::path::{Path, PathBuf};

use crate::cli::GlobalArgs;
use crate::cli::shared::exit_codes::ExitCode;
use crate::cli::shared::failure::Failure;
use crate::config::RackFile;
use crate::diagnostic::{Diagnostic, Source};
use crate::files::{self, Location, NewMode, OutsideProject, WriteError};
use crate::parameters::ParameterSet;
use crate::render::{RenderOptions, render};
use crate::template::{Arena, Template};

/// How to allow paths outside the project.
const ALLOW_OUTSIDE: &str = "if that is intended, use `--allow-outside-project`";

/// Returns the project of the command, or `None` if paths may leave it.
///
/// # Errors
///
/// Returns an error if its directory cannot be read.
pub fn project(global: &GlobalArgs) -> Result<Option<Location>, Failure> {
    if global.allow_outside_project {
        return Ok(None);
    }
    let directory = global.file().and_then(Path::parent).unwrap_or(Path::new(""));
    let project = Location::project(directory, std::env::home_dir().as_deref());
    // A missing directory is reported with the file that the command reads or writes there.
    Ok(project.or_else(|_| Location::project(Path::new(""), None)).ok())
}

/// Reads `rack.yaml`, whose paths must not leave the project; returns its default if the default path does not exist.
///
/// # Errors
///
/// Returns every error in the file, or an error if the file of `--file` does not exist.
pub fn read_rack_file(global: &GlobalArgs) -> Result<RackFile, Failure> {
    let default = Path::new(RackFile::DEFAULT_PATH);
    if global.file().is_none() && default.symlink_metadata().is_err() {
        return Ok(RackFile::default());
    }
    let project = project(global)?;
    // A file that the user names may be a link; a file that the program finds may be a stranger's.
    if let (None, Some(project)) = (global.file(), &project) {
        project.check(default).map_err(|outside| {
            Failure::new(ExitCode::NoInput, format!("cannot read `{}`", default.display())).caused_by(&outside).hinted(ALLOW_OUTSIDE)
        })?;
    }
    let (rack_file, mut problems) = RackFile::read_in_part(global.file().unwrap_or(default), project.as_ref())?;
    let mut is_inside = true;
    for problem in problems.0.iter_mut().filter(|problem| problem.rule == RackFile::OUTSIDE_PROJECT) {
        problem.hint.get_or_insert_with(|| ALLOW_OUTSIDE.to_owned());
        is_inside = false;
    }
    if problems.has_errors() && is_inside {
        problems.0.extend(parameter_errors(&rack_file));
    }
    Ok(problems.into_result(rack_file)?)
}

/// Returns the errors that the template finds in the parameters of a `rack.yaml`, so that they are reported with its other errors.
fn parameter_errors(rack_file: &RackFile) -> Vec<Diagnostic> {
    let source = match &rack_file.template {
        Some(path) => Source::read(path).ok(),
        None => render(&RenderOptions::default()).ok().map(|text| Source::new("rack.json (rendered)", text)),
    };
    let arena = Arena::new();
    let Some(template) = source.as_ref().and_then(|source| Template::read(source, &arena).ok()) else { return Vec::new() };
    let (_, problems) = ParameterSet::resolve_partial(&template, &rack_file.parameters);
    // A missing value may come from elsewhere.
    let is_here =
        |problem: &Diagnostic| problem.labels.first().is_some_and(|label| Some(label.source.name()) != source.as_ref().map(Source::name));
    problems.0.into_iter().filter(is_here).collect()
}

/// Writes a file atomically: readers see the old or the new contents, never a part.
///
/// # Errors
///
/// Returns an error if writing fails, or if a link leads out of the project; the file is then unchanged.
pub fn write(global: &GlobalArgs, path: &Path, bytes: &[u8], new_mode: NewMode) -> Result<(), Failure> {
    let project = project(global)?;
    files::write(path, bytes, new_mode, project.as_ref()).map_err(|error| cannot_write(path, &error))
}

/// Writes a result into a file that the user named, atomically.
///
/// # Errors
///
/// As [`write`], or an error if the file is a configuration file of this command.
pub fn write_result(global: &GlobalArgs, path: &Path, bytes: &[u8], new_mode: NewMode) -> Result<(), Failure> {
    check_result_path(global, path)?;
    write(global, path, bytes, new_mode)
}

/// Checks that a file for a result is no configuration file of this command, which the result would replace.
///
/// # Errors
///
/// Returns an error if it is one, also through a link.
pub fn check_result_path(global: &GlobalArgs, path: &Path) -> Result<(), Failure> {
    let Ok(real) = path.canonicalize() else { return Ok(()) };
    let default = [PathBuf::from("rack.yaml")];
    let configured = if global.files.is_empty() { &default[..] } else { &global.files };
    if configured.iter().any(|file| file.canonicalize().is_ok_and(|file| file == real)) {
        let message = format!("`{}` is the configuration file; it was not overwritten", path.display());
        return Err(Failure::new(ExitCode::Usage, message).hinted("name another file for the result"));
    }
    Ok(())
}

/// Creates the directory of an output file.
///
/// # Errors
///
/// Returns an error if it cannot be created, or if a link leads out of the project.
#[cfg(feature = "build")]
pub fn create_directory(global: &GlobalArgs, directory: &Path) -> Result<(), Failure> {
    create_directories(global, directory).map(drop)
}

/// Creates the directory of output files, and returns the new directories, the innermost first.
///
/// # Errors
///
/// Returns an error if one cannot be created, or if a link leads out of the project.
pub fn create_directories(global: &GlobalArgs, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    if directory.is_relative()
        && let Some(project) = project(global)?
    {
        project.check(directory).map_err(|outside| refused(directory, &outside))?;
    }
    let mut created = Vec::new();
    for ancestor in directory.ancestors().take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists()) {
        created.push(ancestor.to_owned());
    }
    std::fs::create_dir_all(directory).map_err(|error| Failure::cannot_write(directory, &error))?;
    Ok(created)
}

/// Returns the failure for an output file that cannot be written.
pub fn cannot_write(path: &Path, error: &WriteError) -> Failure {
    match error {
        WriteError::Io(error) => Failure::cannot_write(path, error),
        WriteError::Outside(outside) => refused(path, outside),
        WriteError::BlockDevice => {
            Failure::new(ExitCode::CannotWrite, format!("cannot write `{}`", path.display())).caused_by(error).hinted("name a file")
        }
    }
}

fn refused(path: &Path, outside: &OutsideProject) -> Failure {
    Failure::new(ExitCode::CannotWrite, format!("cannot write `{}`", path.display())).caused_by(outside).hinted(ALLOW_OUTSIDE)
}
