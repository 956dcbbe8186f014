//! Rules of security groups and network lists.

use ipnet::IpNet;

use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::values::{at, items, member, scalar_text, text_at};
use crate::policy::{Peer, Traffic};

/// The direction of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// Returns the word for the direction.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// The traffic that the rule allows.
    pub(super) traffic: Traffic,
    /// A summary, such as `tcp port 22 from 10.0.0.0/16`.
    pub(super) summary: String,
    is_anywhere: bool,
    /// The conditions of the template under which the rule exists, as far as their values are not known.
    pub(super) conditions: Vec<(String, bool)>,
    /// Whether the rule is not in the template: EC2 adds it to a group without rules for egress.
    pub(super) is_default: bool,
}

/// The properties that contain the peer of a rule.
const PEERS: &[(&str, Kind)] = &[
    ("CidrIp", Kind::Network(Some(false))),
    ("CidrIpv6", Kind::Network(Some(true))),
    ("CidrBlock", Kind::Network(Some(false))),
    ("Ipv6CidrBlock", Kind::Network(Some(true))),
    ("CIDRIP", Kind::Network(Some(false))),
    ("SourceSecurityGroupId", Kind::Group),
    ("SourceSecurityGroupName", Kind::Group),
    ("DestinationSecurityGroupId", Kind::Group),
    ("EC2SecurityGroupName", Kind::Group),
    ("EC2SecurityGroupId", Kind::Group),
    ("SourcePrefixListId", Kind::PrefixList),
    ("DestinationPrefixListId", Kind::PrefixList),
];

/// What a property names.
#[derive(Clone, Copy)]
enum Kind {
    /// A network, with whether it is an IPv6 network where the property says so.
    Network(Option<bool>),
    Group,
    PrefixList,
}

/// Resource types that are a single rule, with the properties that reference the rule's group.
const STANDALONE: &[(&str, &[&str], Direction)] = &[
    ("AWS::EC2::NetworkAclEntry", &["NetworkAclId"], Direction::Ingress),
    ("AWS::EC2::SecurityGroupIngress", &["GroupId", "GroupName"], Direction::Ingress),
    ("AWS::EC2::SecurityGroupEgress", &["GroupId"], Direction::Egress),
    ("AWS::ElastiCache::SecurityGroupIngress", &["CacheSecurityGroupName"], Direction::Ingress),
    ("AWS::RDS::DBSecurityGroupIngress", &["DBSecurityGroupName"], Direction::Ingress),
    ("AWS::Redshift::ClusterSecurityGroupIngress", &["ClusterSecurityGroupName"], Direction::Ingress),
];

/// Returns the rules of a resource with their paths: a group's inline rules, a rule resource itself, or the networks of a list.
pub(super) fn rules(resource: &Resource<'_>, direction: Direction) -> Vec<(String, Rule)> {
    let listed = |path: &[&str], rule: &dyn Fn(&Value<'_>) -> Option<Rule>| {
        let list = at(&resource.properties, path);
        let path = path.join("/");
        let mut found = Vec::new();
        for (index, value) in list.iter().flat_map(items).enumerate() {
            let mut alternatives = Vec::new();
            expand(value, &mut Vec::new(), &mut alternatives);
            let rules = alternatives.into_iter().filter_map(|(value, conditions)| Some(Rule { conditions, ..rule(&value)? }));
            found.extend(rules.map(|rule| (format!("/Properties/{path}/{index}"), rule)));
        }
        found
    };
    let inline = |property: &str| listed(&[property], &|rule| Rule::of(rule, direction));
    let own = || Rule::of(&resource.properties, direction).map(|rule| ("/Properties".to_owned(), rule)).into_iter().collect();
    match (resource.resource_type, direction) {
        ("AWS::EC2::SecurityGroup", Direction::Ingress) => inline("SecurityGroupIngress"),
        ("AWS::EC2::SecurityGroup", Direction::Egress) => {
            let rules = inline("SecurityGroupEgress");
            let is_default = member(&resource.properties, "SecurityGroupEgress").is_none_or(|list| items(&list).is_empty());
            if is_default { default_egress() } else { rules }
        }
        ("AWS::RDS::DBSecurityGroup", Direction::Ingress) => inline("DBSecurityGroupIngress"),
        ("AWS::EC2::PrefixList", Direction::Ingress) => listed(&["Entries"], &|entry| Some(Rule::from_network(&member(entry, "Cidr")?))),
        ("AWS::EKS::Cluster", Direction::Ingress) => {
            listed(&["ResourcesVpcConfig", "PublicAccessCidrs"], &|network| Some(Rule::from_network(network)))
        }
        ("AWS::EC2::NetworkAclEntry", Direction::Ingress) => {
            let text = |name| text_at(&resource.properties, &[name]);
            let allows_ingress = text("RuleAction") == Some("allow") && text("Egress") != Some("true");
            if allows_ingress { own() } else { Vec::new() }
        }
        (other, direction) if STANDALONE.iter().any(|(standalone, _, own)| (*standalone, *own) == (other, direction)) => own(),
        _ => Vec::new(),
    }
}

