//! Prints the image reference and exports it to later build steps.

use std::path::PathBuf;

use super::Args;
use crate::build::cache_report::CacheReport;
use crate::build::image::export::{self, ExportFormat};
use crate::build::registry::Repository;
use crate::cli::build::key_inputs::ImageKey;
use crate::cli::build::registry::variable;
use crate::cli::shared::files::cannot_write;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::ui::build::image::{ImageSource, ImageView};

/// Prints the image reference, or exports it in the requested format.
pub(super) fn print(
    args: &Args,
    context: &mut Context<'_>,
    image_key: &ImageKey,
    repository: &Repository,
    source: ImageSource,
    report: Option<&CacheReport>,
) -> Result<(), Failure> {
    let image = repository.to_string();
    let tag = image_key.key.as_str();
    let variables = export::variables(&args.export_env_variable, &image, tag);
    let cannot_quote =
        |error: &shlex::QuoteError| Failure::new(ExitCode::Failed, "cannot quote the image name for a shell").caused_by(error);
    let answer = match (args.export, args.format) {
        (Some(ExportFormat::Shell | ExportFormat::Buildkite), _) => {
            export::shell_exports(&variables).map_err(|error| cannot_quote(&error))?
        }
        (Some(ExportFormat::Env), _) => export::env_file(&variables),
        (Some(ExportFormat::Github), _) => {
            append("GITHUB_ENV", &export::github_file(&variables))?;
            let outputs = [
                ("image", image.clone()),
                ("tag", tag.to_owned()),
                ("reference", repository.image(tag)),
                ("built", (source == ImageSource::Built).to_string()),
            ];
            append("GITHUB_OUTPUT", &export::github_file(&outputs.map(|(name, value)| (name.to_owned(), value))))?;
            format!("{image}:{tag}\n")
        }
        (None, Format::Human) => format!("{image}:{tag}\n"),
        (None, Format::Json) => crate::ui::json(&ImageView::new(&image_key.key, &image, source, report))?,
    };
    context.answer(&answer)
}

/// Appends to the file whose path GitHub Actions sets in an environment variable.
fn append(name: &str, text: &str) -> Result<(), Failure> {
    let Some(path) = variable(name) else {
        return Err(Failure::new(ExitCode::Usage, format!("the environment variable {name} is not set"))
            .hinted("use `--export github` only in a GitHub Actions step"));
    };
    let path = PathBuf::from(path);
    crate::files::append(&path, text.as_bytes()).map_err(|error| cannot_write(&path, &error))
}
