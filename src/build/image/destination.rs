//! Where images go: a repository of ECR, of Google's registries, or of any other.

use super::super::registry::{EcrHost, NameError, Repository};

/// How many days an image is kept unless told otherwise.
pub const DEFAULT_MAX_AGE_DAYS: u32 = 30;

/// The kind of registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Provider {
    /// Amazon ECR: the repository is made when it is missing, with tags and a lifecycle policy
    #[default]
    Ecr,
    /// Google's Container Registry or Artifact Registry
    Gcr,
    /// Any registry that speaks the OCI distribution API
    Oci,
}

/// Where images go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A repository of the account and region that are asked.
    Ecr {
        /// Its name.
        name: String,
    },
    /// A repository that is there, or that a push makes.
    Registry(Repository),
}

/// Why there is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// A name is missing, and the environment does not have it.
    #[error("no {what} is given")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// What gives it.
        hint: &'static str,
    },
    /// A name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A tag of a repository is written wrong.
    #[error("`{text}` is no tag of a repository")]
    Tag {
        /// The text.
        text: String,
    },
}

impl DestinationError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { hint, .. } => hint,
            Self::Name(error) => error.hint(),
            Self::Tag { .. } => "write it as KEY=VALUE; AWS takes keys up to 128 characters and values up to 256",
        }
    }
}

impl Destination {
    /// Returns the place that flags and the environment name; `repository` is a whole `HOST/NAME`, `name` one in a provider's registry.
    ///
    /// # Errors
    ///
    /// Returns what is missing, or is no name.
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
        let missing_name = DestinationError::Missing {
            what: "repository",
            hint: "`--name` names one; on Buildkite it is build-cache/ORGANIZATION/PIPELINE, elsewhere set BUILDKITE_ORGANIZATION_SLUG and BUILDKITE_PIPELINE_SLUG or name it",
        };
        match provider {
            Provider::Ecr => {
                let name = name.ok_or(missing_name)?;
                // The account and region are not known yet; the name is checked as it is in any registry.
                let host = EcrHost { account: "0".repeat(12), region: "us-east-1".to_owned() }.host();
                Repository::new(&host, &name)?;
                Ok(Self::Ecr { name })
            }
            Provider::Gcr => {
                let project =
                    project.ok_or(DestinationError::Missing { what: "Google Cloud project", hint: "`--gcp-project` names it" })?;
                let name = name.ok_or(missing_name)?;
                // A project of a domain is written `example.com:project`, and is a folder in the registry.
                Ok(Self::Registry(Repository::new(hostname, &format!("{}/{name}", project.replace(':', "/")))?))
            }
            Provider::Oci => Err(DestinationError::Missing { what: "repository", hint: "`--repository HOST/NAME` names it" }),
        }
    }
}

/// Returns the repository's name unless told otherwise: `build-cache/ORGANIZATION/PIPELINE`, as Buildkite knows them.
pub fn default_name(environment: impl Fn(&str) -> Option<String>) -> Option<String> {
    let said = |name: &str| environment(name).filter(|value| !value.is_empty());
    Some(format!("build-cache/{}/{}", said("BUILDKITE_ORGANIZATION_SLUG")?, said("BUILDKITE_PIPELINE_SLUG")?))
}

/// Returns a repository's tags from `KEY=VALUE` words; the last of a key counts.
///
/// Source of the limits: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html>
///
/// # Errors
///
/// Returns the first word that is none.
pub fn parse_tags(words: &[String]) -> Result<Vec<(String, String)>, DestinationError> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for word in words {
        let wrong = || DestinationError::Tag { text: word.clone() };
        let (key, value) = word.split_once('=').ok_or_else(wrong)?;
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 || key.starts_with("aws:") {
            return Err(wrong());
        }
        tags.retain(|(known, _)| known != key);
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(tags)
}

/// Returns ECR's lifecycle policy that deletes every image so many days after its push, as JSON text.
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

/// Tells whether a lifecycle policy is one that [`lifecycle_policy`] makes, for however many days.
pub fn is_max_age_policy(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<serde_json::Value>(policy) else { return false };
    let Some([rule]) = policy.get("rules").and_then(serde_json::Value::as_array).map(Vec::as_slice) else { return false };
    let says = |key: &str| rule.pointer(&format!("/selection/{key}")).and_then(serde_json::Value::as_str);
    (says("tagStatus"), says("countType"), says("countUnit")) == (Some("any"), Some("sinceImagePushed"), Some("days"))
}

#[cfg(test)]
mod tests {
    use super::{Destination, DestinationError, Provider, default_name, is_max_age_policy, lifecycle_policy, parse_tags};

    #[test]
    fn places_are_what_flags_and_the_environment_name() {
        let name = default_name(|name| Some(if name.contains("ORG") { "acme".to_owned() } else { "web".to_owned() }));
        assert_eq!(name.as_deref(), Some("build-cache/acme/web"));
        assert_eq!(default_name(|_| None), None);
        let of = |provider, repository, name: Option<&str>, project| {
            Destination::new(provider, repository, name.map(str::to_owned), project, "eu.gcr.io")
        };
        assert_eq!(of(Provider::Ecr, None, Some("a/b"), None), Ok(Destination::Ecr { name: "a/b".to_owned() }));
        let place = of(Provider::Gcr, None, Some("web"), Some("foo-bar-123456")).map(|place| match place {
            Destination::Registry(repository) => repository.to_string(),
            Destination::Ecr { name } => name,
        });
        assert_eq!(place.as_deref(), Ok("eu.gcr.io/foo-bar-123456/web"));
        assert!(matches!(of(Provider::Gcr, None, Some("web"), None), Err(DestinationError::Missing { .. })));
        assert!(matches!(of(Provider::Oci, None, Some("web"), None), Err(DestinationError::Missing { .. })));
        assert!(matches!(of(Provider::Ecr, None, Some("A B"), None), Err(DestinationError::Name(_))));
        assert!(matches!(of(Provider::Oci, Some("127.0.0.1:5000/x"), None, None), Ok(Destination::Registry(_))));
    }

    #[test]
    fn a_policy_of_ones_own_is_known_again() {
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
    fn tags_of_a_repository_are_keys_and_values() {
        let words = |words: &[&str]| parse_tags(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(words(&["Key=Value", "Key2=a=b", "Key=Other"]), Ok(vec![pair("Key2", "a=b"), pair("Key", "Other")]));
        assert!(words(&["Key"]).is_err() && words(&["=x"]).is_err() && words(&["aws:x=y"]).is_err());
    }
}
