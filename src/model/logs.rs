//! Amazon CloudWatch Logs: log groups.

use serde::Serialize;

use super::resource::{Property, Resource, Tag};

/// A group of log streams.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogGroup {
    /// Days until a log event is deleted; for ever where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_in_days: Property<u32>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for LogGroup {
    const TYPE: &'static str = "AWS::Logs::LogGroup";
}
