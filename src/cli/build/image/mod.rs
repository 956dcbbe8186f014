//! `rackform build image`: pulls the image of a key, or builds and pushes it.

mod ecr;
mod engine;
mod output;

use std::path::PathBuf;

use super::command::engine::EngineArgs;
use super::defaults::Defaults;
use super::ignored;
use super::image_key;
use super::inputs::Problems;
use super::key_inputs::KeyArgs;
use super::registry::{client, service, variable};
use crate::build::Engine;
use crate::build::image::export::{self, ExportFormat};
use crate::build::image::{Destination, DestinationError, Provider, default_name, parse_tags};
use crate::build::request::Secret;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ui::build::image::ImageSource;

pub(super) use engine::print_notes;

/// Pull the image with the key of these inputs, or build and push it if it does not exist
///
/// The image is pushed with its key as the tag (see `rackform build image-key`), and as `latest` unless the repository has immutable tags.
/// A missing ECR repository is created, with tags and a lifecycle policy. The image and its tag are printed to standard output, the
/// engine's output to standard error.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build image --cache-on package-lock.json --name build-cache/acme/web\n  eval \"$(rackform build image --export shell)\"\n  rackform build image --repository registry.example.com/web --cache-on '**/package.json' --secret id=npmrc,src=.npmrc\n  rackform build image --registry gcr --gcp-project foo-bar-123456 --name web\n  rackform build image --export github --skip-pull\n\nExit codes: 0 the image exists, 1 the build failed, 64 bad usage, 66 a file is missing, 69 the registry is unavailable."
)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// Export the image reference to later build steps in this format
    #[arg(long, value_enum, value_name = "STYLE")]
    export: Option<ExportFormat>,
    /// The name of the exported variable with IMAGE:TAG
    #[arg(long, value_name = "NAME", default_value = export::DEFAULT_VARIABLE, requires = "export")]
    export_env_variable: String,
    /// The output format
    #[arg(long, value_enum, default_value_t, conflicts_with = "export")]
    format: Format,
}

/// The default host of Google's registry.
const GCR_HOST: &str = "gcr.io";

/// The image repository.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Repository")]
struct RepositoryArgs {
    /// The kind of registry
    #[arg(long, value_enum, default_value_t, alias = "registry-provider")]
    registry: Provider,
    /// A repository in any registry; replaces the options below
    #[arg(long, value_name = "HOST/NAME")]
    repository: Option<String>,
    /// The repository name in ECR or GCR [default: build-cache/ORGANIZATION/PIPELINE, from the environment of Buildkite]
    #[arg(long, value_name = "NAME", alias = "ecr-name", conflicts_with = "repository")]
    name: Option<String>,
    /// A tag to set on the ECR repository when it is created
    #[arg(long = "ecr-tag", value_name = "KEY=VALUE", conflicts_with = "repository")]
    ecr_tags: Vec<String>,
    /// How many days ECR keeps an image; 0 does not change the lifecycle policy [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36500))]
    max_age_days: Option<u32>,
    /// The Google Cloud project
    #[arg(long, value_name = "PROJECT")]
    gcp_project: Option<String>,
    /// The host of the Google registry
    #[arg(long, value_name = "HOST", default_value = GCR_HOST)]
    registry_hostname: String,
    /// Connect to the registry without TLS (always the case for a registry on this machine)
    #[arg(long)]
    insecure: bool,
    /// Send the registry's credentials to this token server, too, if the registry requires its tokens [default: only servers of the
    /// registry's own domain, and those of Docker Hub, GitHub and GitLab]
    #[arg(long, value_name = "HOST")]
    trust_token_server: Vec<String>,
}

/// The build options.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Build options")]
struct BuildArgs {
    /// The build context [default: the directory of the Dockerfile]
    #[arg(long, value_name = "DIRECTORY")]
    context: Option<PathBuf>,
    /// Do not pull an existing image
    #[arg(long)]
    skip_pull: bool,
    /// Do not log the engine in to ECR
    #[arg(long)]
    no_login: bool,
}

impl RepositoryArgs {
    /// Adds a problem for each option that the kind of registry ignores.
    fn ignored(&self, build: &BuildArgs, problems: &mut Diagnostics) {
        let is_named = self.repository.is_some();
        let other = if is_named { "with `--repository`" } else { "with this `--registry`" };
        if is_named || self.registry != Provider::Ecr {
            let of_ecr =
                [("--ecr-tag", !self.ecr_tags.is_empty()), ("--max-age-days", self.max_age_days.is_some()), ("--no-login", build.no_login)];
            ignored::add(&of_ecr, other, "omit it: only a repository of `--registry ecr` is created, and logged in to", problems);
        }
        if is_named || self.registry != Provider::Gcr {
            let is_other_host = self.registry_hostname != GCR_HOST;
            let of_google = [("--gcp-project", self.gcp_project.is_some()), ("--registry-hostname", is_other_host)];
            ignored::add(&of_google, other, "omit it, or use `--registry gcr` without `--repository`", problems);
        }
        if is_named && self.registry == Provider::Gcr {
            ignored::add(&[("--registry gcr", true)], other, "omit one of the two", problems);
        }
    }
}

impl Args {
    /// Returns the engine.
    fn engine(&self) -> Engine {
        self.engine.engine.unwrap_or(Engine::Docker)
    }

