//! `rackform delete`: deletes the stack.

use super::backend::{self, Access};
use super::carry_out::CarryOutArgs;
use super::deployed::Deployed;
use super::{Context, ExitCode, Failure, side};
use crate::apply::{self, Outcome};
use crate::backend::BackendError;
use crate::parameters::GivenParameters;
use crate::plan::plan;
use crate::template::Source;

/// A template that gives no resource; one without any resource is not a template.
const NOTHING: &str = r#"{
    "Conditions": {"Never": {"Fn::Equals": ["no", "yes"]}},
    "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle", "Condition": "Never"}}
}"#;

/// Deletes the stack and everything in it that its policies do not keep
///
/// Shows what goes, asks, and follows the stack's events to the end. What an earlier run left unfinished is finished first, once
/// that is confirmed too.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform delete\n  rackform delete --yes --allow-data-loss LogGroup --allow-data-loss BuildCacheRepository \\\n    --allow-data-loss BuildCacheFilesystem\n  rackform delete --yes --disable-termination-protection\n\nExit codes: 0 done, 1 failed, 3 denied, 4 not confirmed, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Turn termination protection off first
    #[arg(long)]
    disable_termination_protection: bool,
    #[command(flatten)]
    carry_out: CarryOutArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no stack, what denies its deletion, or what the backend refused.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_to_change()?;
    let backend = backend::open(context, Access::Change, &args.carry_out.backend)?;
    let Some(mut description) = backend.describe_stack(&stack)? else {
        return Err(backend::no_stack(&stack).hinted("it may be deleted already; `--stack-name` names another"));
    };
    if description.status.is_in_progress() {
        let (_, exit_code) = args.carry_out.resume(context, backend.as_ref(), &description)?;
        match backend.describe_stack(&stack)? {
            Some(now) if !now.status.is_in_progress() => description = now,
            // It was a deletion and is done, or it was interrupted again.
            _ => return Ok(exit_code),
        }
    }
    if description.termination_protection && !args.disable_termination_protection {
        return Err(BackendError::TerminationProtection { stack }.into());
    }
    // What a failed creation left holds nothing.
    if description.status.as_str() != "ROLLBACK_COMPLETE"
        && let Some(deployed) = Deployed::read(context, backend.as_ref(), &stack)?
    {
        let nothing = side::template(context, Source::new("nothing", NOTHING))?;
        let before = deployed.evaluation(context)?;
        let after = side::evaluated(context, nothing, &GivenParameters::default(), deployed.state)?;
        let plan = plan(&before, &after);
        args.carry_out.show(context, &plan, &stack, "deleting the stack")?;
        args.carry_out.gate(context, &plan, &format!("Delete {stack}?"))?;
    }
    if description.termination_protection {
        backend.set_termination_protection(&stack, false)?;
    }
    let resources = backend.list_resources(&stack)?.len();
    let outcome = args
        .carry_out
        .followed(context, resources, |observer, interrupted| apply::delete(backend.as_ref(), &description, observer, interrupted))?;
    let exit_code = args.carry_out.tell(context, &outcome, &stack)?;
    if matches!(outcome, Outcome::Deleted { .. }) {
        context.say(&format!("its events stay under its ID: rackform events --stack-name {}", description.id));
    }
    Ok(exit_code)
}
