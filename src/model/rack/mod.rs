//! The typed rack.

use super::ec2::Subnet;
use super::reference::LogicalId;

/// The public subnets, one per availability zone; the third only under a condition.
pub const SUBNETS: [LogicalId<Subnet>; 3] = [LogicalId::new("Subnet0"), LogicalId::new("Subnet1"), LogicalId::new("Subnet2")];
