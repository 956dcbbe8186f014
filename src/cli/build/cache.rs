//! `rackform build cache`: what is in a cache, how much it is, and taking some of it away.

use std::path::PathBuf;

use jiff::Timestamp;

use super::registry::{client, service};
use crate::backend::Backend;
use crate::build::cache_maintenance::{Age, EcrStore, LifecyclePolicy, PriceTable, RegistryStore, Selection, Size, StorageService, Store};
use crate::build::registry::Repository;
use crate::cli::shared::backend::{Access, BackendArgs};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::config::BackendChoice;
use crate::ui::build_cache::{FileSystemView, Listing, Removal, RepositorySize, Sizes, listing, removal, removal_done, sizes};

/// Looks into a build cache, and takes some of it away
///
/// Without flags it is the rack's own: the ECR repository STACK-build-cache, and the EFS file system that the stack has. `--repository`
/// names one in any registry.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache ls\n  rackform build cache size --repository registry.example.com/build-cache\n  rackform build cache gc --older-than 30d --dry-run\n  rackform build cache warm . --service web --repository registry.example.com/build-cache"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Ls(LsArgs),
    Size(SizeArgs),
    Gc(GcArgs),
    Warm(super::warm::Args),
}

/// Which cache.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which cache")]
struct CacheArgs {
    /// A repository in any registry
    #[arg(long, value_name = "HOST/NAME")]
    repository: Option<String>,
    /// A repository of the account's ECR [default: STACK-build-cache]
    #[arg(long, value_name = "NAME", conflicts_with = "repository")]
    ecr_name: Option<String>,
    /// Speak to the registry without TLS; with this machine that is so anyway
    #[arg(long)]
    insecure: bool,
}

/// Lists what is in a cache repository: services' caches, layers, images, and what else is there
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache ls\n  rackform build cache ls --policy lifecycle.json\n  rackform build cache ls --repository 127.0.0.1:5000/cache --format json"
)]
struct LsArgs {
    #[command(flatten)]
    cache: CacheArgs,
    /// Show what this lifecycle policy would expire, in place of the one in force
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Adds up what a cache takes, shared layers once, and what it costs a month
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache size\n  rackform build cache size --file-system fs-0123456789abcdef0\n  rackform build cache size --price-list AmazonECR.json --price-list AmazonEFS.json\n\nPrice lists: https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonECR/current/REGION/index.json, and AmazonEFS."
)]
struct SizeArgs {
    #[command(flatten)]
    cache: CacheArgs,
    /// The EFS file system [default: the stack's own]
    #[arg(long, value_name = "ID")]
    file_system: Option<String>,
    /// A price list of AWS, whose prices go before those that are built in
    #[arg(long = "price-list", value_name = "FILE")]
    price_lists: Vec<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Removes what is old, or of a service or branch; never what has a tag that no cache made
///
/// Conditions that are given must all hold. Tags that count as a cache's: NAME.buildcache, the 64 digits of a layer of kaniko or buildah, a
/// key of `build image`, and `latest` beside such a key. A manifest with any other tag stays.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache gc --older-than 30d --dry-run\n  rackform build cache gc --service web --branch feature/login --yes\n  rackform build cache gc --untagged --older-than 7d\n\nExit codes: 0 done, or nothing to do, 1 some could not be removed, 4 not confirmed, 69 the registry cannot be used."
)]
struct GcArgs {
    #[command(flatten)]
    cache: CacheArgs,
    /// What is older, such as 30d, 12h or 2w; what nothing tells the age of stays
    #[arg(long, value_name = "AGE")]
    older_than: Option<Age>,
    /// Caches of this service, those of its branches too
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Caches of this branch
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Also what no tag names any more; by itself, nothing else
    #[arg(long)]
    untagged: bool,
    /// Show what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove without asking
    #[arg(long)]
    yes: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that the cache cannot be asked, or why nothing was removed.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Ls(args) => ls(args, context),
        Command::Size(args) => size(args, context),
        Command::Gc(args) => gc(args, context),
        Command::Warm(args) => super::warm::run(args, context),
    }
}

