//! The supported CI providers, and the syntax of their files.

use std::fmt;
use std::str::FromStr;

use super::quote;

/// A CI provider that has a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// GitHub Actions.
    GithubActions,
    /// GitLab CI.
    GitlabCi,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    Circleci,
    /// AWS CodeBuild.
    Codebuild,
    /// Travis CI.
    TravisCi,
}

impl Provider {
    /// All providers, in the order in which they are listed.
    pub const ALL: [Self; 6] = [Self::GithubActions, Self::GitlabCi, Self::Buildkite, Self::Circleci, Self::Codebuild, Self::TravisCi];

    /// Returns the name, as the command `build recipe` accepts it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GithubActions => "github-actions",
            Self::GitlabCi => "gitlab-ci",
            Self::Buildkite => "buildkite",
            Self::Circleci => "circleci",
            Self::Codebuild => "codebuild",
            Self::TravisCi => "travis-ci",
        }
    }

    /// Returns the display name.
    pub fn title(self) -> &'static str {
        match self {
            Self::GithubActions => "GitHub Actions",
            Self::GitlabCi => "GitLab CI",
            Self::Buildkite => "Buildkite",
            Self::Circleci => "CircleCI",
            Self::Codebuild => "AWS CodeBuild",
            Self::TravisCi => "Travis CI",
        }
    }

    /// Returns the path of the provider's configuration file.
    pub fn file(self) -> &'static str {
        match self {
            Self::GithubActions => ".github/workflows/build.yml",
            Self::GitlabCi => ".gitlab-ci.yml",
            Self::Buildkite => ".buildkite/pipeline.yml",
            Self::Circleci => ".circleci/config.yml",
            Self::Codebuild => "buildspec.yml",
            Self::TravisCi => ".travis.yml",
        }
    }

    /// Returns the source of the build's AWS credentials.
    pub fn credentials(self) -> &'static str {
        match self {
            Self::GithubActions => "OIDC, with aws-actions/configure-aws-credentials",
            Self::GitlabCi => "OIDC, an id_token in a file",
            Self::Buildkite => "OIDC, with the plugin aws-assume-role-with-web-identity",
            Self::Circleci => "OIDC, the job's token in a file",
            Self::Codebuild => "the service role of the project",
            Self::TravisCi => "hidden variables in the settings of the repository",
        }
    }

    /// Returns whether the recipe contains the role that the build assumes.
    pub fn assumes_role(self) -> bool {
        !matches!(self, Self::Codebuild | Self::TravisCi)
    }

    /// Returns the environment variable that contains the commit.
    pub(super) fn commit(self) -> &'static str {
        match self {
            Self::GithubActions => "GITHUB_SHA",
            Self::GitlabCi => "CI_COMMIT_SHA",
            Self::Buildkite => "BUILDKITE_COMMIT",
            Self::Circleci => "CIRCLE_SHA1",
            Self::Codebuild => "CODEBUILD_RESOLVED_SOURCE_VERSION",
            Self::TravisCi => "TRAVIS_COMMIT",
        }
    }

    /// Returns a dollar sign that reaches the shell of a step.
    pub(super) fn dollar(self) -> &'static str {
        // Buildkite's agent expands variables when it uploads a pipeline.
        if self == Self::Buildkite { "$$" } else { "$" }
    }

    /// Returns a value as a YAML scalar that the provider does not change: expressions and variables in it are escaped.
    ///
    /// Sources: <https://docs.github.com/en/actions/reference/workflows-and-actions/expressions>,
    /// <https://docs.gitlab.com/ci/variables/#use-the--character-in-cicd-variables>,
    /// <https://buildkite.com/docs/pipelines/configure/environment-variables#variable-interpolation>,
    /// <https://circleci.com/docs/reference/configuration-reference/>,
    /// <https://docs.travis-ci.com/user/environment-variables/>.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be written in the provider's file.
    pub(super) fn scalar(self, value: &str) -> Result<String, &'static str> {
        let escaped = match self {
            Self::GithubActions => value.replace("${{", "${{ '${{' }}"),
            Self::GitlabCi => value.replace('$', "$$"),
            Self::Buildkite if value.contains("\\$") => return Err("Buildkite interprets a backslash before a dollar sign as an escape"),
            Self::Buildkite => value.replace('$', "$$"),
            Self::Circleci => value.replace("<<", "\\<<"),
            Self::Codebuild => value.to_owned(),
            // A variable is one line of shell, whose quotes Travis CI parses by itself.
            Self::TravisCi if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@+,".contains(&byte)) => {
                return Err("Travis CI evaluates variables as shell: use letters, digits and - _ . / : @ + ,");
            }
            Self::TravisCi => return Ok(value.to_owned()),
        };
        Ok(quote::scalar(&escaped))
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name);
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == text)
            .ok_or_else(|| crate::text::did_you_mean(text, names()).unwrap_or_else(|| format!("expected one of {}", names().join(", "))))
    }
}
