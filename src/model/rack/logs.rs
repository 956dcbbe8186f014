//! The rack's log group.

use crate::model::condition::Condition;
use crate::model::declared::{Declared, DeletionPolicy, Tag};
use crate::model::logs::LogGroup;
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::OrNoValue;

pub(super) const LOG_RETENTION: ParameterName<u32> = ParameterName::new("LogRetention");

pub(super) const BLANK_LOG_RETENTION: ConditionName = ConditionName::new("BlankLogRetention");

pub(super) const LOG_GROUP: LogicalId<LogGroup> = LogicalId::new("LogGroup");

/// The retention periods in days that CloudWatch Logs accepts. Blank: log events never expire.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [&str; 23] = [
    "", "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827", "2192", "2557",
    "2922", "3288", "3653",
];

pub(super) fn declare(rack: &mut Sections) {
    let retention = Parameter::choice(&RETENTIONS, "Number of days to keep logs (blank for unlimited)").default_to("7");
    rack.parameter(Group::Logs, &LOG_RETENTION, &retention);
    rack.condition(&BLANK_LOG_RETENTION, &Condition::parameter_is(&LOG_RETENTION, ""));

    let retention = OrNoValue::unless(&BLANK_LOG_RETENTION, LOG_RETENTION.value());
    let log_group = LogGroup::new(Some(retention), vec![Tag::name(stack_name())]);
    rack.resource(&LOG_GROUP, &Declared::new(log_group).with_deletion_policy(DeletionPolicy::Delete));
    rack.output("LogGroup", None, "Log group of the rack", &LOG_GROUP.reference().to_text());
}