/// Adds what a value is under each of the conditions whose values are not known.
fn expand<'a>(value: &Value<'a>, conditions: &mut Vec<(String, bool)>, found: &mut Vec<(Value<'a>, Vec<(String, bool)>)>) {
    match value.kind {
        ValueKind::Unknown(Residual::If(name, yes, no)) => {
            for (branch, holds) in [(yes, true), (no, false)] {
                conditions.push((name.to_owned(), holds));
                branch.into_iter().for_each(|branch| expand(branch, conditions, found));
                conditions.pop();
            }
        }
        ValueKind::List(items) => items.iter().for_each(|item| expand(item, conditions, found)),
        _ => found.push((*value, conditions.clone())),
    }
}

/// A group that is created without a rule for egress allows all of it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
fn default_egress() -> Vec<(String, Rule)> {
    let rule = |text: &str| Rule::new("-1", None, None, text.parse::<IpNet>().ok(), Direction::Egress);
    let rules = ["0.0.0.0/0", "::/0"].into_iter().filter_map(rule);
    rules.map(|rule| ("/Properties/SecurityGroupEgress".to_owned(), Rule { is_default: true, ..rule })).collect()
}

/// Returns the group of a separate rule resource: its logical ID if the template defines the group, otherwise its name or expression.
/// Returns `None` for other resources.
pub(super) fn group_of<'a>(resource: &Resource<'a>) -> Option<Value<'a>> {
    let (_, properties, _) = STANDALONE.iter().find(|(standalone, ..)| *standalone == resource.resource_type)?;
    properties.iter().find_map(|property| member(&resource.properties, property))
}

/// Returns the name of a group or list: the logical ID of a resource, or the ID or expression of something outside the template.
pub(super) fn name_of(value: &Value<'_>) -> (String, bool) {
    match value.kind {
        ValueKind::Unknown(Residual::Ref(id)) => (id.to_owned(), false),
        ValueKind::Unknown(Residual::GetAtt(id, "GroupId" | "Id" | "PrefixListId")) => (id.to_owned(), false),
        ValueKind::Unknown(Residual::GetAtt(id, attribute)) => (format!("{id}.{attribute}"), false),
        kind => match scalar_text(kind) {
            Some(text) => (text.to_owned(), true),
            None => (value.to_json().to_string(), false),
        },
    }
}

impl Rule {
    fn of(value: &Value<'_>, direction: Direction) -> Option<Self> {
        let (kind, peer) = PEERS.iter().find_map(|(name, kind)| Some((*kind, member(value, name)?)))?;
        let port = |name| text_at(value, &[name]).and_then(|text| text.parse::<i64>().ok());
        let protocol = text_at(value, &["IpProtocol"]).or_else(|| text_at(value, &["Protocol"])).unwrap_or("-1");
        Some(Self::with_peer((protocol, port("FromPort"), port("ToPort")), kind, &peer, direction))
    }

    /// Returns a rule that allows every protocol and port from a network.
    fn from_network(network: &Value<'_>) -> Self {
        Self::with_peer(("-1", None, None), Kind::Network(None), network, Direction::Ingress)
    }

    fn new(protocol: &str, from: Option<i64>, to: Option<i64>, network: Option<IpNet>, direction: Direction) -> Option<Self> {
        let network = network?;
        let traffic = Traffic::new(protocol, from, to, Peer::Network(network.trunc()));
        let summary = summary((protocol, from, to), &network.trunc().to_string(), direction);
        Some(Self { traffic, summary, is_anywhere: network.prefix_len() == 0, conditions: Vec::new(), is_default: false })
    }

    fn with_peer(ports: (&str, Option<i64>, Option<i64>), kind: Kind, value: &Value<'_>, direction: Direction) -> Self {
        let text = scalar_text(value.kind);
        let network = text.and_then(|text| text.parse::<IpNet>().ok());
        let (protocol, from, to) = ports;
        if let Kind::Network(_) = kind
            && let Some(rule) = Self::new(protocol, from, to, network, direction)
        {
            return rule;
        }
        let (name, is_id) = name_of(value);
        let (noun, peer) = match kind {
            Kind::Network(is_ipv6) => ("a network", Peer::UnknownNetwork { expression: name, is_ipv6 }),
            Kind::Group => ("another security group", Peer::Named { name, is_id }),
            Kind::PrefixList => ("a prefix list", Peer::Named { name, is_id }),
        };
        let summary = summary(ports, text.unwrap_or(noun), direction);
        Self { traffic: Traffic::new(protocol, from, to, peer), summary, is_anywhere: false, conditions: Vec::new(), is_default: false }
    }

    /// Returns whether the rule allows traffic with every address.
    pub(super) fn is_anywhere(&self) -> bool {
        self.is_anywhere
    }
}

fn summary(ports: (&str, Option<i64>, Option<i64>), peer: &str, direction: Direction) -> String {
    let ports = match ports {
        ("-1", ..) => "every protocol and port".to_owned(),
        (protocol, Some(from), Some(to)) if from == to => format!("{protocol} port {from}"),
        (protocol, Some(from), Some(to)) => format!("{protocol} ports {from}-{to}"),
        (protocol, ..) => format!("{protocol} on every port"),
    };
    let preposition = if direction == Direction::Ingress { "from" } else { "to" };
    format!("{ports} {preposition} {peer}")
}
