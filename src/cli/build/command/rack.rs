//! What the rack tells of its builds: whether there is a cache, where, and what builds there.

use crate::build::Engine;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::diff_input::{self, DiffInput};
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, Failure};
use crate::model::build_cache;
use crate::operation::{DeployedStack, fill_missing, read_template};
use crate::parameters::ParameterSet;

/// Where to look for the rack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RackArg {
    /// The deployed stack where there is one, else rack.yaml
    #[default]
    Auto,
    /// The deployed stack
    Deployed,
    /// rack.yaml and the template
    File,
    /// Nowhere
    None,
}

/// What a rack tells of its builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rack {
    /// Who told it, in words.
    pub told_by: String,
    /// Whether `BuildCache` is `Yes`.
    pub has_cache: bool,
    /// Whether builds run on Fargate.
    pub is_fargate: bool,
    /// The cache repository, where it is known.
    pub repository: Option<String>,
    /// Whether the build task mounts a file system for directories of cache mounts.
    pub has_mounts: bool,
}

impl Rack {
    /// Returns the engine that builds there.
    pub fn engine(&self) -> Engine {
        if self.is_fargate { Engine::Kaniko } else { Engine::Docker }
    }
}

/// Looks for the rack; `None` where there is none to ask.
///
/// # Errors
///
/// Returns the problems of `rack.yaml`, of the template or of the stack, or that there is no such stack.
pub fn look(choice: RackArg, context: &mut Context<'_>) -> Result<Option<Rack>, Failure> {
    let is_named = context.rack_file()?.path.is_some() || context.global.stack_name.is_some() || context.global.backend.is_some();
    match choice {
        RackArg::None => Ok(None),
        RackArg::Auto if !is_named => Ok(None),
        RackArg::Deployed => {
            let stack = context.stack_name(None)?;
            deployed(&stack, context)?.map_or_else(|| Err(backend::stack_not_found(&stack)), |rack| Ok(Some(rack)))
        }
        RackArg::File => in_file(context).map(Some),
        RackArg::Auto => {
            let stack = context.stack_name(None)?;
            match deployed(&stack, context) {
                Ok(Some(rack)) => Ok(Some(rack)),
                Ok(None) => in_file(context).map(Some),
                Err(Failure::Expected(failure)) => {
                    context
                        .status(&format!("note: the stack `{stack}` cannot be asked ({}): what rack.yaml says is taken", failure.message));
                    in_file(context).map(Some)
                }
                Err(failure) => Err(failure),
            }
        }
    }
}

fn deployed(stack: &str, context: &mut Context<'_>) -> Result<Option<Rack>, Failure> {
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    let Some(deployed) = DeployedStack::load(backend.as_ref(), stack, context.arena)? else { return Ok(None) };
    let site = crate::operation::build_environment(
        &deployed.evaluate(context.arena, &mut |note| print_note(context, note))?,
        &deployed.description,
    )?;
    Ok(Some(Rack {
        told_by: format!("the stack `{stack}`"),
        has_cache: site.cache.is_on,
        is_fargate: site.is_fargate,
        repository: site.cache.repository,
        has_mounts: site.cache.directory.is_some(),
    }))
}

fn in_file(context: &mut Context<'_>) -> Result<Rack, Failure> {
    let source = diff_input::source(context, &DiffInput::Rack)?;
    let template = read_template(context.arena, source)?;
    let mut given = diff_input::overrides(context, &DiffInput::Rack)?;
    // Parameters that builds do not hang on may be missing here.
    fill_missing(template, &mut given);
    let parameters = ParameterSet::resolve(template, &given)?;
    let is = |name: &str, wanted: &str| parameters.get(name).is_some_and(|parameter| parameter.value.as_deref() == Some(wanted));
    let has_cache = is(&build_cache::BUILD_CACHE.to_string(), "Yes");
    let is_fargate = is("BuildMethod", "fargate");
    let (stack, region) = (context.stack_name(None)?, context.settings()?.region().to_owned());
    let rack_file = context.rack_file()?;
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let repository = rack_file.account.as_ref().map(|account| format!("{account}.dkr.ecr.{region}.{suffix}/{stack}-build-cache"));
    let told_by = rack_file.path.as_ref().map_or_else(|| "the rack's defaults".to_owned(), |path| path.display().to_string());
    Ok(Rack { told_by, has_cache, is_fargate, repository, has_mounts: has_cache && is_fargate })
}
