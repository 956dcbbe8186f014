//! Build tasks and caches in an AWS account. Only this part of `build` uses the AWS SDK.
//!
//! Each file is for one service. SDK types are converted here, so that the rest of `build` does not depend on the SDK.

mod ecr;
mod ecs;
mod efs;
mod logs;

pub use self::ecr::AwsEcr;

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

use super::task::{BuildService, LogPage, LogPosition, LogStream, MountTarget, RunTask, Started, Task};
use crate::aws::RequestError;
use crate::aws::Session;

/// The timeout of one attempt of a polling request: Ctrl-C takes effect only between attempts.
const POLL_TIMEOUT: Duration = Duration::from_secs(10);

/// The services of an account and region that builds use.
pub struct AwsBuilds {
    session: Arc<Session>,
    ecs: aws_sdk_ecs::Client,
    efs: aws_sdk_efs::Client,
    /// Clients with a short timeout and few retries, since polling repeats the request.
    ecs_for_polling: aws_sdk_ecs::Client,
    logs_for_polling: aws_sdk_cloudwatchlogs::Client,
}

impl std::fmt::Debug for AwsBuilds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsBuilds").field("region", &self.session.region()).finish_non_exhaustive()
    }
}

impl AwsBuilds {
    /// Creates the clients for a session's account and region.
    pub fn new(session: Arc<Session>) -> Self {
        let config = session.config();
        let attempt = config
            .timeout_config()
            .and_then(TimeoutConfig::operation_attempt_timeout)
            .map_or(POLL_TIMEOUT, |attempt| attempt.min(POLL_TIMEOUT));
        let retries = RetryConfig::standard().with_max_attempts(2);
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
        let ecs = aws_sdk_ecs::config::Builder::from(config).retry_config(retries.clone()).timeout_config(timeouts.clone());
        let logs = aws_sdk_cloudwatchlogs::config::Builder::from(config).retry_config(retries).timeout_config(timeouts);
        Self {
            ecs: aws_sdk_ecs::Client::new(config),
            efs: aws_sdk_efs::Client::new(config),
            ecs_for_polling: aws_sdk_ecs::Client::from_conf(ecs.build()),
            logs_for_polling: aws_sdk_cloudwatchlogs::Client::from_conf(logs.build()),
            session,
        }
    }
}

impl BuildService for AwsBuilds {
    fn run_task(&self, request: &RunTask) -> Result<Started, RequestError> {
        ecs::run_task(self, request)
    }

    fn describe_task(&self, cluster: &str, task: &str) -> Result<Option<Task>, RequestError> {
        ecs::describe_task(self, cluster, task)
    }

    fn stop_task(&self, cluster: &str, task: &str, reason: &str) -> Result<(), RequestError> {
        ecs::stop_task(self, cluster, task, reason)
    }

    fn log_events(&self, stream: &LogStream, from: &LogPosition) -> Result<Option<LogPage>, RequestError> {
        logs::log_events(self, stream, from)
    }

    fn mount_targets(&self, file_system: &str) -> Result<Vec<MountTarget>, RequestError> {
        efs::mount_targets(self, file_system)
    }
}
