//! `rackform build image`: an image under its key, pulled where it is there, else built and pushed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::image_key::{KeyArgs, Made, build_arg};
use super::registry::{client, places, service, variable};
use crate::aws::RequestError;
use crate::build::command::plan;
use crate::build::engine::{Programs, Version, detect};
use crate::build::exec::{self, Stdout};
use crate::build::image::export::{self, ExportFormat};
use crate::build::image::{
    DEFAULT_MAX_AGE_DAYS, Destination, DestinationError, Provider, architecture, default_name, expand_variables, is_max_age_policy,
    lifecycle_policy, parse_secret, parse_tags,
};
use crate::build::registry::ecr::EcrService;
use crate::build::registry::{Credentials, Repository, is_loopback};
use crate::build::request::{Output, Secret, SecretSource};
use crate::build::{BuildRequest, Engine, EngineFacts, Invocation, Step};
use crate::cli::shared::interrupt;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::ui::build_hints;
use crate::ui::build_image::{ImageView, What};

/// Pulls the image that has the key of these inputs, or builds and pushes it where there is none
///
/// The image is pushed under its key (see `rackform build image-key`) and as `latest`. In ECR the repository is made when it is missing,
/// with tags and a lifecycle policy. Standard output has the image and its tag; what the engine writes goes to standard error.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build image --cache-on package-lock.json --name build-cache/acme/web\n  eval \"$(rackform build image --export shell)\"\n  rackform build image --repository registry.example.com/web --cache-on '**/package.json' --secret id=npmrc,src=.npmrc\n  rackform build image --registry gcr --gcp-project foo-bar-123456 --name web\n  rackform build image --export github --skip-pull\n\nExit codes: 0 the image is there, 1 the build failed, 64 bad usage, 66 a file is missing, 69 the registry cannot be used."
)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    build: BuildArgs,
    /// How to tell others of the image
    #[arg(long, value_enum, value_name = "STYLE")]
    export: Option<ExportFormat>,
    /// The variable that has IMAGE:TAG
    #[arg(long, value_name = "NAME", default_value = export::DEFAULT_VARIABLE)]
    export_env_variable: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t, conflicts_with = "export")]
    format: Format,
}

/// Where the image goes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Where it goes")]
struct PlaceArgs {
    /// The kind of registry
    #[arg(long, value_enum, default_value_t, alias = "registry-provider")]
    registry: Provider,
    /// A repository in any registry, in place of what follows
    #[arg(long, value_name = "HOST/NAME")]
    repository: Option<String>,
    /// The repository's name in ECR or GCR [default: build-cache/ORGANIZATION/PIPELINE, as Buildkite knows them]
    #[arg(long, value_name = "NAME", alias = "ecr-name", conflicts_with = "repository")]
    name: Option<String>,
    /// A tag of the repository in ECR, for when it is made
    #[arg(long = "ecr-tag", value_name = "KEY=VALUE", conflicts_with = "repository")]
    ecr_tags: Vec<String>,
    /// How many days ECR keeps an image; 0 leaves the lifecycle policy as it is [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36500))]
    max_age_days: Option<u32>,
    /// The Google Cloud project
    #[arg(long, value_name = "PROJECT")]
    gcp_project: Option<String>,
    /// The host of Google's registry
    #[arg(long, value_name = "HOST", default_value = "gcr.io")]
    registry_hostname: String,
    /// Speak to the registry without TLS; with this machine that is so anyway
    #[arg(long)]
    insecure: bool,
}

