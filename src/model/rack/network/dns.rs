//! The private hosted zone, whose names the rack's containers resolve.

use super::{HOSTED_ZONE, vpc_id};
use crate::model::declared::Declared;
use crate::model::name::LogicalId;
use crate::model::route53::{HostedZone, RecordSet};
use crate::model::sections::Sections;
use crate::model::value::Value;

const GATEWAY_RECORD: LogicalId<RecordSet> = LogicalId::new("RecordSetGateway");

/// The address of an instance in Docker's default bridge network, as its containers see it.
///
/// Source: <https://docs.docker.com/engine/network/drivers/bridge/>
const BRIDGE_GATEWAY: &str = "172.17.0.1";
const HOUR_SECONDS: u32 = 3600;

pub(super) fn declare(rack: &mut Sections) {
    rack.resource(&HOSTED_ZONE, &Declared::new(HostedZone::private(Value::sub("${AWS::StackName}.convox"), vpc_id())));
    let name = Value::sub("host.${AWS::StackName}.convox.");
    let record = RecordSet::address(HOSTED_ZONE.reference(), name, HOUR_SECONDS, BRIDGE_GATEWAY.into());
    rack.resource(&GATEWAY_RECORD, &Declared::new(record));
    rack.output("HostedZone", None, "Private hosted zone of the rack", &HOSTED_ZONE.reference().to_text()).export("HostedZone");
}
