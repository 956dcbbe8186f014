//! `rackform build cache`: lists a cache, estimates its cost and deletes entries.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::ignored;
use super::registry::{client, service};
use crate::backend::Backend;
use crate::build::cache::Backend as CacheBackend;
use crate::build::cache_maintenance::{Age, EcrStore, LifecyclePolicy, PriceTable, RegistryStore, Selection, Size, StorageService, Store};
use crate::build::registry::{EcrHost, NameError, Repository};
use crate::cli::shared::backend::{Access, BackendArgs};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::config::BackendChoice;
use crate::diagnostic::{Diagnostics, MAX_SOURCE_BYTES};
use crate::files;
use crate::ui::build::cache_listing::{Listing, listing};
use crate::ui::build::cache_removal::{Removal, removal, removal_done};
use crate::ui::build::cache_size::{FileSystemView, RepositorySize, Sizes, sizes};

/// The largest price list, in bytes: that of EFS is a few MB long, that of EC2 several GB.
const PRICE_LIST_LIMIT_BYTES: u64 = 256 << 20;

/// List, measure, clean up or warm a build cache
///
/// The default is the rack's cache: the ECR repository STACK-build-cache and the EFS file system of the stack. `--repository` selects a
/// repository in any registry.
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
    Warm(Box<super::warm::Args>),
}

/// The cache repository.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Cache repository")]
struct CacheArgs {
    /// A repository in any registry [default: `build.repository` in rack.yaml]
    #[arg(long, value_name = "HOST/NAME")]
    repository: Option<String>,
    /// An ECR repository of the AWS account [default: STACK-build-cache, without `build.repository`]
    #[arg(long, value_name = "NAME", conflicts_with = "repository")]
    ecr_name: Option<String>,
    /// Connect to the registry without TLS (always the case for a registry on this machine)
    #[arg(long)]
    insecure: bool,
    /// Send the registry's credentials to this token server, too, if the registry requires its tokens [default: only servers of the
    /// registry's own domain, and those of Docker Hub, GitHub and GitLab]
    #[arg(long, value_name = "HOST")]
    trust_token_server: Vec<String>,
}

/// List the entries of a cache repository: caches of services, layers, images and other manifests
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache ls\n  rackform build cache ls --policy lifecycle.json\n  rackform build cache ls --repository 127.0.0.1:5000/cache --format json"
)]
struct LsArgs {
    #[command(flatten)]
    cache: CacheArgs,
    /// Show what this lifecycle policy would expire instead of the repository's own policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Show the size of a cache, counting shared layers once, and its monthly cost
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache size\n  rackform build cache size --file-system fs-0123456789abcdef0\n  rackform build cache size --price-list AmazonECR.json --price-list AmazonEFS.json\n\nPrice lists: https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonECR/current/REGION/index.json, and AmazonEFS."
)]
struct SizeArgs {
    #[command(flatten)]
    cache: CacheArgs,
    /// The EFS file system [default: the file system of the stack]
    #[arg(long, value_name = "ID")]
    file_system: Option<String>,
    /// An AWS price list file; its prices override the built-in prices
    #[arg(long = "price-list", value_name = "FILE")]
    price_lists: Vec<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Delete old cache entries, or those of a service or branch
///
/// An entry must match all given conditions. Only manifests with cache tags are deleted: NAME.buildcache, the 64-digit tag of a kaniko or
/// buildah layer, a key of `build image`, and `latest` next to such a key. A manifest with any other tag is kept.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache gc --older-than 30d --dry-run\n  rackform build cache gc --service web --branch feature/login --yes\n  rackform build cache gc --untagged --older-than 7d\n\nExit codes: 0 done, or nothing to do, 1 some entries could not be deleted, 4 not confirmed, 69 the registry is unavailable."
)]
struct GcArgs {
    #[command(flatten)]
    cache: CacheArgs,
    /// Delete entries older than this, such as 30d, 12h or 2w; entries of unknown age are kept
    #[arg(long, value_name = "AGE")]
    older_than: Option<Age>,
    /// Delete caches of this service, including those of its branches
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Delete caches of this branch
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Also delete untagged manifests; without other conditions, only those
    #[arg(long)]
    untagged: bool,
    /// Show what would be deleted without deleting it
    #[arg(long)]
    dry_run: bool,
    /// Delete without confirmation
    #[arg(long)]
    yes: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the cache is unavailable or nothing was deleted.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Ls(args) => ls(args, context),
        Command::Size(args) => size(args, context),
        Command::Gc(args) => gc(args, context),
        Command::Warm(args) => super::warm::run(args, context),
    }
}

