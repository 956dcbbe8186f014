//! Opens the service that runs build tasks (ECS), and reads the deployed stack's build environment.

use crate::build::task::{BuildEnvironment, BuildService};
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::{Context, ExitCode, Failure};
use crate::config::BackendChoice;
use crate::operation::{self, DeployedStack};
use crate::secret::Mask;

/// The reason that ECS records for a task that rackform stops.
pub const STOP_REASON: &str = "stopped by rackform";

/// Opens the build service of the configured backend.
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

/// Reads the build environment of the deployed stack, and adds the values of its NoEcho parameters to the mask.
///
/// # Errors
///
/// Returns an error if the stack does not exist, or if it lacks a resource that builds need.
pub fn build_environment(context: &mut Context<'_>, mask: &mut Mask) -> Result<BuildEnvironment, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    let deployed = DeployedStack::load_existing(backend.as_ref(), &stack, context.arena)?;
    let evaluation = deployed.evaluate(context.arena, &mut |_| {})?;
    let parameters = evaluation.parameters.parameters.values().filter(|parameter| parameter.declaration.no_echo);
    parameters.filter_map(|parameter| parameter.value.as_deref()).for_each(|value| mask.add_credentials(value));
    Ok(operation::build_environment(&evaluation, &deployed.description)?)
}
