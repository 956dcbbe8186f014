//! Executes a change for `apply`, `set`, `delete` and `recover`: shows the plan, checks policies, asks for confirmation, follows the
//! operation and reports the outcome.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;

use crate::apply::{self, Observer, Outcome};
use crate::backend::{Backend, StackDescription};
use crate::cli::shared::backend::BackendArgs;
use crate::cli::shared::change_remarks::{check_express, warn_about_parameters};
use crate::cli::shared::changes::basis_text;
use crate::cli::shared::following;
use crate::cli::shared::interrupt;
use crate::cli::shared::json_file::{self, JsonFile};
use crate::cli::shared::json_lines;
use crate::cli::shared::policy_checks;
use crate::cli::shared::preflight;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::StackStatus;
use crate::operation::{
    Denied, OperationError, PolicyChecks, PreparedChange, UnusedAllowances, VerificationRequest, unused_allowances, verify_stack,
};
use crate::plan::Plan;
use crate::recover::Recovery;
use crate::ui;
use crate::ui::ResumedBy;
use crate::ui::plan::{Detail, Subject};
use crate::ui::verify::ReportView;
use crate::verify::State;

/// The time in which a second Ctrl-C offers to cancel the update.
const SECOND_INTERRUPT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the verification after an operation in express mode waits for resources that are still being created.
const EXPRESS_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Options of commands that change a stack.
#[derive(Clone, Debug, clap::Args)]
pub struct ExecuteArgs {
    /// Do not ask for confirmation; required without a terminal
    #[arg(short, long)]
    pub yes: bool,
    /// Allow the loss of the data of these resources, which the plan names; may be repeated
    #[arg(long, value_name = "LOGICAL_ID", value_delimiter = ',')]
    pub allow_data_loss: Vec<String>,
    /// Exit with code 3 for these kinds of risk, or for `unknown`, too; loss of data is always denied unless
    /// --allow-data-loss allows it
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = policy_checks::parse_denied)]
    pub deny: Vec<Denied>,
    /// Skip the preflight checks: errors that `validate` finds in the template, and problems in the account
    #[arg(long)]
    pub no_preflight: bool,
    /// Output format; json is one object per line: plan, preflight, events, outcome, verification (docs/operation.schema.json)
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the lines of `--format json` into this file, too, beside the human view; an existing file is replaced
    #[arg(long, value_name = "FILE", value_parser = json_file::parse_path)]
    pub json_into: Option<PathBuf>,
    #[command(flatten)]
    pub backend: BackendArgs,
    /// What the user has to know before the confirmation of a change that no check denies.
    #[arg(skip)]
    pub note: Option<String>,
    /// The command that resumes an interrupted operation.
    #[arg(skip)]
    pub resumed_by: ResumedBy,
}

