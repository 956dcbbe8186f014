//! The rack's log group.

use crate::model::condition::Condition;
use crate::model::declared::{Declared, DeletionPolicy, Tag};
use crate::model::ecs::LogConfiguration;
use crate::model::logs::LogGroup;
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::{region, stack_name};
use crate::model::sections::Sections;
use crate::model::value::OrNoValue;

pub(super) const LOG_RETENTION: ParameterName<u32> = ParameterName::new("LogRetention");

pub(super) const BLANK_LOG_RETENTION: ConditionName = ConditionName::new("BlankLogRetention");

const DRIVER: ParameterName<String> = ParameterName::new("LogDriver");
const SYSLOG_ADDRESS: ParameterName<String> = ParameterName::new("SyslogDestination");
const SYSLOG_FORMAT: ParameterName<String> = ParameterName::new("SyslogFormat");

const TO_CLOUDWATCH: ConditionName = ConditionName::new("EnableCloudWatch");
const TO_SYSLOG: ConditionName = ConditionName::new("EnableSyslog");

pub(super) const LOG_GROUP: LogicalId<LogGroup> = LogicalId::new("LogGroup");

/// The retention periods in days that CloudWatch Logs accepts. Blank: log events never expire.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [&str; 23] = [
    "", "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827", "2192", "2557",
    "2922", "3288", "3653",
];

pub(super) fn declare(rack: &mut Sections) {
    declare_driver(rack);
    let retention = Parameter::choice(&RETENTIONS, "Number of days to keep logs (blank for unlimited)").default_to("7");
    rack.parameter(Group::Logs, &LOG_RETENTION, &retention);
    rack.condition(&BLANK_LOG_RETENTION, &Condition::parameter_is(&LOG_RETENTION, ""));

    let retention = OrNoValue::unless(&BLANK_LOG_RETENTION, LOG_RETENTION.value());
    let log_group = LogGroup::new(Some(retention), vec![Tag::name(stack_name())]);
    rack.resource(&LOG_GROUP, &Declared::new(log_group).with_deletion_policy(DeletionPolicy::Delete));
    rack.output("LogGroup", None, "Log group of the rack", &LOG_GROUP.reference().to_text());
}

fn declare_driver(rack: &mut Sections) {
    let driver = "Where the rack's tasks on instances send their logs. Syslog requires SyslogDestination; blank means nowhere. Builds on \
        Fargate always use CloudWatch, because Fargate does not support syslog";
    rack.parameter(Group::Logs, &DRIVER, &Parameter::choice(&["CloudWatch", "Syslog", ""], driver));
    let address = Parameter::string("", "Address of the syslog server with its protocol")
        .matching(r"([a-z+]+://[^\s/]+)?", "must be a protocol, a host and a port, such as tcp+tls://logs.example.com:1234, or blank");
    rack.parameter(Group::Logs, &SYSLOG_ADDRESS, &address);
    let format = "Format of syslog messages: rfc3164, rfc5424 or rfc5424micro";
    rack.parameter(
        Group::Logs,
        &SYSLOG_FORMAT,
        &Parameter::string("rfc5424", format).matching("[a-z0-9]+", "must be lowercase, such as rfc5424"),
    );
    rack.condition(&TO_CLOUDWATCH, &Condition::parameter_is(&DRIVER, "CloudWatch"));
    rack.condition(&TO_SYSLOG, &Condition::parameter_is(&DRIVER, "Syslog"));
    rack.output("LogDriver", None, "Where the rack's tasks send their logs", &DRIVER.value());
    rack.output("SyslogDestination", None, "Address of the syslog server", &SYSLOG_ADDRESS.value());
    rack.output("SyslogFormat", None, "Format of syslog messages", &SYSLOG_FORMAT.value());
}

/// Returns the configuration of tasks on instances, which the operator chooses.
pub(super) fn of_instances(stream_prefix: &str) -> OrNoValue<LogConfiguration> {
    let syslog = LogConfiguration::syslog(SYSLOG_ADDRESS.value(), SYSLOG_FORMAT.value());
    OrNoValue::if_else(&TO_SYSLOG, syslog, OrNoValue::only_if(&TO_CLOUDWATCH, to_log_group(stream_prefix)))
}

/// Returns the configuration of tasks that write to the log group.
pub(super) fn to_log_group(stream_prefix: &str) -> LogConfiguration {
    LogConfiguration::awslogs(LOG_GROUP.reference().to_text(), region(), stream_prefix)
}
