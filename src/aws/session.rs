//! A session with AWS: credentials, region and a runtime, shared by every adapter.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;

use super::error::LOAD_CONFIGURATION;
use super::{Identity, RequestError, is_arn, request_error};

/// Attempts per call, unless `AWS_MAX_ATTEMPTS` is set.
const ATTEMPTS: u32 = 8;

/// Time limit of one attempt, unless `RACKFORM_CALL_TIMEOUT` is set: without one, the SDK waits forever on a silent connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// The session name of an assumed role in CloudTrail.
const SESSION_NAME: &str = "rackform";

/// Configured profile, region and role. The SDK's default chain provides what is not configured.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// A profile in the shared configuration files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// ARN of a role to assume before the first request.
    pub role_arn: Option<String>,
}

/// Credentials, region and a runtime, from which adapters create SDK clients.
pub struct Session {
    runtime: tokio::runtime::Runtime,
    config: SdkConfig,
    identity: OnceLock<Identity>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("region", &self.region()).finish_non_exhaustive()
    }
}

impl Session {
    /// Creates a session with the SDK's default chain: environment, profiles, SSO, roles, web identity, instance metadata,
    /// `AWS_ENDPOINT_URL`.
    ///
    /// Sends no request: missing credentials are reported by the first call.
    /// Source: <https://docs.aws.amazon.com/sdk-for-rust/latest/dg/credproviders.html>
    ///
    /// # Errors
    ///
    /// Returns [`RequestError::Profile`] if the profile does not exist, [`RequestError::Region`] if no region is configured, and
    /// [`RequestError::Request`] if the configuration is invalid.
    pub fn new(options: &SessionOptions) -> Result<Self, RequestError> {
        check(options)?;
        let runtime = runtime()?;
        let mut loader = aws_config::from_env().retry_config(retry_config()?).timeout_config(timeout_config()?);
        if let Some(profile) = &options.profile {
            runtime.block_on(require_profile(profile))?;
            loader = loader.profile_name(profile).credentials_provider(profile_credentials(profile, options.region.as_deref()));
        }
        if let Some(region) = &options.region {
            loader = loader.region(aws_config::Region::new(region.clone()));
        }
        let mut config = runtime.block_on(loader.load());
        if config.region().is_none() {
            return Err(RequestError::Region);
        }
        if let Some(role) = &options.role_arn {
            let assumed = runtime.block_on(AssumeRoleProvider::builder(role).configure(&config).session_name(SESSION_NAME).build());
            config =
                config.into_builder().credentials_provider(aws_sdk_cloudformation::config::SharedCredentialsProvider::new(assumed)).build();
        }
        Ok(Self { runtime, config, identity: OnceLock::new() })
    }

    /// Creates a session with an existing SDK configuration.
    ///
    /// # Errors
    ///
    /// Returns an error if the runtime cannot be created.
    pub fn over(config: SdkConfig) -> Result<Self, RequestError> {
        Ok(Self { runtime: runtime()?, config, identity: OnceLock::new() })
    }

    /// Returns the configuration for SDK clients.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |region| region.as_ref())
    }

    /// Returns the caller's identity: the account, and the user or role. The result is cached.
    ///
    /// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails. It requires no permission.
    pub fn identity(&self) -> Result<&Identity, RequestError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let client = aws_sdk_sts::Client::new(&self.config);
        let response = self.block_on(client.get_caller_identity().send()).map_err(|error| request_error("GetCallerIdentity", error))?;
        let identity =
            Identity { account: response.account().unwrap_or_default().to_owned(), arn: response.arn().unwrap_or_default().to_owned() };
        Ok(self.identity.get_or_init(|| identity))
    }

    /// Runs a call to completion.
    pub fn block_on<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }
}

