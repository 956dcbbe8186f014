//! What differs of a stack itself, beside its template and parameters: tags, protection, policy, whom it tells, when it turns back, its
//! role.
//!
//! Tags are more than the stack's own: CloudFormation gives them to every resource that takes tags.
//! Source: <https://repost.aws/knowledge-center/cloudformation-propagate-stack-level-tag>

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::cloudformation::{ChangeSetOptions, StackSettings};

/// What a stack has, as far as a plan may change it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackState {
    /// Its tags.
    pub tags: IndexMap<String, String>,
    /// Whether it is protected against deletion.
    pub termination_protection: bool,
    /// The text of its policy; `None` where it has none, or where nobody asked.
    pub stack_policy: Option<String>,
    /// The role that CloudFormation works as, an ARN.
    pub role_arn: Option<String>,
    /// SNS topics, by ARN.
    pub notification_topics: Vec<String>,
    /// CloudWatch alarms, as [`parse_rollback_alarm`](crate::cloudformation::parse_rollback_alarm) reads them.
    pub rollback_alarms: Vec<String>,
    /// How many minutes these are watched.
    pub rollback_monitoring_minutes: Option<u32>,
}

/// A setting of the stack itself that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackChange {
    /// Which.
    pub setting: StackSetting,
    /// The tag's key, where it is a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value before; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after; absent where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A setting of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StackSetting {
    /// A tag.
    Tag,
    /// Protection against deletion: `on` or `off`.
    TerminationProtection,
    /// The stack policy, as JSON in lines.
    StackPolicy,
    /// SNS topics, one a line.
    NotificationTopics,
    /// Alarms that turn a change back, one a line.
    RollbackAlarms,
    /// How many minutes these are watched.
    RollbackMonitoringMinutes,
    /// The role that CloudFormation works as.
    Role,
}

impl StackSetting {
    /// Returns its name, as `rack.yaml` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tag => "tags",
            Self::TerminationProtection => "termination_protection",
            Self::StackPolicy => "stack_policy",
            Self::NotificationTopics => "notification_topics",
            Self::RollbackAlarms => "rollback_alarms",
            Self::RollbackMonitoringMinutes => "rollback_monitoring_minutes",
            Self::Role => "cloudformation_role_arn",
        }
    }

    /// Tells whether only an update of the stack sets it, and not a call of its own.
    pub fn needs_update(self) -> bool {
        !matches!(self, Self::TerminationProtection | Self::StackPolicy)
    }
}

impl StackChange {
    /// Returns what it is about: `tag team`, `termination_protection`.
    pub fn name(&self) -> String {
        match &self.key {
            Some(key) => format!("tag {key}"),
            None => self.setting.name().to_owned(),
        }
    }
}

/// What a stack is to have, beside its template and parameters.
#[derive(Clone, Copy, Debug)]
pub struct DesiredStack<'d> {
    /// Its tags, all of them.
    pub tags: &'d IndexMap<String, String>,
    /// What a change set is told.
    pub options: &'d ChangeSetOptions,
    /// What no change set sets.
    pub settings: &'d StackSettings,
}

/// Returns what differs between what a stack has and what it is to have; what nothing is said of stays as it is.
pub fn stack_changes(present: &StackState, desired: &DesiredStack<'_>) -> Vec<StackChange> {
    let DesiredStack { tags, options, settings } = desired;
    let mut changes: Vec<StackChange> = Vec::new();
    let mut keys: Vec<&String> = tags.keys().chain(present.tags.keys().filter(|key| !tags.contains_key(*key))).collect();
    keys.sort();
    for key in keys {
        let (before, after) = (present.tags.get(key).cloned(), tags.get(key).cloned());
        if before != after {
            changes.push(StackChange { setting: StackSetting::Tag, key: Some(key.clone()), before, after });
        }
    }
    let mut differ = |setting, before: Option<String>, after: Option<String>| {
        if before != after {
            changes.push(StackChange { setting, key: None, before, after });
        }
    };
    let word = |on: bool| Some(if on { "on" } else { "off" }.to_owned());
    if let Some(on) = settings.termination_protection {
        differ(StackSetting::TerminationProtection, word(present.termination_protection), word(on));
    }
    if let Some(policy) = &settings.stack_policy {
        differ(StackSetting::StackPolicy, present.stack_policy.as_deref().map(in_lines), Some(in_lines(policy)));
    }
    if let Some(topics) = &options.notification_topics {
        differ(StackSetting::NotificationTopics, listed(&present.notification_topics), listed(topics));
    }
    // Without a word on them, CloudFormation keeps those there are.
    if !options.rollback_alarms.is_empty() {
        differ(StackSetting::RollbackAlarms, listed(&present.rollback_alarms), listed(&options.rollback_alarms));
    }
    if let Some(minutes) = options.rollback_monitoring_minutes {
        let before = present.rollback_monitoring_minutes.map(|minutes| minutes.to_string());
        differ(StackSetting::RollbackMonitoringMinutes, before, Some(minutes.to_string()));
    }
    if let Some(role) = &options.role_arn {
        differ(StackSetting::Role, present.role_arn.clone(), Some(role.clone()));
    }
    changes
}

/// Returns a list as text, in an order of its own; `None` when it is empty.
fn listed(texts: &[String]) -> Option<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn in_lines(policy: &str) -> String {
    let parsed = serde_json::from_str::<Json>(policy).ok();
    parsed.and_then(|policy| serde_json::to_string_pretty(&policy).ok()).unwrap_or_else(|| policy.to_owned())
}
