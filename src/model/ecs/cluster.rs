//! ECS clusters.

use serde::Serialize;

use crate::model::declared::Tag;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// An ECS cluster.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-cluster.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cluster {
    /// The capacity providers, such as `FARGATE`, in addition to registered instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capacity_providers: Vec<Value<String>>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for Cluster {
    const TYPE: &'static str = "AWS::ECS::Cluster";
}
