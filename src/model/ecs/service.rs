//! ECS services.

use serde::Serialize;

use super::cluster::Cluster;
use super::task_definition::TaskDefinition;
use crate::model::declared::Property;
use crate::model::elb::TargetGroup;
use crate::model::iam::Role;
use crate::model::name::{Arn, Id};
use crate::model::resource::Resource;
use crate::model::value::{OrNoValue, Value};

/// A service, which keeps a number of tasks running on the instances of a cluster.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Service {
    /// The cluster.
    pub cluster: Value<Id<Cluster>>,
    /// How a deployment replaces tasks.
    pub deployment_configuration: DeploymentConfiguration,
    /// The number of tasks.
    pub desired_count: Value<u32>,
    /// The load balancers that forward to the tasks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_balancers: Vec<ServiceLoadBalancer>,
    /// Which instances can run the tasks.
    pub placement_constraints: Vec<OrNoValue<PlacementConstraint>>,
    /// The role that registers tasks with the load balancers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Value<Arn<Role>>>,
    /// The task definition.
    pub task_definition: Value<Id<TaskDefinition>>,
}

impl Resource for Service {
    const TYPE: &'static str = "AWS::ECS::Service";
}

/// How a deployment replaces tasks, in percent of the desired count.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-deploymentconfiguration.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentConfiguration {
    /// The smallest number of healthy tasks.
    pub minimum_healthy_percent: Value<u32>,
    /// The largest number of tasks.
    pub maximum_percent: u32,
    /// What happens to a deployment whose tasks do not start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_circuit_breaker: Property<CircuitBreaker>,
}

/// Ends a deployment whose tasks do not start, instead of retrying until CloudFormation's timeout of three hours.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-deploymentcircuitbreaker.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CircuitBreaker {
    /// Whether deployments end.
    pub enable: bool,
    /// Whether the service then returns to its last deployment.
    pub rollback: bool,
}

/// A load balancer of a service.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceLoadBalancer {
    /// The container.
    pub container_name: &'static str,
    /// Its port.
    pub container_port: u16,
    /// The target group.
    pub target_group_arn: Value<Id<TargetGroup>>,
}

/// Which instances can run the tasks.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PlacementConstraint {
    r#type: &'static str,
    expression: &'static str,
}

impl PlacementConstraint {
    /// Returns the constraint that an instance matches an expression of the cluster query language.
    pub fn member_of(expression: &'static str) -> Self {
        Self { r#type: "memberOf", expression }
    }
}
