//! `rackform status`: shows the stack's status, its meaning, and what to do next.

use crate::apply;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::following;
use crate::cli::{Context, ExitCode, Failure, Format, MergedOutput};
use crate::operation::DeployedStack;
use crate::secret::MASKED;
use crate::ui::stack::{LastOperation, Status, StatusParameter};

/// Show the stack: status and its meaning, last operation, parameters, outputs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform status\n  rackform status --format json | jq -r .status\n\nExit codes: 0 done, 66 no such stack, 75 busy."
)]
pub struct Args {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Args {
    /// Returns how the results of several racks are merged.
    pub fn merged_output(&self) -> MergedOutput {
        self.format.merged_output()
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack does not exist or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    let Some(description) = backend.describe_stack(&stack)? else { return Err(backend::stack_not_found(&stack)) };
    let deployed = DeployedStack::load(backend.as_ref(), &stack, context.arena)?;
    let rack = &context.rack_file()?.parameters;
    let parameters = description.parameters.iter().map(|(name, value)| {
        let declared = deployed.as_ref().and_then(|deployed| deployed.template.parameters.get(name));
        let default = declared.and_then(|entry| entry.body.get("Default")).and_then(crate::template::Node::scalar);
        let is_default = value.is_some() && value.as_deref() == default;
        let configured = rack.values.get(name).and_then(|value| value.text.clone());
        let differs = value.is_some() && configured.is_some() && configured != *value;
        StatusParameter {
            name: name.clone(),
            value: value.clone().unwrap_or_else(|| MASKED.to_owned()),
            is_default,
            rack_file: configured.filter(|_| differs),
        }
    });
    let parameters = parameters.collect();
    let mut last_operation = LastOperation::of(&backend.recent_events(&description.id)?);
    if let Some(cause) = last_operation.as_mut().and_then(|operation| operation.root_cause.as_mut()) {
        let unavailable = apply::explain_failure(backend.as_ref(), &description.id, cause);
        following::report_unavailable(context, unavailable.as_ref());
    }
    // A stack in review has no resources, and CloudFormation may refuse to list them.
    let resources = if description.status.is_review() { 0 } else { backend.list_resources(&stack)?.len() };
    let status = Status::new(&description, parameters, resources, last_operation);
    let status = if !backend.capabilities().runs_in_background { status.with_resume_command() } else { status };
    let text = match args.format {
        Format::Json => crate::ui::json(&status)?,
        Format::Human => crate::ui::stack::status(&status, context.layout()),
    };
    context.answer(&text)?;
    crate::cli::shared::stale_change_sets::report(context, backend.as_ref(), &stack);
    context.summarize(description.status.as_str());
    Ok(ExitCode::Done)
}
