//! Topics and queues: notifications for operators, and events of instances, tasks and stacks for the API.

use serde_json::{Value as Json, json};

use crate::model::declared::Declared;
use crate::model::events::{Rule, Target};
use crate::model::iam::{PolicyDocument, Statement};
use crate::model::lambda::Function;
use crate::model::name::LogicalId;
use crate::model::sections::Sections;
use crate::model::sns::{Subscription, Topic, TopicPolicy};
use crate::model::sqs::{Queue, QueuePolicy};
use crate::model::value::{OrNoValue, Value};

/// Notifications about apps and releases.
pub(super) const NOTIFICATIONS: LogicalId<Topic> = LogicalId::new("NotificationTopic");
/// Instances that start or end.
pub(super) const LIFECYCLE: LogicalId<Topic> = LogicalId::new("InstancesLifecycleTopic");
/// The function that receives them.
pub(super) const LIFECYCLE_HANDLER: LogicalId<Function> = LogicalId::new("InstancesLifecycleHandler");
/// Events of the stacks of apps.
pub(super) const STACKS: LogicalId<Topic> = LogicalId::new("CloudformationTopic");
/// The same events, for the API.
pub(super) const STACKS_QUEUE: LogicalId<Queue> = LogicalId::new("CloudformationEvents");
/// Changes of tasks in the rack's cluster, for the API.
pub(super) const TASKS_QUEUE: LogicalId<Queue> = LogicalId::new("AccountEvents");
const LIFECYCLE_POLICY: LogicalId<TopicPolicy> = LogicalId::new("InstancesLifecycleTopicPolicy");
const STACKS_QUEUE_POLICY: LogicalId<QueuePolicy> = LogicalId::new("CloudformationEventsPolicy");
const TASKS_QUEUE_POLICY: LogicalId<QueuePolicy> = LogicalId::new("AccountEventsPolicy");
const TASKS_RULE: LogicalId<Rule> = LogicalId::new("AccountEventsRule");

pub(super) fn declare(rack: &mut Sections) {
    let named = |suffix: &str| Topic {
        topic_name: Some(OrNoValue::always(Value::sub(format!("${{AWS::StackName}}-{suffix}")))),
        ..Topic::default()
    };
    rack.resource(&NOTIFICATIONS, &Declared::new(named("notifications")));
    rack.output("NotificationTopic", None, "Topic of notifications about apps", &NOTIFICATIONS.reference().to_text());
    let lifecycle = Topic { subscription: vec![Subscription::function(LIFECYCLE_HANDLER.attribute("Arn"))], ..named("lifecycle") };
    rack.resource(&LIFECYCLE, &Declared::new(lifecycle));
    let publish = for_service("Publish", "events.amazonaws.com", "sns:Publish", LIFECYCLE.reference().to_text())
        .when(json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } }));
    let policy = TopicPolicy { policy_document: PolicyDocument::new([publish]), topics: vec![LIFECYCLE.reference()] };
    rack.resource(&LIFECYCLE_POLICY, &Declared::new(policy));
    declare_stack_events(rack);
    declare_task_events(rack);
}

fn declare_stack_events(rack: &mut Sections) {
    rack.resource(&STACKS_QUEUE, &Declared::new(Queue::encrypted()));
    let topic = Topic {
        display_name: Some(OrNoValue::always(Value::sub("${AWS::StackName}-events"))),
        subscription: vec![Subscription::queue(STACKS_QUEUE.attribute("Arn"))],
        ..Topic::default()
    };
    rack.resource(&STACKS, &Declared::new(topic));
    let policy = queue_policy(&STACKS_QUEUE, "sns.amazonaws.com", json!(STACKS.reference().to_text()));
    rack.resource(&STACKS_QUEUE_POLICY, &Declared::new(policy));
}

fn declare_task_events(rack: &mut Sections) {
    rack.resource(&TASKS_QUEUE, &Declared::new(Queue::encrypted()));
    let cluster = Value::sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:cluster/${Cluster}");
    let pattern = json!({
        "account": [{ "Ref": "AWS::AccountId" }],
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": { "clusterArn": [cluster] },
    });
    let target = Target { arn: TASKS_QUEUE.attribute("Arn"), id: "Events" };
    rack.resource(&TASKS_RULE, &Declared::new(Rule::new("Sends changes of tasks in the rack's cluster to the API", pattern, target)));
    let policy = queue_policy(&TASKS_QUEUE, "events.amazonaws.com", json!(TASKS_RULE.attribute("Arn")));
    rack.resource(&TASKS_QUEUE_POLICY, &Declared::new(policy));
}

/// Returns the policy of a queue to which only one source, such as a topic, can send.
fn queue_policy(queue: &LogicalId<Queue>, service: &str, source: Json) -> QueuePolicy {
    let send =
        for_service("Send", service, "sqs:SendMessage", queue.attribute("Arn")).when(json!({ "ArnEquals": { "aws:SourceArn": source } }));
    QueuePolicy { queues: vec![queue.reference()], policy_document: PolicyDocument::new([send]) }
}

fn for_service(sid: &str, service: &str, action: &str, resource: Value<String>) -> Statement {
    Statement::allow(sid, &[action], [resource]).to_principal(json!({ "Service": [service] }))
}
