//! The option `--summary` of commands that show a plan.

use crate::ui::plan::Detail;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct SummaryArgs {
    /// Show only the most important facts and the counts, on one screen
    #[arg(long)]
    summary: bool,
}

impl SummaryArgs {
    /// Returns how much to show.
    pub fn detail(self) -> Detail {
        if self.summary { Detail::Summary } else { Detail::Full }
    }
}