/// How the image is built.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "How it is built")]
struct BuildArgs {
    /// The build's context [default: the Dockerfile's directory]
    #[arg(long, value_name = "DIRECTORY")]
    context: Option<PathBuf>,
    /// A secret: `id=ID,src=FILE`, `id=ID,env=NAME`, or the name of a variable; not in the key
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// Pull nothing when the image is there
    #[arg(long)]
    skip_pull: bool,
    /// The engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah
    #[arg(long, value_name = "ENGINE", default_value = "docker")]
    engine: Engine,
    /// The engine's version [default: it is asked]
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// Do not log the engine in to ECR
    #[arg(long)]
    no_login: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns problems of flags and files, that the registry cannot be used, or that the build failed.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    if !export::is_variable(&args.export_env_variable) {
        let text = format!("`{}` is no name of a variable", args.export_env_variable.escape_debug());
        return Err(Failure::new(ExitCode::Usage, text).hinted("letters, digits and `_`, no digit first"));
    }
    if args.export == Some(ExportFormat::Github) && variable("GITHUB_ENV").is_none() {
        return Err(Failure::new(ExitCode::Usage, "`--export github` writes to the file that GITHUB_ENV names, and there is none")
            .hinted("GitHub Actions sets it; `--export env` prints the lines instead"));
    }
    let secrets = args.build.secrets.iter().map(|text| read_secret(args, text)).collect::<Result<Vec<_>, _>>()?;
    let tags = parse_tags(&args.place.ecr_tags)?;
    let name = args.place.name.clone().or_else(|| default_name(variable));
    let place = Destination::new(
        args.place.registry,
        args.place.repository.as_deref(),
        name,
        args.place.gcp_project.as_deref(),
        &args.place.registry_hostname,
    )?;
    let made = args.key.make()?;
    context.detail(&format!("key {}", made.key));
    let key = made.key.as_str();
    let (repository, is_there) = match place {
        Destination::Ecr { name } => {
            let ecr = service(context, None)?;
            let repository = ready(context, ecr.as_ref(), &name, &tags, args.place.max_age_days)?;
            let is_there = ecr.has_image(&name, key)?;
            if !(args.build.no_login || is_there && args.build.skip_pull) {
                log_in(context, args.build.engine, ecr.as_ref(), &repository)?;
            }
            (repository, is_there)
        }
        Destination::Registry(repository) => {
            let client = client(context, &repository.host, args.place.insecure)?;
            let is_there = client.digest(&repository.name, key)?.is_some();
            (repository, is_there)
        }
    };
    let image = repository.image(key);
    let what = if is_there && args.build.skip_pull {
        context.status(&format!("{image} is there; nothing is pulled"));
        What::Found
    } else if is_there {
        pull(args, context, &repository, &image)?
    } else {
        context.status(&format!("{image} is not there yet: it is built"));
        build(args, context, &made, secrets, &repository)?;
        What::Built
    };
    tell(args, context, &made, &repository, what)?;
    Ok(ExitCode::Done)
}

/// Returns the repository, made where it is missing and with its lifecycle policy where that may be set.
fn ready(
    context: &mut Context<'_>,
    ecr: &dyn EcrService,
    name: &str,
    tags: &[(String, String)],
    max_age_days: Option<u32>,
) -> Result<Repository, Failure> {
    let (repository, is_new) = match ecr.repository(name)? {
        Some(repository) => (repository, false),
        None => {
            context.status(&format!("repository `{name}` is not there yet: it is made"));
            (ecr.create_repository(name, tags)?, true)
        }
    };
    let days = max_age_days.unwrap_or(DEFAULT_MAX_AGE_DAYS);
    if days == 0 {
        return Ok(repository);
    }
    let set = || -> Result<bool, RequestError> {
        let is_ours = is_new || may_replace(ecr.lifecycle_policy(name)?.as_deref(), name, max_age_days.is_some());
        if is_ours {
            ecr.put_lifecycle_policy(name, &lifecycle_policy(days))?;
        }
        Ok(is_ours)
    };
    match set() {
        Ok(true) => {}
        Ok(false) => context.status(&format!(
            "warning: the lifecycle policy of `{name}` stays as it is, since the repository may hold more than these images; \
                `--max-age-days 0` is content with that"
        )),
        // A build may lack the permission to set the lifecycle policy.
        Err(error) if error.is_denied() => context.status(&format!("warning: the lifecycle policy of `{name}` stays as it is: {error}")),
        Err(error) => return Err(error.into()),
    }
    Ok(repository)
}

/// Tells whether a policy that deletes every image after some days may take the place of the one that a repository has: it would delete
/// whatever else is kept there.
fn may_replace(policy: Option<&str>, name: &str, is_wanted: bool) -> bool {
    match policy {
        Some(policy) => is_max_age_policy(policy),
        None => is_wanted || name.starts_with("build-cache/"),
    }
}

