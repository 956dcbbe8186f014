//! Compares a prediction with AWS: with its own change set, created and deleted again, and with drift.

use crate::backend::Backend;
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, Failure};
use crate::operation::{PreparedChange, confirm_change};
use crate::ui::plan::{Confirmation, Drifted};

/// What to request from AWS in addition to the prediction.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct ConfirmArgs {
    /// Also create AWS's own change set, show where it differs from the prediction (exit code 5), and delete it again
    #[arg(long)]
    pub confirm_with_aws: bool,
    /// Detect drift, plan from the actual state, and revert changes made outside CloudFormation
    #[arg(long)]
    pub drift: bool,
}

/// AWS's own change set and drift.
#[derive(Debug, Default)]
pub struct AwsConfirmation {
    /// Its change set, compared with the prediction.
    pub confirmation: Option<Confirmation>,
    /// Resources that differ from the deployed template.
    pub drift: Option<Vec<Drifted>>,
}

impl AwsConfirmation {
    /// Returns whether AWS's change set differs from the prediction.
    pub fn disagrees(&self) -> bool {
        self.confirmation.as_ref().is_some_and(|confirmation| !confirmation.agrees())
    }

    /// Returns it as text for a terminal, or as Markdown without a layout.
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
    /// Requests what the flags select from AWS.
    ///
    /// # Errors
    ///
    /// Returns an error if the backend is not AWS, if AWS refuses the change, or if the change set cannot be deleted.
    pub fn request<'a>(
        &self,
        context: &mut Context<'a>,
        backend: &dyn Backend,
        change: &PreparedChange<'a>,
    ) -> Result<AwsConfirmation, Failure> {
        let mut confirmation = AwsConfirmation::default();
        let hide = |text| change.secrets.text(text);
        confirmation.drift = change.drift.clone().map(|drifts| Drifted::of(&change.plan, drifts, &hide));
        if self.confirm_with_aws {
            if backend.capabilities().confirms_plans {
                crate::cli::shared::stale_change_sets::delete(context, backend, &change.target.stack);
            }
            let interrupted = crate::cli::shared::interrupt::flag();
            let confirmed = confirm_change(change, backend, interrupted, &mut |note| print_note(context, note))?;
            confirmation.confirmation = Some(Confirmation::new(&confirmed.approved, &confirmed.change_set, &confirmed.warnings, &hide));
        }
        Ok(confirmation)
    }
}
