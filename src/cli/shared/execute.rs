//! Shows a change, asks, carries it out and tells how it went: what `apply`, `set` and `delete` share.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;

use crate::apply::{self, Observer, Outcome};
use crate::backend::{Backend, StackDescription};
use crate::cli::shared::backend::BackendArgs;
use crate::cli::shared::changes::basis_text;
use crate::cli::shared::following;
use crate::cli::shared::interrupt;
use crate::cli::shared::policy_checks;
use crate::cli::shared::preflight;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::StackStatus;
use crate::operation::PreparedChange;
use crate::operation::{PolicyChecks, unused_allowances};
use crate::plan::{Plan, RiskKind};
use crate::recover::Recovery;
use crate::ui;
use crate::ui::verify::ReportView;
use crate::verify::{self, State, Subject};

/// How soon a second Ctrl-C has to come to be about the update itself.
const AGAIN: Duration = Duration::from_secs(3);

/// Flags of commands that carry something out.
#[derive(Clone, Debug, clap::Args)]
pub struct ExecuteArgs {
    /// Do not ask for confirmation; required if there is no terminal
    #[arg(short, long)]
    pub yes: bool,
    /// Allow the loss of this resource's data; repeat for each resource that the plan names
    #[arg(long, value_name = "LOGICAL_ID")]
    pub allow_data_loss: Vec<String>,
    /// Exit with code 3 for these kinds of risk, too; data-loss is always denied unless --allow-data-loss allows it
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = policy_checks::parse_risk_kind)]
    pub deny: Vec<RiskKind>,
    /// Skip the preflight checks of the account
    #[arg(long)]
    pub no_preflight: bool,
    /// Output format; json is one object per line: plan, preflight, events, outcome, verification
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub backend: BackendArgs,
}

