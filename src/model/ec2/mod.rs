//! Amazon EC2: the network and its security groups.

mod network;
mod security_group;

pub use network::{InternetGateway, Route, RouteTable, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment};
pub use security_group::{Ingress, Peer, SecurityGroup, SecurityGroupIngress};
