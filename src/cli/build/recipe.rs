//! `rackform build recipe`: renders the configuration file of a CI provider that builds with the rack's cache.

use crate::build::Engine;
use crate::build::cache::Backend;
use crate::build::recipe::{InvalidOption, Options, Provider, Recipe, RecipeError, RecipeOption, recipe};
use crate::cli::shared::rendered::Rendered;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Render the configuration file of a CI provider with a step that builds a service with the rack's cache
///
/// The job gets its credentials with OIDC, or uses those of the machine. `--role-arn` and `--region` override the role and region in
/// rack.yaml. docs/recipes.md lists the requirements of each recipe.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build recipe --list\n  rackform build recipe github-actions --role-arn arn:aws:iam::123456789012:role/build --service web -o .github/workflows/build.yml\n  rackform build recipe gitlab-ci --repository 123456789012.dkr.ecr.eu-west-1.amazonaws.com/rack-build-cache --image registry.example.com/web\n  rackform build recipe buildkite --check .buildkite/pipeline.yml      show the difference and exit with 2"
)]
pub struct Args {
    /// The provider: github-actions, gitlab-ci, buildkite, circleci, codebuild or travis-ci
    #[arg(value_name = "NAME", required_unless_present = "list")]
    provider: Option<Provider>,
    /// List the providers, their files and their source of credentials
    #[arg(long, conflicts_with_all = ["provider", "output", "check", "repository", "s3_bucket", "s3_prefix", "image", "service", "directory", "engine", "container"])]
    list: bool,
    /// The rack's cache repository [default: `build.repository` in rack.yaml, otherwise derived from its `name` and `account`]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// The bucket of a cache in S3, instead of a cache repository [default: `build.s3_bucket` in rack.yaml if its cache is in S3]
    #[arg(long, value_name = "BUCKET", conflicts_with = "repository")]
    s3_bucket: Option<String>,
    /// The prefix of all keys in the bucket [default: `build.s3_prefix` in rack.yaml, otherwise buildkit/]
    #[arg(long, value_name = "PREFIX")]
    s3_prefix: Option<String>,
    /// The repository to push the image to
    #[arg(long, value_name = "REPOSITORY")]
    image: Option<String>,
    /// The service, which names its cache [default: `build.service` in rack.yaml]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// The app's directory [default: `build.directory` in rack.yaml, otherwise the root of the checkout]
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<String>,
    /// The engine: docker, buildx or buildah [default: `build.engine` in rack.yaml, otherwise buildx]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// The image of a GitLab CI job [default: the Docker client image; the job installs the AWS CLI]
    #[arg(long, value_name = "IMAGE")]
    container: Option<String>,
    #[command(flatten)]
    rendered: Rendered,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if an option is invalid, the recipe cannot be rendered, or a file cannot be read or written.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let Some(provider) = args.provider else {
        let lines = Provider::ALL.map(|provider| format!("{:<16}{:<30}{}\n", provider.name(), provider.file(), provider.credentials()));
        context.answer(&lines.concat())?;
        return Ok(ExitCode::Done);
    };
    if args.container.is_some() && provider != Provider::GitlabCi {
        return Err(Failure::new(ExitCode::Usage, format!("`--container` has no effect with {provider}, whose jobs run on a machine"))
            .hinted("omit it: only gitlab-ci has an image of the job"));
    }
    let options = args.options(context)?;
    let invalid = options.invalid();
    if !invalid.is_empty() {
        return Err(Failure::Problems(Diagnostics(invalid.into_iter().map(diagnostic).collect()), ExitCode::Usage));
    }
    let Recipe { text, examples } = recipe(provider, &options).map_err(failure)?;
    if !examples.is_empty() {
        let flags: Vec<&str> = examples.into_iter().map(flag).collect();
        context.status(&format!("the recipe contains example values; set your own with {}", flags.join(", ")));
    }
    args.rendered.create_directory(context)?;
    args.rendered.write_or_check(&text, context)
}

/// Returns the flag that sets an option.
fn flag(option: RecipeOption) -> &'static str {
    match option {
        RecipeOption::RoleArn => "--role-arn",
        RecipeOption::Region => "--region",
        RecipeOption::Repository => "--repository",
        RecipeOption::Image => "--image",
        RecipeOption::Service => "--service",
        RecipeOption::Directory => "--directory",
        RecipeOption::Container => "--container",
        RecipeOption::Bucket => "--s3-bucket",
        RecipeOption::Prefix => "--s3-prefix",
    }
}

fn diagnostic(InvalidOption { option, problem, hint }: InvalidOption) -> Diagnostic {
    Diagnostic::error("recipe-value", format!("`{}`: {problem}", flag(option))).hinted(hint)
}

fn failure(error: RecipeError) -> Failure {
    let hint = match &error {
        RecipeError::Template(_) => return Failure::Bug(Box::new(error)),
        RecipeError::Engine { .. } => "omit `--engine` to use buildx; `rackform build run` builds with kaniko on the rack".to_owned(),
        RecipeError::NoBucket => "omit `--engine buildah` or `--s3-bucket`".to_owned(),
        RecipeError::NoContainer => "set an image that contains buildah, aws and rackform with `--container IMAGE`".to_owned(),
        RecipeError::Value { option, .. } => format!("set another value with `{}`", flag(*option)),
    };
    Failure::new(ExitCode::Usage, error.to_string()).hinted(hint)
}

impl Args {
    fn options(&self, context: &mut Context<'_>) -> Result<Options, Failure> {
        let region = context.settings()?.configured_region().map(str::to_owned);
        let rack_file = context.rack_file()?;
        let of_rack = || {
            let (name, account) = (rack_file.name.as_deref()?, rack_file.account.clone()?);
            let host = crate::build::registry::EcrHost { account, region: region.clone()? }.host();
            Some(format!("{host}/{name}-build-cache"))
        };
        let section = &rack_file.build;
        let is_s3 = self.repository.is_none() && section.backend() == Some(Backend::S3);
        let s3_bucket = self.s3_bucket.clone().or_else(|| section.s3_bucket.clone().filter(|_| is_s3));
        let s3_prefix = self.s3_prefix.clone().or_else(|| section.s3_prefix.clone().filter(|_| is_s3 && self.s3_bucket.is_none()));
        if s3_bucket.is_none() && s3_prefix.is_some() {
            return Err(
                Failure::new(ExitCode::Usage, "`--s3-prefix` has no effect without a bucket").hinted("add `--s3-bucket`, or omit it")
            );
        }
        Ok(Options {
            s3_bucket,
            s3_prefix,
            role_arn: context.global.role_arn.clone().or_else(|| rack_file.role_arn.clone()),
            repository: self.repository.clone().or_else(|| rack_file.build.repository.clone()).or_else(of_rack),
            region: section.s3_region.clone().filter(|_| is_s3 && context.global.region.is_none()).or(region),
            image: self.image.clone(),
            service: self.service.clone().or_else(|| rack_file.build.service.clone()),
            directory: self.directory.clone().or_else(|| rack_file.build.directory.clone()),
            // The engine in rack.yaml may be kaniko, which cannot run in CI; the recipe then uses buildx.
            engine: self
                .engine
                .or(rack_file.build.engine.filter(|engine| matches!(engine, Engine::Docker | Engine::Buildx | Engine::Buildah))),
            container: self.container.clone(),
        })
    }
}
