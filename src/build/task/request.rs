//! What a build task is to build.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secret::url_credentials;
use crate::text::did_you_mean;

/// The program in the task's image, which decides how the build is described to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Builder {
    /// `rackform build agent`, which reads environment variables.
    #[default]
    Agent,
    /// The public build service's program, which reads environment variables and a few flags.
    Convox,
    /// kaniko itself, which reads flags only.
    Kaniko,
    /// A docker client, which builds nothing without a command.
    Docker,
}

impl Builder {
    /// All builders.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Convox, Self::Kaniko, Self::Docker];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Convox => "convox",
            Self::Kaniko => "kaniko",
            Self::Docker => "docker",
        }
    }

    /// Returns the program of an image, guessed from the image's name; unknown images contain the agent.
    pub fn of_image(image: &str) -> Self {
        let repository = image.split('@').next().unwrap_or(image);
        let last = repository.rsplit('/').next().unwrap_or(repository);
        let name = last.split(':').next().unwrap_or(last);
        match name {
            _ if repository.starts_with("convox/") || repository.contains("/convox/") => Self::Convox,
            "kaniko" | "kaniko-executor" => Self::Kaniko,
            "executor" if repository.contains("kaniko") => Self::Kaniko,
            "docker" => Self::Docker,
            _ => Self::Agent,
        }
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Builder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|builder| builder.name() == text);
        found.ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What a build task is to build.
#[derive(Clone, Debug, Default)]
pub struct BuildTaskRequest {
    /// The app.
    pub app: String,
    /// The build's ID.
    pub id: String,
    /// The service; `None` leaves it to the builder.
    pub service: Option<String>,
    /// The address of the source.
    pub url: Option<String>,
    /// The Dockerfile, relative to the source directory.
    pub dockerfile: Option<String>,
    /// The app's manifest.
    pub manifest: Option<String>,
    /// The stage to build.
    pub target: Option<String>,
    /// Build arguments, `NAME=VALUE` or `NAME`.
    pub build_args: Vec<String>,
    /// The repository that images are pushed to.
    pub push: Option<String>,
    /// Whether the build ignores the layer cache.
    pub no_cache: bool,
    /// Whether it is a development build.
    pub development: bool,
    /// More variables; they override those of the other fields.
    pub environment: IndexMap<String, String>,
    /// The program in the image.
    pub builder: Builder,
    /// The command; `None` is the builder's default.
    pub command: Option<Vec<String>>,
    /// Whether the command is one of rackform for a docker client, which reads docker's configuration from a variable.
    pub has_docker_commands: bool,
    /// CPU units; `None` is the task definition's.
    pub cpu: Option<u32>,
    /// Memory in MiB; `None` is the task definition's.
    pub memory: Option<u32>,
    /// Tags of the task.
    pub tags: IndexMap<String, String>,
    /// Whether the task also gets its definition's tags.
    pub propagate_tags: bool,
    /// The task's `startedBy`; `None` is the default of the builder.
    pub started_by: Option<String>,
    /// The client token, with which repeated requests start one task.
    pub client_token: Option<String>,
}

impl BuildTaskRequest {
    /// Returns the container's command; `None` is the image's own.
    pub(super) fn command(&self) -> Option<Vec<String>> {
        if self.command.is_some() {
            return self.command.clone();
        }
        let owned = |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>();
        match self.builder {
            Builder::Agent | Builder::Kaniko | Builder::Docker => None,
            Builder::Convox => {
                let cache = if self.no_cache { "false" } else { "true" };
                let mut command = owned(&["build", "-method", method(self.url.as_deref().unwrap_or_default()), "-cache", cache]);
                for arg in &self.build_args {
                    command.extend(["-build-args".to_owned(), arg.clone()]);
                }
                Some(command)
            }
        }
    }

    /// Returns the task's `startedBy`; for the public build service's program as that service sets it.
    pub(super) fn started_by(&self) -> String {
        self.started_by.clone().unwrap_or_else(|| match self.builder {
            Builder::Convox => format!("convox.{}", self.app),
            Builder::Agent | Builder::Kaniko | Builder::Docker => format!("rackform/{}", self.app),
        })
    }

