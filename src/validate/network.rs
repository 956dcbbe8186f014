//! EC2 networks: ports of security group rules, and CIDR blocks of VPCs and subnets.

use super::check::{Check, alternatives, items, type_name, written};
use super::walk::Guards;
use crate::diagnostic::Severity;
use crate::template::{Entry, Intrinsic, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    for entry in &template.resources {
        let Some(properties) = entry.body.get("Properties") else { continue };
        let exists = check.exists(entry);
        match type_name(entry) {
            "AWS::EC2::SecurityGroup" => {
                for list in ["SecurityGroupIngress", "SecurityGroupEgress"] {
                    for (guards, rule) in items(template, properties.get(list), &exists) {
                        ports(check, entry, rule, &exists, &guards);
                    }
                }
            }
            "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress" => ports(check, entry, properties, &exists, &exists),
            _ => {}
        }
    }
    blocks(check);
}

/// Checks that a rule has the ports that its protocol requires, and no ports that EC2 ignores.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
fn ports<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, rule: &'a Node<'a>, exists: &Guards, guards: &Guards) {
    for (guards, protocol) in written(check.template, rule, "IpProtocol", guards) {
        let Some(name) = protocol.scalar() else { continue };
        let missing: Vec<&str> = ["FromPort", "ToPort"].into_iter().filter(|port| rule.get(port).is_none()).collect();
        if matches!(name, "tcp" | "6" | "udp" | "17" | "icmp" | "1") && !missing.is_empty() {
            let message = format!("security group rule of `{}` with protocol {name} has no {}", entry.name, missing.join(" and no "));
            let diagnostic = check
                .error("security-group-rule", message, protocol.span, "requires ports")
                .hinted("set FromPort and ToPort; for icmp they are the type and the code, and -1 means all");
            check.report_where(diagnostic, exists, &guards);
        }
        if name == "-1" {
            let number = |name: &str| rule.get(name).and_then(|port| port.scalar()).and_then(|port| port.trim().parse::<i64>().ok());
            let (Some(from), Some(to)) = (number("FromPort"), number("ToPort")) else { continue };
            if !matches!((from, to), (-1..=1, 65_535) | (-1, -1) | (0, 0)) {
                let message = format!(
                    "security group rule of `{}` with protocol -1 applies to all ports; EC2 ignores ports {from} to {to}",
                    entry.name
                );
                let mut diagnostic = check
                    .error("ignored-ports", message, protocol.span, "all protocols and ports")
                    .hinted("set a protocol, such as tcp, or remove the ports");
                diagnostic.severity = Severity::Warning;
                check.report_where(diagnostic, exists, &guards);
            }
        }
    }
}

/// A possible CIDR block of a subnet or VPC.
struct Block<'a> {
    guards: Guards,
    net: ipnet::Ipv4Net,
    node: &'a Node<'a>,
}

/// Returns the possible values of `CidrBlock`; for a parameter, each of its known values.
fn block_of<'a>(check: &Check<'_, 'a>, properties: &'a Node<'a>, guards: &Guards) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    for (guards, node) in written(check.template, properties, "CidrBlock", guards) {
        if let Some(net) = node.as_str().and_then(|text| text.parse().ok()) {
            blocks.push(Block { guards, net, node });
        } else if let Some(Intrinsic::Ref(name)) = Intrinsic::of(node) {
            let name = name.as_str().unwrap_or_default();
            for (literal, text) in check.parameter_values(name) {
                let Ok(net) = text.parse() else { continue };
                let guards = guards.iter().copied().chain([literal]).collect();
                blocks.push(Block { guards, net, node });
            }
        }
    }
    blocks
}

