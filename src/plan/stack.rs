//! Changes of the stack's own settings, apart from its template and parameters: tags, termination protection, stack policy, notification
//! topics, rollback triggers and role.
//!
//! CloudFormation also propagates stack tags to every resource that supports tags.
//! Source: <https://repost.aws/knowledge-center/cloudformation-propagate-stack-level-tag>

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::cloudformation::{ChangeSetOptions, StackSettings};

/// The settings of a deployed stack that a plan may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackState {
    /// Its tags.
    pub tags: IndexMap<String, String>,
    /// Whether termination protection is enabled.
    pub termination_protection: bool,
    /// The text of its stack policy; `None` if it has none or if it was not requested.
    pub stack_policy: Option<String>,
    /// The ARN of the service role that CloudFormation assumes.
    pub role_arn: Option<String>,
    /// The ARNs of its SNS notification topics.
    pub notification_topics: Vec<String>,
    /// Its rollback triggers, in the format of [`parse_rollback_alarm`](crate::cloudformation::parse_rollback_alarm).
    pub rollback_alarms: Vec<String>,
    /// The rollback monitoring time in minutes.
    pub rollback_monitoring_minutes: Option<u32>,
}

/// A stack setting that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackChange {
    /// The setting.
    pub setting: StackSetting,
    /// The tag's key, if the setting is a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value before; absent if it was not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after; absent if it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A setting of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StackSetting {
    /// A tag.
    Tag,
    /// Termination protection: `on` or `off`.
    TerminationProtection,
    /// The stack policy, as indented JSON.
    StackPolicy,
    /// SNS topics, one per line.
    NotificationTopics,
    /// CloudWatch alarms that trigger a rollback, one per line.
    RollbackAlarms,
    /// The rollback monitoring time in minutes.
    RollbackMonitoringMinutes,
    /// The service role that CloudFormation assumes.
    Role,
}

impl StackSetting {
    /// Returns the setting's name in `rack.yaml`.
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

    /// Returns whether the setting changes only with a stack update; the others have API calls of their own.
    pub fn needs_update(self) -> bool {
        !matches!(self, Self::TerminationProtection | Self::StackPolicy)
    }
}

impl StackChange {
    /// Returns the name of the changed setting: `tag team`, `termination_protection`.
    pub fn name(&self) -> String {
        match &self.key {
            Some(key) => format!("tag {key}"),
            None => self.setting.name().to_owned(),
        }
    }
}

/// The desired settings of a stack, apart from its template and parameters.
#[derive(Clone, Copy, Debug)]
pub struct DesiredStack<'d> {
    /// All of its tags.
    pub tags: &'d IndexMap<String, String>,
    /// The options that are set with a change set.
    pub options: &'d ChangeSetOptions,
    /// The settings that cannot be set with a change set.
    pub settings: &'d StackSettings,
}

/// Returns the differences between the present and the desired settings. A setting that is not configured stays unchanged.
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
    let on_or_off = |on: bool| Some(if on { "on" } else { "off" }.to_owned());
    if let Some(on) = settings.termination_protection {
        differ(StackSetting::TerminationProtection, on_or_off(present.termination_protection), on_or_off(on));
    }
    if let Some(policy) = &settings.stack_policy {
        differ(StackSetting::StackPolicy, present.stack_policy.as_deref().map(indented), Some(indented(policy)));
    }
    if let Some(topics) = &options.notification_topics {
        differ(StackSetting::NotificationTopics, listed(&present.notification_topics), listed(topics));
    }
    // CloudFormation keeps the present rollback triggers if a request names none.
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

/// Returns a list as sorted text, one item per line; `None` if it is empty.
fn listed(texts: &[String]) -> Option<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn indented(policy: &str) -> String {
    let parsed = serde_json::from_str::<Json>(policy).ok();
    parsed.and_then(|policy| serde_json::to_string_pretty(&policy).ok()).unwrap_or_else(|| policy.to_owned())
}
