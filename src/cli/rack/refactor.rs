//! `rackform refactor`: gives resources another logical ID or stack without replacing them.

use std::path::PathBuf;

use serde::Serialize;

use crate::apply::{self, RefactorOutcome};
use crate::backend::Backend;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::changes;
use crate::cli::shared::diff_input::{DiffInput, StateArgs};
use crate::cli::shared::notes::print_note;
use crate::cli::shared::{following, interrupt};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::{ChangeSetOptions, ResourceLocation, ResourceMapping};
use crate::diagnostic::Source;
use crate::files::NewMode;
use crate::operation::{self, Baseline, ChangeRequest, Desired, PreparedRefactor};
use crate::parameters::ParameterOverrides;
use crate::plan::Plan;
use crate::refactor::{Proposal, parse_move, parse_rename, read_mappings, write_mappings};
use crate::ui;
use crate::ui::plan::{Detail, Heading, Subject};

/// Rename logical IDs, or move resources to another stack, without replacing the resources
///
/// Show what moves, and what an update to rack.yaml would change afterwards. Ask for confirmation, execute a stack refactoring, and check
/// that every resource has the physical ID that it had. Without --rename, --move and --mapping, propose the resources that only have
/// another logical ID in rack.yaml's template.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform refactor                                   propose renames from rack.yaml's template\n  rackform refactor --rename BuildCacheFilesystem=SharedFilesystem\n  rackform refactor --move Queue=jobs --move Topic=jobs.Alarms --yes\n  rackform refactor --dry-run -o mapping.json         write the mapping for `aws cloudformation create-stack-refactor`\n  rackform refactor --mapping mapping.json --yes\n\nExit codes: 0 done or nothing to do, 1 failed, 3 AWS would do more than the plan, 4 not confirmed, 64 impossible, 65 bad input, 66 no such stack, 75 busy or changed, 130 interrupted."
)]
pub struct Args {
    /// Give a resource of the stack another logical ID; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = parse_rename)]
    rename: Vec<(String, String)>,
    /// Move a resource to another stack, which is created if it does not exist; may be repeated
    #[arg(long = "move", value_name = "LOGICAL_ID=STACK[.NEW]", value_parser = parse_move)]
    moves: Vec<(String, ResourceLocation)>,
    /// Read the mapping from a file, in the JSON form of ResourceMappings
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rename", "moves"])]
    mapping: Option<PathBuf>,
    /// Write the mapping to a file, in the JSON form of ResourceMappings
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show what would move and change, without changing anything
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation; required without a terminal
    #[arg(short, long)]
    yes: bool,
    /// Bucket for a template over 51,200 bytes [default: `template_bucket` in rack.yaml, else the rack's settings bucket]
    #[arg(long, value_name = "NAME")]
    template_bucket: Option<String>,
    /// Output format; json is one object per line: refactor, plan, outcome
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'l> {
    Refactor(ui::RefactorView<'l>),
    Plan(&'l Plan),
    Outcome(&'l RefactorOutcome),
}

/// Runs the command.
///
/// # Errors
///
/// Returns every reason why the refactoring is impossible, or an error if the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let requested = context.stack_to_change()?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let backend = backend::open(context, access, &BackendArgs::default())?;
    let Some(description) = backend.describe_stack(&requested)? else { return Err(backend::stack_not_found(&requested)) };
    let stack = description.name;
    let mut proposal = Proposal { mappings: requested_mappings(args, &stack)?, ambiguous: Vec::new() };
    let proposes = proposal.mappings.is_empty();
    // Without rack.yaml, the desired template is not known; the user named the resources.
    let mut compared = None;
    if proposes || context.rack_file()?.path.is_some() {
        compared = Some(changes::desired_rack(context)?);
    }
    if proposes && let Some(desired) = compared {
        let overrides = ParameterOverrides::default();
        let request = request(context, &stack, desired, &overrides)?;
        let proposed = operation::propose_refactor(&request, backend.as_ref(), context.arena, &mut |note| print_note(context, note));
        compared = Some(request.desired);
        proposal = changes::with_region(context, proposed)?;
    }
    let options = ChangeSetOptions {
        template_bucket: args.template_bucket.clone().or(context.rack_file()?.template_bucket.clone()),
        ..ChangeSetOptions::default()
    };
    let mappings = &proposal.mappings;
    let arena = context.arena;
    let prepared = operation::prepare_refactor(&stack, mappings, options, backend.as_ref(), arena, &mut |note| print_note(context, note));
    let prepared = changes::with_region(context, prepared)?;
    show(args, context, &stack, &prepared, &proposal)?;
    if let Some(path) = &args.output {
        let text = write_mappings(&prepared.target.request.mappings);
        crate::cli::shared::files::write_result(context.global, path, text.as_bytes(), NewMode::Default)?;
        context.status(&format!("wrote the mapping to {}", path.display()));
    }
    if prepared.moves.is_empty() {
        return Ok(if proposal.ambiguous.is_empty() { ExitCode::Done } else { ExitCode::Usage });
    }
    if let Some(desired) = compared {
        show_update(args, context, backend.as_ref(), &stack, &prepared, desired)?;
    }
    if args.dry_run {
        context.status("dry run: nothing was changed");
        return Ok(ExitCode::Done);
    }
    if !args.yes {
        context.confirm(&format!("Refactor {stack}?"), "nothing was changed")?;
    }
    let outcome = interrupt::while_following(|| {
        following::follow(context, args.format, 1, |observer, interrupted| {
            apply::refactor(backend.as_ref(), &prepared.target, observer, interrupted)
        })
    })?;
    report(args, context, &outcome)
}

/// Returns the mappings that the user named.
fn requested_mappings(args: &Args, stack: &str) -> Result<Vec<ResourceMapping>, Failure> {
    if let Some(path) = &args.mapping {
        return Ok(read_mappings(&Source::read(path)?)?);
    }
    let mapping = |old: &str, destination: ResourceLocation| ResourceMapping { source: ResourceLocation::new(stack, old), destination };
    let renames = args.rename.iter().map(|(old, new)| mapping(old, ResourceLocation::new(stack, new.as_str())));
    let moves = args.moves.iter().map(|(old, destination)| mapping(old, destination.clone()));
    Ok(renames.chain(moves).collect())
}

fn request<'r>(
    context: &mut Context<'_>,
    stack: &'r str,
    desired: Desired,
    overrides: &'r ParameterOverrides,
) -> Result<ChangeRequest<'r>, Failure> {
    Ok(ChangeRequest {
        stack,
        desired,
        overrides,
        baseline: Baseline::Template,
        import: None,
        offline_state: StateArgs::default().load(context, &DiffInput::Rack)?,
        cloudformation_role_arn: context.settings()?.cloudformation_role_arn().map(str::to_owned),
    })
}

