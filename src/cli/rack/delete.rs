//! `rackform delete`: deletes the stack.

use crate::apply::{self, Outcome};
use crate::backend::{Backend, BackendError, DeleteOptions, StackDescription, StackResource};
use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::deployed::Deployed;
use crate::cli::shared::diff_input;
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::{Action, Change, PolicyAction, ResourceChange, ResourceStatus, StackStatus};
use crate::parameters::ParameterOverrides;
use crate::plan::{Effect, Plan, ResourceEffect, Risk, RiskKind, plan};
use crate::template::{Entry, Source};

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
    after_help = "Examples:\n  rackform delete\n  rackform delete --yes --allow-data-loss LogGroup --allow-data-loss BuildCacheRepository \\\n    --allow-data-loss BuildCacheFilesystem\n  rackform delete --yes --disable-termination-protection\n  rackform delete --yes --retain BuildCacheFilesystem    after a deletion that failed at it\n\nExit codes: 0 done, 1 failed, 3 denied, 4 not confirmed, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Turn termination protection off first
    #[arg(long)]
    disable_termination_protection: bool,
    /// Let this resource go, which stays in the account; only one that an earlier deletion could not delete
    #[arg(long, value_name = "LOGICAL_ID")]
    retain: Vec<String>,
    #[command(flatten)]
    execution: ExecuteArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no stack, what denies its deletion, or what the backend refused.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_to_change()?;
    let backend = backend::open(context, Access::Change, &args.execution.backend)?;
    crate::cli::shared::stale_change_sets::clear(context, backend.as_ref(), &stack);
    let Some(mut description) = backend.describe_stack(&stack)? else {
        return Err(backend::no_stack(&stack).hinted("it may be deleted already; `--stack-name` names another"));
    };
    if description.status.is_in_progress() {
        let (_, exit_code) = args.execution.resume(context, backend.as_ref(), &description)?;
        match backend.describe_stack(&stack)? {
            Some(now) if !now.status.is_in_progress() => description = now,
            // It was a deletion and is done, or it was interrupted again.
            _ => return Ok(exit_code),
        }
    }
    let deletion = Deletion { retain: &args.retain, disable_termination_protection: args.disable_termination_protection };
    deletion.execute(&args.execution, context, backend.as_ref(), description)
}

/// How a stack is to be deleted: what `delete` and `recover` share.
#[derive(Clone, Copy, Debug)]
pub struct Deletion<'d> {
    /// Resources to let go.
    pub retain: &'d [String],
    /// Whether to turn termination protection off first.
    pub disable_termination_protection: bool,
}

impl Deletion<'_> {
    /// Shows what goes, checks what stands against it, asks, deletes and follows.
    ///
    /// # Errors
    ///
    /// Returns what denies it, that it was not confirmed, or what the backend refused.
    pub fn execute(
        &self,
        args: &ExecuteArgs,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        description: StackDescription,
    ) -> Result<ExitCode, Failure> {
        let stack = description.name.clone();
        if description.termination_protection && !self.disable_termination_protection {
            return Err(BackendError::TerminationProtection { stack }.into());
        }
        if !self.retain.is_empty() && description.status != StackStatus::DeleteFailed {
            let failure = BackendError::WrongStatus { stack, status: description.status, operation: "retain resources of" };
            return Err(Failure::from(failure).hinted("CloudFormation retains only what a deletion failed at; delete without `--retain` first, or give the resource `DeletionPolicy: Retain`"));
        }
        let resources = if description.status.is_review() { Vec::new() } else { backend.list_resources(&description.id)? };
        let retained = |name: &str| self.retain.iter().any(|retain| retain == name);
        for name in self.retain {
            let is_stuck = |status: ResourceStatus| status == ResourceStatus::DeleteFailed;
            if !resources.iter().any(|resource| resource.logical_id == *name && is_stuck(resource.status)) {
                let stuck: Vec<&str> =
                    resources.iter().filter(|resource| is_stuck(resource.status)).map(|resource| resource.logical_id.as_str()).collect();
                let failure = Failure::new(ExitCode::Usage, format!("`--retain {name}` names nothing that could not be deleted"));
                return Err(match stuck.as_slice() {
                    [] => failure,
                    stuck => failure.hinted(format!("the deletion failed at {}", stuck.join(", "))),
                });
            }
        }
        // What a failed creation left, or only a change set made, holds nothing.
        let deployed = if description.status == StackStatus::RollbackComplete { None } else { Deployed::read(context, backend, &stack)? };
        if let Some(deployed) = deployed {
            let nothing = diff_input::template(context, Source::new("nothing", NOTHING))?;
            let before = deployed.evaluation(context)?;
            let after = diff_input::evaluated(context, nothing, &ParameterOverrides::default(), deployed.state)?;
            let kept = |name: &str| deployed.template.resources.get(name).is_some_and(keeps);
            let mut plan = as_it_stands(plan(&before, &after), &resources, kept, retained);
            // Parameters go with the stack: none of them is a change of its own.
            plan.parameters.clear();
            args.show(context, &plan, &stack, "deleting the stack")?;
            args.check_and_confirm(context, &plan, &format!("Delete {stack}?"))?;
        } else if !args.yes {
            context.confirm(&format!("Delete {stack}, which holds nothing?"), "nothing was changed")?;
        }
        if description.termination_protection {
            backend.set_termination_protection(&stack, false)?;
        }
        let options = DeleteOptions { retain: self.retain.to_vec(), role_arn: context.cloudformation_role_arn()? };
        let outcome = args.follow(context, backend, &stack, resources.len(), |observer, interrupted| {
            apply::delete(backend, &description, &options, observer, interrupted)
        })?;
        let exit_code = args.report(context, &outcome, &stack)?;
        if matches!(outcome, Outcome::Deleted { .. }) {
            context.status(&format!("its events stay under its ID: rackform events --stack-name {}", description.id));
        }
        Ok(exit_code)
    }
}

