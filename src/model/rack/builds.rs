//! The cluster and the two build tasks; a rack has one of the two at a time.

use super::access::{EXECUTION_ROLE, LOG_GROUP, TASK_ROLE};
use super::parameters::{
    BLANK_BUILD_IMAGE, BUILD_ARCHITECTURE, BUILD_CPU, BUILD_IMAGE, BUILD_MEMORY, FARGATE_BUILD_CPU, FARGATE_BUILD_MEMORY,
    USE_BUILD_INSTANCE, USE_FARGATE_BUILD,
};
use crate::model::build_cache;
use crate::model::declared::{Declared, Tag};
use crate::model::ecs::{
    Cluster, ContainerDefinition, EnvironmentVariable, LaunchType, LogConfiguration, MountPoint, RuntimePlatform, TaskDefinition, Volume,
};
use crate::model::name::LogicalId;
use crate::model::reference::{region, stack_id, stack_name};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const CLUSTER: LogicalId<Cluster> = LogicalId::new("Cluster");
pub(super) const EC2_TASK: LogicalId<TaskDefinition> = LogicalId::new("ApiBuildTasks");
pub(super) const FARGATE_TASK: LogicalId<TaskDefinition> = LogicalId::new("ApiBuildFargate");

/// A docker client, which connects to the engine of the instance.
pub const DOCKER_IMAGE: &str = "public.ecr.aws/docker/library/docker:28-cli";
/// A kaniko release; from 1.26.5 on, kaniko keeps `RUN --mount=type=cache` directories that are on another file system, such as EFS.
pub const KANIKO_IMAGE: &str = "ghcr.io/osscontainertools/kaniko:v1.27.5";
/// The path of the engine's socket, on the instance and in the container.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

pub(super) fn declare(rack: &mut Sections) {
    let cluster = Cluster { capacity_providers: vec!["FARGATE".into(), "FARGATE_SPOT".into()], tags: tags() };
    rack.resource(&CLUSTER, &Declared::new(cluster));
    rack.resource(&EC2_TASK, &Declared::new(on_instance()).only_if(&USE_BUILD_INSTANCE));
    rack.resource(&FARGATE_TASK, &Declared::new(on_fargate()).only_if(&USE_FARGATE_BUILD));
}

fn tags() -> Vec<Tag> {
    vec![Tag::name(stack_name())]
}

/// Returns the container `build` with the properties that both tasks share.
fn container(default_image: &str) -> ContainerDefinition {
    ContainerDefinition {
        environment: vec![
            EnvironmentVariable::new("AWS_REGION", region()),
            EnvironmentVariable::new("PROVIDER", "aws"),
            EnvironmentVariable::new("RACK", stack_name()),
            EnvironmentVariable::new("STACK_ID", stack_id()),
        ],
        log_configuration: Some(OrNoValue::always(LogConfiguration::awslogs(LOG_GROUP.reference().to_text(), region(), "build"))),
        ..ContainerDefinition::new("build", Value::if_else(&BLANK_BUILD_IMAGE, default_image, BUILD_IMAGE.value()))
    }
}

fn task(launch_type: LaunchType, container: ContainerDefinition) -> TaskDefinition {
    TaskDefinition {
        family: Value::sub("${AWS::StackName}-build"),
        launch_type,
        task_role: TASK_ROLE.arn(),
        execution_role: EXECUTION_ROLE.arn(),
        containers: vec![container],
        volumes: None,
        tags: tags(),
    }
}

fn on_instance() -> TaskDefinition {
    let mut container = container(DOCKER_IMAGE);
    container.cpu = Some(BUILD_CPU.value().into());
    container.memory = Some(BUILD_MEMORY.value().into());
    container.environment.push(build_cache::environment_variable());
    container.mount_points =
        Some(OrNoValue::always(vec![MountPoint::writable("docker", DOCKER_SOCKET), MountPoint::writable("temp", "/tmp")]));
    let volumes = vec![Volume::host("docker", DOCKER_SOCKET), Volume::scratch("temp")];
    TaskDefinition { volumes: Some(OrNoValue::always(volumes)), ..task(LaunchType::Ec2, container) }
}

fn on_fargate() -> TaskDefinition {
    let launch_type = LaunchType::Fargate {
        cpu: FARGATE_BUILD_CPU.value(),
        memory: FARGATE_BUILD_MEMORY.value(),
        platform: RuntimePlatform::linux(BUILD_ARCHITECTURE.value()),
    };
    let mut container = container(KANIKO_IMAGE);
    container.environment.push(EnvironmentVariable::new("BUILD_RUNTIME", "daemonless"));
    container.mount_points = Some(build_cache::mount_points());
    TaskDefinition { volumes: Some(build_cache::volumes()), ..task(launch_type, container) }
}