    /// Adds every problem of the options and files that is known before the registry is asked; returns the secrets.
    fn check(&self, defaults: &Defaults<'_>, problems: &mut Problems) -> Vec<Secret> {
        if !export::is_variable(&self.export_env_variable) {
            let text = format!("invalid variable name `{}`", self.export_env_variable.escape_debug());
            let hint = "use letters, digits and `_`; the first character must not be a digit";
            problems.usage.push(Diagnostic::error("export", text).hinted(hint));
        }
        if self.export == Some(ExportFormat::Github) && variable("GITHUB_ENV").is_none() {
            let text = "`--export github` requires the variable GITHUB_ENV, which is not set";
            let hint = "GitHub Actions sets it; use `--export env` to print the variables instead";
            problems.usage.push(Diagnostic::error("export", text).hinted(hint));
        }
        image_key::check(&self.key, defaults, problems);
        if let Some(path) = self.build.context.as_ref().map(|path| self.key.resolve(path)).filter(|path| !path.is_dir()) {
            let text = format!("the build context `{}` does not exist", path.display());
            problems.missing.push(Diagnostic::error("build-context", text).hinted("set another directory with `--context`"));
        }
        self.key.secrets.iter().filter_map(|text| engine::read_secret(self, text, problems)).collect()
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if a flag or file is invalid, the registry is unavailable, or the build fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let given = args;
    let mut args = args.clone();
    let mut defaults = Defaults::new(&context.rack_file()?.build);
    defaults.key(&mut args.key);
    defaults.engine(&mut args.engine);
    if defaults.uses("directory") {
        // The app's directory is the build context, as in the other commands.
        args.build.context.get_or_insert_with(|| PathBuf::from("."));
    }
    let args = &args;
    let mut problems = Problems::default();
    ignored::engine(&given.engine, args.engine(), &mut problems.usage);
    given.repository.ignored(&given.build, &mut problems.usage);
    let secrets = args.check(&defaults, &mut problems);
    let tags = kept(parse_tags(&args.repository.ecr_tags), &mut problems);
    let name = args.repository.name.clone().or_else(|| default_name(variable));
    let destination = Destination::new(
        args.repository.registry,
        args.repository.repository.as_deref(),
        name,
        args.repository.gcp_project.as_deref(),
        &args.repository.registry_hostname,
    );
    let destination = kept(destination, &mut problems);
    problems.into_result()?;
    // Without a problem, both have a value.
    let (Some(tags), Some(destination)) = (tags, destination) else { return Ok(ExitCode::Usage) };
    let image_key = args.key.compute(context.global.allow_outside_project)?;
    image_key::note_ignore_file(&args.key, &image_key, context);
    context.detail(&format!("key {}", image_key.key));
    let key = image_key.key.as_str();
    let (repository, exists, pushed_meanwhile): (_, _, Box<dyn Fn() -> bool>) = match destination {
        Destination::Ecr { name } => {
            let service = service(context, None)?;
            let repository = ecr::ensure_repository(context, service.as_ref(), &name, &tags, args.repository.max_age_days)?;
            let exists = service.has_image(&name, key)?;
            if !(args.build.no_login || exists && args.build.skip_pull) {
                ecr::log_in(context, args.engine(), service.as_ref(), &repository)?;
            }
            let key = key.to_owned();
            (repository, exists, Box::new(move || service.has_image(&name, &key).unwrap_or(false)))
        }
        Destination::Registry(repository) => {
            let client = client(context, &repository.host, args.repository.insecure, &args.repository.trust_token_server)?;
            let exists = client.digest(&repository.name, key)?.is_some();
            let (name, key) = (repository.name.clone(), key.to_owned());
            (repository, exists, Box::new(move || client.digest(&name, &key).is_ok_and(|digest| digest.is_some())))
        }
    };
    let image = repository.image(key);
    let mut report = None;
    let source = if exists && args.build.skip_pull {
        context.status(&format!("{image} exists; not pulling it"));
        ImageSource::Found
    } else if exists {
        engine::pull(args, context, &repository, &image)?
    } else {
        context.status(&format!("{image} does not exist yet; building it"));
        report = engine::build(args, context, &image_key, secrets, &repository, pushed_meanwhile.as_ref())?;
        ImageSource::Built
    };
    output::print(args, context, &image_key, &repository, source, report.as_ref())?;
    Ok(ExitCode::Done)
}

/// Returns the value, or adds the error to the problems.
fn kept<T>(result: Result<T, DestinationError>, problems: &mut Problems) -> Option<T> {
    result.map_err(|error| problems.usage.push(Diagnostic::error("repository", error.to_string()).hinted(hint(&error)))).ok()
}

fn hint(error: &DestinationError) -> &'static str {
    match &error {
        DestinationError::MissingName => {
            "set `--name`; the default is build-cache/ORGANIZATION/PIPELINE from BUILDKITE_ORGANIZATION_SLUG and \
                    BUILDKITE_PIPELINE_SLUG"
        }
        DestinationError::MissingProject => "set `--gcp-project`",
        DestinationError::MissingRepository => "set `--repository HOST/NAME`",
        DestinationError::Name(error) => error.hint(),
        DestinationError::Tag { .. } => "write it as KEY=VALUE; AWS allows keys of up to 128 characters and values of up to 256",
    }
}
