//! Amazon SQS: queues and their policies.

use serde::Serialize;

use super::iam::PolicyDocument;
use super::name::Id;
use super::resource::Resource;
use super::value::Value;

/// A queue that SQS encrypts with its own key.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queue {
    sqs_managed_sse_enabled: bool,
}

impl Queue {
    /// Returns a queue.
    pub fn encrypted() -> Self {
        Self { sqs_managed_sse_enabled: true }
    }
}

impl Resource for Queue {
    const TYPE: &'static str = "AWS::SQS::Queue";
}

/// The policy of queues.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueuePolicy {
    /// The queues.
    pub queues: Vec<Value<Id<Queue>>>,
    /// The policy.
    pub policy_document: PolicyDocument,
}

impl Resource for QueuePolicy {
    const TYPE: &'static str = "AWS::SQS::QueuePolicy";
}