/// Prints what moves.
fn show(args: &Args, context: &mut Context<'_>, stack: &str, prepared: &PreparedRefactor<'_>, proposal: &Proposal) -> Result<(), Failure> {
    let text = match args.format {
        Format::Human => ui::refactor(stack, prepared, context.layout()),
        Format::Json => ui::json_line(&Line::Refactor(ui::RefactorView::of(stack, prepared, &proposal.ambiguous)))?,
    };
    context.answer(&text)?;
    if !proposal.ambiguous.is_empty() {
        context.warn(&ui::ambiguous_moves(&proposal.ambiguous));
    }
    Ok(())
}

/// Prints what an update would change afterwards.
fn show_update<'a>(
    args: &Args,
    context: &mut Context<'a>,
    backend: &dyn Backend,
    stack: &str,
    prepared: &PreparedRefactor<'a>,
    desired: Desired,
) -> Result<(), Failure> {
    let overrides = ParameterOverrides::default();
    let request = request(context, stack, desired, &overrides)?;
    let change = operation::plan_after_refactor(prepared, &request, backend, context.arena, &mut |note| print_note(context, note));
    let change = changes::with_region(context, change)?;
    let text = match args.format {
        Format::Human => {
            let heading = Heading { subject: Subject::Stack(stack), made: "an update to rack.yaml after the refactoring" };
            format!("\n{}", ui::plan::human(&change.plan, heading, Detail::Full, context.layout()))
        }
        Format::Json => ui::json_line(&Line::Plan(&change.plan))?,
    };
    context.answer(&text)
}

fn report(args: &Args, context: &mut Context<'_>, outcome: &RefactorOutcome) -> Result<ExitCode, Failure> {
    match args.format {
        Format::Json => {
            let line = ui::json_line(&Line::Outcome(outcome))?;
            context.answer(&line)?;
        }
        Format::Human if matches!(outcome, RefactorOutcome::Complete { .. }) => context.status(&ui::refactor_outcome(outcome)),
        Format::Human => context.warn(&ui::refactor_outcome(outcome)),
    }
    Ok(match outcome {
        RefactorOutcome::Complete { .. } => ExitCode::Done,
        RefactorOutcome::Interrupted { .. } => ExitCode::Interrupted,
        RefactorOutcome::Different { .. } | RefactorOutcome::Failed { .. } => ExitCode::Failed,
    })
}
