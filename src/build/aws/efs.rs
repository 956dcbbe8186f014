//! EFS: the mount targets of the cache's file system.

use super::AwsBuilds;
use crate::aws::RequestError;
use crate::aws::request_error;
use crate::build::task::MountTarget;

pub(super) fn mount_targets(aws: &AwsBuilds, file_system: &str) -> Result<Vec<MountTarget>, RequestError> {
    let pages = aws.efs.describe_mount_targets().file_system_id(file_system).into_paginator().items().send();
    let found = aws.session.block_on(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| request_error("DescribeMountTargets", error))?;
    let mut targets: Vec<MountTarget> = found
        .iter()
        .map(|target| MountTarget {
            id: target.mount_target_id().to_owned(),
            subnet: target.subnet_id().to_owned(),
            state: target.life_cycle_state().as_str().to_owned(),
        })
        .collect();
    targets.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(targets)
}