/// A line of `--format json`.
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
    /// Opens the file of `--json-into`, before anything happens.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn open_json_file(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if let Some(path) = &self.json_into {
            context.json_file = Some(JsonFile::open(context.global, path)?);
        }
        Ok(())
    }

    /// Writes a line where JSON is wanted; returns whether the human view is wanted, too.
    fn write_line(&self, context: &mut Context<'_>, line: &Line<'_>) -> Result<bool, Failure> {
        json_lines::write(context, self.format, line)?;
        Ok(self.format == Format::Human)
    }

    /// Prints a plan.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails.
    pub fn show_plan(&self, context: &mut Context<'_>, plan: &Plan, subject: Subject<'_>, basis: &str) -> Result<(), Failure> {
        if self.write_line(context, &Line::Plan(plan))? {
            let text = ui::plan::human(plan, ui::plan::Heading { subject, made: basis }, Detail::Full, context.layout());
            context.answer(&text)?;
        }
        Ok(())
    }

    /// Prints why a stack is stuck, and its recovery options.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails.
    pub fn show_recovery(&self, context: &mut Context<'_>, recovery: &Recovery) -> Result<(), Failure> {
        if self.write_line(context, &Line::Recovery(ui::RecoveryView::of(recovery)))? {
            let text = ui::recovery(recovery, context.layout());
            context.answer(&text)?;
        }
        Ok(())
    }

    /// Runs the preflight checks unless `--no-preflight` is given.
    fn preflight(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<(), Failure> {
        if self.no_preflight {
            return Ok(());
        }
        let report = preflight::inspect(context, backend, change)?;
        if self.write_line(context, &Line::Preflight(ui::verify::view(&report)))? {
            preflight::report(context, &report);
        }
        preflight::refuse(&report, "to skip the preflight checks, use `--no-preflight`")
    }

    /// Returns an error if the plan is refused. `--no-preflight` skips what rackform alone finds wrong with the template.
    fn refuse(&self, plan: &Plan, message: &str) -> Result<(), Failure> {
        if !plan.is_refused() || (self.no_preflight && !plan.is_refused_beside_errors()) {
            return Ok(());
        }
        let anyway = if plan.is_refused_beside_errors() { "" } else { "; to apply it anyway, use `--no-preflight`" };
        let hint = format!("change the parameters or the template as each refusal above says{anyway}");
        Err(Failure::new(ExitCode::Refused, message).hinted(hint))
    }

    /// Checks the names of `--allow-data-loss` against the logical IDs of both templates. A name whose data this change does not lose is
    /// reported, and is no error: a script that turns a feature off twice passes the same options both times.
    ///
    /// # Errors
    ///
    /// Returns an error for a name that neither template declares.
    pub fn check_allowances(&self, context: &mut Context<'_>, plan: Option<&Plan>, declared: &[String]) -> Result<(), Failure> {
        let UnusedAllowances { unknown, unneeded, losing } = unused_allowances(&self.allow_data_loss, plan, declared);
        if let Some(name) = unknown.first() {
            let near = crate::text::did_you_mean(name, losing.iter().copied().chain(declared.iter().map(String::as_str)));
            let lost = (!losing.is_empty()).then(|| format!("the plan loses data of {}", losing.join(", ")));
            let hint: Vec<String> = near.into_iter().chain(lost).collect();
            let message = format!("`--allow-data-loss {name}`: neither the deployed nor the new template has this resource");
            return Err(Failure::new(ExitCode::Usage, message).with_hint((!hint.is_empty()).then(|| hint.join(" "))));
        }
        if !unneeded.is_empty() {
            context.status(&format!("`--allow-data-loss {}` has no effect: this change loses no data of it", unneeded.join(",")));
        }
        Ok(())
    }

    /// Runs the policy checks on a plan, then asks for confirmation.
    ///
    /// # Errors
    ///
    /// Returns an error if a policy check denies the plan or it is not confirmed.
    pub fn check_and_confirm(&self, context: &mut Context<'_>, plan: &Plan, question: &str) -> Result<(), Failure> {
        self.policy_checks(context, plan)?;
        if let Some(note) = &self.note {
            context.status(note);
        }
        if self.yes {
            return Ok(());
        }
        context.confirm(question, "the plan was not applied")
    }

    fn policy_checks(&self, context: &mut Context<'_>, plan: &Plan) -> Result<(), Failure> {
        let protect = context.rack_file()?.protect.as_slice();
        PolicyChecks { deny: &self.deny, approves_data_loss: true, allow_data_loss: &self.allow_data_loss, protect }.check(plan)?;
        Ok(())
    }

    /// Shows a change, asks for confirmation, applies it and verifies the result.
    ///
    /// # Errors
    ///
    /// Returns an error if a check denies the change, it is not confirmed, or the backend fails.
    pub fn execute(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<ExitCode, Failure> {
        change.check_resources(self.backend.fail_on.iter().map(|fail_on| fail_on.logical_id.as_str()))?;
        self.check_allowances(context, Some(&change.plan), &change.declared)?;
        let stack = change.target.stack.clone();
        self.show_plan(context, &change.plan, Subject::Stack(&stack), basis_text(change.basis()))?;
        warn_about_parameters(context, change);
        if change.is_empty() {
            let status = backend.describe_stack(&stack)?.map(|stack| stack.status);
            return self.report(context, &Outcome::Unchanged { status }, &stack);
        }
        if !change.plan.needs_update() {
            return self.apply_settings_only(context, backend, change);
        }
        self.refuse(&change.plan, "the update would be refused; nothing was changed")?;
        if change.target.options.express {
            check_express(context, backend, change)?;
        }
        self.preflight(context, backend, change)?;
        self.check_and_confirm(context, &change.plan, &format!("Apply this to {stack}?"))?;
        let steps = change.plan.steps();
        let mut outcome = self.follow(context, backend, &stack, steps, |observer, interrupted| {
            apply::apply(backend, &change.target, observer, interrupted)
        })?;
        apply::locate(&mut outcome, change.target.source.as_ref());
        let exit_code = self.report(context, &outcome, &stack)?;
        if matches!(outcome, Outcome::Unchanged { .. } | Outcome::Complete { .. }) {
            apply_settings(context, backend, &change.target)?;
        }
        if let Outcome::Unchanged { .. } = outcome {
            let skipped: Vec<String> = change
                .plan
                .stack
                .iter()
                .filter(|change| change.setting.needs_update())
                .map(|change| format!("`{}`", change.name()))
                .collect();
            if !skipped.is_empty() {
                context.warn(&format!(
                    "not applied: {}; CloudFormation applies such changes only with a change to a resource or a tag",
                    skipped.join(", ")
                ));
            }
        }
        if matches!(outcome, Outcome::Complete { .. }) {
            let inspector = crate::cli::shared::backend::inspector(context, backend)?;
            let parameters = Some(&change.target.parameters);
            let patience = if change.target.options.express { EXPRESS_PATIENCE } else { Duration::ZERO };
            if !patience.is_zero() {
                context.status("waiting until the resources are ready, which the express mode did not");
            }
            let request = VerificationRequest { stack: &stack, parameters, patience };
            let report = verify_stack(request, backend, inspector.as_ref())?;
            if self.write_line(context, &Line::Verification(ui::verify::view(&report)))? {
                let text = ui::verify::not_passed(&report, context.stderr_layout());
                let is_important = report.checks.iter().any(|check| matches!(check.state, State::Failed | State::Pending));
                if is_important {
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

    /// Shows a change and checks it as [`ExecuteArgs::execute`] does, without changing anything.
    ///
    /// # Errors
    ///
    /// Returns an error if a check denies the change or the backend fails.
    pub fn dry_run(&self, context: &mut Context<'_>, backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<ExitCode, Failure> {
        self.show_plan(context, &change.plan, Subject::Stack(&change.target.stack), basis_text(change.basis()))?;
        warn_about_parameters(context, change);
        self.refuse(&change.plan, "the update would be refused")?;
        if change.plan.needs_update() && !change.is_empty() {
            self.preflight(context, backend, change)?;
        }
        self.policy_checks(context, &change.plan)?;
        context.status("dry run: nothing was changed");
        Ok(ExitCode::Done)
    }

    /// Asks for confirmation and applies a change of stack settings only, such as termination protection, without a change set.
    fn apply_settings_only(
        &self,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        change: &PreparedChange<'_>,
    ) -> Result<ExitCode, Failure> {
        let target = &change.target;
        self.check_and_confirm(context, &change.plan, &format!("Apply this to {}?", target.stack))?;
        apply::check_revision(backend, target)?;
        apply_settings(context, backend, target)?;
        let Some(stack) = backend.describe_stack(&target.stack)? else {
            return Err(crate::cli::shared::backend::stack_not_found(&target.stack));
        };
        let outcome = Outcome::Complete { status: stack.status, outputs: stack.outputs, left_behind: Vec::new(), retained: Vec::new() };
        self.report(context, &outcome, &target.stack)
    }

    /// Resumes or follows an unfinished operation until it ends, after confirmation.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not confirmed, or if the backend fails.
    pub fn resume(
        &self,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        stack: &StackDescription,
    ) -> Result<(Outcome, ExitCode), Failure> {
        if !self.yes && !context.can_prompt() {
            return Err(OperationError::Unfinished { stack: stack.name.clone(), status: stack.status }.into());
        }
        context.status(&ui::stack_status::unfinished(&stack.name, stack.status));
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

    /// Runs an operation on a stack and prints its events. After a second interrupt, offers to cancel an update.
    ///
    /// # Errors
    ///
    /// Returns the error of the operation, or an error if writing fails.
    pub fn follow(
        &self,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        stack: &str,
        steps: usize,
        operation: impl FnOnce(&mut dyn Observer, &AtomicBool) -> Result<Outcome, apply::ApplyError>,
    ) -> Result<Outcome, Failure> {
        interrupt::while_following(|| self.follow_or_cancel(context, backend, stack, steps, operation))
    }

    fn follow_or_cancel(
        &self,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        stack: &str,
        steps: usize,
        operation: impl FnOnce(&mut dyn Observer, &AtomicBool) -> Result<Outcome, apply::ApplyError>,
    ) -> Result<Outcome, Failure> {
        let outcome = following::follow(context, self.format, steps, operation)?;
        let Outcome::Interrupted { status, .. } = &outcome else { return Ok(outcome) };
        if *status != StackStatus::UpdateInProgress || self.format == Format::Json || !context.can_prompt() {
            return Ok(outcome);
        }
        context.warn(&format!(
            "interrupted: {stack} is {status}; to cancel the update, press Ctrl-C again within {} s",
            SECOND_INTERRUPT_TIMEOUT.as_secs()
        ));
        if !interrupt::wait_for_second(SECOND_INTERRUPT_TIMEOUT) {
            return Ok(outcome);
        }
        let question = format!("Cancel the update of {stack} and roll back its changes?");
        if context.confirm(&question, "the update continues").is_err() {
            return Ok(outcome);
        }
        let Some(now) = backend.describe_stack(stack)? else { return Ok(outcome) };
        let events = backend.recent_events(&now.id)?;
        backend.cancel_update(stack)?;
        interrupt::reset();
        following::follow(context, self.format, steps, |observer, interrupted| apply::watch(backend, &now, events, observer, interrupted))
    }

    /// Prints the outcome of an operation, and returns the exit code.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails.
    pub fn report(&self, context: &mut Context<'_>, outcome: &Outcome, stack: &str) -> Result<ExitCode, Failure> {
        if self.write_line(context, &Line::Outcome(outcome))? {
            let text = ui::outcome(outcome, stack, self.resumed_by, context.stderr_layout());
            if outcome.is_success() {
                context.status(&text)
            } else {
                context.warn(&text)
            }
            if let Some(text) = ui::remaining(outcome, context.stderr_layout()) {
                context.warn(&text);
            }
        }
        Ok(match outcome {
            Outcome::Interrupted { .. } => ExitCode::Interrupted,
            outcome if outcome.is_success() => ExitCode::Done,
            _ => ExitCode::Failed,
        })
    }
}

/// Applies the stack settings that are not part of a change set, and reports them.
fn apply_settings(context: &mut Context<'_>, backend: &dyn Backend, target: &apply::Target) -> Result<(), Failure> {
    for setting in apply::apply_settings(backend, &target.stack, &target.settings)? {
        context.status(&setting.to_string());
    }
    Ok(())
}
