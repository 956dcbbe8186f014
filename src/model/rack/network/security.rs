//! The instances' security group.

use super::{INSTANCES_SECURITY, VPC_CIDR, build_security_group, instance_security_group, vpc_id};
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{Ingress, Peer, SecurityGroup};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) fn declare(rack: &mut Sections) {
    let from_vpc = || Peer::Cidr(VPC_CIDR.value());
    let group = SecurityGroup {
        group_description: Value::sub("${AWS::StackName} instances"),
        vpc_id: vpc_id(),
        ingress: vec![
            OrNoValue::always(Ingress::tcp(0, u16::MAX, from_vpc()).described("TCP from the VPC")),
            OrNoValue::always(Ingress::udp(0, u16::MAX, from_vpc()).described("UDP from the VPC")),
        ],
        tags: vec![Tag::name(Value::sub("${AWS::StackName}-instances"))],
    };
    rack.resource(&INSTANCES_SECURITY, &Declared::new(group));

    let instances = instance_security_group().to_text();
    rack.output("InstancesSecurityGroup", None, "Security group of instances", &instances).export("InstancesSecurityGroup");
    let builds = build_security_group().to_text();
    rack.output("BuildInstancesSecurityGroup", None, "Security group of builds", &builds).export("BuildInstancesSecurityGroup");
}
