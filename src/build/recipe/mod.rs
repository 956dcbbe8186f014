//! Recipes: the configuration file of a CI provider that builds a service with the cache of its rack.
//!
//! Takes a [`Provider`] and [`Options`]; returns the provider's file, rendered from the templates in `templates/recipes/`. The user's
//! values are in environment variables, escaped as each provider requires, and the step's shell only refers to these: no value is part of a
//! command. Credentials come from OIDC or from the machine; none is an argument.

mod options;
mod provider;
mod quote;

pub use options::{InvalidOption, Options, RecipeOption};
pub use provider::Provider;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::Engine;
use super::registry::EcrHost;

/// A rendered recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The text of the provider's configuration file.
    pub text: String,
    /// The options with an example value, which the user must replace.
    pub examples: Vec<RecipeOption>,
}

/// Why a recipe cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The engine cannot run in a CI job.
    #[error("a recipe builds with docker, buildx or buildah, not with {engine}")]
    Engine {
        /// The engine.
        engine: Engine,
    },
    /// Only BuildKit has caches in S3.
    #[error("buildah does not support caches in S3")]
    NoBucket,
    /// GitLab CI needs an image for a job that runs buildah.
    #[error("a GitLab CI job that builds with buildah requires an image that contains buildah")]
    NoContainer,
    /// The provider's file cannot contain the value.
    #[error("cannot write the value of the {option} in the provider's file: {reason}")]
    Value {
        /// The option.
        option: RecipeOption,
        /// The reason.
        reason: &'static str,
    },
    /// A built-in template is invalid: a bug.
    #[error("invalid recipe template")]
    Template(#[from] minijinja::Error),
}

/// Values for missing options.
const EXAMPLE_ROLE: &str = "arn:aws:iam::123456789012:role/rack-build";
const EXAMPLE_CACHE: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache";
const EXAMPLE_IMAGE: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web";
const EXAMPLE_SERVICE: &str = "web";
const EXAMPLE_REGION: &str = "us-east-1";

/// The default prefix of the keys of a cache in S3.
const DEFAULT_PREFIX: &str = "buildkit/";

/// The default image of a GitLab CI job: the Docker client.
const DOCKER_CLIENT: &str = "docker:27.5.1-cli";

/// The templates by name.
const TEMPLATES: [(&str, &str); 9] = [
    ("build.sh.j2", include_str!("../../../templates/recipes/build.sh.j2")),
    ("install.sh.j2", include_str!("../../../templates/recipes/install.sh.j2")),
    ("variables.j2", include_str!("../../../templates/recipes/variables.j2")),
    ("github-actions", include_str!("../../../templates/recipes/github-actions.yml.j2")),
    ("gitlab-ci", include_str!("../../../templates/recipes/gitlab-ci.yml.j2")),
    ("buildkite", include_str!("../../../templates/recipes/buildkite.yml.j2")),
    ("circleci", include_str!("../../../templates/recipes/circleci.yml.j2")),
    ("codebuild", include_str!("../../../templates/recipes/codebuild.yml.j2")),
    ("travis-ci", include_str!("../../../templates/recipes/travis-ci.yml.j2")),
];

/// Renders the recipe of a provider.
///
/// # Errors
///
/// Returns an error if the engine is not supported in CI, or if a value cannot be written in the provider's file.
pub fn recipe(provider: Provider, options: &Options) -> Result<Recipe, RecipeError> {
    let engine = options.engine.unwrap_or(Engine::Buildx);
    let client = match engine {
        Engine::Docker | Engine::Buildx => "docker",
        Engine::Buildah => "buildah",
        engine => return Err(RecipeError::Engine { engine }),
    };
    if provider == Provider::GitlabCi && engine == Engine::Buildah && options.container.is_none() {
        return Err(RecipeError::NoContainer);
    }
    if options.s3_bucket.is_some() && engine == Engine::Buildah {
        return Err(RecipeError::NoBucket);
    }
    let mut examples = Vec::new();
    let mut value = |option: RecipeOption, value: &Option<String>, example: &str| {
        let value = value.clone().unwrap_or_else(|| {
            examples.push(option);
            example.to_owned()
        });
        let scalar = provider.scalar(&value).map_err(|reason| RecipeError::Value { option, reason })?;
        Ok::<_, RecipeError>((value, scalar))
    };
    let role_arn = if provider.assumes_role() { value(RecipeOption::RoleArn, &options.role_arn, EXAMPLE_ROLE)?.1 } else { String::new() };
    let bucket = match &options.s3_bucket {
        Some(_) => Some(value(RecipeOption::Bucket, &options.s3_bucket, "")?.1),
        None => None,
    };
    let prefix = value(RecipeOption::Prefix, &Some(options.s3_prefix.clone().unwrap_or_else(|| DEFAULT_PREFIX.to_owned())), "")?.1;
    let (cache, cache_scalar) = match bucket {
        Some(_) => (String::new(), String::new()),
        None => value(RecipeOption::Repository, &options.repository, EXAMPLE_CACHE)?,
    };
    let (image, image_scalar) = value(RecipeOption::Image, &options.image, EXAMPLE_IMAGE)?;
    let (service, service_scalar) = value(RecipeOption::Service, &options.service, EXAMPLE_SERVICE)?;
    let region = options.region.clone().or_else(|| Some(ecr(&cache)?.region));
    let region = value(RecipeOption::Region, &region, EXAMPLE_REGION)?.1;
    let directory = value(RecipeOption::Directory, &Some(options.directory.clone().unwrap_or_else(|| ".".to_owned())), "")?.1;
    let title = match provider {
        // It has no title, and no variable with a space.
        Provider::TravisCi => String::new(),
        _ => value(RecipeOption::Service, &Some(format!("build {service}")), "")?.1,
    };
    // One login per ECR registry, in its region; logins to other registries are left to the user.
    let mut registries = Vec::new();
    for (variable, repository) in [("RACK_CACHE", &cache), ("RACK_IMAGE", &image)] {
        if let Some(ecr) = ecr(repository)
            && (variable == "RACK_CACHE" || host(repository) != host(&cache))
        {
            registries.push(context! { variable, region => ecr.region });
        }
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    for (name, template) in TEMPLATES {
        environment.add_template(name, template)?;
    }
    let mut text = environment.get_template(provider.name())?.render(context! {
        title, role_arn, region, directory, registries, client,
        bucket,
        prefix,
        cache => cache_scalar,
        image => image_scalar,
        service => service_scalar,
        engine => engine.name(),
        container => quote::scalar(options.container.as_deref().unwrap_or(DOCKER_CLIENT)),
        installs_aws => options.container.is_none(),
        commit => provider.commit(),
        d => provider.dollar(),
    })?;
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(Recipe { text, examples })
}

fn host(repository: &str) -> &str {
    repository.split('/').next().unwrap_or_default()
}

/// Returns the ECR registry of a repository. The region becomes part of a command, so a host with any other characters in it is not
/// accepted.
fn ecr(repository: &str) -> Option<EcrHost> {
    let is_region = |ecr: &EcrHost| ecr.region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    EcrHost::parse(host(repository)).filter(is_region)
}
