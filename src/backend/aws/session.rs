//! Who asks AWS, and where: credentials, region and a runtime, shared by every adapter.

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

use super::error::failed;
use crate::backend::{BackendError, Identity};
use crate::cloudformation::is_arn;

/// How often a call is tried in all before it counts as failed, unless `AWS_MAX_ATTEMPTS` says otherwise.
const ATTEMPTS: u32 = 8;

/// How long one try of a call may take, unless `RACKFORM_CALL_TIMEOUT` says otherwise: a connection that fell silent is given up and tried
/// anew, since the SDK by itself would wait for ever.
const CALL: Duration = Duration::from_secs(30);

/// The name that the sessions of an assumed role have in CloudTrail.
const SESSION_NAME: &str = "rackform";

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
    identity: OnceLock<Identity>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("region", &self.region()).finish_non_exhaustive()
    }
}

impl Session {
    /// Returns a session by the SDK's whole chain: environment, profiles, SSO, roles, web identity, instance metadata, `AWS_ENDPOINT_URL`.
    ///
    /// Asks nothing yet: whether there are credentials shows with the first call.
    /// Source: <https://docs.aws.amazon.com/sdk-for-rust/latest/dg/credproviders.html>
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::Profile`] when there is no such profile, [`BackendError::Region`] when no region is given anywhere, and
    /// [`BackendError::Request`] when the environment makes no sense.
    pub fn new(reach: &Reach) -> Result<Self, BackendError> {
        check(reach)?;
        let runtime = runtime()?;
        let mut loader = aws_config::from_env().retry_config(retries()?).timeout_config(timeouts()?);
        if let Some(profile) = &reach.profile {
            runtime.block_on(exists(profile))?;
            loader = loader.profile_name(profile).credentials_provider(of_profile(profile, reach.region.as_deref()));
        }
        if let Some(region) = &reach.region {
            loader = loader.region(aws_config::Region::new(region.clone()));
        }
        let mut config = runtime.block_on(loader.load());
        if config.region().is_none() {
            return Err(BackendError::Region);
        }
        if let Some(role) = &reach.role_arn {
            let assumed = runtime.block_on(AssumeRoleProvider::builder(role).configure(&config).session_name(SESSION_NAME).build());
            config =
                config.into_builder().credentials_provider(aws_sdk_cloudformation::config::SharedCredentialsProvider::new(assumed)).build();
        }
        Ok(Self { runtime, config, identity: OnceLock::new() })
    }

    /// Returns a session over a configuration that was made elsewhere.
    ///
    /// # Errors
    ///
    /// Returns that no runtime can be had.
    pub fn over(config: SdkConfig) -> Result<Self, BackendError> {
        Ok(Self { runtime: runtime()?, config, identity: OnceLock::new() })
    }

    /// Returns what clients are made of.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the region in force.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |region| region.as_ref())
    }

    /// Returns who asks: the account, and the user or role; asked for once.
    ///
    /// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    ///
    /// # Errors
    ///
    /// Returns that the call failed; no permission is needed for it.
    pub fn identity(&self) -> Result<&Identity, BackendError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let client = aws_sdk_sts::Client::new(&self.config);
        let answer = self.block_on(client.get_caller_identity().send()).map_err(|error| failed("GetCallerIdentity", error))?;
        let identity =
            Identity { account: answer.account().unwrap_or_default().to_owned(), arn: answer.arn().unwrap_or_default().to_owned() };
        Ok(self.identity.get_or_init(|| identity))
    }

    /// Runs a call to its end.
    pub fn block_on<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }
}

/// Finds out whether there is a profile: the SDK would say nothing of it, and look for credentials elsewhere.
///
/// Files that cannot be read at all are left to the SDK, which says so with the first call.
async fn exists(profile: &str) -> Result<(), BackendError> {
    let Ok(found) = aws_config::profile::load(&Default::default(), &Default::default(), &Default::default(), None).await else {
        return Ok(());
    };
    if found.get_profile(profile).is_some() {
        return Ok(());
    }
    let mut known: Vec<String> = found.profiles().map(ToOwned::to_owned).collect();
    known.sort();
    Err(BackendError::Profile { name: profile.to_owned(), known })
}

/// Returns the credentials of a profile that was named: it wins over keys in the environment, as with AWS's own CLI, so that nobody acts on
/// another account than the one that was said. A profile that says nothing of credentials leaves them to the container or the instance.
///
/// Source: <https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-authentication.html>
fn of_profile(profile: &str, region: Option<&str>) -> CredentialsProviderChain {
    let region = region.map(ToOwned::to_owned).or_else(|| std::env::var("AWS_REGION").ok()).filter(|region| !region.is_empty());
    let config = ProviderConfig::without_region().with_region(region.map(aws_config::Region::new));
    CredentialsProviderChain::first_try(
        "Profile",
        ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build(),
    )
    .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
    .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build())
}

/// Finds what the SDK would only stumble over with the first call, in words about its own inside.
fn check(reach: &Reach) -> Result<(), BackendError> {
    let is_region = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if let Some(region) = reach.region.as_deref().filter(|region| !is_region(region)) {
        return Err(unusable(format!("`{region}` is no region: they are spelled like us-east-1")));
    }
    if let Some(role) = reach.role_arn.as_deref().filter(|role| !is_arn(role)) {
        return Err(unusable(format!(
            "the role to assume is `{role}`, and must be an ARN such as arn:aws:iam::123456789012:role/deployer"
        )));
    }
    for (name, value) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL")) {
        let host = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
        let is_url = host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace));
        if !value.is_empty() && !is_url {
            return Err(unusable(format!("{name} is `{value}`, and must be a URL such as http://localhost:4566")));
        }
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, BackendError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| unusable(error.to_string()))
}

fn unusable(message: String) -> BackendError {
    BackendError::Request { operation: "load the AWS configuration", code: None, message }
}

/// Returns how calls are tried again: adaptively, so that throttling slows the caller down, unless the environment says otherwise.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn retries() -> Result<RetryConfig, BackendError> {
    let said = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let config = match said("AWS_RETRY_MODE").as_deref() {
        None | Some("adaptive") => RetryConfig::adaptive(),
        Some("standard" | "legacy") => RetryConfig::standard(),
        Some(other) => return Err(unusable(format!("AWS_RETRY_MODE is `{other}`, and the modes are standard and adaptive"))),
    };
    let attempts = match said("AWS_MAX_ATTEMPTS") {
        None => ATTEMPTS,
        Some(text) => match text.trim().parse() {
            Ok(0) | Err(_) => return Err(unusable(format!("AWS_MAX_ATTEMPTS is `{text}`, and must be a number from 1 on"))),
            Ok(attempts) => attempts,
        },
    };
    Ok(config.with_max_attempts(attempts))
}

/// Returns how long a try may take: the default, or the seconds that the environment gives.
fn timeouts() -> Result<TimeoutConfig, BackendError> {
    let call = match std::env::var("RACKFORM_CALL_TIMEOUT").ok().filter(|value| !value.trim().is_empty()) {
        None => CALL,
        Some(text) => match text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(call) if !call.is_zero() => call,
            _ => return Err(unusable(format!("RACKFORM_CALL_TIMEOUT is `{text}`, and must be a number of seconds above 0"))),
        },
    };
    Ok(TimeoutConfig::builder().operation_attempt_timeout(call).build())
}
