//! File systems and mount targets.

use super::AwsInspector;
use crate::verify::observed::{FileSystem, InspectError, InspectResult, Lookup, MountTarget};

pub(super) fn file_system(aws: &AwsInspector, id: &str) -> Lookup<FileSystem> {
    let missing = ["FileSystemNotFound"];
    let call = aws.efs.describe_file_systems().file_system_id(id).send();
    let Some(response) = aws.lookup("elasticfilesystem:DescribeFileSystems", &missing, call)? else { return Ok(None) };
    let found = response.file_systems().iter().find(|found| found.file_system_id() == id);
    let Some(found) = found else { return Err(InspectError::missing_value("elasticfilesystem:DescribeFileSystems", id)) };
    let call = aws.efs.describe_lifecycle_configuration().file_system_id(id).send();
    let lifecycle = aws.request("elasticfilesystem:DescribeLifecycleConfiguration", call).map(|response| {
        let mut pairs = Vec::new();
        for policy in response.lifecycle_policies() {
            let rules = [
                ("TransitionToIA", policy.transition_to_ia().map(|rule| rule.as_str())),
                ("TransitionToArchive", policy.transition_to_archive().map(|rule| rule.as_str())),
                ("TransitionToPrimaryStorageClass", policy.transition_to_primary_storage_class().map(|rule| rule.as_str())),
            ];
            pairs.extend(rules.into_iter().filter_map(|(name, rule)| Some((name.to_owned(), rule?.to_owned()))));
        }
        pairs.sort();
        pairs
    });
    Ok(Some(FileSystem {
        state: found.life_cycle_state().as_str().to_owned(),
        encrypted: found.encrypted(),
        key: found.kms_key_id().filter(|key| !key.is_empty()).map(ToOwned::to_owned),
        performance_mode: found.performance_mode().as_str().to_owned(),
        throughput_mode: found.throughput_mode().map_or("bursting", |mode| mode.as_str()).to_owned(),
        provisioned_mibps: found.provisioned_throughput_in_mibps(),
        lifecycle,
        zone: found.availability_zone_name().map(ToOwned::to_owned),
    }))
}

pub(super) fn mount_targets(aws: &AwsInspector, file_system: &str) -> InspectResult<Vec<MountTarget>> {
    let mut targets = Vec::new();
    let mut marker = None;
    loop {
        let call = aws.efs.describe_mount_targets().file_system_id(file_system).set_marker(marker).send();
        let Some(response) = aws.lookup("elasticfilesystem:DescribeMountTargets", &["FileSystemNotFound"], call)? else { break };
        for found in response.mount_targets() {
            let id = found.mount_target_id();
            let call = aws.efs.describe_mount_target_security_groups().mount_target_id(id).send();
            // EFS reports no groups for a mount target that is being created or deleted, or that does not exist.
            let missing_value = ["IncorrectMountTargetState", "MountTargetNotFound"];
            let groups = aws.lookup("elasticfilesystem:DescribeMountTargetSecurityGroups", &missing_value, call).map(|response| {
                let mut groups = response?.security_groups().to_vec();
                groups.sort();
                Some(groups)
            });
            targets.push(MountTarget {
                id: id.to_owned(),
                file_system: found.file_system_id().to_owned(),
                subnet: found.subnet_id().to_owned(),
                zone: found.availability_zone_name().map(ToOwned::to_owned),
                state: found.life_cycle_state().as_str().to_owned(),
                groups,
            });
        }
        marker = response.next_marker().filter(|marker| !marker.is_empty()).map(ToOwned::to_owned);
        if marker.is_none() {
            break;
        }
    }
    Ok(targets)
}
