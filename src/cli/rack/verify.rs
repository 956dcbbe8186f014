//! `rackform verify`: compares the account with the template of the deployed stack.

use std::time::Duration;

use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::{Context, ExitCode, Failure, Format, MergedOutput};
use crate::operation::{VerificationRequest, verify_stack};

/// Check that the account matches the template of the deployed stack: file systems, mount targets, security groups, DNS, build tasks,
/// repositories and keys
///
/// Each check reports what is expected, what was found and what to do. docs/checks.md lists the checks. The command is read-only.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform verify\n  rackform verify --wait 120 --strict\n  rackform verify --format json | jq -r '.checks[] | select(.state != \"passed\") | .check'\n\nExit codes: 0 all checks passed, 1 a check failed, 66 no such stack, 69 nothing could be checked."
)]
pub struct Args {
    /// Check again for up to this many seconds while a resource, such as a mount target, is still being created
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: u64,
    /// Exit with code 1 for warnings and unchecked checks, too
    #[arg(long)]
    strict: bool,
    /// Output format; docs/verify.schema.json describes json
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
    let inspector = backend::inspector(context, backend.as_ref())?;
    let request = VerificationRequest { stack: &stack, parameters: None, patience: Duration::from_secs(args.wait) };
    let report = verify_stack(request, backend.as_ref(), inspector.as_ref())?;
    let text = match args.format {
        Format::Human => crate::ui::verify::human(&report, context.layout()),
        Format::Json => crate::ui::json(&crate::ui::verify::view(&report))?,
    };
    context.answer(&text)?;
    context.summarize(crate::ui::verify::summary(&report));
    Ok(match () {
        () if report.is_inconclusive() => ExitCode::Unavailable,
        () if report.is_passed(args.strict) => ExitCode::Done,
        () => ExitCode::Failed,
    })
}
