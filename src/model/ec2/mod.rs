//! Amazon EC2: VPC networking and security groups.

mod network;
mod security_group;

pub use network::{InternetGateway, Route, RouteTable, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment};
pub use security_group::{Ingress, Peer, SecurityGroup, SecurityGroupIngress};
