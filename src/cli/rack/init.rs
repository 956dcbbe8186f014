//! `rackform init`: writes a commented `rack.yaml`.

use std::path::{Path, PathBuf};

use crate::cli::{Context, ExitCode, Failure};
use crate::config::RackFile;
use crate::config::{STACK_NAMES, is_stack_name};

/// Create a commented rack.yaml
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform init\n  rackform init --name staging --template rack.json\n  rackform init --file racks/production.yaml --region eu-west-1"
)]
pub struct Args {
    /// Stack name [default: the name of the current directory]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Template file of the rack [default: rackform's own rack]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that the file is there already, or cannot be written.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let path = context.global.file().unwrap_or_else(|| Path::new(RackFile::DEFAULT_PATH));
    if path.exists() && !args.force {
        return Err(Failure::new(ExitCode::CannotWrite, format!("`{}` is already there", path.display()))
            .hinted("`--force` replaces it; `--file` writes another"));
    }
    let name = args.name.clone().or_else(|| context.global.stack_name.clone()).unwrap_or_else(directory_name);
    if !is_stack_name(&name) {
        return Err(Failure::new(ExitCode::Usage, format!("`{name}` cannot be a stack's name")).hinted(STACK_NAMES));
    }
    let text = rack_yaml(&name, context.global.region.as_deref(), args.template.as_deref());
    crate::cli::shared::files::write(path, text.as_bytes())?;
    context.status(&format!(
        "wrote {}\nnext: `rackform params` lists what can be set, `rackform plan` shows what would change",
        path.display()
    ));
    let beside = |template: &PathBuf| path.parent().unwrap_or(Path::new("")).join(template);
    if let Some(template) = args.template.as_ref().map(beside).filter(|template| !template.exists()) {
        context.warn(&format!("warning: the template `{}` is not there yet", template.display()));
    }
    Ok(ExitCode::Done)
}

/// Returns the current directory's name as a stack can have it, else `rack`.
fn directory_name() -> String {
    let directory = std::env::current_dir().ok();
    let name = directory.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= 128 { name.to_owned() } else { "rack".to_owned() }
}

fn rack_yaml(name: &str, region: Option<&str>, template: Option<&Path>) -> String {
    let template = match template {
        Some(path) => format!("template: {}", quoted(&path.display().to_string())),
        None => "# template: rack.json".to_owned(),
    };
    format!(
        "# A rack: one CloudFormation stack. Every rackform command reads this file.

# The stack's name: letters, digits and hyphens, a letter first.
name: {name}

# The AWS region it runs in.
region: {region}

# Whose credentials the aws backend takes, by name in ~/.aws/config; a role to assume with them; and
# the role that CloudFormation itself works as.
# profile: default
# role_arn: arn:aws:iam::123456789012:role/deployer
# cloudformation_role_arn: arn:aws:iam::123456789012:role/cloudformation

# Where plans are carried out: `local` is an embedded CloudFormation in a directory beside this
# file and needs no account, `aws` is CloudFormation itself.
backend: local

# The template, a path from beside this file. Without it, rackform renders its own rack.
{template}

# Parameters as they should be; what is not here keeps its deployed value, else takes the default.
# `rackform params` lists them all, `rackform params --group build` those of the build service.
parameters:
  # BuildCache: Yes               # a persistent build cache; No is the default
  # BuildMethod: fargate          # where builds run: fargate or ec2
  # BuildCacheRetentionDays: 30   # days until an unused image layer leaves the cache, 1 to 365

# Tags that every resource of the stack gets.
tags:
  # environment: staging

# Resources that no plan may remove or replace, by logical ID.
protect: []

# What the stack has beside its template: protection against deletion, a policy that says which
# updates it allows, topics that are told of events.
# termination_protection: true
# stack_policy: stack-policy.json
# notification_topics: [arn:aws:sns:us-east-1:123456789012:operations]

# What becomes of a change that fails: rollback, do-nothing or, for a new stack, delete; alarms that
# turn one back (`composite:ARN` for a composite one), and how long they are watched afterwards.
# on_failure: rollback
# rollback_alarms: [arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors]
# rollback_monitoring_minutes: 10

# What `rackform build command` takes unless a flag says otherwise.
# build:
#   engine: buildx
#   service: web
#   platforms: [linux/arm64]
#   cache_mode: max

# Where a template over 51,200 bytes goes; without it, the rack's own settings bucket.
# template_bucket: my-templates
",
        name = quoted(name),
        region = quoted(region.unwrap_or("us-east-1")),
    )
}

/// Returns a text as a YAML scalar, bare where it is a plain word.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "true" | "false" | "on" | "off" | "null" | "y" | "n");
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
