//! An account, asked through the AWS SDK; only calls that describe, list or get.

mod ec2;
mod efs;
mod names;
mod rights;
mod stores;
mod tasks;

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use super::inspector::Inspector;
use super::observed::{
    Answer, Asked, FileSystem, Key, Limits, MountTarget, Refusal, Repository, SecurityGroup, Subnet, TaskDefinition, Vpc, Zone,
};
use super::rights::{PermissionRequest, Rights};
use crate::backend::aws::{Session, chain};

/// One account and region.
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
    /// Services that could not be reached: each further call would only wait for the same.
    unreached: RefCell<Vec<Refusal>>,
}

impl std::fmt::Debug for AwsInspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsInspector").field("region", &self.session.region()).finish_non_exhaustive()
    }
}

impl AwsInspector {
    /// Returns the inspector of a session's account and region.
    pub fn new(session: Arc<Session>) -> Self {
        let config = session.config();
        // Buckets by path where the endpoint is no AWS domain, which has no names of buckets in it.
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
            unreached: RefCell::default(),
            session,
        }
    }

    /// Makes a call; an error with one of the codes in `missing` says that there is no such thing.
    fn ask<T, E, R>(&self, action: &'static str, missing: &[&str], call: impl Future<Output = Result<T, SdkError<E, R>>>) -> Asked<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let service = |action: &'static str| action.split(':').next();
        if let Some(refusal) = self.unreached.borrow().iter().find(|refusal| service(refusal.action) == service(action)) {
            return Err(Refusal { action, ..refusal.clone() });
        }
        let error = match self.session.block_on(call) {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        let Some(said) = error.as_service_error() else {
            let refusal = Refusal { action, code: None, message: chain(&error) };
            // An answer that cannot be read is one call's; somebody answers all the same.
            if !matches!(error, SdkError::ResponseError(_)) {
                self.unreached.borrow_mut().push(refusal.clone());
            }
            return Err(refusal);
        };
        match said.code() {
            Some(code) if missing.contains(&code) => Ok(None),
            code => Err(Refusal {
                action,
                code: code.map(ToOwned::to_owned),
                message: said.message().map_or_else(|| chain(&error), ToOwned::to_owned),
            }),
        }
    }

    /// Makes a call that is about nothing which could be missing.
    fn answer<T, E, R>(&self, action: &'static str, call: impl Future<Output = Result<T, SdkError<E, R>>>) -> Answer<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let nothing = || Refusal { action, code: None, message: "nothing was answered".to_owned() };
        self.ask(action, &[], call)?.ok_or_else(nothing)
    }
}

impl Inspector for AwsInspector {
    fn what(&self) -> &'static str {
        "the account"
    }

    fn file_system(&self, id: &str) -> Asked<FileSystem> {
        efs::file_system(self, id)
    }

    fn mount_targets(&self, file_system: &str) -> Answer<Vec<MountTarget>> {
        efs::mount_targets(self, file_system)
    }

    fn security_group(&self, id: &str) -> Asked<SecurityGroup> {
        ec2::security_group(self, id)
    }

    fn vpc(&self, id: &str) -> Asked<Vpc> {
        ec2::vpc(self, id)
    }

    fn subnet(&self, id: &str) -> Asked<Subnet> {
        ec2::subnet(self, id)
    }

    fn task_definition(&self, arn: &str) -> Asked<TaskDefinition> {
        tasks::task_definition(self, arn)
    }

    fn repository(&self, name: &str) -> Asked<Repository> {
        stores::repository(self, name)
    }

    fn key(&self, id: &str) -> Asked<Key> {
        stores::key(self, id)
    }

    fn zones(&self) -> Answer<Vec<Zone>> {
        ec2::zones(self)
    }

    fn limits(&self) -> Answer<Limits> {
        ec2::limits(self)
    }

    fn holder(&self, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Asked<String>> {
        names::holder(self, resource_type, name, scope)
    }

    fn rights(&self, wanted: PermissionRequest<'_>) -> Option<Answer<Rights>> {
        Some(rights::rights(self, wanted))
    }

    fn bucket(&self, name: &str) -> Asked<()> {
        names::bucket(self, name)
    }
}
