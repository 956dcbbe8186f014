//! The options that describe a build task, with secrets from environment variables and files.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::commands::{with_docker_commands, with_kaniko_arguments};
use super::platform;
use crate::build::agent::Credentials;
use crate::build::command::is_secret_arg;
use crate::build::task::variables::{AUTH, ID, RACK_URL};
use crate::build::task::{BuildEnvironment, BuildTaskRequest, Builder};
use crate::cli::build::defaults::Defaults;
use crate::cli::build::ignored;
use crate::cli::build::options::BuildOptions;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::Diagnostics;
use crate::secret::Mask;
use crate::text::hex;
use crate::unique::unique_token;

/// The placeholder for the build's ID in a dry run without `--id`.
const PLACEHOLDER_ID: &str = "B0000000000";

/// The form of credentials.
const AUTH_HINT: &str = r#"write {"HOST": {"Username": "...", "Password": "..."}}, or {} for none"#;

/// The options that describe a build task.
#[derive(Clone, Debug, clap::Args)]
pub struct RequestArgs {
    /// The app to build
    #[arg(long, value_name = "NAME", required_unless_present = "attach")]
    app: Option<String>,
    /// The build's ID; repeating an ID within a day starts only one build [default: a new ID]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    options: BuildOptions,
    /// Fail unless the build task builds for this platform, such as linux/arm64. It builds for the one that it runs on, which is part of
    /// the cache's name
    #[arg(long = "platform", value_name = "PLATFORM", value_delimiter = ',')]
    pub(super) platforms: Vec<String>,
    /// The URL of the source; depending on the builder, s3://, https://, git:// or object://
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The path of the app's manifest
    #[arg(long, value_name = "PATH")]
    manifest: Option<String>,
    /// The repository to push the image to
    #[arg(long, value_name = "REPOSITORY")]
    push: Option<String>,
    /// Build in development mode
    #[arg(long)]
    development: bool,
    /// Set an environment variable of the build; takes precedence over the other options
    #[arg(long = "env", value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Set an environment variable to the secret value of a local variable; the value is never shown
    #[arg(long = "secret-env", value_name = "NAME[=NAME_HERE]")]
    secret_env: Vec<String>,
    /// Set the secret environment variables in a file, one NAME=VALUE per line; the values are never shown
    #[arg(long, value_name = "FILE")]
    secret_env_file: Option<PathBuf>,
    /// Override the rack's CPU units; on Fargate, CPU and memory must be a supported combination
    #[arg(long, value_name = "UNITS")]
    cpu: Option<u32>,
    /// Override the rack's memory, in MiB
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Add a tag to the task
    #[arg(long = "task-tag", value_name = "KEY=VALUE")]
    task_tags: Vec<String>,
    /// Copy the tags of the task definition to the task
    #[arg(long)]
    propagate_tags: bool,
    /// The `startedBy` value of the task, up to 128 characters [default: rackform/APP; convox.APP for the public build program]
    #[arg(long, value_name = "WHO")]
    started_by: Option<String>,
    /// The client token, which makes the request idempotent [default: derived from the ID]
    #[arg(long, value_name = "TOKEN")]
    client_token: Option<String>,
    /// The program in the task's image: agent, convox, kaniko or docker [default: derived from the image's name]
    #[arg(long, value_name = "PROGRAM")]
    builder: Option<Builder>,
    /// The command of the container [default: the builder's usual command]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl RequestArgs {
    /// Returns the request for a build task, and adds its secrets to the mask.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is invalid, or if a secret is missing.
    pub fn build_task_request(
        &self,
        build_environment: &BuildEnvironment,
        defaults: &mut Defaults<'_>,
        is_dry: bool,
        mask: &mut Mask,
    ) -> Result<BuildTaskRequest, Failure> {
        self.check_ignored(build_environment)?;
        platform::check(&self.platforms, build_environment)?;
        let mut options = self.options.clone();
        defaults.in_rack(&mut options);
        let builder = self.builder(build_environment);
        let id = match &self.id {
            Some(id) => id.clone(),
            None if is_dry => PLACEHOLDER_ID.to_owned(),
            None => format!("B{}", unique_token()[..10].to_ascii_uppercase()),
        };
        let token =
            || (!is_dry || self.id.is_some()).then(|| client_token(&build_environment.stack, self.app.as_deref().unwrap_or_default(), &id));
        let mut environment = pairs("--env", &self.env)?;
        self.add_secrets(&mut environment, mask)?;
        if let Some(text) = environment.get(AUTH) {
            // The program in the task would find it only after the task has started.
            Credentials::read(text).map_err(|error| Failure::new(ExitCode::Data, error.to_string()).hinted(AUTH_HINT))?;
        }
        for arg in &options.build_args {
            if let Some((_, value)) = arg.split_once('=').filter(|(name, value)| is_secret_arg(name, Some(value))) {
                mask.add_credentials(value);
            }
        }
        let request = BuildTaskRequest {
            app: self.app.clone().unwrap_or_default(),
            service: options.service.clone(),
            url: self.url.clone(),
            dockerfile: options.dockerfile.clone(),
            manifest: self.manifest.clone(),
            target: options.target.clone(),
            build_args: options.build_args.clone(),
            push: self.push.clone(),
            no_cache: options.no_cache,
            development: self.development,
            environment,
            builder,
            command: (!self.command.is_empty()).then(|| self.command.clone()),
            has_docker_commands: false,
            cpu: self.cpu,
            memory: self.memory,
            tags: pairs("--task-tag", &self.task_tags)?,
            propagate_tags: self.propagate_tags,
            started_by: self.started_by.clone(),
            client_token: self.client_token.clone().or_else(token),
            id,
        };
        match request.builder {
            Builder::Kaniko if request.command.is_none() => with_kaniko_arguments(request, build_environment),
            Builder::Docker if request.command.is_none() => with_docker_commands(request, build_environment),
            _ => Ok(request),
        }
    }