fn ls(args: &LsArgs, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let store = args.cache.store(context)?;
    let now = Timestamp::now();
    let inventory = store.inventory()?;
    let policy = match &args.policy {
        Some(file) => Some(read_text(file)?),
        None => store.lifecycle_policy()?,
    };
    let mut notes = Vec::new();
    let expiries = match policy.as_deref().map(LifecyclePolicy::read) {
        Some(Ok(policy)) => policy.expiries(&inventory, now),
        // One that a user names must make sense; of the one in force it is said that it is not understood.
        Some(Err(error)) if args.policy.is_some() => return Err(Failure::new(ExitCode::Data, error.to_string())),
        Some(Err(error)) => {
            notes.push(format!("what the lifecycle policy would expire is not known: {error}"));
            Vec::new()
        }
        None => Vec::new(),
    };
    let mut view = Listing::new(&inventory, &expiries, now);
    notes.into_iter().for_each(|note| view.note(note));
    let text = match args.format {
        Format::Human => listing(&view, context.layout()),
        Format::Json => crate::ui::json(&view)?,
    };
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

fn size(args: &SizeArgs, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut prices = PriceTable::built_in();
    for file in &args.price_lists {
        let read = std::fs::read(file).map_err(|error| cannot_read(file, &error))?;
        prices.add_list(&read, &file.display().to_string()).map_err(|error| {
            Failure::new(ExitCode::Data, format!("`{}`: {error}", file.display()))
                .caused_by(&error)
                .hinted("it is REGION/index.json of AmazonECR or AmazonEFS; `--help` has the address")
        })?;
    }
    let store = args.cache.store(context)?;
    let inventory = store.inventory()?;
    let size = Size::of(&inventory);
    let cost = prices.cost(StorageService::Ecr, store.region().as_deref(), size.stored_bytes);
    let mut notes = inventory.notes.clone();
    let id = match &args.file_system {
        Some(id) => Some(id.clone()),
        None if args.cache.is_the_racks() => file_system(context)?,
        None => None,
    };
    let mut file_system = None;
    if let Some(id) = id {
        let service = service(context, None)?;
        let found = service.file_system(&id)?.ok_or_else(|| {
            Failure::new(ExitCode::NoInput, format!("there is no file system `{id}` in {}", service.region()))
                .hinted("`--region` names another region")
        })?;
        // A One Zone file system has other prices, which are not those of Standard.
        let region = found.zone.is_none().then(|| service.region());
        if found.zone.is_some() {
            notes.push("the file system is a One Zone one, whose price is not known here".to_owned());
        }
        if found.infrequent_access_bytes.or(Some(0)) != Some(0) || found.archive_bytes.or(Some(0)) != Some(0) {
            notes.push("Infrequent Access and Archive are not in the cost".to_owned());
        }
        let cost = prices.cost(StorageService::EfsStandard, region.as_deref(), found.standard_bytes.unwrap_or(found.bytes));
        file_system = Some(FileSystemView::new(found, cost));
    }
    let view = Sizes { repository: Some(RepositorySize { name: inventory.repository, size, cost }), file_system, notes };
    let text = match args.format {
        Format::Human => sizes(&view, context.layout()),
        Format::Json => crate::ui::json(&view)?,
    };
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

fn gc(args: &GcArgs, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let selection =
        Selection { older_than: args.older_than, service: args.service.clone(), branch: args.branch.clone(), untagged: args.untagged };
    if selection.is_empty() {
        return Err(Failure::new(ExitCode::Usage, "nothing says what is to be removed")
            .hinted("`--older-than 30d`, `--service NAME`, `--branch NAME` or `--untagged`; with `--dry-run` it is only shown"));
    }
    let store = args.cache.store(context)?;
    let inventory = store.inventory()?;
    let choices = selection.decide(&inventory, Timestamp::now());
    let mut view = Removal::new(&inventory, &choices, args.dry_run);
    let digests = view.digests();
    let asks = !args.dry_run && !digests.is_empty() && !args.yes;
    if !args.dry_run && !digests.is_empty() {
        if asks {
            context.warn(removal(&view.ahead(), context.stderr_layout()).trim_end_matches('\n'));
            context.confirm(&view.question(), "nothing was removed")?;
        }
        // What leads to others goes first, or the registry refuses to take those away.
        let leads = |digest: &String| inventory.entries.iter().any(|entry| entry.digest == *digest && !entry.children.is_empty());
        let (first, then): (Vec<_>, Vec<_>) = digests.into_iter().partition(leads);
        let stayed = store.remove(&[first, then].concat())?;
        view.fail(&stayed);
        if let Some(note) = store.after_removal() {
            view.note(note);
        }
    }
    let text = match args.format {
        Format::Human if asks => removal_done(&view, context.layout()),
        Format::Human => removal(&view, context.layout()),
        Format::Json => crate::ui::json(&view)?,
    };
    context.answer(&text)?;
    Ok(if view.failed.is_empty() { ExitCode::Done } else { ExitCode::Failed })
}

impl CacheArgs {
    /// Tells whether the rack's own cache is meant.
    fn is_the_racks(&self) -> bool {
        self.repository.is_none() && self.ecr_name.is_none()
    }

    /// Opens the repository.
    fn store(&self, context: &mut Context<'_>) -> Result<Box<dyn Store>, Failure> {
        if let Some(repository) = &self.repository {
            let repository: Repository = repository.parse().map_err(|error: crate::build::registry::NameError| {
                Failure::new(ExitCode::Usage, error.to_string()).hinted(error.hint())
            })?;
            let client = client(context, &repository.host, self.insecure)?;
            return Ok(Box::new(RegistryStore::new(client, repository)));
        }
        let name = match &self.ecr_name {
            Some(name) => name.clone(),
            None => {
                if matches!(context.settings()?.backend(), BackendChoice::Local { .. }) {
                    return Err(Failure::new(ExitCode::Usage, "the local backend has no registry to look into").hinted(
                        "`--backend aws` asks the account; `--repository HOST/NAME` names a repository anywhere, `--ecr-name` one in ECR",
                    ));
                }
                format!("{}-build-cache", context.stack_name(None)?)
            }
        };
        Ok(Box::new(EcrStore::new(service(context, None)?, name)))
    }
}

/// Returns the ID of the stack's own file system, where it has one.
fn file_system(context: &mut Context<'_>) -> Result<Option<String>, Failure> {
    let stack = context.stack_name(None)?;
    let backend: Box<dyn Backend> = crate::cli::shared::backend::open(context, Access::Read, &BackendArgs::default())?;
    let resources = backend.list_resources(&stack)?;
    let found = resources.into_iter().find(|resource| resource.logical_id == "BuildCacheFilesystem");
    Ok(found.map(|resource| resource.physical_id).filter(|id| id.starts_with("fs-")))
}

fn read_text(file: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| cannot_read(file, &error))
}

fn cannot_read(file: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::new(ExitCode::NoInput, format!("cannot read `{}`", file.display())).caused_by(error)
}
