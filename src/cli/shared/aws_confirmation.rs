//! What AWS itself says beside a prediction: its own change set, made and taken away again, and drift.

use crate::apply;
use crate::backend::Backend;
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::PreparedChange;
use crate::ui::plan::{Confirmation, Drifted};

/// What to ask AWS beside the prediction.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct ConfirmArgs {
    /// Also make AWS's own change set, show where it and the prediction disagree (exit code 5), and take it away again
    #[arg(long)]
    pub confirm_with_aws: bool,
    /// Start from what is really there, which AWS is asked to look for, and put back what was changed behind the stack's back
    #[arg(long)]
    pub drift: bool,
}

/// What AWS says beside a prediction.
#[derive(Debug, Default)]
pub struct AwsConfirmation {
    /// Its own change set, held against the prediction.
    pub confirmation: Option<Confirmation>,
    /// Resources that are not what the deployed template says.
    pub drift: Option<Vec<Drifted>>,
}

impl AwsConfirmation {
    /// Tells whether AWS's change set differs from the prediction.
    pub fn disagrees(&self) -> bool {
        self.confirmation.as_ref().is_some_and(|confirmation| !confirmation.agrees())
    }

    /// Returns it for a person; in a pull request where there is no layout.
    pub fn text(&self, layout: Option<crate::ui::Layout>) -> String {
        use crate::ui::plan::{confirmation, confirmation_markdown, drift};
        let mut text = self.drift.as_ref().map(|drifted| drift(drifted, layout)).unwrap_or_default();
        if let Some(confirmed) = &self.confirmation {
            text.push_str(&match layout {
                Some(layout) => confirmation(confirmed, layout),
                None => confirmation_markdown(confirmed),
            });
        }
        text
    }
}

impl ConfirmArgs {
    /// Asks AWS what these flags want to know.
    ///
    /// # Errors
    ///
    /// Returns that the backend in force is not AWS, that AWS refuses the change, or what was left behind.
    pub fn ask<'a>(
        &self,
        context: &mut Context<'a>,
        backend: &dyn Backend,
        change: &PreparedChange<'a>,
    ) -> Result<AwsConfirmation, Failure> {
        let mut said = AwsConfirmation::default();
        let hide = |text| change.secrets.text(text);
        said.drift = change.drift.clone().map(|drifts| Drifted::of(&change.plan, drifts, &hide));
        if !self.confirm_with_aws {
            return Ok(said);
        }
        if !backend.capabilities().confirms_plans {
            let message = format!("`--confirm-with-aws` asks AWS, and the backend in force is {}", backend.name());
            return Err(Failure::new(ExitCode::Usage, message).hinted("`--backend aws` plans against the stack in an account"));
        }
        crate::cli::shared::stale_change_sets::delete(context, backend, &change.target.stack);
        context.detail("a change set is made to be looked at, and taken away again");
        let first = change.target.first();
        if first.is_some() {
            context.status("AWS is asked about the import alone: the update after it can be asked about once the import is done");
        }
        let target = first.as_ref().unwrap_or(&change.target);
        let change_set = apply::confirm(backend, target, crate::cli::shared::interrupt::flag())?;
        if change_set.status.is_failed() && !change_set.is_empty_update() {
            let reason = hide(change_set.status_reason.unwrap_or_else(|| "no reason given".to_owned()));
            return Err(Failure::new(ExitCode::Failed, format!("AWS refuses this change: {reason}"))
                .hinted("the change set is taken away again, nothing was changed"));
        }
        said.confirmation = Some(Confirmation::new(target.approved.as_ref().unwrap_or(&change.plan), &change_set, &hide));
        Ok(said)
    }
}
