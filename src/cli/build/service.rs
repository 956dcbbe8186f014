//! Opens the service that runs build tasks: ECS in the backend in force.

use crate::build::task::BuildService;
use crate::cli::shared::backend;
use crate::cli::{Context, ExitCode, Failure};
use crate::config::BackendChoice;

/// Opens the build service of the backend in force.
///
/// # Errors
///
/// Returns an error if the backend is local, `rack.yaml` is invalid, no region is set, or rackform was built without AWS support.
pub fn open(context: &mut Context<'_>) -> Result<Box<dyn BuildService>, Failure> {
    match context.settings()?.backend() {
        BackendChoice::Local { .. } => Err(Failure::new(ExitCode::Unavailable, "the local backend cannot run build tasks on ECS").hinted(
            "`--dry-run` prints the request; `rackform build command --exec` builds on this machine; `--backend aws` runs it in the rack",
        )),
        BackendChoice::Aws => open_aws(context),
    }
}

#[cfg(feature = "aws")]
fn open_aws(context: &mut Context<'_>) -> Result<Box<dyn BuildService>, Failure> {
    Ok(Box::new(crate::build::aws::AwsBuilds::new(backend::session(context)?)))
}

#[cfg(not(feature = "aws"))]
fn open_aws(_: &mut Context<'_>) -> Result<Box<dyn BuildService>, Failure> {
    Err(backend::no_aws())
}
