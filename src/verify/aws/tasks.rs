//! Task definitions.

use aws_sdk_ecs::types::{ContainerDefinition, EfsTransitEncryption};

use super::AwsInspector;
use crate::verify::observed::{Container, EfsVolume, InspectError, Lookup, MountPoint, TaskDefinition, Volume};

pub(super) fn task_definition(aws: &AwsInspector, arn: &str) -> Lookup<TaskDefinition> {
    let action = "ecs:DescribeTaskDefinition";
    let response = match aws.request(action, aws.ecs.describe_task_definition().task_definition(arn).send()) {
        Ok(response) => response,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let found = response.task_definition().ok_or_else(|| InspectError::missing_value(action, arn))?;
    let status = found.status().ok_or_else(|| InspectError::missing_value(action, &format!("the status of {arn}")))?;
    let volumes = found.volumes().iter().map(|volume| Volume {
        name: volume.name().unwrap_or_default().to_owned(),
        efs: volume.efs_volume_configuration().map(|efs| EfsVolume {
            file_system: efs.file_system_id().to_owned(),
            root_directory: efs.root_directory().filter(|path| !path.is_empty()).unwrap_or("/").to_owned(),
            access_point: efs.authorization_config().and_then(|config| config.access_point_id()).map(ToOwned::to_owned),
            transit_encryption: efs.transit_encryption() == Some(&EfsTransitEncryption::Enabled),
        }),
    });
    Ok(Some(TaskDefinition {
        status: status.as_str().to_owned(),
        cpu: found.cpu().map(ToOwned::to_owned),
        memory: found.memory().map(ToOwned::to_owned),
        volumes: volumes.collect(),
        containers: found.container_definitions().iter().map(container).collect(),
    }))
}

/// Returns whether the revision does not exist. ECS has no error code for that; `ClientException` covers other errors, too, such as
/// an invalid identifier.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
fn is_missing(error: &InspectError) -> bool {
    error.code.as_deref() == Some("ClientException") && error.message.contains("Unable to describe task definition")
}

fn container(found: &ContainerDefinition) -> Container {
    let buildkit = found.environment().iter().find(|variable| variable.name() == Some("DOCKER_BUILDKIT"));
    let mounts = found.mount_points().iter().map(|mount| MountPoint {
        volume: mount.source_volume().unwrap_or_default().to_owned(),
        path: mount.container_path().unwrap_or_default().to_owned(),
        read_only: mount.read_only().unwrap_or(false),
    });
    Container {
        name: found.name().unwrap_or_default().to_owned(),
        buildkit: buildkit.and_then(|variable| variable.value()).map(ToOwned::to_owned),
        mount_points: mounts.collect(),
    }
}
