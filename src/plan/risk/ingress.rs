//! Ingress rules, and whether one rule allows everything that another allows.

use ipnet::IpNet;

use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::values::{items, member, scalar_text, text_at};

/// One ingress rule.
#[derive(Clone, Debug)]
pub(super) struct Rule<'a> {
    protocol: &'a str,
    from: Option<i64>,
    to: Option<i64>,
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Network(IpNet),
    Other(&'static str, Value<'a>),
}

/// The properties that contain the source of ingress, with a noun for each.
const SOURCES: &[(&str, &str)] = &[
    ("CidrIp", "a network"),
    ("CidrIpv6", "a network"),
    ("CidrBlock", "a network"),
    ("Ipv6CidrBlock", "a network"),
    ("CIDRIP", "a network"),
    ("SourceSecurityGroupId", "another security group"),
    ("SourceSecurityGroupName", "another security group"),
    ("EC2SecurityGroupName", "another security group"),
    ("EC2SecurityGroupId", "another security group"),
    ("SourcePrefixListId", "a prefix list"),
];

/// Resource types that are a single rule, with the property that references the rule's group.
const STANDALONE: &[(&str, &str)] = &[
    ("AWS::EC2::NetworkAclEntry", "NetworkAclId"),
    ("AWS::EC2::SecurityGroupIngress", "GroupId"),
    ("AWS::ElastiCache::SecurityGroupIngress", "CacheSecurityGroupName"),
    ("AWS::RDS::DBSecurityGroupIngress", "DBSecurityGroupName"),
    ("AWS::Redshift::ClusterSecurityGroupIngress", "ClusterSecurityGroupName"),
];

/// Returns the ingress rules of a resource with their paths: a group's inline rules, a rule resource itself, or the networks of a list.
pub(super) fn ingress<'a>(resource: &Resource<'a>) -> Vec<(String, Rule<'a>)> {
    let inline = |property: &str| {
        let list = member(&resource.properties, property);
        let rules = list.iter().flat_map(items).enumerate();
        rules.filter_map(|(index, rule)| Some((format!("/Properties/{property}/{index}"), Rule::of(rule)?))).collect::<Vec<_>>()
    };
    match resource.resource_type {
        "AWS::EC2::SecurityGroup" => inline("SecurityGroupIngress"),
        "AWS::RDS::DBSecurityGroup" => inline("DBSecurityGroupIngress"),
        "AWS::EC2::PrefixList" => {
            let list = member(&resource.properties, "Entries");
            let entries = list.iter().flat_map(items).enumerate();
            entries
                .filter_map(|(index, entry)| Some((format!("/Properties/Entries/{index}"), Rule::from_network(member(entry, "Cidr")?))))
                .collect()
        }
        "AWS::EKS::Cluster" => {
            let path = ["ResourcesVpcConfig", "PublicAccessCidrs"];
            let list = crate::plan::values::at(&resource.properties, &path);
            let networks = list.iter().flat_map(items).enumerate();
            networks
                .map(|(index, network)| (format!("/Properties/{}/{}/{index}", path[0], path[1]), Rule::from_network(*network)))
                .collect()
        }
        "AWS::EC2::NetworkAclEntry" => {
            let text = |name| text_at(&resource.properties, &[name]);
            let allows_ingress = text("RuleAction") == Some("allow") && text("Egress") != Some("true");
            allows_ingress
                .then(|| Rule::of(&resource.properties))
                .flatten()
                .map(|rule| ("/Properties".to_owned(), rule))
                .into_iter()
                .collect()
        }
        other if STANDALONE.iter().any(|(standalone, _)| *standalone == other) => {
            Rule::of(&resource.properties).map(|rule| ("/Properties".to_owned(), rule)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the group of a separate rule resource: its logical ID if the template defines the group. Returns `None` for other resources.
pub(super) fn group_of<'a>(resource: &Resource<'a>) -> Option<Option<&'a str>> {
    let (_, property) = STANDALONE.iter().find(|(standalone, _)| *standalone == resource.resource_type)?;
    Some(match member(&resource.properties, property).map(|value| value.kind) {
        Some(ValueKind::Unknown(Residual::Ref(id) | Residual::GetAtt(id, _))) => Some(id),
        _ => None,
    })
}

impl<'a> Rule<'a> {
    fn of(value: &Value<'a>) -> Option<Self> {
        let (noun, source) = SOURCES.iter().find_map(|(name, noun)| Some((*noun, member(value, name)?)))?;
        let is_network = noun == "a network";
        let network = is_network.then(|| scalar_text(source.kind)?.parse::<IpNet>().ok()).flatten();
        let port = |name| text_at(value, &[name]).and_then(|text| text.parse::<i64>().ok());
        let protocol = text_at(value, &["IpProtocol"]).or_else(|| text_at(value, &["Protocol"])).unwrap_or("-1");
        Some(Self {
            protocol,
            from: port("FromPort"),
            to: port("ToPort"),
            source: network.map_or(Source::Other(noun, source), |network| Source::Network(network.trunc())),
        })
    }

    /// Returns a rule that allows every protocol and port from a network.
    fn from_network(network: Value<'a>) -> Self {
        let parsed = scalar_text(network.kind).and_then(|text| text.parse::<IpNet>().ok());
        let source = parsed.map_or(Source::Other("a network", network), |parsed| Source::Network(parsed.trunc()));
        Self { protocol: "-1", from: None, to: None, source }
    }

    /// Returns whether the rule allows ingress from every address.
    pub(super) fn is_anywhere(&self) -> bool {
        matches!(&self.source, Source::Network(network) if network.prefix_len() == 0)
    }

    /// Returns whether this rule allows everything that `other` allows.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let all = self.protocol == "-1";
        let protocol = all || self.protocol.eq_ignore_ascii_case(other.protocol);
        let ports = match (self.from, self.to, other.from, other.to) {
            _ if all => true,
            (None | Some(-1), None | Some(-1), _, _) => true,
            (Some(from), Some(to), Some(other_from), Some(other_to)) => from <= other_from && other_to <= to,
            _ => false,
        };
        let source = match (&self.source, &other.source) {
            (Source::Network(own), Source::Network(other)) => own.contains(other),
            (Source::Other(_, own), Source::Other(_, other)) => own.same(other),
            _ => false,
        };
        protocol && ports && source
    }

    /// Returns a summary of the rule, such as `tcp port 22 from 10.0.0.0/16`.
    pub(super) fn summary(&self) -> String {
        let ports = match (self.protocol, self.from, self.to) {
            ("-1", _, _) => "every protocol and port".to_owned(),
            (protocol, Some(from), Some(to)) if from == to => format!("{protocol} port {from}"),
            (protocol, Some(from), Some(to)) => format!("{protocol} ports {from}-{to}"),
            (protocol, _, _) => format!("{protocol} on every port"),
        };
        match &self.source {
            Source::Network(network) => format!("{ports} from {network}"),
            Source::Other(noun, value) => match scalar_text(value.kind) {
                Some(text) => format!("{ports} from {text}"),
                None => format!("{ports} from {noun}"),
            },
        }
    }
}