/// Logs the engine in, with the password on its standard input.
fn log_in(context: &mut Context<'_>, engine: Engine, ecr: &dyn EcrService, repository: &Repository) -> Result<(), Failure> {
    let host = &repository.host;
    if places().has_helper(host)? {
        context.detail(&format!("a credential helper logs in to {host}"));
        return Ok(());
    }
    let program = match engine {
        Engine::Docker | Engine::Buildx => "docker",
        Engine::Buildah => "buildah",
        // These have no login of their own, and read docker's configuration.
        Engine::Buildctl | Engine::BuildctlDaemonless | Engine::Kaniko => {
            if places().find(host)?.is_none() {
                context.status(&format!("warning: {engine} takes credentials from docker's configuration, which has none for {host}"));
            }
            return Ok(());
        }
    };
    let Credentials::Password { user, password } = ecr.credentials()? else { return Ok(()) };
    let argv = [program, "login", "--username", user.as_str(), "--password-stdin", host.as_str()].map(str::to_owned);
    exec::feed(&argv, &password).map_err(|error| {
        Failure::new(ExitCode::Failed, format!("cannot log {program} in to {host}"))
            .caused_by(&error)
            .hinted("`--no-login` leaves it as it is, for a credential helper such as amazon-ecr-credential-helper")
    })
}

/// Pulls an image that is there.
fn pull(args: &Args, context: &mut Context<'_>, repository: &Repository, image: &str) -> Result<What, Failure> {
    let engine = args.build.engine;
    let mut argv = match engine {
        Engine::Docker | Engine::Buildx => vec!["docker", "pull"],
        Engine::Buildah => vec!["buildah", "pull"],
        Engine::Buildctl | Engine::BuildctlDaemonless | Engine::Kaniko => {
            context.status(&format!("{image} is there; {engine} has nowhere to pull it to"));
            return Ok(What::Found);
        }
    };
    if engine == Engine::Buildah && is_plain(args, repository) {
        argv.push("--tls-verify=false");
    }
    argv.push(image);
    let mut invocation = Invocation::new(engine);
    invocation.steps.push(Step::new("pull the image", argv.into_iter().map(ToOwned::to_owned).collect()));
    carry_out(context, &invocation, Stdout::Stderr)?;
    Ok(What::Pulled)
}

/// Builds an image, and pushes it under its key and as `latest`.
fn build(args: &Args, context: &mut Context<'_>, made: &Made, secrets: Vec<Secret>, repository: &Repository) -> Result<(), Failure> {
    // It lives until the engine has read it.
    let mut inline = None;
    let dockerfile = match (&made.dockerfile, &args.key.dockerfile_inline) {
        (Some(path), _) => path.clone(),
        (None, text) => inline_file(text.as_deref().unwrap_or_default(), &mut inline)?,
    };
    let own_context = match &made.dockerfile {
        Some(path) => path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned(),
        None => args.key.directory.clone(),
    };
    let build_context = args.build.context.as_ref().map_or(own_context, |given| args.key.placed(given));
    let mut request = BuildRequest {
        context: text(&build_context)?,
        dockerfile: Some(text(&dockerfile)?),
        target: args.key.target.clone(),
        build_args: args.key.build_args.iter().map(|text| build_arg(text)).collect::<Result<_, _>>()?,
        secrets,
        platforms: args.key.architecture.as_deref().map(|given| format!("linux/{}", architecture(given))).into_iter().collect(),
        tags: vec![repository.image(made.key.as_str()), repository.image("latest")],
        output: Output::Push,
        insecure_registry: is_plain(args, repository),
        extra: expand_variables(&args.key.extra()?, |name| std::env::var(name).ok()),
        ..BuildRequest::default()
    };
    request.take_build_args(args.build.engine, &|name| std::env::var(name).ok());
    let given = EngineFacts { version: args.build.engine_version.clone(), ..EngineFacts::unknown(args.build.engine) };
    let detected = detect(&given, &Programs::default());
    for trouble in &detected.troubles {
        context.detail(trouble);
    }
    let invocation =
        plan(&request, &detected.facts).map_err(|problems| Failure::Problems(build_hints::diagnostics(&problems), ExitCode::Usage))?;
    say_notes(context, &invocation);
    carry_out(context, &invocation, Stdout::Stderr)
}

/// Says what there is to say of an invocation.
pub(super) fn say_notes(context: &mut Context<'_>, invocation: &Invocation) {
    for note in &invocation.notes {
        let hint = note.hint.as_ref().map(|hint| format!("; {}", build_hints::command(hint))).unwrap_or_default();
        context.status(&format!("note: {}{hint}", note.message));
    }
}

/// Writes a Dockerfile that was given as text where an engine can read it.
fn inline_file(text: &str, file: &mut Option<tempfile::NamedTempFile>) -> Result<PathBuf, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(ExitCode::CannotWrite, "cannot write the Dockerfile for the engine").caused_by(&error);
    let mut made = tempfile::Builder::new().prefix("rackform-").suffix(".Dockerfile").tempfile().map_err(failed)?;
    made.write_all(text.as_bytes()).map_err(failed)?;
    let path = made.path().to_owned();
    *file = Some(made);
    Ok(path)
}

