//! Reads the rack's build settings: whether the cache is enabled, its repository, and the engine.

use crate::build::Engine;
use crate::build::registry::EcrHost;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::diff_input::{self, DiffInput};
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, Failure};
use crate::model::build_cache;
use crate::operation::{DeployedStack, fill_missing, read_template};
use crate::parameters::ParameterSet;

/// Where to read the rack's settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RackArg {
    /// From the deployed stack if it exists, otherwise from rack.yaml
    #[default]
    Auto,
    /// From the deployed stack
    Deployed,
    /// From rack.yaml and the template
    File,
    /// Do not read them
    None,
}

/// The build settings of a rack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rack {
    /// The source of the settings, for messages.
    pub source_name: String,
    /// Whether `BuildCache` is `Yes`.
    pub has_cache: bool,
    /// Whether builds run on Fargate.
    pub is_fargate: bool,
    /// The cache repository, if known.
    pub repository: Option<String>,
    /// Whether the build task mounts a file system for cache mounts.
    pub has_mounts: bool,
}

impl Rack {
    /// Returns the engine of the rack's builds.
    pub fn engine(&self) -> Engine {
        if self.is_fargate { Engine::Kaniko } else { Engine::Docker }
    }
}

/// Reads the rack's settings; `None` if there is no rack to read them from.
///
/// # Errors
///
/// Returns an error if `rack.yaml`, the template or the stack is invalid, or the stack does not exist.
pub fn read(choice: RackArg, context: &mut Context<'_>) -> Result<Option<Rack>, Failure> {
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
                    context.status(&format!("note: cannot read the stack `{stack}` ({}); using rack.yaml", failure.message));
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
    let environment = crate::operation::build_environment(
        &deployed.evaluate(context.arena, &mut |note| print_note(context, note))?,
        &deployed.description,
    )?;
    Ok(Some(Rack {
        source_name: format!("the stack `{stack}`"),
        has_cache: environment.cache.is_on,
        is_fargate: environment.is_fargate,
        repository: environment.cache.repository,
        has_mounts: environment.cache.directory.is_some(),
    }))
}

fn in_file(context: &mut Context<'_>) -> Result<Rack, Failure> {
    let source = diff_input::source(context, &DiffInput::Rack)?;
    let template = read_template(context.arena, source)?;
    let mut overrides = diff_input::overrides(context, &DiffInput::Rack)?;
    // Parameters that do not affect builds may be missing.
    fill_missing(template, &mut overrides);
    let parameters = ParameterSet::resolve(template, &overrides)?;
    let has_value = |name: &str, value: &str| parameters.get(name).is_some_and(|parameter| parameter.value.as_deref() == Some(value));
    let has_cache = has_value(&build_cache::BUILD_CACHE.to_string(), "Yes");
    let is_fargate = has_value("BuildMethod", "fargate");
    let (stack, region) = (context.stack_name(None)?, context.settings()?.region().to_owned());
    let rack_file = context.rack_file()?;
    let host = rack_file.account.clone().map(|account| EcrHost { account, region }.host());
    let repository = host.map(|host| format!("{host}/{stack}-build-cache"));
    let source_name =
        rack_file.path.as_ref().map_or_else(|| "the default parameters of the rack".to_owned(), |path| path.display().to_string());
    Ok(Rack { source_name, has_cache, is_fargate, repository, has_mounts: has_cache && is_fargate })
}