    /// Fails for each option that the program in the task's image ignores.
    fn check_ignored(&self, build_environment: &BuildEnvironment) -> Result<(), Failure> {
        let builder = self.builder(build_environment);
        let mut problems = Diagnostics::default();
        let stage = [
            ("--service", self.options.service.is_some()),
            ("--dockerfile", self.options.dockerfile.is_some()),
            ("--target", self.options.target.is_some()),
        ];
        let build = [("--build-arg", !self.options.build_args.is_empty()), ("--no-cache", self.options.no_cache)];
        let of_convox = [("--manifest", self.manifest.is_some()), ("--development", self.development)];
        let program = format!("on the program `{}` in the task's image", builder.name());
        if builder == Builder::Convox {
            ignored::add(&stage, &program, "omit it: the app's manifest names it", &mut problems);
        } else {
            ignored::add(&of_convox, &program, "omit it: only the public build program has it", &mut problems);
        }
        // The agent reads its variables with any command.
        if !self.command.is_empty() && builder != Builder::Agent {
            let others = if builder == Builder::Convox { build.to_vec() } else { [stage.as_slice(), build.as_slice()].concat() };
            ignored::add(&others, "with a command after `--`", "put it into the command, or omit the command", &mut problems);
        }
        if problems.has_errors() { Err(Failure::Problems(problems, ExitCode::Usage)) } else { Ok(()) }
    }

    fn builder(&self, build_environment: &BuildEnvironment) -> Builder {
        self.builder.unwrap_or_else(|| build_environment.image.as_deref().map_or(Builder::Agent, Builder::of_image))
    }

    /// Prints notes on defaults of the request that may surprise.
    pub fn print_notes(&self, request: &BuildTaskRequest, build_environment: &BuildEnvironment, context: &mut Context<'_>) {
        if self.id.is_none() && request.client_token.is_none() {
            context.status(&format!("note: {PLACEHOLDER_ID} is a placeholder; a started build gets a new ID, unless `--id` specifies one"));
        }
        for arg in &self.options.build_args {
            let (name, value) = arg.split_once('=').map_or((arg.as_str(), None), |(name, value)| (name, Some(value)));
            if is_secret_arg(name, value) {
                context.status(&format!(
                    "note: the build argument `{}` looks like a secret; build arguments are readable in the image's history, in its cache, \
                        and in the task's overrides for every caller of ecs:DescribeTasks",
                    name.escape_debug()
                ));
            }
        }
        if request.builder == Builder::Kaniko && build_environment.cache.directory.is_some() {
            context.status(
                "note: without the build agent, kaniko shares its cache directories among all apps without a lock; an image of `rackform \
                    build builder` locks them",
            );
        }
        if request.builder == Builder::Convox && !request.environment.contains_key(RACK_URL) {
            context.status(&format!(
                "note: the public build program reports to the rack's API at {RACK_URL}: set it with `--secret-env {RACK_URL}`, and the \
                    credentials of its registries with `--secret-env {AUTH}`"
            ));
        }
    }

    /// Adds the secrets, which come from local variables and a file, never from an argument.
    fn add_secrets(&self, environment: &mut IndexMap<String, String>, mask: &mut Mask) -> Result<(), Failure> {
        for argument in &self.secret_env {
            let (name, local) = argument.split_once('=').unwrap_or((argument, argument));
            let Some(value) = std::env::var_os(local) else {
                // The argument may be the secret itself, so the message does not quote it.
                let shown = if local == name { "...".to_owned() } else { format!("{name}=...") };
                return Err(Failure::new(ExitCode::NoInput, format!("`--secret-env {shown}`: this environment variable is not set"))
                    .hinted("specify NAME or NAME=NAME_HERE, both names of variables; do not specify the value"));
            };
            let value = value.into_string().map_err(|_| Failure::new(ExitCode::Data, format!("`{local}` is not UTF-8")))?;
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
                    let position = format!("{}:{}:1", path.display(), index + 1);
                    return Err(Failure::new(ExitCode::Data, format!("{position}: expected `NAME=VALUE`")));
                };
                mask.add_credentials(value);
                environment.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        if environment.contains_key(ID) && self.id.is_none() {
            return Err(Failure::new(ExitCode::Usage, format!("set `{ID}` with `--id`")));
        }
        Ok(())
    }
}

/// Returns the client token of a build, of at most 64 characters, so that a repeated request starts one task.
fn client_token(stack: &str, app: &str, id: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("{stack}\0{app}\0{id}"));
    format!("rackform-{}", hex(&digest[..16]))
}

/// Parses the `NAME=VALUE` arguments of an option.
fn pairs(option: &str, arguments: &[String]) -> Result<IndexMap<String, String>, Failure> {
    let pair = |text: &String| {
        let split = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        split.ok_or_else(|| Failure::new(ExitCode::Usage, format!("invalid `{option} {text}`: expected `=`")))
    };
    arguments.iter().map(pair).collect()
}
