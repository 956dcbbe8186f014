//! Amazon EC2: VPC networking, security groups, launch templates and Spot Fleets.

mod launch_template;
mod network;
mod security_group;
mod spot_fleet;

pub use launch_template::{
    BlockDevice, CreditSpecification, Ebs, Image, KeyPair, LaunchTemplate, LaunchTemplateData, MarketOptions, MetadataOptions, Monitoring,
    NetworkInterface, Placement, ProfileSpecification, TagSpecification,
};
pub use network::{
    Eip, InternetGateway, NatGateway, Route, RouteTable, RouteTarget, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment,
};
pub use security_group::{Ingress, Peer, SecurityGroup, SecurityGroupIngress};
pub use spot_fleet::{
    AtLeast, FleetLaunchTemplate, InstanceRequirements, LaunchTemplateConfig, LaunchTemplateOverrides, SpotFleet, SpotFleetRequest,
};