/// Runs an invocation, saying each step before it starts.
///
/// # Errors
///
/// Returns the step that failed.
pub(super) fn carry_out(context: &mut Context<'_>, invocation: &Invocation, stdout: Stdout) -> Result<(), Failure> {
    let mut tell = |step: &Step| context.status(&format!("{}: {}", step.purpose, crate::build::command::step(invocation, step)));
    let done = exec::run_with(invocation, stdout, interrupt::flag(), &mut tell);
    done.map_err(|error| super::command::failed(&error))
}

/// Tells others of the image.
fn tell(args: &Args, context: &mut Context<'_>, made: &Made, repository: &Repository, what: What) -> Result<(), Failure> {
    let image = repository.to_string();
    let tag = made.key.as_str();
    let variables = export::variables(&args.export_env_variable, &image, tag);
    let unwritable =
        |error: &shlex::QuoteError| Failure::new(ExitCode::Failed, "the image's name cannot be written for a shell").caused_by(error);
    let answer = match (args.export, args.format) {
        (Some(ExportFormat::Shell | ExportFormat::Buildkite), _) => {
            export::shell_exports(&variables).map_err(|error| unwritable(&error))?
        }
        (Some(ExportFormat::Env), _) => export::env_file(&variables),
        (Some(ExportFormat::Github), _) => {
            append("GITHUB_ENV", &export::github_file(&variables))?;
            let outputs = [
                ("image", image.clone()),
                ("tag", tag.to_owned()),
                ("reference", repository.image(tag)),
                ("built", (what == What::Built).to_string()),
            ];
            append("GITHUB_OUTPUT", &export::github_file(&outputs.map(|(name, value)| (name.to_owned(), value))))?;
            format!("{image}:{tag}\n")
        }
        (None, Format::Human) => format!("{image}:{tag}\n"),
        (None, Format::Json) => crate::ui::json(&ImageView::new(&made.key, &image, what))?,
    };
    context.answer(&answer)
}

/// Appends to a file that GitHub names in the environment.
fn append(name: &str, text: &str) -> Result<(), Failure> {
    let Some(path) = variable(name) else {
        return Err(Failure::new(ExitCode::Usage, format!("the environment has no {name}"))
            .hinted("`--export github` is for a step of GitHub Actions"));
    };
    let path = PathBuf::from(path);
    let written = std::fs::OpenOptions::new().append(true).create(true).open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::cannot_write(&path, &error))
}

fn read_secret(args: &Args, text: &str) -> Result<Secret, Failure> {
    // A value that was given by mistake is not said again.
    let mut secret = parse_secret(text).map_err(|problem| {
        Failure::new(ExitCode::Usage, format!("`--secret` is not understood: {problem}"))
            .hinted("`--secret id=npmrc,src=.npmrc`, `--secret id=token,env=TOKEN` or `--secret TOKEN`")
    })?;
    if let SecretSource::File(path) = &secret.source {
        let placed = args.key.placed(Path::new(path));
        if !placed.is_file() {
            return Err(Failure::new(
                ExitCode::NoInput,
                format!("the file `{}` of the secret `{}` is not there", placed.display(), secret.id),
            ));
        }
        secret.source = SecretSource::File(self::text(&placed)?);
    }
    Ok(secret)
}

fn is_plain(args: &Args, repository: &Repository) -> bool {
    args.place.insecure || is_loopback(&repository.host)
}

fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(ToOwned::to_owned).ok_or_else(|| Failure::new(ExitCode::Usage, format!("the path `{}` is not UTF-8", path.display())))
}

impl From<DestinationError> for Failure {
    fn from(error: DestinationError) -> Self {
        let hint = match &error {
            DestinationError::MissingName => {
                "give `--name`; the default is build-cache/ORGANIZATION/PIPELINE from BUILDKITE_ORGANIZATION_SLUG and \
                    BUILDKITE_PIPELINE_SLUG"
            }
            DestinationError::MissingProject => "give `--gcp-project`",
            DestinationError::MissingRepository => "give `--repository HOST/NAME`",
            DestinationError::Name(error) => error.hint(),
            DestinationError::Tag { .. } => "write it as KEY=VALUE; AWS allows keys of up to 128 characters and values of up to 256",
        };
        Self::new(ExitCode::Usage, error.to_string()).hinted(hint)
    }
}