    /// Reports invalid fields.
    pub(super) fn check(&self, problems: &mut Diagnostics) {
        let is_name = |text: &str| {
            text.len() <= 100
                && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !is_name(&self.app) {
            let message =
                format!("invalid app name `{}`: use letters, digits, `-`, `_` and `.`, starting with a letter or digit", self.app);
            problems.push(Diagnostic::error("app-name", message));
        }
        let given = self.environment.contains_key(super::variables::URL);
        if let Some(url) = self.url.as_ref().filter(|_| !given)
            && (url_credentials(url).is_some() || url.to_ascii_lowercase().contains("signature="))
        {
            problems.push(
                Diagnostic::error("secret-in-argument", "the URL contains credentials, and every user of the machine can read arguments")
                    .hinted("set the variable BUILD_URL and pass it to the build as a secret variable"),
            );
        }
        if let Some((message, hint)) = self.url.as_deref().filter(|_| !given).and_then(invalid_url) {
            problems.push(Diagnostic::error("source", message).hinted(hint));
        }
        for name in self.environment.keys() {
            if name.is_empty() || name.contains('=') || name.contains('\0') {
                problems.push(Diagnostic::error("variable-name", format!("invalid variable name `{name}`")));
            }
        }
    }
}

/// Returns what is wrong with the address of a source, without the part that may contain a password, and how to correct it.
fn invalid_url(url: &str) -> Option<(String, String)> {
    if url.starts_with("git@") && url.contains(':') {
        return None;
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        let message = "the address of the source has no scheme: the task cannot read a directory of this machine".to_owned();
        return Some((
            message,
            "upload the source, such as with `aws s3 cp app.tar.gz s3://BUCKET/app.tar.gz`, and give that address".to_owned(),
        ));
    };
    let scheme = scheme.to_ascii_lowercase();
    if !SCHEMES.contains(&scheme.as_str()) {
        let message = format!("unknown scheme `{}://` of the source", scheme.escape_debug());
        return Some((message, did_you_mean(&scheme, SCHEMES).unwrap_or_else(|| format!("the schemes are {}", SCHEMES.join(", ")))));
    }
    let is_local = matches!(scheme.as_str(), "dir" | "tar");
    let is_valid = url::Url::parse(url).is_ok_and(|parsed| is_local || parsed.has_host()) && !rest.contains(char::is_whitespace);
    (!is_valid).then(|| (format!("invalid address `{scheme}://...` of the source"), format!("write it as {scheme}://HOST/PATH")))
}

/// The schemes of sources that the programs in a task's image fetch.
const SCHEMES: [&str; 9] = ["s3", "gs", "https", "http", "git", "ssh", "object", "dir", "tar"];

/// Returns how the public build service's program fetches the source.
fn method(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    match () {
        () if path.ends_with(".zip") => "zip",
        () if path.ends_with(".git") || url.starts_with("git") || url.starts_with("ssh://") => "git",
        () => "tgz",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builder_is_guessed_from_the_image_name() {
        for (image, builder) in [
            ("convox/build:20260421", Builder::Convox),
            ("docker.io/convox/rack:20260421-arm64", Builder::Convox),
            ("ghcr.io/osscontainertools/kaniko:v1.27.5", Builder::Kaniko),
            ("gcr.io/kaniko-project/executor@sha256:abc", Builder::Kaniko),
            ("public.ecr.aws/docker/library/docker:28-cli", Builder::Docker),
            ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/builder:1", Builder::Agent),
            ("localhost:5000/kaniko-builder", Builder::Agent),
        ] {
            assert_eq!(Builder::of_image(image), builder, "{image}");
        }
    }

    #[test]
    fn the_fetch_method_follows_from_the_url() {
        for (url, expected) in [
            ("object://web/tmp/1.tgz", "tgz"),
            ("https://x.example/a.zip?x=1", "zip"),
            ("https://x.example/a.git#main", "git"),
            ("git@x.example:a", "git"),
        ] {
            assert_eq!(method(url), expected, "{url}");
        }
    }
}
