//! The errors of registries.

use super::name::NameError;

/// Why a request to a registry failed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The name of the repository is invalid.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The registry cannot be reached, even after retries.
    #[error("cannot reach registry {host}: {message}")]
    Unreachable {
        /// The registry.
        host: String,
        /// Why.
        message: String,
    },
    /// The registry requires authentication and rejected the credentials, or there are none.
    #[error("registry {host} does not allow {user} to {action}: {message}")]
    Unauthorized {
        /// The registry.
        host: String,
        /// The user of the request, such as `` user `name` ``.
        user: String,
        /// The action of the request.
        action: String,
        /// The registry's message.
        message: String,
    },
    /// The registry requires a token from a server that is not known to belong to it, and which would get the credentials.
    #[error("registry {host} requires a token from {server}, another host: the credentials were not sent to it")]
    UnknownTokenServer {
        /// The registry.
        host: String,
        /// The host of the token server.
        server: String,
    },
    /// The operation exceeded a limit in time, requests or bytes.
    #[error("registry {host}: {message}")]
    LimitExceeded {
        /// The registry.
        host: String,
        /// Which limit.
        message: String,
    },
    /// The registry refused the request.
    #[error("registry {host} refused to {action}: {message} (HTTP {status})")]
    Refused {
        /// The registry.
        host: String,
        /// The action of the request.
        action: String,
        /// The HTTP status.
        status: u16,
        /// The registry's error code, such as `NAME_UNKNOWN`.
        code: Option<String>,
        /// The registry's message.
        message: String,
    },
    /// The response does not comply with the API.
    #[error("registry {host} returned an invalid response instead of {expected}: {message}")]
    InvalidResponse {
        /// The registry.
        host: String,
        /// What was expected.
        expected: String,
        /// What is wrong with the response.
        message: String,
    },
    /// Deletion is disabled in the registry.
    #[error("registry {host} does not delete images: deletion is disabled")]
    DeletionDisabled {
        /// The registry.
        host: String,
    },
    /// The configured credentials cannot be used.
    #[error("cannot get credentials for {host}: {message}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        message: String,
    },
}

/// What the user can do about a [`RegistryError`]. `ui` words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryHint {
    /// Write the name of the repository like this.
    WriteName(&'static str),
    /// Trust the registry's certificate, or connect without TLS.
    TrustCertificate,
    /// Check the name of the registry and the network, or connect without TLS.
    CheckConnection,
    /// Log in.
    LogIn {
        /// The registry.
        host: String,
    },
    /// Allow this token server to get the credentials, if it is the registry's.
    TrustTokenServer {
        /// Its host.
        server: String,
    },
    /// The registry throttles requests: wait.
    WaitForThrottling,
    /// Check that the repository exists.
    CheckRepository,
    /// The user lacks permission.
    RequestPermission,
    /// Enable deletion in the registry's configuration.
    EnableDeletion,
    /// Log in again, or use another configuration directory.
    LogInAgain,
}

impl RegistryError {
    /// Returns what the user can do about the error, if anything.
    pub fn hint(&self) -> Option<RegistryHint> {
        Some(match self {
            Self::Name(error) => RegistryHint::WriteName(error.hint()),
            Self::Unreachable { message, .. } if message.contains("nvalid certificate") || message.contains("UnknownIssuer") => {
                RegistryHint::TrustCertificate
            }
            Self::Unreachable { .. } => RegistryHint::CheckConnection,
            Self::Unauthorized { host, .. } => RegistryHint::LogIn { host: host.clone() },
            Self::UnknownTokenServer { server, .. } => RegistryHint::TrustTokenServer { server: server.clone() },
            Self::Refused { status: 429, .. } => RegistryHint::WaitForThrottling,
            Self::Refused { status: 404, .. } => RegistryHint::CheckRepository,
            Self::Refused { status: 403, .. } => RegistryHint::RequestPermission,
            Self::DeletionDisabled { .. } => RegistryHint::EnableDeletion,
            Self::Credentials { .. } => RegistryHint::LogInAgain,
            Self::Refused { .. } | Self::InvalidResponse { .. } | Self::LimitExceeded { .. } => return None,
        })
    }

    /// Returns whether the registry cannot be used at all, in contrast to a single refused request.
    pub fn is_registry_unusable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Unauthorized { .. }
                | Self::UnknownTokenServer { .. }
                | Self::LimitExceeded { .. }
                | Self::Credentials { .. }
                | Self::InvalidResponse { .. }
        )
    }
}