/// One line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'l> {
    Plan(&'l Plan),
    Recovery(ui::RecoveryView<'l>),
    Outcome(&'l Outcome),
    Preflight(ReportView<'l>),
    Verification(ReportView<'l>),
}

impl ExecuteArgs {
    fn line(&self, context: &mut Context<'_>, line: &Line<'_>) -> Result<(), Failure> {
        let text = ui::json_line(line)?;
        context.answer(&text)
    }

    /// Shows a plan.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be written.
    pub fn show(&self, context: &mut Context<'_>, plan: &Plan, stack: &str, made: &str) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.line(context, &Line::Plan(plan)),
            Format::Human => {
                let text = ui::plan::human(plan, ui::plan::Heading { stack_name: stack, made }, context.layout());
                context.answer(&text)
            }
        }
    }

    /// Shows why a stack is stuck, and the ways out.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be written.
    pub fn show_recovery(&self, context: &mut Context<'_>, recovery: &Recovery) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.line(context, &Line::Recovery(ui::RecoveryView::of(recovery))),
            Format::Human => {
                let text = ui::recovery(recovery, context.layout());
                context.answer(&text)
            }
        }
    }

    /// Looks for what in the account would make a plan fail, unless told not to.
    fn preflight(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<(), Failure> {
        if self.no_preflight {
            return Ok(());
        }
        let report = preflight::inspect(context, backend, change)?;
        if self.format == Format::Json {
            self.line(context, &Line::Preflight(ui::verify::view(&report)))?;
        } else {
            preflight::report(context, &report);
        }
        preflight::refuse(&report, "`--no-preflight` goes ahead without looking")
    }

    /// Checks what stands against a plan, then asks.
    ///
    /// # Errors
    ///
    /// Returns what denies it, or that it was not confirmed.
    pub fn check_and_confirm(&self, context: &mut Context<'_>, plan: &Plan, question: &str) -> Result<(), Failure> {
        if let Some((name, losing)) = unused_allowances(&self.allow_data_loss, plan) {
            let failure =
                Failure::new(ExitCode::Usage, format!("`--allow-data-loss {name}`: the plan does not lose data of this resource"));
            return Err(failure.hinted(match losing.as_slice() {
                [] => "this change loses no data; leave the flag out".to_owned(),
                losing => format!("the plan loses data of {}", losing.join(", ")),
            }));
        }
        let mut deny = self.deny.clone();
        deny.push(RiskKind::DataLoss);
        let protect = context.rack_file()?.protect.as_slice();
        PolicyChecks { deny: &deny, allow_data_loss: &self.allow_data_loss, protect }.check(plan)?;
        if self.yes {
            return Ok(());
        }
        context.confirm(question, "the plan was not carried out")
    }

    /// Shows, asks for and carries out a change.
    ///
    /// # Errors
    ///
    /// Returns what stands against it, or what the backend refused.
    pub fn execute(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<ExitCode, Failure> {
        for fail_on in &self.backend.fail_on {
            if !change.logical_ids.contains(&fail_on.logical_id) {
                let failure = Failure::new(ExitCode::Usage, format!("`--fail-on` names no resource: `{}`", fail_on.logical_id));
                let near = crate::template::nearest(&fail_on.logical_id, change.logical_ids.iter().map(String::as_str));
                return Err(match near {
                    Some(near) => failure.hinted(format!("did you mean `{near}`?")),
                    None => failure,
                });
            }
        }
        let stack = change.target.stack.clone();
        self.show(context, &change.plan, &stack, basis_text(change.basis()))?;
        if change.is_empty() {
            let status = backend.describe_stack(&stack)?.map(|stack| stack.status);
            return self.report(context, &Outcome::Unchanged { status }, &stack);
        }
        if !change.plan.needs_update() {
            return self.settle_only(context, backend, change);
        }
        self.preflight(context, backend, change)?;
        self.check_and_confirm(context, &change.plan, &format!("Apply this to {stack}?"))?;
        let steps = change.plan.steps();
        let outcome = self.follow(context, backend, &stack, steps, |observer, interrupted| {
            apply::apply(backend, &change.target, observer, interrupted)
        })?;
        let exit_code = self.report(context, &outcome, &stack)?;
        if matches!(outcome, Outcome::Unchanged { .. } | Outcome::Complete { .. }) {
            settle(context, backend, &change.target)?;
        }
        if let Outcome::Unchanged { .. } = outcome {
            let left: Vec<String> = change
                .plan
                .stack
                .iter()
                .filter(|change| change.setting.needs_update())
                .map(|change| format!("`{}`", change.name()))
                .collect();
            if !left.is_empty() {
                context.warn(&format!(
                    "not applied: {}, since CloudFormation found nothing to update; the next update that changes a resource or a tag brings it",
                    left.join(", ")
                ));
            }
        }
        if matches!(outcome, Outcome::Complete { .. }) {
            let inspector = crate::cli::shared::backend::inspector(context, backend)?;
            let report = verify::verify(backend, inspector.as_ref(), &Subject::from(&change.target), Duration::ZERO)?;
            if self.format == Format::Json {
                self.line(context, &Line::Verification(ui::verify::view(&report)))?;
            } else {
                let text = ui::verify::not_passed(&report, context.stderr_layout());
                let is_news = report.checks.iter().any(|verdict| matches!(verdict.state, State::Failed | State::Pending));
                if is_news {
                    context.warn(text.trim_end())
                } else {
                    context.detail(text.trim_end())
                }
                context.status(&ui::verify::summary(&report));
            }
            if let Some(step) = &change.target.import {
                let names: Vec<&str> = step.resources.iter().map(|import| import.logical_resource_id.as_str()).collect();
                context.status(&format!("`rackform drift` compares every property of {} with the template", names.join(", ")));
            }
            if !report.is_passed(false) {
                return Ok(ExitCode::Failed);
            }
        }
        Ok(exit_code)
    }

    /// Asks for and carries out a change of nothing but what no change set sets.
    fn settle_only(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<ExitCode, Failure> {
        let target = &change.target;
        self.check_and_confirm(context, &change.plan, &format!("Apply this to {}?", target.stack))?;
        apply::check_revision(backend, target)?;
        settle(context, backend, target)?;
        let Some(stack) = backend.describe_stack(&target.stack)? else { return Err(crate::cli::shared::backend::no_stack(&target.stack)) };
        let outcome = Outcome::Complete { status: stack.status, outputs: stack.outputs, left_behind: Vec::new() };
        self.report(context, &outcome, &target.stack)
    }

    /// Follows what is under way, or was left unfinished, to its end; asks first.
    ///
    /// # Errors
    ///
    /// Returns that it was not confirmed, or that the backend cannot be asked.
    pub fn resume(
        &self,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        stack: &StackDescription,
    ) -> Result<(Outcome, ExitCode), Failure> {
        let unfinished = format!("`{}` is {}: {} is unfinished", stack.name, stack.status, ui::stack_status::operation(stack.status));
        if !self.yes && !context.can_prompt() {
            let message = format!("{unfinished}, and there is no terminal to ask on: nothing was changed");
            return Err(Failure::new(ExitCode::Declined, message).hinted("`--yes` finishes it first, then does what you asked for"));
        }
        context.status(&unfinished);
        if !self.yes {
            context.confirm("Finish it first?", "nothing was changed")?;
        }
        let resources = backend.list_resources(&stack.id)?.len();
        let outcome = self.follow(context, backend, &stack.name, resources, |observer, interrupted| {
            apply::resume(backend, stack, observer, interrupted)
        })?;
        let exit_code = self.report(context, &outcome, &stack.name)?;
        Ok((outcome, exit_code))
    }

    /// Does some work on a stack while its events are shown; an update that is interrupted twice may be cancelled.
    ///
    /// # Errors
    ///
    /// Returns what the work returns.
    pub fn follow(
        &self,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        stack: &str,
        steps: usize,
        work: impl FnOnce(&mut dyn Observer, &AtomicBool) -> Result<Outcome, apply::ApplyError>,
    ) -> Result<Outcome, Failure> {
        let outcome = following::follow(context, self.format, steps, work)?;
        let Outcome::Interrupted { status, .. } = &outcome else { return Ok(outcome) };
        if *status != StackStatus::UpdateInProgress || self.format == Format::Json || !context.can_prompt() {
            return Ok(outcome);
        }
        context.warn(&format!("interrupted: {stack} is {status}; Ctrl-C again within {} s to cancel the update", AGAIN.as_secs()));
        if !interrupt::again_within(AGAIN) {
            return Ok(outcome);
        }
        let question = format!("Cancel the update of {stack}? What it did so far is then undone.");
        if context.confirm(&question, "the update goes on").is_err() {
            return Ok(outcome);
        }
        let Some(now) = backend.describe_stack(stack)? else { return Ok(outcome) };
        let events = backend.recent_events(&now.id)?;
        backend.cancel_update(stack)?;
        interrupt::forget();
        following::follow(context, self.format, steps, |observer, interrupted| apply::watch(backend, &now, events, observer, interrupted))
    }

    /// Tells how it ended.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be written.
    pub fn report(&self, context: &mut Context<'_>, outcome: &Outcome, stack: &str) -> Result<ExitCode, Failure> {
        match self.format {
            Format::Json => self.line(context, &Line::Outcome(outcome))?,
            Format::Human => {
                let text = ui::outcome(outcome, stack, context.stderr_layout());
                if outcome.is_success() { context.status(&text) } else { context.warn(&text) }
            }
        }
        Ok(match outcome {
            Outcome::Interrupted { .. } => ExitCode::Interrupted,
            outcome if outcome.is_success() => ExitCode::Done,
            _ => ExitCode::Failed,
        })
    }
}

/// Gives the stack what no change set sets, and says what that was.
fn settle(context: &mut Context<'_>, backend: &dyn Backend, target: &apply::Target) -> Result<(), Failure> {
    for settled in apply::apply_settings(backend, &target.stack, &target.settings)? {
        context.status(&settled.to_string());
    }
    Ok(())
}