fn ls(args: &LsArgs, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let store = args.cache.open(context)?.store;
    let now = Timestamp::now();
    let inventory = store.inventory()?;
    let policy = match &args.policy {
        Some(file) => Some(read_text(file)?),
        None => store.lifecycle_policy()?,
    };
    let mut notes = Vec::new();
    let expiries = match policy.as_deref().map(LifecyclePolicy::read) {
        Some(Ok(policy)) => policy.expiries(&inventory, now),
        // An invalid policy from `--policy` is an error; an invalid policy of the repository is only noted.
        Some(Err(error)) if args.policy.is_some() => return Err(Failure::new(ExitCode::Data, error.to_string())),
        Some(Err(error)) => {
            notes.push(format!("cannot evaluate the lifecycle policy: {error}"));
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
        let read = files::read(file, PRICE_LIST_LIMIT_BYTES).map_err(|error| Failure::cannot_read(file, &error))?;
        prices.add_list(&read, &file.display().to_string()).map_err(|error| {
            Failure::new(ExitCode::Data, format!("`{}`: {error}", file.display()))
                .caused_by(&error)
                .hinted("use REGION/index.json of AmazonECR or AmazonEFS; `--help` lists the addresses")
        })?;
    }
    let OpenCache { store, is_of_rack } = args.cache.open(context)?;
    let inventory = store.inventory()?;
    let size = Size::of(&inventory);
    let cost = prices.cost(StorageService::Ecr, store.region().as_deref(), size.stored_bytes);
    let mut notes = inventory.notes.clone();
    if store.shares_blobs() {
        notes.push("the cost is an upper bound: blob mounting is enabled, so other repositories may store some of the layers".to_owned());
    }
    let id = match &args.file_system {
        Some(id) => Some(id.clone()),
        None if is_of_rack => file_system(context)?,
        None => None,
    };
    let mut file_system = None;
    if let Some(id) = id {
        let service = service(context, None)?;
        let found = service.file_system(&id)?.ok_or_else(|| {
            Failure::new(ExitCode::NoInput, format!("file system `{id}` does not exist in {}", service.region()))
                .hinted("select another region with `--region`")
        })?;
        // The price table has no prices for One Zone file systems.
        let region = found.zone.is_none().then(|| service.region());
        if found.zone.is_some() {
            notes.push("no built-in price for One Zone file systems".to_owned());
        }
        if found.infrequent_access_bytes.or(Some(0)) != Some(0) || found.archive_bytes.or(Some(0)) != Some(0) {
            notes.push("the cost does not include Infrequent Access and Archive".to_owned());
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
        return Err(Failure::new(ExitCode::Usage, "no condition selects the entries to delete")
            .hinted("use `--older-than 30d`, `--service NAME`, `--branch NAME` or `--untagged`; add `--dry-run` to preview"));
    }
    let store = args.cache.open(context)?.store;
    let inventory = store.inventory()?;
    let decisions = selection.decide(&inventory, Timestamp::now());
    let mut view = Removal::new(&inventory, &decisions, args.dry_run);
    let digests = view.digests();
    let needs_confirmation = !args.dry_run && !digests.is_empty() && !args.yes;
    if !args.dry_run && !digests.is_empty() {
        if needs_confirmation {
            context.warn(removal(&view.preview(), context.stderr_layout()).trim_end_matches('\n'));
            context.confirm(&view.question(), "nothing was deleted")?;
        }
        // Indexes must be deleted before their children; otherwise the registry refuses to delete the children.
        let is_index = |digest: &String| inventory.entries.iter().any(|entry| entry.digest == *digest && !entry.children.is_empty());
        let (indexes, others): (Vec<_>, Vec<_>) = digests.into_iter().partition(is_index);
        let failures = store.remove(&[indexes, others].concat())?;
        view.fail(&failures);
        if let Some(note) = store.after_removal() {
            view.note(note);
        }
    }
    let text = match args.format {
        Format::Human if needs_confirmation => removal_done(&view, context.layout()),
        Format::Human => removal(&view, context.layout()),
        Format::Json => crate::ui::json(&view)?,
    };
    context.answer(&text)?;
    Ok(if view.failed.is_empty() { ExitCode::Done } else { ExitCode::Failed })
}

/// An opened cache.
struct OpenCache {
    store: Box<dyn Store>,
    /// Whether it is the rack's own cache, to which a file system may belong.
    is_of_rack: bool,
}

impl CacheArgs {
    /// Opens the repository: that of the options, of `rack.yaml`, or the rack's own one.
    fn open(&self, context: &mut Context<'_>) -> Result<OpenCache, Failure> {
        if let Some(repository) = &self.repository {
            return Ok(OpenCache { store: self.in_registry(parse(repository)?, context)?, is_of_rack: false });
        }
        if let Some(name) = &self.ecr_name {
            self.no_registry_options()?;
            return Ok(OpenCache { store: Box::new(EcrStore::new(service(context, None)?, name.clone())), is_of_rack: false });
        }
        let of_rack = format!("{}-build-cache", context.stack_name(None)?);
        let rack_file = context.rack_file()?;
        let section = &rack_file.build;
        if let Some(backend) = section.backend().filter(|backend| !matches!(backend, CacheBackend::Registry | CacheBackend::Image)) {
            let place = section.place("cache").or_else(|| section.place("s3_bucket")).or_else(|| section.place("cache_dir"));
            let message = format!("{}: the cache `{backend}` is in no registry", place.unwrap_or_else(|| "rack.yaml".to_owned()));
            return Err(Failure::new(ExitCode::Usage, message).hinted(match backend {
                CacheBackend::S3 => {
                    "list it with `aws s3 ls --recursive s3://BUCKET/PREFIX` and expire it with a lifecycle rule of the \
                    bucket; `--ecr-name NAME` or `--repository HOST/NAME` selects a registry"
                }
                _ => "select a repository with `--repository HOST/NAME` or `--ecr-name NAME`",
            }));
        }
        if let Some(repository) = &section.repository {
            let repository = parse(repository)?;
            // The API of ECR knows more than that of a registry, but only about repositories of the own account.
            let own = EcrHost::parse(&repository.host).filter(|ecr| rack_file.account.as_ref() == Some(&ecr.account));
            let is_of_rack = own.is_some() && repository.name == of_rack;
            let store = match own {
                Some(ecr) => Box::new(EcrStore::new(service(context, Some(ecr.region))?, repository.name)),
                None => self.in_registry(repository, context)?,
            };
            return Ok(OpenCache { store, is_of_rack });
        }
        if matches!(context.settings()?.backend(), BackendChoice::Local { .. }) {
            return Err(Failure::new(ExitCode::Usage, "the local backend has no registry").hinted(
                "use `--backend aws`, or select a repository with `--repository HOST/NAME`, `--ecr-name NAME` or `build.repository` in \
                    rack.yaml",
            ));
        }
        self.no_registry_options()?;
        Ok(OpenCache { store: Box::new(EcrStore::new(service(context, None)?, of_rack)), is_of_rack: true })
    }

    /// Fails if an option of a registry's own API is given, which is not used for ECR.
    fn no_registry_options(&self) -> Result<(), Failure> {
        let mut problems = Diagnostics::default();
        let options = [("--insecure", self.insecure), ("--trust-token-server", !self.trust_token_server.is_empty())];
        ignored::add(&options, "on a repository of ECR", "omit it, or select another registry with `--repository`", &mut problems);
        if problems.has_errors() { Err(Failure::Problems(problems, ExitCode::Usage)) } else { Ok(()) }
    }

    fn in_registry(&self, repository: Repository, context: &mut Context<'_>) -> Result<Box<dyn Store>, Failure> {
        let client = client(context, &repository.host, self.insecure, &self.trust_token_server)?;
        Ok(Box::new(RegistryStore::new(client, repository)))
    }
}

fn parse(repository: &str) -> Result<Repository, Failure> {
    repository.parse().map_err(|error: NameError| Failure::new(ExitCode::Usage, error.to_string()).hinted(error.hint()))
}

/// Returns the ID of the stack's file system, if it has one.
fn file_system(context: &mut Context<'_>) -> Result<Option<String>, Failure> {
    let stack = context.stack_name(None)?;
    let backend: Box<dyn Backend> = crate::cli::shared::backend::open(context, Access::Read, &BackendArgs::default())?;
    let resources = backend.list_resources(&stack)?;
    let found = resources.into_iter().find(|resource| resource.logical_id == "BuildCacheFilesystem");
    Ok(found.map(|resource| resource.physical_id).filter(|id| id.starts_with("fs-")))
}

fn read_text(file: &Path) -> Result<String, Failure> {
    files::read_text(file, MAX_SOURCE_BYTES as u64).map_err(|error| Failure::cannot_read(file, &error))
}
