//! Why a registry could not be asked, or did not do as asked.

use super::name::NameError;

/// Why a registry could not be asked, or did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A name that registries refuse.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It was not reached, however often it was tried.
    #[error("registry {host} cannot be reached: {message}")]
    Unreachable {
        /// The registry.
        host: String,
        /// Why.
        message: String,
    },
    /// It wants to know who asks, and does not take what it was told.
    #[error("registry {host} does not let {who} {what}: {message}")]
    Unauthorized {
        /// The registry.
        host: String,
        /// Who asked: a user's name, or nobody in particular.
        who: String,
        /// What was asked for.
        what: String,
        /// The registry's own words.
        message: String,
    },
    /// It refused.
    #[error("registry {host} refuses to {what}: {message} (HTTP {status})")]
    Refused {
        /// The registry.
        host: String,
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// Its code for the reason, such as `NAME_UNKNOWN`.
        code: Option<String>,
        /// Its own words.
        message: String,
    },
    /// It answered with something that the API does not know.
    #[error("registry {host} answered with something else than {what}: {message}")]
    InvalidResponse {
        /// The registry.
        host: String,
        /// What was expected.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// It deletes nothing.
    #[error("registry {host} deletes nothing: deletion is switched off there")]
    KeepsAll {
        /// The registry.
        host: String,
    },
    /// What was found of credentials cannot be used.
    #[error("credentials for {host} cannot be had: {message}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        message: String,
    },
}

impl RegistryError {
    /// Returns what to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name(error) => error.hint().to_owned(),
            Self::Unreachable { message, .. } if message.contains("nvalid certificate") || message.contains("UnknownIssuer") => {
                "its certificate is signed by nobody that is trusted here: `SSL_CERT_FILE` names a file of certificates to trust instead; \
                    `--insecure` goes without TLS"
                    .to_owned()
            }
            Self::Unreachable { .. } => {
                "is the name right, and can this machine reach it? `--insecure` is for a registry that speaks no TLS".to_owned()
            }
            Self::Unauthorized { host, .. } => {
                format!(
                    "log in to it first (`docker login {host}`), or let a credential helper do it; for ECR the AWS credentials in \
                    force are asked"
                )
            }
            Self::Refused { status: 429, .. } => "it has too many requests; try again in a while".to_owned(),
            Self::Refused { status: 404, .. } => "is the repository's name right, and is it there?".to_owned(),
            Self::Refused { status: 403, .. } => "whoever asks may log in there, but may not do this".to_owned(),
            Self::KeepsAll { .. } => "for Docker's own registry set `storage.delete.enabled: true` in its configuration, or \
                    `REGISTRY_STORAGE_DELETE_ENABLED=true`"
                .to_owned(),
            Self::Credentials { .. } => "`docker login` writes them anew; `DOCKER_CONFIG` names another directory".to_owned(),
            Self::Refused { .. } | Self::InvalidResponse { .. } => return None,
        })
    }

    /// Tells whether the registry cannot be used at all, as against one thing that it does not do.
    pub fn is_of_reach(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unauthorized { .. } | Self::Credentials { .. } | Self::InvalidResponse { .. })
    }
}