/// Tells whether a resource stays, or a snapshot of it does, by its policy.
fn keeps(resource: &Entry<'_>) -> bool {
    let policy = resource.body.get("DeletionPolicy").and_then(crate::template::Node::scalar);
    matches!(policy, Some("Retain" | "RetainExceptOnCreate" | "Snapshot"))
}

/// Returns the plan of a deletion as the stack stands: without what is gone already, with what only an unfinished update knows, and with
/// what is retained staying.
fn as_it_stands(mut plan: Plan, resources: &[StackResource], kept: impl Fn(&str) -> bool, retained: impl Fn(&str) -> bool) -> Plan {
    let is_there = |name: &str| resources.iter().any(|resource| resource.logical_id == name);
    plan.effects.retain(|effect| is_there(&effect.logical_resource_id));
    plan.risks.retain(|risk| risk.logical_resource_id.as_deref().is_none_or(is_there));
    for list in [&mut plan.change_set, &mut plan.change_set_without_values] {
        list.changes.retain(|change| is_there(&change.resource_change.logical_resource_id));
    }
    for resource in resources.iter().filter(|resource| !resource.physical_id.is_empty()) {
        let (name, kind) = (&resource.logical_id, &resource.resource_type);
        if plan.effects.iter().any(|effect| effect.logical_resource_id == *name) {
            continue;
        }
        let stays = kept(name);
        let policy_action = Some(if stays { PolicyAction::Retain } else { PolicyAction::Delete });
        plan.effects.push(ResourceEffect {
            logical_resource_id: name.clone(),
            resource_type: kind.clone(),
            effect: if stays { Effect::Retained } else { Effect::Deleted },
            possible: false,
            policy_action,
            deletes_first: false,
            causes: Vec::new(),
            rolls_instances: false,
            differs_from_list: None,
        });
        for list in [&mut plan.change_set, &mut plan.change_set_without_values] {
            let mut change = ResourceChange::new(Action::Remove, name, kind);
            change.physical_resource_id = Some(resource.physical_id.clone());
            change.policy_action = policy_action;
            list.changes.push(Change::resource(change));
        }
        if let Some(what) = crate::schema::resource_type(kind).and_then(|facts| facts.holds_data()).filter(|_| !stays) {
            plan.risks.insert(
                0,
                Risk {
                    kind: RiskKind::DataLoss,
                    logical_resource_id: Some(name.clone()),
                    path: None,
                    reason: format!("`{name}` ({kind}), left by an unfinished operation, is deleted, which loses {what}."),
                },
            );
        }
    }
    for list in [&mut plan.change_set, &mut plan.change_set_without_values] {
        for change in list.changes.iter_mut().filter(|change| retained(&change.resource_change.logical_resource_id)) {
            change.resource_change.policy_action = Some(PolicyAction::Retain);
        }
    }
    for effect in plan.effects.iter_mut().filter(|effect| retained(&effect.logical_resource_id)) {
        effect.effect = Effect::Retained;
        effect.policy_action = Some(PolicyAction::Retain);
    }
    plan.risks.retain(|risk| !(risk.kind == RiskKind::DataLoss && risk.logical_resource_id.as_deref().is_some_and(&retained)));
    plan
}
