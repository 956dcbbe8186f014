//! Prefixes of generated physical IDs; schemas do not contain them.

/// Types whose physical ID is a prefix and hexadecimal digits.
const PREFIXES: [(&str, &str); 37] = [
    ("AWS::EC2::CapacityReservation", "cr-"),
    ("AWS::EC2::CustomerGateway", "cgw-"),
    ("AWS::EC2::DHCPOptions", "dopt-"),
    ("AWS::EC2::EgressOnlyInternetGateway", "eigw-"),
    ("AWS::EC2::FlowLog", "fl-"),
    ("AWS::EC2::Host", "h-"),
    ("AWS::EC2::Instance", "i-"),
    ("AWS::EC2::InternetGateway", "igw-"),
    ("AWS::EC2::LaunchTemplate", "lt-"),
    ("AWS::EC2::NatGateway", "nat-"),
    ("AWS::EC2::NetworkAcl", "acl-"),
    ("AWS::EC2::NetworkInterface", "eni-"),
    ("AWS::EC2::PrefixList", "pl-"),
    ("AWS::EC2::RouteTable", "rtb-"),
    ("AWS::EC2::SecurityGroup", "sg-"),
    ("AWS::EC2::SecurityGroupEgress", "sgr-"),
    ("AWS::EC2::SecurityGroupIngress", "sgr-"),
    ("AWS::EC2::Subnet", "subnet-"),
    ("AWS::EC2::SubnetNetworkAclAssociation", "aclassoc-"),
    ("AWS::EC2::SubnetRouteTableAssociation", "rtbassoc-"),
    ("AWS::EC2::TransitGateway", "tgw-"),
    ("AWS::EC2::TransitGatewayAttachment", "tgw-attach-"),
    ("AWS::EC2::VPC", "vpc-"),
    ("AWS::EC2::VPCCidrBlock", "vpc-cidr-assoc-"),
    ("AWS::EC2::VPCDHCPOptionsAssociation", "dopt-"),
    ("AWS::EC2::VPCEndpoint", "vpce-"),
    ("AWS::EC2::VPCEndpointService", "vpce-svc-"),
    ("AWS::EC2::VPCPeeringConnection", "pcx-"),
    ("AWS::EC2::VPNConnection", "vpn-"),
    ("AWS::EC2::VPNGateway", "vgw-"),
    ("AWS::EC2::Volume", "vol-"),
    ("AWS::EFS::AccessPoint", "fsap-"),
    ("AWS::EFS::FileSystem", "fs-"),
    ("AWS::EFS::MountTarget", "fsmt-"),
    ("AWS::FSx::FileSystem", "fs-"),
    ("AWS::Route53::HostedZone", "Z"),
    ("AWS::ServiceDiscovery::Service", "srv-"),
];

/// Returns the prefix of a type's physical IDs, such as `fs-`; `None` if unknown.
pub fn id_prefix(resource_type: &str) -> Option<&'static str> {
    let index = PREFIXES.binary_search_by_key(&resource_type, |(name, _)| *name).ok()?;
    Some(PREFIXES[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_sorted_for_the_search() {
        assert!(PREFIXES.is_sorted_by_key(|(name, _)| *name));
        assert_eq!((id_prefix("AWS::EFS::FileSystem"), id_prefix("AWS::ECR::Repository")), (Some("fs-"), None));
    }
}
