//! Amazon SNS: topics, their subscriptions and policies.

use serde::Serialize;

use super::declared::Property;
use super::iam::PolicyDocument;
use super::name::Id;
use super::resource::Resource;
use super::value::Value;

/// A topic.
///
/// The name is a create-only property. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Topic {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic_name: Property<String>,
    /// The name in messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Property<String>,
    /// The subscriptions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscription: Vec<Subscription>,
}

impl Resource for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";
}

/// A subscription of a topic.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-sns-topic-subscription.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subscription {
    protocol: &'static str,
    endpoint: Value<String>,
}

impl Subscription {
    /// Returns the subscription of an SQS queue.
    pub fn queue(arn: Value<String>) -> Self {
        Self { protocol: "sqs", endpoint: arn }
    }

    /// Returns the subscription of a Lambda function.
    pub fn function(arn: Value<String>) -> Self {
        Self { protocol: "lambda", endpoint: arn }
    }
}

/// The policy of topics.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicPolicy {
    /// The policy.
    pub policy_document: PolicyDocument,
    /// The topics.
    pub topics: Vec<Value<Id<Topic>>>,
}

impl Resource for TopicPolicy {
    const TYPE: &'static str = "AWS::SNS::TopicPolicy";
}
