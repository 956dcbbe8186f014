//! Task definitions.

use aws_sdk_ecs::types::{ContainerDefinition, EfsTransitEncryption};

use super::AwsInspector;
use crate::verify::observed::{Asked, Container, EfsVolume, MountPoint, Refusal, TaskDefinition, Volume};

pub(super) fn task_definition(aws: &AwsInspector, arn: &str) -> Asked<TaskDefinition> {
    let action = "ecs:DescribeTaskDefinition";
    let answer = match aws.answer(action, aws.ecs.describe_task_definition().task_definition(arn).send()) {
        Ok(answer) => answer,
        Err(refusal) if is_missing(&refusal) => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let found = answer.task_definition().ok_or_else(|| Refusal::unsaid(action, arn))?;
    let status = found.status().ok_or_else(|| Refusal::unsaid(action, &format!("the status of {arn}")))?;
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

/// Tells whether there is no such revision: ECS has no code of its own for that, and the one that it has is for much else, such as
/// an identifier that is not valid.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
fn is_missing(refusal: &Refusal) -> bool {
    refusal.code.as_deref() == Some("ClientException") && refusal.message.contains("Unable to describe task definition")
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
