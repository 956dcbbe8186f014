//! Identities of EC2 resources, in the notation of [`table`](super::table).

use super::table::{Parts, Row, either, fails, may_fail, overwrites};

/// Lists `InvalidPermission.Duplicate`, `InvalidSubnet.Conflict`, `NetworkAclEntryAlreadyExists`, `Resource.AlreadyAssociated`,
/// `RouteAlreadyExists`, `VolumeInUse` and others.
const EC2: &str = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html";
const INSTANCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html";

const INGRESS: Parts = &[
    "GroupId",
    "|GroupName",
    "^IpProtocol",
    "FromPort?",
    "ToPort?",
    "CidrIp?",
    "CidrIpv6?",
    "SourceSecurityGroupId?",
    "|SourceSecurityGroupName?",
    "SourcePrefixListId?",
];
const EGRESS: Parts =
    &["GroupId", "^IpProtocol", "FromPort?", "ToPort?", "CidrIp?", "CidrIpv6?", "DestinationSecurityGroupId?", "DestinationPrefixListId?"];

/// The rows, sorted by type.
pub(super) const TABLE: &[Row] = &[
    overwrites(
        "AWS::EC2::CustomerGateway",
        &["Type", "IpAddress?", "BgpAsn?", "BgpAsnExtended?", "CertificateArn?", "DeviceName?"],
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html",
    ),
    either(
        "AWS::EC2::EIPAssociation",
        &["AllocationId", "|EIP"],
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html",
    ),
    may_fail("AWS::EC2::FlowLog", &["ResourceId", "TrafficType?", "LogDestination?", "LogGroupName?"], EC2),
    fails("AWS::EC2::GatewayRouteTableAssociation", &["GatewayId"], EC2),
    fails("AWS::EC2::Instance", &["SubnetId", "PrivateIpAddress"], INSTANCE),
    fails("AWS::EC2::Instance", &["NetworkInterfaces/*/NetworkInterfaceId"], EC2).attaches("network interface"),
    may_fail("AWS::EC2::Instance", &["Volumes/*/VolumeId"], INSTANCE).attaches("volume"),
    fails("AWS::EC2::NatGateway", &["AllocationId"], EC2).attaches("Elastic IP address"),
    fails("AWS::EC2::NetworkAclEntry", &["NetworkAclId", "RuleNumber", "Egress?"], EC2),
    fails("AWS::EC2::NetworkInterface", &["SubnetId", "PrivateIpAddress"], EC2),
    fails("AWS::EC2::NetworkInterfaceAttachment", &["NetworkInterfaceId"], EC2).attaches("network interface"),
    fails("AWS::EC2::Route", &["RouteTableId", "DestinationCidrBlock?", "DestinationIpv6CidrBlock?", "DestinationPrefixListId?"], EC2),
    fails("AWS::EC2::SecurityGroup", &["VpcId?", "GroupName"], EC2),
    fails("AWS::EC2::SecurityGroupEgress", EGRESS, EC2),
    fails("AWS::EC2::SecurityGroupIngress", INGRESS, EC2),
    fails("AWS::EC2::Subnet", &["VpcId", "#CidrBlock"], EC2),
    fails("AWS::EC2::SubnetCidrBlock", &["SubnetId", "Ipv6CidrBlock"], EC2),
    either(
        "AWS::EC2::SubnetNetworkAclAssociation",
        &["SubnetId"],
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html",
    ),
    fails("AWS::EC2::SubnetRouteTableAssociation", &["SubnetId"], EC2),
    fails("AWS::EC2::TransitGatewayAttachment", &["TransitGatewayId", "VpcId"], EC2),
    fails("AWS::EC2::TransitGatewayVpcAttachment", &["TransitGatewayId", "VpcId"], EC2),
    fails("AWS::EC2::VolumeAttachment", &["VolumeId"], EC2).attaches("volume"),
    fails(
        "AWS::EC2::VPCCidrBlock",
        &["VpcId", "#CidrBlock"],
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateVpcCidrBlock.html",
    ),
    either(
        "AWS::EC2::VPCDHCPOptionsAssociation",
        &["VpcId"],
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateDhcpOptions.html",
    ),
    // An interface endpoint with private DNS, or a gateway endpoint for the same route table.
    may_fail(
        "AWS::EC2::VPCEndpoint",
        &["VpcId", "ServiceName"],
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
    ),
    fails("AWS::EC2::VPCGatewayAttachment", &["InternetGatewayId"], EC2).attaches("internet gateway"),
    fails("AWS::EC2::VPCGatewayAttachment", &["VpnGatewayId"], EC2).attaches("virtual private gateway"),
];
