//! Amazon EC2: VPC networking and security groups.

mod network;
mod security_group;

pub use network::{
    Eip, InternetGateway, NatGateway, Route, RouteTable, RouteTarget, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment,
};
pub use security_group::{Ingress, Peer, SecurityGroup, SecurityGroupIngress};
