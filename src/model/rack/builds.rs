//! The two build tasks; a rack has one of the two at a time.

use super::access::{EXECUTION_ROLE, TASK_ROLE};
use super::containers::{DOCKER_SOCKET, proxy_variables};
use super::methods::{USE_BUILD_INSTANCE, USE_FARGATE_BUILD};
use super::{logs, network};
use crate::model::build_cache;
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Tag};
use crate::model::ecs::{
    ContainerDefinition, CpuArchitecture, EnvironmentVariable, LaunchType, LinuxParameters, MountPoint, RuntimePlatform, TaskDefinition,
    Volume,
};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::{region, stack_id, stack_name};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const BUILD_IMAGE: ParameterName<String> = ParameterName::new("BuildImage");
const BUILD_CPU: ParameterName<u32> = ParameterName::new("BuildCpu");
const BUILD_MEMORY: ParameterName<u32> = ParameterName::new("BuildMemory");
const FARGATE_BUILD_CPU: ParameterName<String> = ParameterName::new("FargateBuildCpu");
const FARGATE_BUILD_MEMORY: ParameterName<String> = ParameterName::new("FargateBuildMemory");
const BUILD_ARCHITECTURE: ParameterName<CpuArchitecture> = ParameterName::new("BuildArchitecture");

const BLANK_BUILD_IMAGE: ConditionName = ConditionName::new("BlankBuildImage");

pub(super) const EC2_TASK: LogicalId<TaskDefinition> = LogicalId::new("ApiBuildTasks");
pub(super) const FARGATE_TASK: LogicalId<TaskDefinition> = LogicalId::new("ApiBuildFargate");

/// A docker client, which connects to the engine of the instance.
pub const DOCKER_IMAGE: &str = "public.ecr.aws/docker/library/docker:28-cli";
/// A kaniko release. 1.26.5 keeps `RUN --mount=type=cache` directories that are on another file system, such as EFS; 1.28.0 cannot be led
/// out of a directory by symbolic links in an image, and 1.28.1 has no equal cache keys of different steps, with flags that rackform sets.
///
/// Source: <https://github.com/osscontainertools/kaniko/blob/v1.28.3/CHANGELOG.md>
pub const KANIKO_IMAGE: &str = "ghcr.io/osscontainertools/kaniko:v1.28.3";

/// The sizes of a Fargate task in CPU units. `templates/rules.json.j2` has the memory sizes that each of them supports.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
const FARGATE_CPUS: [&str; 7] = ["256", "512", "1024", "2048", "4096", "8192", "16384"];

/// The first Fargate platform version that can mount EFS. A task definition has no such property, so the `RunTask` call sets it.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html>
const PLATFORM_VERSION: &str = "1.4.0";

pub(super) fn declare(rack: &mut Sections) {
    declare_parameters(rack);
    declare_conditions(rack);
    rack.resource(&EC2_TASK, &Declared::new(on_instance()).only_if(&USE_BUILD_INSTANCE));
    rack.resource(&FARGATE_TASK, &Declared::new(on_fargate()).only_if(&USE_FARGATE_BUILD));
    declare_outputs(rack);
}

fn declare_parameters(rack: &mut Sections) {
    rack.parameter(Group::Build, &BUILD_IMAGE, &Parameter::string("", "Builder image. If blank, the default builder image is used"));
    let cpu = "CPU units reserved for a build on an instance, 1024 per core";
    rack.parameter(Group::Build, &BUILD_CPU, &Parameter::number(256, cpu).between(128, 196_608));
    let memory = "Memory limit in MiB of a build on an instance";
    rack.parameter(Group::Build, &BUILD_MEMORY, &Parameter::number(1000, memory).between(64, 3_145_728));
    let cpu = "CPU units of a build on Fargate, 1024 per core. Only used when BuildMethod is set to fargate";
    rack.parameter(Group::Build, &FARGATE_BUILD_CPU, &Parameter::choice(&FARGATE_CPUS, cpu).default_to("1024"));
    let memory =
        "Memory in MiB of a build on Fargate; FargateBuildCpu limits the supported values. Only used when BuildMethod is set to fargate";
    let memory = Parameter::string("4096", memory).matching(r"\d{3,6}", "must be a number of MiB, such as 4096");
    rack.parameter(Group::Build, &FARGATE_BUILD_MEMORY, &memory);
    let architecture = Parameter::choice(&["X86_64", "ARM64"], "CPU architecture of builds on Fargate");
    rack.parameter(Group::Build, &BUILD_ARCHITECTURE, &architecture);
}

fn declare_conditions(rack: &mut Sections) {
    rack.condition(&BLANK_BUILD_IMAGE, &Condition::parameter_is(&BUILD_IMAGE, ""));
}

fn declare_outputs(rack: &mut Sections) {
    let task = Value::<Id<TaskDefinition>>::if_else(&USE_FARGATE_BUILD, FARGATE_TASK.reference(), EC2_TASK.reference());
    let launch_type = Value::if_else(&USE_FARGATE_BUILD, "FARGATE", "EC2");
    rack.output("BuildTaskDefinition", None, "Task definition of a build", &task.to_text());
    rack.output("BuildLaunchType", None, "Launch type of a build task", &launch_type);
    rack.output("BuildPlatformVersion", Some(&USE_FARGATE_BUILD), "Fargate platform version of a build task", &PLATFORM_VERSION.into());
    rack.output("BuildSubnets", None, "Subnets of a build task", &network::public_subnet_list());
    rack.output("BuildSecurityGroup", None, "Security group of a build task", &network::build_security_group().to_text());
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
    container.log_configuration = Some(logs::of_instances("build"));
    container.linux_parameters = Some(LinuxParameters { init_process_enabled: true });
    container.environment.extend(proxy_variables());
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
    container.log_configuration = Some(OrNoValue::always(logs::to_log_group("build")));
    container.environment.extend(proxy_variables());
    container.environment.push(EnvironmentVariable::new("BUILD_RUNTIME", "daemonless"));
    container.mount_points = Some(build_cache::mount_points());
    TaskDefinition { volumes: Some(build_cache::volumes()), ..task(launch_type, container) }
}
