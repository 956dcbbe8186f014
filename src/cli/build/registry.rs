//! Registries and accounts that build commands ask.

use std::path::PathBuf;

use crate::build::cache_maintenance::StoreError;
use crate::build::registry::credentials::CredentialFiles;
use crate::build::registry::ecr::EcrService;
use crate::build::registry::{Client, Credentials, EcrHost, Options, RegistryError};
use crate::cli::{Context, ExitCode, Failure};

/// Returns a variable of the environment that is set, and not to nothing.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the places where container engines keep credentials.
pub(super) fn places() -> CredentialFiles {
    CredentialFiles::new(|name| std::env::var_os(name))
}

/// Returns a client of a registry, with the credentials that an engine would take; ECR's come from AWS where no engine has any.
///
/// # Errors
///
/// Returns that credentials or certificates make no sense.
pub(super) fn client(context: &mut Context<'_>, host: &str, insecure: bool) -> Result<Client, Failure> {
    let credentials = match (places().find(host)?, EcrHost::parse(host)) {
        (None, Some(ecr)) => Some(ecr_credentials(context, &ecr)?),
        (found, _) => found,
    };
    let certificates = match std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from) {
        Some(file) => {
            let read = std::fs::read(&file);
            Some(read.map_err(|error| {
                Failure::new(ExitCode::NoInput, format!("cannot read `{}`, which SSL_CERT_FILE names", file.display())).caused_by(&error)
            })?)
        }
        None => None,
    };
    Ok(Client::new(host, Options { insecure, certificates, ..Options::default() }, credentials)?)
}

fn ecr_credentials(context: &mut Context<'_>, ecr: &EcrHost) -> Result<Credentials, Failure> {
    Ok(service(context, Some(ecr.region.clone()))?.credentials()?)
}

/// Returns the ECR of the account that is asked; `region` where it is not the one in force.
///
/// # Errors
///
/// Returns the problems of `rack.yaml`, that no region is given anywhere, or that this build has no AWS in it.
#[cfg(feature = "aws")]
pub(super) fn service(context: &mut Context<'_>, region: Option<String>) -> Result<Box<dyn EcrService>, Failure> {
    use crate::aws::{Session, SessionOptions};
    let session = match region {
        None => crate::cli::shared::backend::session(context)?,
        Some(region) => {
            let reach = SessionOptions {
                profile: context.settings()?.profile().map(str::to_owned),
                region: Some(region),
                role_arn: context.settings()?.role_arn().map(str::to_owned),
            };
            std::sync::Arc::new(Session::new(&reach)?)
        }
    };
    Ok(Box::new(crate::build::aws::AwsEcr::new(session)))
}

/// Returns that this build has no AWS in it.
///
/// # Errors
///
/// Always.
#[cfg(not(feature = "aws"))]
pub(super) fn service(_: &mut Context<'_>, _: Option<String>) -> Result<Box<dyn EcrService>, Failure> {
    Err(Failure::new(ExitCode::Unavailable, "this build has no AWS in it: it was made without the feature `aws`")
        .hinted("`--repository HOST/NAME` names a repository of any registry, with the credentials of `docker login`"))
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let exit_code = match &error {
            RegistryError::Name(_) => ExitCode::Usage,
            error if error.is_registry_unusable() => ExitCode::Unavailable,
            _ => ExitCode::Failed,
        };
        let hint = error.hint().map(|hint| crate::ui::build_hints::registry(&hint));
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
            StoreError::NoRepository(_) => Self::new(ExitCode::NoInput, error.to_string())
                .hinted("`--repository HOST/NAME` or `--ecr-name NAME` names another; a registry makes one with its first image"),
        }
    }
}
