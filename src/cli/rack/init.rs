//! `rackform init`: creates a commented `rack.yaml`.

use std::path::{Path, PathBuf};

use crate::cli::{Context, ExitCode, Failure};
use crate::config::RackFile;
use crate::config::{STACK_NAMES, is_stack_name};
use crate::files::NewMode;

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
/// Returns an error if the file exists or cannot be written, or the stack name is invalid.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let path = context.global.file().unwrap_or_else(|| Path::new(RackFile::DEFAULT_PATH));
    // A link to a missing file exists, too.
    if path.symlink_metadata().is_ok() && !args.force {
        return Err(Failure::new(ExitCode::CannotWrite, format!("`{}` already exists", path.display()))
            .hinted("overwrite it with `--force`, or choose another path with `--file`"));
    }
    let name = args.name.clone().or_else(|| context.global.stack_name.clone()).unwrap_or_else(directory_name);
    if !is_stack_name(&name) {
        return Err(Failure::new(ExitCode::Usage, format!("invalid stack name `{name}`")).hinted(STACK_NAMES));
    }
    let verb = if path.exists() { "overwrote" } else { "created" };
    let text = rack_yaml(&name, context.global.region.as_deref(), args.template.as_deref());
    crate::cli::shared::files::write(context.global, path, text.as_bytes(), NewMode::Default)?;
    context.status(&format!("{verb} {}\nnext: `rackform params` lists all parameters, `rackform plan` shows the changes", path.display()));
    let resolve = |template: &PathBuf| path.parent().unwrap_or(Path::new("")).join(template);
    if let Some(template) = args.template.as_ref().map(resolve).filter(|template| !template.exists()) {
        context.warn(&format!("warning: the template `{}` does not exist yet", template.display()));
    }
    Ok(ExitCode::Done)
}

/// Returns a stack name from the name of the working directory, else `rack`.
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

# The stack name: letters, digits and hyphens, starting with a letter.
name: {name}

# The AWS region.
region: {region}

# For the aws backend: the profile in ~/.aws/config, an IAM role to assume for all requests, and the
# service role that CloudFormation assumes.
# profile: default
# role_arn: arn:aws:iam::123456789012:role/deployer
# cloudformation_role_arn: arn:aws:iam::123456789012:role/cloudformation

# Where to deploy: `local` simulates CloudFormation in a directory next to this file and needs no AWS
# account, `aws` is AWS CloudFormation.
backend: local

# The template, relative to this file. By default, rackform renders its own rack.
{template}

# Parameters. Others keep their deployed values; a new stack uses the template's defaults.
# `rackform params` lists all, `rackform params --group build` those of the build service.
parameters:
  # BuildCache: Yes               # a persistent build cache; No is the default
  # BuildMethod: fargate          # run builds on fargate or ec2
  # BuildCacheRetentionDays: 30   # days until unused image layers expire, 1 to 365

# Tags of the stack and its resources.
tags:
  # environment: staging

# Logical IDs of resources that must not be removed or replaced.
protect: []

# Stack settings: termination protection, a stack policy file, and SNS topics for the stack's events.
# termination_protection: true
# stack_policy: stack-policy.json
# notification_topics: [arn:aws:sns:us-east-1:123456789012:operations]

# What to do if an operation fails: rollback, do-nothing or, for a new stack, delete; CloudWatch alarms
# that trigger a rollback (`composite:ARN` for a composite alarm), and for how long to monitor them.
# on_failure: rollback
# rollback_alarms: [arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors]
# rollback_monitoring_minutes: 10

# Defaults for all build commands.
# build:
#   engine: buildx
#   service: web
#   platforms: [linux/arm64]
#   cache_mode: max

# The bucket for a template over 51,200 bytes. By default, the rack's settings bucket.
# template_bucket: my-templates
",
        name = quoted(name),
        region = quoted(region.unwrap_or("us-east-1")),
    )
}

/// Returns the text as a YAML scalar, quoted if necessary.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "true" | "false" | "on" | "off" | "null" | "y" | "n");
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
