//! Opens registries and the ECR API for build commands.

use std::path::PathBuf;

use crate::build::cache_maintenance::StoreError;
use crate::build::registry::credentials::CredentialFiles;
use crate::build::registry::ecr::EcrService;
use crate::build::registry::{Client, Credentials, EcrHost, Options, RegistryError};
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::MAX_SOURCE_BYTES;

/// Returns an environment variable if it is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the configuration files in which container engines store credentials.
pub(super) fn credential_files() -> CredentialFiles {
    CredentialFiles::new(|name| std::env::var_os(name))
}

/// Returns a registry client with the credentials of the container engines, which only the registry, its own token servers and
/// `token_servers` get. ECR credentials that no engine has are requested
/// from AWS.
///
/// # Errors
///
/// Returns an error if credentials or certificates are invalid.
pub(super) fn client(context: &mut Context<'_>, host: &str, insecure: bool, token_servers: &[String]) -> Result<Client, Failure> {
    let credentials = match (credential_files().find(host)?, EcrHost::parse(host)) {
        (None, Some(ecr)) => Some(ecr_credentials(context, &ecr)?),
        (found, _) => found,
    };
    let certificates = certificates()?;
    Ok(Client::new(host, Options { insecure, certificates, token_servers: token_servers.to_vec(), ..Options::default() }, credentials)?)
}

/// Returns the certificates in the file of `SSL_CERT_FILE`, if it is set.
///
/// # Errors
///
/// Returns an error if the file cannot be read.
pub(super) fn certificates() -> Result<Option<Vec<u8>>, Failure> {
    let Some(file) = std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from) else { return Ok(None) };
    let read = crate::files::read(&file, MAX_SOURCE_BYTES as u64);
    read.map(Some).map_err(|error| {
        Failure::new(ExitCode::NoInput, format!("cannot read `{}`, the file in SSL_CERT_FILE", file.display())).caused_by(&error)
    })
}

fn ecr_credentials(context: &mut Context<'_>, ecr: &EcrHost) -> Result<Credentials, Failure> {
    Ok(service(context, Some(ecr.region.clone()))?.credentials()?)
}

/// Returns a client of ECR in the given region; `None` is the configured region.
///
/// # Errors
///
/// Returns an error if `rack.yaml` is invalid or no region is configured.
#[cfg(feature = "aws")]
pub(super) fn service(context: &mut Context<'_>, region: Option<String>) -> Result<Box<dyn EcrService>, Failure> {
    use crate::aws::{Session, SessionOptions};
    let session = match region {
        None => crate::cli::shared::backend::session(context)?,
        Some(region) => {
            let options = SessionOptions {
                profile: context.settings()?.profile().map(str::to_owned),
                region: Some(region),
                role_arn: context.settings()?.role_arn().map(str::to_owned),
            };
            std::sync::Arc::new(Session::new(&options)?)
        }
    };
    Ok(Box::new(crate::build::aws::AwsEcr::new(session)))
}

/// Fails, because rackform was built without AWS support.
///
/// # Errors
///
/// Always returns an error.
#[cfg(not(feature = "aws"))]
pub(super) fn service(_: &mut Context<'_>, _: Option<String>) -> Result<Box<dyn EcrService>, Failure> {
    Err(Failure::new(ExitCode::Unavailable, "rackform was built without AWS support (feature `aws`)")
        .hinted("use `--repository HOST/NAME` for a repository in any registry, with the credentials of `docker login`"))
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let exit_code = match &error {
            RegistryError::Name(_) => ExitCode::Usage,
            error if error.is_registry_unusable() => ExitCode::Unavailable,
            _ => ExitCode::Failed,
        };
        let hint = error.hint().map(|hint| crate::ui::build::hints::registry(&hint));
        let failure = Self::new(exit_code, error.to_string());
        match hint {
            Some(hint) => failure.hinted(hint),
            None => failure,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Registry(error) => error.into(),
            StoreError::Backend(error) => error.into(),
            StoreError::NoRepository(_) => Self::new(ExitCode::NoInput, error.to_string()).hinted(
                "select another repository with `--repository HOST/NAME` or `--ecr-name NAME`; registries create one with its first image",
            ),
        }
    }
}
