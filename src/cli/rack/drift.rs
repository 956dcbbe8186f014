//! `rackform drift`: what was changed in the account behind the stack's back.

use serde::Serialize;

use crate::backend::{Backend, BackendError, PropertyDifference, ResourceDrift};
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::deployed::Deployed;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::{DifferenceType, ResourceDriftStatus, StackDriftStatus};
use crate::plan::{DriftedResource, PropertyDrift};
use crate::secret::{MASKED, is_no_echo};
use crate::template::{Node, Template};
use crate::ui;

/// Shows what was changed in the account behind the stack's back
///
/// Has CloudFormation compare every resource with what the template made of it, which takes from seconds to minutes. Nothing is
/// changed. Resources of types that CloudFormation cannot compare are named as not checked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform drift\n  rackform drift --exit-code --format json\n\nExit codes: 0 done, 2 drift with --exit-code, 66 no such stack, 75 busy."
)]
pub struct Args {
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// End with exit code 2 when something drifted
    #[arg(long)]
    exit_code: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    stack: &'a str,
    status: StackDriftStatus,
    resources: &'a [ResourceDrift],
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no stack, that something is being done to it, or that the backend cannot be asked.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Look, &BackendArgs::default())?;
    let Some(deployed) = Deployed::read(context, backend.as_ref(), &stack)? else { return Err(backend::no_stack(&stack)) };
    let status = &deployed.description.status;
    if status.is_in_progress() {
        return Err(BackendError::WrongStatus { stack, status: *status, operation: "compare" }.into());
    }
    context.status("asking for every resource; this may take minutes");
    let mut drifts = backend.detect_drift(&deployed.description.id)?;
    // CloudFormation does not mention what it cannot compare.
    for resource in backend.list_resources(&deployed.description.id)? {
        if !drifts.iter().any(|drift| drift.logical_resource_id == resource.logical_id) {
            drifts.push(ResourceDrift {
                logical_resource_id: resource.logical_id,
                physical_resource_id: resource.physical_id,
                resource_type: resource.resource_type,
                status: ResourceDriftStatus::NotChecked,
                status_reason: None,
                differences: Vec::new(),
            });
        }
    }
    drifts.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id));
    hide_secrets(&mut drifts, deployed.template);
    let has_drifted = drifts.iter().any(ResourceDrift::is_drifted);
    let text = match args.format {
        Format::Human => ui::drift::human(&drifts, &stack, context.layout()),
        Format::Json => {
            let status = if has_drifted { StackDriftStatus::Drifted } else { StackDriftStatus::InSync };
            ui::json(&Answer { stack: &stack, status, resources: &drifts })?
        }
    };
    context.answer(&text)?;
    Ok(if args.exit_code && has_drifted { ExitCode::Differences } else { ExitCode::Done })
}

/// Returns what was changed behind a stack's back, without secrets.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn found(context: &mut Context<'_>, backend: &dyn Backend, deployed: &Deployed<'_>) -> Result<Vec<ResourceDrift>, Failure> {
    if backend.capabilities().detects_drift {
        context.status("asking for every resource whether it drifted; this may take minutes");
    } else {
        context.status("nobody but the local backend itself changes its resources: nothing can have drifted");
    }
    let mut drifts = backend.detect_drift(&deployed.description.id)?;
    let unchecked: Vec<&str> = drifts.iter().filter(|drift| !drift.is_checked()).map(|drift| drift.logical_resource_id.as_str()).collect();
    if !unchecked.is_empty() {
        context.detail(&format!("of these AWS cannot tell whether they drifted: {}", unchecked.join(", ")));
    }
    drifts.retain(ResourceDrift::is_drifted);
    hide_secrets(&mut drifts, deployed.template);
    Ok(drifts)
}

/// Returns what is really there as the planner takes it.
pub fn live(drifts: &[ResourceDrift]) -> Vec<DriftedResource> {
    let difference = |difference: &PropertyDifference| {
        // `REMOVE`: the template has it, and what is there has not.
        let actual = (difference.kind != DifferenceType::Remove).then_some(difference.actual.as_str());
        PropertyDrift::new(&difference.path, actual)
    };
    let resource = |drift: &ResourceDrift| DriftedResource {
        logical_resource_id: drift.logical_resource_id.clone(),
        differences: (drift.status != ResourceDriftStatus::Deleted).then(|| drift.differences.iter().map(difference).collect()),
    };
    drifts.iter().map(resource).collect()
}

/// Hides both values of a property that a `NoEcho` parameter goes into: CloudFormation shows them as they are, and the secret itself
/// is not known here to be looked for.
pub fn hide_secrets(drifts: &mut [ResourceDrift], template: &Template<'_>) {
    let secrets: Vec<&str> = template.parameters.iter().filter(|entry| is_no_echo(entry.body)).map(|entry| entry.name).collect();
    for drift in drifts {
        let declared = template.resources.get(drift.logical_resource_id.as_str()).and_then(|entry| entry.body.get("Properties"));
        for difference in &mut drift.differences {
            let written = declared.and_then(|properties| properties.get(difference.property()));
            if written.is_some_and(|written| secrets.iter().any(|secret| mentions(written, secret))) {
                for value in [&mut difference.expected, &mut difference.actual] {
                    MASKED.clone_into(value);
                }
            }
        }
    }
}

/// Tells whether a text anywhere in a node has the name in it, be it in `Ref` or inside `Fn::Sub`.
fn mentions(node: &Node<'_>, name: &str) -> bool {
    node.as_str().is_some_and(|text| text.contains(name))
        || node.items().iter().any(|item| mentions(item, name))
        || node.members().iter().any(|member| mentions(&member.value, name))
}