/// Checks the sizes of CIDR blocks, that subnets are inside their VPC, and that subnets of one VPC do not overlap.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
fn blocks(check: &mut Check<'_, '_>) {
    let template = check.template;
    let mut subnets = Vec::new();
    for entry in &template.resources {
        let is_subnet = type_name(entry) == "AWS::EC2::Subnet";
        if !is_subnet && type_name(entry) != "AWS::EC2::VPC" {
            continue;
        }
        let Some(properties) = entry.body.get("Properties") else { continue };
        let exists = check.exists(entry);
        let blocks = block_of(check, properties, &exists);
        for Block { guards, net, node } in blocks.iter().filter(|block| !(16..=28).contains(&block.net.prefix_len())) {
            let message = format!("CIDR block {net} of `{}` must have a prefix length of 16 to 28", entry.name);
            let diagnostic = check.error("invalid-cidr", message, node.span, "").hinted("use a block with a prefix length of 16 to 28");
            check.report_where(diagnostic, &exists, guards);
        }
        if is_subnet {
            subnets.push((entry, properties.get("VpcId"), exists, blocks));
        }
    }
    let has_further_blocks = template.resources.iter().any(|entry| type_name(entry) == "AWS::EC2::VPCCidrBlock");
    for (index, (entry, vpc, exists, own)) in subnets.iter().enumerate() {
        outside(check, entry, *vpc, exists, own, has_further_blocks);
        for (earlier, other_vpc, other_exists, others) in &subnets[..index] {
            if !check.may_compare() {
                return;
            }
            if !vpc.zip(*other_vpc).is_some_and(|(vpc, other)| vpc.same(other)) {
                continue;
            }
            let both: Guards = exists.iter().chain(other_exists).copied().collect();
            overlap(check, (earlier, others), (entry, own), &both);
        }
    }
}

fn overlap<'a>(check: &mut Check<'_, 'a>, earlier: (&Entry<'a>, &[Block<'a>]), later: (&Entry<'a>, &[Block<'a>]), exists: &Guards) {
    for first in earlier.1 {
        for second in later.1.iter().filter(|second| second.net.contains(&first.net) || first.net.contains(&second.net)) {
            let message = format!("subnets `{}` ({}) and `{}` ({}) overlap", earlier.0.name, first.net, later.0.name, second.net);
            let diagnostic = check
                .error("overlapping-subnets", message, second.node.span, "overlaps")
                .at(check.template.source, first.node.span, "with this subnet")
                .hinted("use a different CIDR block for each subnet of a VPC")
                .with_aws_message(format!("The CIDR '{}' conflicts with another subnet", second.net));
            let guards: Guards = first.guards.iter().chain(&second.guards).copied().collect();
            if check.report_where(diagnostic, exists, &guards) {
                return;
            }
        }
    }
}

/// Finds a subnet outside its VPC, if the VPC is in the template and has no additional CIDR blocks.
fn outside<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    vpc: Option<&'a Node<'a>>,
    exists: &Guards,
    own: &[Block<'a>],
    has_further_blocks: bool,
) {
    let template = check.template;
    if has_further_blocks {
        return;
    }
    for (reached, vpc) in vpc.map(|vpc| alternatives(template, vpc, exists)).unwrap_or_default() {
        let Some(Intrinsic::Ref(name)) = vpc.and_then(Intrinsic::of) else { continue };
        let network = name.as_str().and_then(|name| template.resources.get(name)).filter(|network| type_name(network) == "AWS::EC2::VPC");
        let Some((network, properties)) = network.and_then(|network| Some((network, network.body.get("Properties")?))) else { continue };
        let there = check.exists(network);
        for whole in block_of(check, properties, &there) {
            for part in own.iter().filter(|part| !whole.net.contains(&part.net)) {
                let message =
                    format!("subnet `{}` ({}) is outside the CIDR block of VPC `{}` ({})", entry.name, part.net, network.name, whole.net);
                let diagnostic = check
                    .error("subnet-outside-network", message, part.node.span, "outside the VPC")
                    .at(template.source, whole.node.span, "CIDR block of the VPC")
                    .hinted("use a part of the VPC's CIDR block")
                    .with_aws_message(format!("The CIDR '{}' is invalid.", part.net));
                let guards: Guards = part.guards.iter().chain(&whole.guards).chain(&reached).copied().collect();
                if check.report_where(diagnostic, exists, &guards) {
                    return;
                }
            }
        }
    }
}
