//! The API's web service and its monitor, which run on the cluster's instances.

use super::inputs::{CLIENT_ID, COUNT, CPU, MONITOR_MEMORY, WEB_MEMORY};
use super::{RULE, TARGETS, balancer, labels};
use crate::model::declared::{Declared, Tag};
use crate::model::ecs::{
    ContainerDefinition, DeploymentConfiguration, EnvironmentVariable, LaunchType, LinuxParameters, MountPoint, PlacementConstraint,
    PortMapping, Secret, Service, ServiceLoadBalancer, TaskDefinition, Volume,
};
use crate::model::name::LogicalId;
use crate::model::rack::release::HAS_API;
use crate::model::rack::{api_role, containers, instances, logs, network, release, roles};
use crate::model::reference::{region, stack_id, stack_name};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const WEB: LogicalId<TaskDefinition> = LogicalId::new("ApiWebTasks");
const MONITOR: LogicalId<TaskDefinition> = LogicalId::new("ApiMonitorTasks");
const WEB_SERVICE: LogicalId<Service> = LogicalId::new("ServiceWebApi");
const MONITOR_SERVICE: LogicalId<Service> = LogicalId::new("ServiceMonitorApi");

/// The port on which the web container listens.
const WEB_PORT: u16 = 5443;

/// The constraint that tasks run on On-Demand Instances.
const ON_DEMAND: &str = "attribute:asg == primary";

pub(super) fn declare(rack: &mut Sections) {
    rack.resource(&MONITOR, &Declared::new(task("monitor", monitor())).only_if(&HAS_API));
    rack.resource(&WEB, &Declared::new(task("web", web())).only_if(&HAS_API));
    let service = |task: &LogicalId<TaskDefinition>| Service {
        cluster: instances::CLUSTER.reference(),
        deployment_configuration: DeploymentConfiguration {
            minimum_healthy_percent: 100.into(),
            maximum_percent: 200,
            deployment_circuit_breaker: None,
        },
        desired_count: 1.into(),
        load_balancers: Vec::new(),
        placement_constraints: Vec::new(),
        role: None,
        task_definition: task.reference(),
    };
    let monitor =
        Service { placement_constraints: vec![OrNoValue::always(PlacementConstraint::member_of(ON_DEMAND))], ..service(&MONITOR) };
    // Without an instance that has joined the cluster, the first deployment of a service would wait for one and could time out.
    rack.resource(&MONITOR_SERVICE, &Declared::new(monitor).only_if(&HAS_API).after(&instances::GROUP));
    let defaults = service(&WEB);
    let web = Service {
        deployment_configuration: DeploymentConfiguration {
            minimum_healthy_percent: Value::if_else(&network::HIGHLY_AVAILABLE, 50, 0),
            ..defaults.deployment_configuration
        },
        desired_count: Value::if_else(&network::HIGHLY_AVAILABLE, COUNT.value(), 1),
        load_balancers: vec![ServiceLoadBalancer {
            container_name: "web",
            container_port: WEB_PORT,
            target_group_arn: TARGETS.reference(),
        }],
        placement_constraints: vec![OrNoValue::only_if(&instances::SPOT_FLEET, PlacementConstraint::member_of(ON_DEMAND))],
        role: Some(roles::SERVICE.arn()),
        ..defaults
    };
    // ECS refuses a target group that no listener uses.
    rack.resource(&WEB_SERVICE, &Declared::new(web).only_if(&HAS_API).after(&instances::GROUP).after(&RULE));
}

fn task(name: &str, container: ContainerDefinition) -> TaskDefinition {
    let volumes = vec![Volume::host("docker", containers::DOCKER_SOCKET), Volume::scratch("home"), Volume::scratch("temp")];
    TaskDefinition {
        family: Value::sub(format!("${{AWS::StackName}}-{name}")),
        launch_type: LaunchType::Ec2,
        task_role: api_role::API.arn(),
        execution_role: api_role::API.arn(),
        containers: vec![container],
        volumes: Some(OrNoValue::always(volumes)),
        tags: vec![Tag::name(stack_name())],
    }
}

/// Returns what the containers of both tasks have in common. The password is a secret, so that no one who can read a task definition has
/// it.
fn container(name: &str) -> ContainerDefinition {
    let image = Value::if_else(&instances::ARM, Value::sub("convox/rack:${Version}-arm64"), Value::sub("convox/rack:${Version}"));
    let mut environment = vec![
        EnvironmentVariable::new("AWS_REGION", region()),
        EnvironmentVariable::new("CLIENT_ID", CLIENT_ID.value()),
        EnvironmentVariable::new("PROVIDER", "aws"),
        EnvironmentVariable::new("RACK", stack_name()),
        EnvironmentVariable::new("STACK_ID", stack_id()),
    ];
    environment.extend(containers::proxy_variables());
    let writable = |(volume, path)| MountPoint::writable(volume, path);
    let mounts: Vec<MountPoint> = [("docker", containers::DOCKER_SOCKET), ("home", "/root/"), ("temp", "/tmp/")].map(writable).into();
    ContainerDefinition {
        environment,
        secrets: vec![Secret { name: "PASSWORD".to_owned(), value_from: release::password_arn() }],
        mount_points: Some(OrNoValue::always(mounts)),
        readonly_root_filesystem: Some(containers::readonly()),
        linux_parameters: Some(LinuxParameters { init_process_enabled: true }),
        log_configuration: Some(logs::of_instances("service")),
        ..ContainerDefinition::new(name, image)
    }
}

fn web() -> ContainerDefinition {
    ContainerDefinition {
        command: &["/go/bin/rack"],
        cpu: Some(CPU.value().into()),
        memory_reservation: Some(WEB_MEMORY.value().into()),
        port_mappings: vec![PortMapping { container_port: WEB_PORT, host_port: balancer::host_port(), protocol: "tcp" }],
        docker_labels: labels::web(),
        ..container("web")
    }
}

fn monitor() -> ContainerDefinition {
    ContainerDefinition {
        command: &["/go/bin/monitor"],
        cpu: Some(OrNoValue::always(64)),
        memory: Some(MONITOR_MEMORY.value().into()),
        docker_labels: labels::monitor(),
        ..container("monitor")
    }
}
