//! Inspects an account through the AWS SDK, with calls that only describe, list or get.

mod ec2;
mod efs;
mod names;
mod permissions;
mod stores;
mod tasks;

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use super::inspector::Inspector;
use super::observed::{
    FileSystem, InspectError, InspectResult, Key, Limits, Lookup, MountTarget, Repository, SecurityGroup, Subnet, TaskDefinition, Vpc, Zone,
};
use super::permissions::{PermissionRequest, SimulatedPermissions};
use crate::aws::{Session, error_chain};

/// Inspects one account and region.
pub struct AwsInspector {
    session: Arc<Session>,
    ec2: aws_sdk_ec2::Client,
    ecr: aws_sdk_ecr::Client,
    ecs: aws_sdk_ecs::Client,
    efs: aws_sdk_efs::Client,
    iam: aws_sdk_iam::Client,
    kms: aws_sdk_kms::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    s3: aws_sdk_s3::Client,
    /// Errors of services that could not be reached: further calls to them fail immediately.
    unreachable: RefCell<Vec<InspectError>>,
}

impl std::fmt::Debug for AwsInspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsInspector").field("region", &self.session.region()).finish_non_exhaustive()
    }
}

impl AwsInspector {
    /// Returns an inspector of the session's account and region.
    pub fn new(session: Arc<Session>) -> Self {
        let config = session.config();
        // A custom endpoint has no DNS names for buckets, so it needs path-style requests.
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some()).build();
        Self {
            ec2: aws_sdk_ec2::Client::new(config),
            ecr: aws_sdk_ecr::Client::new(config),
            ecs: aws_sdk_ecs::Client::new(config),
            efs: aws_sdk_efs::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            unreachable: RefCell::default(),
            session,
        }
    }

    /// Sends a request; an error with a code in `missing` means that the resource does not exist.
    fn lookup<T, E, R>(&self, action: &'static str, missing: &[&str], call: impl Future<Output = Result<T, SdkError<E, R>>>) -> Lookup<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let service = |action: &'static str| action.split(':').next();
        if let Some(failure) = self.unreachable.borrow().iter().find(|failure| service(failure.action) == service(action)) {
            return Err(InspectError { action, ..failure.clone() });
        }
        let error = match self.session.block_on(call) {
            Ok(response) => return Ok(Some(response)),
            Err(error) => error,
        };
        let Some(service_error) = error.as_service_error() else {
            let failure = InspectError { action, code: None, message: error_chain(&error) };
            // A response that cannot be parsed affects one call only; the service is reachable.
            if !matches!(error, SdkError::ResponseError(_)) {
                self.unreachable.borrow_mut().push(failure.clone());
            }
            return Err(failure);
        };
        match service_error.code() {
            Some(code) if missing.contains(&code) => Ok(None),
            code => Err(InspectError {
                action,
                code: code.map(ToOwned::to_owned),
                message: service_error.message().map_or_else(|| error_chain(&error), ToOwned::to_owned),
            }),
        }
    }

    /// Sends a request that cannot fail because a resource is missing.
    fn request<T, E, R>(&self, action: &'static str, call: impl Future<Output = Result<T, SdkError<E, R>>>) -> InspectResult<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let empty = || InspectError { action, code: None, message: "empty response".to_owned() };
        self.lookup(action, &[], call)?.ok_or_else(empty)
    }
}

impl Inspector for AwsInspector {
    fn description(&self) -> &'static str {
        "the account"
    }

    fn file_system(&self, id: &str) -> Lookup<FileSystem> {
        efs::file_system(self, id)
    }

    fn mount_targets(&self, file_system: &str) -> InspectResult<Vec<MountTarget>> {
        efs::mount_targets(self, file_system)
    }

    fn security_group(&self, id: &str) -> Lookup<SecurityGroup> {
        ec2::security_group(self, id)
    }

    fn vpc(&self, id: &str) -> Lookup<Vpc> {
        ec2::vpc(self, id)
    }

    fn subnet(&self, id: &str) -> Lookup<Subnet> {
        ec2::subnet(self, id)
    }

    fn task_definition(&self, arn: &str) -> Lookup<TaskDefinition> {
        tasks::task_definition(self, arn)
    }

    fn repository(&self, name: &str) -> Lookup<Repository> {
        stores::repository(self, name)
    }

    fn key(&self, id: &str) -> Lookup<Key> {
        stores::key(self, id)
    }

    fn zones(&self) -> InspectResult<Vec<Zone>> {
        ec2::zones(self)
    }

    fn limits(&self) -> InspectResult<Limits> {
        ec2::limits(self)
    }

    fn name_owner(&self, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Lookup<String>> {
        names::name_owner(self, resource_type, name, scope)
    }

    fn simulate_permissions(&self, request: PermissionRequest<'_>) -> Option<InspectResult<SimulatedPermissions>> {
        Some(permissions::simulate(self, request))
    }

    fn bucket(&self, name: &str) -> Lookup<()> {
        names::bucket(self, name)
    }
}
