//! Prepares changes for the rack commands: builds the request from flags and `rack.yaml`, and prints what the operation reports.

use crate::backend::Backend;
use crate::cli::shared::backend;
use crate::cli::shared::diff_input::{self, DiffInput, StateArgs};
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, Failure};
use crate::operation::{self, Baseline, ChangeRequest, Desired, DesiredRack, ExistingResources, OperationError, PlanBasis, PreparedChange};
use crate::parameters::ParameterOverrides;
use crate::plan::ImportRequest;

/// Existing resources to import.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ImportArgs {
    /// Before the update, import an existing resource as a resource of the template, such as BuildCacheFilesystem=fs-0123; may be
    /// repeated
    ///
    /// If the resource type has several identifying properties, give all of them: LOGICAL_ID=Property=value,Property=value.
    #[arg(long = "import", value_name = "LOGICAL_ID=ID")]
    pub imports: Vec<ImportRequest>,
}

/// Prepares a change.
///
/// # Errors
///
/// Returns every error of `rack.yaml`, the template, its parameters and the imports, or an error if the backend fails.
pub fn prepare<'a>(
    context: &mut Context<'a>,
    backend: &dyn Backend,
    stack: &str,
    desired: Desired,
    overrides: &ParameterOverrides,
    baseline: Baseline,
    imports: &[ImportRequest],
) -> Result<PreparedChange<'a>, Failure> {
    let inspector = if imports.is_empty() { None } else { Some(backend::inspector(context, backend)?) };
    let request = ChangeRequest {
        stack,
        desired,
        overrides,
        baseline,
        import: inspector.as_deref().map(|inspector| ExistingResources { resources: imports, inspector }),
        offline_state: StateArgs::default().load(context, &DiffInput::Rack)?,
        cloudformation_role_arn: context.settings()?.cloudformation_role_arn().map(str::to_owned),
    };
    let arena = context.arena;
    let prepared = operation::prepare_change(&request, backend, arena, &mut |note| print_note(context, note));
    with_region(context, prepared)
}

/// Returns the rack of `rack.yaml` as the desired state.
///
/// # Errors
///
/// Returns every error of `rack.yaml` and of the template that it names.
pub fn desired_rack(context: &mut Context<'_>) -> Result<Desired, Failure> {
    let source = diff_input::source(context, &DiffInput::Rack)?;
    let rack = context.rack_file()?;
    Ok(Desired::Rack(Box::new(DesiredRack {
        source,
        parameters: rack.parameters.clone(),
        tags: rack.tags.clone(),
        protected: rack.protected(),
    })))
}

/// Converts an error of an operation, and points at the region in `rack.yaml` where a mapping does not have it.
///
/// # Errors
///
/// Returns the converted error.
pub fn with_region<T>(context: &mut Context<'_>, result: Result<T, OperationError>) -> Result<T, Failure> {
    match result {
        Err(OperationError::Invalid(problems)) => Err(diff_input::point_at_region(context, problems).into()),
        result => result.map_err(Failure::from),
    }
}

/// Returns from what a plan was predicted, for its heading.
pub fn basis_text(basis: PlanBasis) -> &'static str {
    match basis {
        PlanBasis::NewStack => "the stack does not exist yet",
        PlanBasis::DeployedStack => "predicted from the deployed stack",
        PlanBasis::ActualState => "predicted from the actual state: REVERT_DRIFT",
    }
}
