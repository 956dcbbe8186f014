//! Who asks AWS, and where: credentials, region and a runtime, shared by every adapter.

use std::future::Future;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;

use crate::backend::BackendError;

/// How often a call is tried in all before it counts as failed.
const ATTEMPTS: u32 = 8;

/// What was said about who asks and where; the SDK's own chain fills what was not.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// A profile of the shared configuration files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// A role to assume before anything is asked.
    pub role_arn: Option<String>,
}

/// Credentials, region and a runtime.
pub struct Session {
    runtime: tokio::runtime::Runtime,
    config: SdkConfig,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("region", &self.region()).finish_non_exhaustive()
    }
}

impl Session {
    /// Returns a session by the SDK's whole chain: environment, profiles, SSO, roles, web identity, instance metadata, `AWS_ENDPOINT_URL`.
    ///
    /// Source: <https://docs.aws.amazon.com/sdk-for-rust/latest/dg/credproviders.html>
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::Request`] when no region is given anywhere.
    pub fn new(reach: &Reach) -> Result<Self, BackendError> {
        let unusable = |message: String| BackendError::Request { operation: "load the AWS configuration", code: None, message };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| unusable(error.to_string()))?;
        let mut loader = aws_config::from_env().retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS));
        if let Some(profile) = &reach.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &reach.region {
            loader = loader.region(aws_config::Region::new(region.clone()));
        }
        let mut config = runtime.block_on(loader.load());
        if config.region().is_none() {
            return Err(unusable("no region is given: use `--region`, `region:` in rack.yaml, AWS_REGION, or the profile".to_owned()));
        }
        if let Some(role) = &reach.role_arn {
            let assumed = runtime.block_on(AssumeRoleProvider::builder(role).configure(&config).session_name("rackform").build());
            config =
                config.into_builder().credentials_provider(aws_sdk_cloudformation::config::SharedCredentialsProvider::new(assumed)).build();
        }
        Ok(Self { runtime, config })
    }

    /// Returns what clients are made of.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the region in force.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |region| region.as_ref())
    }

    /// Runs a call to its end.
    pub fn block_on<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }
}
