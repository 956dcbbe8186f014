//! What a build is wanted for: flags, with secrets from the environment and files.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::build::agent::Settings;
use crate::build::command::plan;
use crate::build::task::variables::{AUTH, ID, RACK_URL, URL};
use crate::build::task::{BuildEnvironment, BuildTaskRequest, Builder};
use crate::build::{Engine, EngineFacts};
use crate::cli::{Context, ExitCode, Failure};
use crate::secret::Mask;
use crate::text::hex;
use crate::unique::unique_token;

/// What stands for a build's ID in a dry run that has none.
const NO_ID: &str = "B0000000000";

/// What a build is wanted for.
#[derive(Clone, Debug, clap::Args)]
pub struct RequestArgs {
    /// The app
    #[arg(long, value_name = "NAME", required_unless_present = "attach")]
    app: Option<String>,
    /// The build's ID; the same one twice within a day starts one build [default: a new one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The service, which its cache is called after
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Where the source is, for the builder: s3://, https://, git://, object://
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The Dockerfile, from the source's directory on
    #[arg(long, value_name = "PATH")]
    dockerfile: Option<String>,
    /// The app's manifest
    #[arg(long, value_name = "PATH")]
    manifest: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument; without a value, what the builder's environment has under that name
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// The repository that images are pushed to
    #[arg(long, value_name = "REPOSITORY")]
    push: Option<String>,
    /// Take nothing from the layer cache
    #[arg(long)]
    no_cache: bool,
    /// Build for development
    #[arg(long)]
    development: bool,
    /// A variable of the build's environment, over what is made of the other flags
    #[arg(long = "env", value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// A variable whose value is a secret, by the name it has here; never shown
    #[arg(long = "secret-env", value_name = "NAME[=NAME_HERE]")]
    secret_env: Vec<String>,
    /// A file of secret variables, NAME=VALUE a line; never shown
    #[arg(long, value_name = "FILE")]
    secret_env_file: Option<PathBuf>,
    /// CPU units, instead of the rack's own; on Fargate a pair with --memory that Fargate offers
    #[arg(long, value_name = "UNITS")]
    cpu: Option<u32>,
    /// Memory in MiB, instead of the rack's own
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// A tag of the task
    #[arg(long = "task-tag", value_name = "KEY=VALUE")]
    task_tags: Vec<String>,
    /// Give the task its definition's tags too
    #[arg(long)]
    propagate_tags: bool,
    /// Who started it, up to 128 characters [default: rackform/APP; convox.APP for the public build program]
    #[arg(long, value_name = "WHO")]
    started_by: Option<String>,
    /// What makes asking twice start one task [default: made of the ID]
    #[arg(long, value_name = "TOKEN")]
    client_token: Option<String>,
    /// The program in the task's image: agent, convox, kaniko or docker [default: told by the image's name]
    #[arg(long, value_name = "PROGRAM")]
    builder: Option<Builder>,
    /// The container's command, instead of the builder's usual one
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl RequestArgs {
    /// Returns what is wanted; secrets go into the mask.
    ///
    /// # Errors
    ///
    /// Returns a flag that makes no sense, or a secret that is not there.
    pub fn order(&self, site: &BuildEnvironment, is_dry: bool, mask: &mut Mask) -> Result<BuildTaskRequest, Failure> {
        let builder = self.builder.unwrap_or_else(|| site.image.as_deref().map_or(Builder::Agent, Builder::of_image));
        let id = match &self.id {
            Some(id) => id.clone(),
            None if is_dry => NO_ID.to_owned(),
            None => format!("B{}", unique_token()[..10].to_ascii_uppercase()),
        };
        let token = || (!is_dry || self.id.is_some()).then(|| client_token(&site.stack, self.app.as_deref().unwrap_or_default(), &id));
        let mut environment = pairs("--env", &self.env)?;
        self.secrets(&mut environment, mask)?;
        let order = BuildTaskRequest {
            app: self.app.clone().unwrap_or_default(),
            service: self.service.clone(),
            url: self.url.clone(),
            dockerfile: self.dockerfile.clone(),
            manifest: self.manifest.clone(),
            target: self.target.clone(),
            build_args: self.build_args.clone(),
            push: self.push.clone(),
            no_cache: self.no_cache,
            development: self.development,
            environment,
            builder,
            command: (!self.command.is_empty()).then(|| self.command.clone()),
            cpu: self.cpu,
            memory: self.memory,
            tags: pairs("--task-tag", &self.task_tags)?,
            propagate_tags: self.propagate_tags,
            started_by: self.started_by.clone(),
            client_token: self.client_token.clone().or_else(token),
            id,
        };
        match order.builder {
            Builder::Kaniko if order.command.is_none() => kaniko(order, site),
            // It would show its help, end with 0, and look like a build.
            Builder::Docker if order.command.is_none() => {
                let message = "the task's image is a docker client, which builds nothing by itself";
                Err(Failure::new(ExitCode::Usage, message).hinted(
                    "`rackform build builder --engine docker` renders an image with the build agent, which BuildImage names; or give a \
                        command after `--`",
                ))
            }
            _ => Ok(order),
        }
    }

    /// Says what the order leaves open.
    pub fn tell(&self, order: &BuildTaskRequest, site: &BuildEnvironment, context: &mut Context<'_>) {
        if self.id.is_none() && order.client_token.is_none() {
            context.status(&format!("note: a build gets an ID of its own when it starts, in place of {NO_ID}; `--id` fixes it"));
        }
        if order.builder == Builder::Kaniko && site.cache.directory.is_some() {
            context.status(
                "note: kaniko itself shares its cache directories among all apps and locks nothing; an image of `rackform build builder` \
                    keeps builds apart",
            );
        }
        if order.builder == Builder::Convox && !order.environment.contains_key(RACK_URL) {
            context.status(&format!(
                "note: the public build program reports to the rack's API at {RACK_URL}: `--secret-env {RACK_URL}` gives it, and \
                    `--secret-env {AUTH}` its registries' credentials"
            ));
        }
    }

    /// Adds the secrets, which are in variables here and in a file, and never in an argument.
    fn secrets(&self, environment: &mut IndexMap<String, String>, mask: &mut Mask) -> Result<(), Failure> {
        for given in &self.secret_env {
            let (name, here) = given.split_once('=').unwrap_or((given, given));
            let Some(value) = std::env::var_os(here) else {
                // What was written may be the secret itself.
                let shown = if here == name { "...".to_owned() } else { format!("{name}=...") };
                return Err(Failure::new(ExitCode::NoInput, format!("`--secret-env {shown}`: there is no variable of that name here"))
                    .hinted("it is NAME or NAME=NAME_HERE, each the name of a variable, and never a value"));
            };
            let value = value.into_string().map_err(|_| Failure::new(ExitCode::Data, format!("`{here}` is not UTF-8")))?;
            mask.add_credentials(&value);
            environment.insert(name.to_owned(), value);
        }
        if let Some(path) = &self.secret_env_file {
            let source = crate::diagnostic::Source::read(path)?;
            for (index, line) in source.text().lines().enumerate() {
                if line.trim().is_empty() || line.trim_start().starts_with('#') {
                    continue;
                }
                let Some((name, value)) = line.split_once('=') else {
                    let place = format!("{}:{}:1", path.display(), index + 1);
                    return Err(Failure::new(ExitCode::Data, format!("{place}: no `NAME=VALUE`")));
                };
                mask.add_credentials(value);
                environment.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        if environment.contains_key(ID) && self.id.is_none() {
            return Err(Failure::new(ExitCode::Usage, format!("`{ID}` is given by `--id`")));
        }
        Ok(())
    }
}

/// Gives kaniko itself the arguments that the agent would run it with.
fn kaniko(mut order: BuildTaskRequest, site: &BuildEnvironment) -> Result<BuildTaskRequest, Failure> {
    if order.url.is_none() && !order.environment.contains_key(URL) {
        return Err(Failure::new(ExitCode::Usage, "the task's image is kaniko itself, which has to be told where the source is")
            .hinted("`--url s3://BUCKET/SOURCE.tar.gz`; or a command of your own after `--`"));
    }
    let settings = Settings {
        app: Some(order.app.clone()),
        id: Some(order.id.clone()),
        service: order.service.clone(),
        source: order.environment.get(URL).cloned().or(order.url.clone()),
        dockerfile: order.dockerfile.clone(),
        target: order.target.clone(),
        build_args: order.build_args.clone(),
        push: order.push.clone(),
        no_cache: order.no_cache,
        cache: site.cache.is_on,
        cache_repository: site.cache.repository.clone(),
        cache_directory: site.cache.directory.clone(),
        engine: Some(Engine::Kaniko),
        ..Settings::default()
    };
    let tag = site.image.as_deref().and_then(|image| image.rsplit('/').next()?.split(['@', ':']).nth(1)).unwrap_or_default();
    let facts = EngineFacts { version: tag.trim_start_matches('v').parse().ok(), ..settings.facts() };
    let invocation = plan(&settings.request(), &facts)
        .map_err(|problems| Failure::Problems(crate::ui::build::hints::diagnostics(&problems), ExitCode::Usage))?;
    order.command = invocation.steps.first().map(|step| step.argv.iter().skip(1).cloned().collect());
    for (name, value) in invocation.environment {
        order.environment.entry(name).or_insert(value);
    }
    Ok(order)
}

/// Returns what makes asking twice for the same build start one task, of 64 characters at most.
fn client_token(stack: &str, app: &str, id: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("{stack}\0{app}\0{id}"));
    format!("rackform-{}", hex(&digest[..16]))
}

fn pairs(flag: &str, given: &[String]) -> Result<IndexMap<String, String>, Failure> {
    let pair = |text: &String| {
        let split = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        split.ok_or_else(|| Failure::new(ExitCode::Usage, format!("`{flag} {text}` has no `=`")))
    };
    given.iter().map(pair).collect()
}
