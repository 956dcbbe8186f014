//! The repository that images are pushed to: in ECR, in a Google registry, or in any other registry.

use super::super::registry::{EcrHost, NameError, Repository};

/// The default number of days that ECR keeps an image.
pub const DEFAULT_MAX_AGE_DAYS: u32 = 30;

/// The registry's provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Provider {
    /// Amazon ECR; a missing repository is created with tags and a lifecycle policy
    #[default]
    Ecr,
    /// Google Container Registry or Artifact Registry
    Gcr,
    /// Any registry that supports the OCI distribution API
    Oci,
}

/// The repository that images are pushed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An ECR repository of the current account and region.
    Ecr {
        /// The repository's name.
        name: String,
    },
    /// A repository that exists, or that the registry creates at the first push.
    Registry(Repository),
}

/// Why no destination could be determined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// The repository's name is missing, and the environment has no default.
    #[error("missing repository name")]
    MissingName,
    /// The Google Cloud project is missing.
    #[error("missing Google Cloud project")]
    MissingProject,
    /// The repository of an OCI registry is missing.
    #[error("missing repository")]
    MissingRepository,
    /// A name is invalid.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An AWS tag of the repository is invalid.
    #[error("invalid repository tag `{text}`")]
    Tag {
        /// The tag as given.
        text: String,
    },
}

impl Destination {
    /// Returns the destination that the options name; `repository` is a full `HOST/NAME`, `name` a repository name in the provider's
    /// registry.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is missing, or if a name is invalid.
    pub fn new(
        provider: Provider,
        repository: Option<&str>,
        name: Option<String>,
        project: Option<&str>,
        hostname: &str,
    ) -> Result<Self, DestinationError> {
        if let Some(repository) = repository {
            let repository: Repository = repository.parse()?;
            return Ok(Self::Registry(repository));
        }

        match provider {
            Provider::Ecr => {
                let name = name.ok_or(DestinationError::MissingName)?;
                // The account and region are not known yet, so the name is checked with a placeholder.
                let host = EcrHost { account: "0".repeat(12), region: "us-east-1".to_owned() }.host();
                Repository::new(&host, &name)?;
                Ok(Self::Ecr { name })
            }
            Provider::Gcr => {
                let project = project.ok_or(DestinationError::MissingProject)?;
                let name = name.ok_or(DestinationError::MissingName)?;
                // A domain-scoped project is written `example.com:project`, and is a folder in the registry.
                Ok(Self::Registry(Repository::new(hostname, &format!("{}/{name}", project.replace(':', "/")))?))
            }
            Provider::Oci => Err(DestinationError::MissingRepository),
        }
    }
}

/// Returns the default repository name: `build-cache/ORGANIZATION/PIPELINE`, from Buildkite's environment variables.
pub fn default_name(environment: impl Fn(&str) -> Option<String>) -> Option<String> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    Some(format!("build-cache/{}/{}", variable("BUILDKITE_ORGANIZATION_SLUG")?, variable("BUILDKITE_PIPELINE_SLUG")?))
}

/// Parses a repository's tags, each `KEY=VALUE`; the last value of a key wins.
///
/// Source of the limits: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html>
///
/// # Errors
///
/// Returns an error for the first tag that is invalid.
pub fn parse_tags(texts: &[String]) -> Result<Vec<(String, String)>, DestinationError> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for text in texts {
        let invalid = || DestinationError::Tag { text: text.clone() };
        let (key, value) = text.split_once('=').ok_or_else(invalid)?;
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 || key.starts_with("aws:") {
            return Err(invalid());
        }
        tags.retain(|(known, _)| known != key);
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(tags)
}

/// Returns an ECR lifecycle policy, as JSON text, that deletes every image `max_age_days` days after its push.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
pub fn lifecycle_policy(max_age_days: u32) -> String {
    serde_json::json!({
        "rules": [{
            "rulePriority": 1,
            "description": format!("Expire images {max_age_days} days after they were pushed"),
            "selection": {
                "tagStatus": "any",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": max_age_days,
            },
            "action": {"type": "expire"},
        }]
    })
    .to_string()
}

/// Returns whether a lifecycle policy has the form that [`lifecycle_policy`] returns, for any number of days.
pub fn is_max_age_policy(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<serde_json::Value>(policy) else { return false };
    let Some([rule]) = policy.get("rules").and_then(serde_json::Value::as_array).map(Vec::as_slice) else { return false };
    let selection = |key: &str| rule.pointer(&format!("/selection/{key}")).and_then(serde_json::Value::as_str);
    (selection("tagStatus"), selection("countType"), selection("countUnit")) == (Some("any"), Some("sinceImagePushed"), Some("days"))
}

#[cfg(test)]
mod tests {
    use super::{Destination, DestinationError, Provider, default_name, is_max_age_policy, lifecycle_policy, parse_tags};

    #[test]
    fn a_destination_comes_from_options_and_the_environment() {
        let name = default_name(|name| Some(if name.contains("ORG") { "acme".to_owned() } else { "web".to_owned() }));
        assert_eq!(name.as_deref(), Some("build-cache/acme/web"));
        assert_eq!(default_name(|_| None), None);
        let of = |provider, repository, name: Option<&str>, project| {
            Destination::new(provider, repository, name.map(str::to_owned), project, "eu.gcr.io")
        };
        assert_eq!(of(Provider::Ecr, None, Some("a/b"), None), Ok(Destination::Ecr { name: "a/b".to_owned() }));
        let destination = of(Provider::Gcr, None, Some("web"), Some("foo-bar-123456")).map(|destination| match destination {
            Destination::Registry(repository) => repository.to_string(),
            Destination::Ecr { name } => name,
        });
        assert_eq!(destination.as_deref(), Ok("eu.gcr.io/foo-bar-123456/web"));
        assert_eq!(of(Provider::Gcr, None, Some("web"), None), Err(DestinationError::MissingProject));
        assert_eq!(of(Provider::Oci, None, Some("web"), None), Err(DestinationError::MissingRepository));
        assert!(matches!(of(Provider::Ecr, None, Some("A B"), None), Err(DestinationError::Name(_))));
        assert!(matches!(of(Provider::Oci, Some("127.0.0.1:5000/x"), None, None), Ok(Destination::Registry(_))));
    }

    #[test]
    fn a_generated_lifecycle_policy_is_recognized() {
        let own = lifecycle_policy(7);
        assert!(is_max_age_policy(&own));
        for other in [
            own.replace("any", "untagged"),
            own.replace("sinceImagePushed", "imageCountMoreThan"),
            "{\"rules\":[]}".to_owned(),
            String::new(),
        ] {
            assert!(!is_max_age_policy(&other), "{other}");
        }
    }

    #[test]
    fn repository_tags_are_parsed() {
        let parse = |texts: &[&str]| parse_tags(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(parse(&["Key=Value", "Key2=a=b", "Key=Other"]), Ok(vec![pair("Key2", "a=b"), pair("Key", "Other")]));
        assert!(parse(&["Key"]).is_err() && parse(&["=x"]).is_err() && parse(&["aws:x=y"]).is_err());
    }
}