/// Returns an error if a profile does not exist: the SDK would silently use other credentials.
///
/// Unreadable files are left to the SDK, which reports them with the first call.
async fn require_profile(profile: &str) -> Result<(), RequestError> {
    let Ok(found) = aws_config::profile::load(&Default::default(), &Default::default(), &Default::default(), None).await else {
        return Ok(());
    };
    if found.get_profile(profile).is_some() {
        return Ok(());
    }
    let mut known: Vec<String> = found.profiles().map(ToOwned::to_owned).collect();
    known.sort();
    Err(RequestError::Profile { name: profile.to_owned(), known })
}

/// Returns the credentials of an explicitly named profile. As in the AWS CLI, it takes precedence over keys in the environment, so that no
/// request goes to another account than the named one. If the profile has no credentials, the container or the instance provides them.
///
/// Source: <https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-authentication.html>
fn profile_credentials(profile: &str, region: Option<&str>) -> CredentialsProviderChain {
    let region = region.map(ToOwned::to_owned).or_else(|| std::env::var("AWS_REGION").ok()).filter(|region| !region.is_empty());
    let config = ProviderConfig::without_region().with_region(region.map(aws_config::Region::new));
    CredentialsProviderChain::first_try(
        "Profile",
        ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build(),
    )
    .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
    .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build())
}

/// Checks the configuration before the first call: the SDK would report these mistakes late, in terms of its internals.
fn check(options: &SessionOptions) -> Result<(), RequestError> {
    let is_region = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if let Some(region) = options.region.as_deref().filter(|region| !is_region(region)) {
        return Err(invalid_configuration(format!("invalid region `{region}`; a region has the form us-east-1")));
    }
    if let Some(role) = options.role_arn.as_deref().filter(|role| !is_arn(role)) {
        return Err(invalid_configuration(format!(
            "invalid role to assume `{role}`; it must be an ARN such as arn:aws:iam::123456789012:role/deployer"
        )));
    }
    for (name, value) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL")) {
        let host = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
        let is_url = host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace));
        if !value.is_empty() && !is_url {
            return Err(invalid_configuration(format!("invalid {name} `{value}`; it must be a URL such as http://localhost:4566")));
        }
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, RequestError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| invalid_configuration(error.to_string()))
}

fn invalid_configuration(message: String) -> RequestError {
    RequestError::Request { operation: LOAD_CONFIGURATION, code: None, message }
}

/// Returns the retry configuration: adaptive, so that throttling slows the caller down, unless the environment sets another mode.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn retry_config() -> Result<RetryConfig, RequestError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let config = match variable("AWS_RETRY_MODE").as_deref() {
        None | Some("adaptive") => RetryConfig::adaptive(),
        Some("standard" | "legacy") => RetryConfig::standard(),
        Some(other) => return Err(invalid_configuration(format!("invalid AWS_RETRY_MODE `{other}`; it must be standard or adaptive"))),
    };
    let attempts = match variable("AWS_MAX_ATTEMPTS") {
        None => ATTEMPTS,
        Some(text) => match text.trim().parse() {
            Ok(0) | Err(_) => {
                return Err(invalid_configuration(format!("invalid AWS_MAX_ATTEMPTS `{text}`; it must be a number of at least 1")));
            }
            Ok(attempts) => attempts,
        },
    };
    Ok(config.with_max_attempts(attempts))
}

/// Returns the time limit of an attempt: the default, or the seconds in `RACKFORM_CALL_TIMEOUT`.
fn timeout_config() -> Result<TimeoutConfig, RequestError> {
    let call = match std::env::var("RACKFORM_CALL_TIMEOUT").ok().filter(|value| !value.trim().is_empty()) {
        None => ATTEMPT_TIMEOUT,
        Some(text) => match text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(call) if !call.is_zero() => call,
            _ => {
                return Err(invalid_configuration(format!(
                    "invalid RACKFORM_CALL_TIMEOUT `{text}`; it must be a number of seconds greater than 0"
                )));
            }
        },
    };
    Ok(TimeoutConfig::builder().operation_attempt_timeout(call).build())
}
