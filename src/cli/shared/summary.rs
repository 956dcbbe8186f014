//! Options of commands that show a plan: how much of it, and whether through a pager.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::cli::shared::files;
use crate::cli::shared::json_file;
use crate::cli::{Context, ExitCode, Failure};
use crate::files::NewMode;
use crate::plan::Plan;
use crate::ui::Layout;
use crate::ui::plan::{Confirmed, Detail, Heading};

/// How much of a plan is shown.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SummaryArgs {
    /// Show only the most important facts and the counts, on one screen
    #[arg(long)]
    summary: bool,
    /// Show only these parts: refused, replace, update, add, remove, unknown, outputs, parameters, stack, a kind of risk as in --deny,
    /// or resources by logical ID or type, with * for any characters
    #[arg(long, value_name = "KIND|RESOURCE,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Do not show a long plan in a pager; by default, a terminal uses $RACKFORM_PAGER, $PAGER or less
    #[arg(long)]
    no_pager: bool,
    /// Write the output of `--format json` into this file, too, beside any other format
    #[arg(long, value_name = "FILE", value_parser = json_file::parse_path)]
    json_into: Option<PathBuf>,
}

impl SummaryArgs {
    /// Returns the shown part of a plan for people.
    ///
    /// # Errors
    ///
    /// Returns an error if a word of `--only` names nothing in the plan.
    pub fn human(&self, plan: &Plan, heading: Heading<'_>, layout: Layout) -> Result<String, Failure> {
        let shown = self.shown(plan)?;
        if !self.only.is_empty() && !shown.has_changes() && shown.risks.is_empty() && shown.parameters.is_empty() {
            return Ok(format!("Nothing in the plan is of this kind: {}.\n", self.only.join(", ")));
        }
        let detail = if self.summary { Detail::Summary } else { Detail::Full };
        Ok(crate::ui::plan::human(&shown, heading, detail, layout))
    }

    /// Returns whether the plan is also written into a file.
    pub fn has_json_file(&self) -> bool {
        self.json_into.is_some()
    }

    /// Checks that the plan's JSON and another result do not go to one file.
    ///
    /// # Errors
    ///
    /// Returns an error if they do.
    pub fn check_other_output(&self, output: Option<&Path>) -> Result<(), Failure> {
        match output {
            Some(path) if self.json_into.as_deref() == Some(path) => {
                Err(Failure::new(ExitCode::Usage, format!("`--output` and `--json-into` both name `{}`", path.display()))
                    .hinted("name two files: the saved plan is for `apply`, the JSON is for programs"))
            }
            _ => Ok(()),
        }
    }

    /// Writes the whole plan as JSON into the file of `--json-into`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn write_json(&self, context: &Context<'_>, plan: &Confirmed<'_>) -> Result<(), Failure> {
        match &self.json_into {
            Some(path) => files::write_result(context.global, path, crate::ui::bare_json(plan)?.as_bytes(), NewMode::Default),
            None => Ok(()),
        }
    }

    /// Returns the part of a plan that is shown.
    ///
    /// # Errors
    ///
    /// Returns an error if a word of `--only` names nothing in the plan.
    pub fn shown<'p>(&self, plan: &'p Plan) -> Result<Cow<'p, Plan>, Failure> {
        if self.only.is_empty() {
            return Ok(Cow::Borrowed(plan));
        }
        crate::ui::plan::only(plan, &self.only).map(Cow::Owned).map_err(|words| {
            let parts = crate::ui::plan::parts().join(", ");
            Failure::new(ExitCode::Usage, format!("`--only {}`: nothing in the plan has this name", words.join(",")))
                .hinted(format!("use a logical ID or type of the plan, or one of {parts}"))
        })
    }

    /// Prints a plan for people, in a pager if it is longer than the terminal.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails.
    pub fn print(&self, context: &mut Context<'_>, text: &str) -> Result<(), Failure> {
        if self.no_pager { context.answer(text) } else { context.page(text) }
    }
}
