//! `rackform build recipe`: one step of a CI provider that builds with the rack's cache.

use crate::build::Engine;
use crate::build::recipe::{Options, Provider, Recipe, RecipeError, recipe};
use crate::cli::shared::rendered::Rendered;
use crate::cli::{Context, ExitCode, Failure};

/// Renders the file of a CI provider whose one step builds a service with the rack's cache
///
/// Credentials come by OIDC, or are the machine's own. The role is `--role-arn`, the region `--region`, each else rack.yaml's. What else a
/// recipe needs is in docs/recipes.md.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build recipe --list\n  rackform build recipe github-actions --role-arn arn:aws:iam::123456789012:role/build --service web -o .github/workflows/build.yml\n  rackform build recipe gitlab-ci --repository 123456789012.dkr.ecr.eu-west-1.amazonaws.com/rack-build-cache --image registry.example.com/web\n  rackform build recipe buildkite --check .buildkite/pipeline.yml      exit 2 and show the difference"
)]
pub struct Args {
    /// The provider: github-actions, gitlab-ci, buildkite, circleci or codebuild
    #[arg(value_name = "NAME", required_unless_present = "list")]
    provider: Option<Provider>,
    /// List the providers, and where each recipe belongs
    #[arg(long, conflicts_with_all = ["provider", "output", "check"])]
    list: bool,
    /// The rack's cache repository [default: `build.repository` in rack.yaml, else what its `name` and `account` make]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// The repository that the image goes into
    #[arg(long, value_name = "REPOSITORY")]
    image: Option<String>,
    /// The service, after which its cache is called [default: `build.service` in rack.yaml]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// The app's directory [default: the checkout]
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<String>,
    /// The engine: docker, buildx or buildah [default: `build.engine` in rack.yaml, else buildx]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// The image that a job of GitLab CI runs in [default: docker's client, with aws installed]
    #[arg(long, value_name = "IMAGE")]
    container: Option<String>,
    #[command(flatten)]
    rendered: Rendered,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that the recipe cannot be, or a failure to read or write.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let Some(provider) = args.provider else {
        let lines = Provider::ALL.map(|provider| format!("{:<16}{:<30}{}\n", provider.name(), provider.file(), provider.credentials()));
        context.answer(&lines.concat())?;
        return Ok(ExitCode::Done);
    };
    let options = args.options(context)?;
    let problems = options.problems();
    if problems.has_errors() {
        return Err(Failure::Problems(problems, ExitCode::Usage));
    }
    let Recipe { text, examples } = recipe(provider, &options).map_err(|error| match &error {
        RecipeError::Template(_) => Failure::Bug(Box::new(error)),
        _ => Failure::new(ExitCode::Usage, error.to_string()).hinted(error.hint().unwrap_or_default()),
    })?;
    if !examples.is_empty() {
        context.status(&format!("what stands for {} is an example; give your own", examples.join(", ")));
    }
    args.rendered.make_directory()?;
    args.rendered.give(&text, context)
}

impl Args {
    fn options(&self, context: &mut Context<'_>) -> Result<Options, Failure> {
        let region = context.given_region()?;
        let rack_file = context.rack_file()?;
        let of_rack = || {
            let (name, account) = (rack_file.name.as_deref()?, rack_file.account.clone()?);
            let host = crate::build::registry::EcrHost { account, region: region.clone()? }.host();
            Some(format!("{host}/{name}-build-cache"))
        };
        Ok(Options {
            role_arn: context.global.role_arn.clone().or_else(|| rack_file.role_arn.clone()),
            repository: self.repository.clone().or_else(|| rack_file.build.repository.clone()).or_else(of_rack),
            region,
            image: self.image.clone(),
            service: self.service.clone().or_else(|| rack_file.build.service.clone()),
            directory: self.directory.clone(),
            // A rack whose builds run on kaniko has CI build with buildx.
            engine: self
                .engine
                .or(rack_file.build.engine.filter(|engine| matches!(engine, Engine::Docker | Engine::Buildx | Engine::Buildah))),
            container: self.container.clone(),
        })
    }
}
