//! The parameters of the API's tasks.

use crate::model::name::ParameterName;
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::{region, stack_id, stack_name};
use crate::model::sections::Sections;

pub(super) const COUNT: ParameterName<u32> = ParameterName::new("ApiCount");
pub(super) const CPU: ParameterName<u32> = ParameterName::new("ApiCpu");
pub(super) const WEB_MEMORY: ParameterName<u32> = ParameterName::new("ApiWebMemory");
pub(super) const MONITOR_MEMORY: ParameterName<u32> = ParameterName::new("ApiMonitorMemory");
pub(super) const CLIENT_ID: ParameterName<String> = ParameterName::new("ClientId");
pub(super) const POLL_INTERVAL: ParameterName<u32> = ParameterName::new("EcsPollInterval");
pub(super) const TIMER_STATE: ParameterName<String> = ParameterName::new("MaintainTimerState");
pub(super) const TELEMETRY: ParameterName<String> = ParameterName::new("Telemetry");

/// Every region has Fargate now.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html>
pub(super) const FARGATE: &str = "Yes";

pub(super) fn declare(rack: &mut Sections) {
    let number = |default: &str, description: &str| {
        Parameter::string(default, description).matching(r"[1-9]\d{0,5}", &format!("must be a positive number, such as {default}"))
    };
    rack.parameter(Group::Api, &COUNT, &number("2", "Number of the API's web tasks with HighAvailability; otherwise it is 1"));
    rack.parameter(Group::Api, &CPU, &number("128", "CPU units reserved for a web task of the API, 1024 per core"));
    rack.parameter(Group::Api, &WEB_MEMORY, &number("256", "Memory in MiB reserved for a web task of the API"));
    rack.parameter(Group::Api, &MONITOR_MEMORY, &number("128", "Memory limit in MiB of the API's monitor"));
    rack.parameter(Group::Api, &CLIENT_ID, &Parameter::string("", "Anonymous identifier that the API sends with usage data"));
    let interval = "Seconds between two queries of ECS for events of a service. A longer interval avoids throttling in large racks";
    rack.parameter(Group::Api, &POLL_INTERVAL, &Parameter::number(1, interval).between(1, 300));
    let timers = "Keep timers of an app that were disabled by hand disabled when the app is deployed again";
    rack.parameter(Group::Api, &TIMER_STATE, &Parameter::choice(&["No", "Yes"], timers));
    let telemetry = "Let the API send the rack's parameters to the maker of the API";
    rack.parameter(Group::Api, &TELEMETRY, &Parameter::choice(&["true", "false"], telemetry).default_to("false"));
    declare_outputs(rack);
}

/// Declares what the API's command line and app stacks read about the rack itself.
fn declare_outputs(rack: &mut Sections) {
    rack.output("AwsRegion", None, "Region of the rack", &region());
    rack.output("EcsPollInterval", None, "Seconds between two queries of ECS", &POLL_INTERVAL.value().to_text());
    rack.output("Fargate", None, "Whether the region has Fargate", &FARGATE.into());
    rack.output("Rack", None, "Name of the rack", &stack_name());
    rack.output("StackId", None, "ID of the rack's stack", &stack_id());
}
