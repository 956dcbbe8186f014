//! Who may reach what over the network: ingress rules, and which of them lets in more than another.

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

/// The properties that say where ingress comes from, and what to call each.
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

/// Types that are one rule, with the property that names the group which it is a rule of.
const STANDALONE: &[(&str, &str)] = &[
    ("AWS::EC2::NetworkAclEntry", "NetworkAclId"),
    ("AWS::EC2::SecurityGroupIngress", "GroupId"),
    ("AWS::ElastiCache::SecurityGroupIngress", "CacheSecurityGroupName"),
    ("AWS::RDS::DBSecurityGroupIngress", "DBSecurityGroupName"),
    ("AWS::Redshift::ClusterSecurityGroupIngress", "ClusterSecurityGroupName"),
];

/// Returns the ingress rules of a resource with their paths; a group's inline ones, the one that it is, or the networks that a list names.
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
            entries.filter_map(|(index, entry)| Some((format!("/Properties/Entries/{index}"), Rule::to(member(entry, "Cidr")?)))).collect()
        }
        "AWS::EKS::Cluster" => {
            let path = ["ResourcesVpcConfig", "PublicAccessCidrs"];
            let list = crate::plan::values::at(&resource.properties, &path);
            let networks = list.iter().flat_map(items).enumerate();
            networks.map(|(index, network)| (format!("/Properties/{}/{}/{index}", path[0], path[1]), Rule::to(*network))).collect()
        }
        "AWS::EC2::NetworkAclEntry" => {
            let says = |name| text_at(&resource.properties, &[name]);
            let lets_in = says("RuleAction") == Some("allow") && says("Egress") != Some("true");
            lets_in.then(|| Rule::of(&resource.properties)).flatten().map(|rule| ("/Properties".to_owned(), rule)).into_iter().collect()
        }
        other if STANDALONE.iter().any(|(standalone, _)| *standalone == other) => {
            Rule::of(&resource.properties).map(|rule| ("/Properties".to_owned(), rule)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the logical ID of the group that a rule of its own belongs to, if the template makes it, or `None` for no such rule.
pub(super) fn group_of<'a>(resource: &Resource<'a>) -> Option<Option<&'a str>> {
    let (_, property) = STANDALONE.iter().find(|(standalone, _)| *standalone == resource.resource_type)?;
    Some(match member(&resource.properties, property).map(|value| value.kind) {
        Some(ValueKind::Unknown(Residual::Ref(id) | Residual::GetAtt(id, _))) => Some(id),
        _ => None,
    })
}

impl<'a> Rule<'a> {
    fn of(value: &Value<'a>) -> Option<Self> {
        let (name, words, source) = SOURCES.iter().find_map(|(name, words)| Some((*name, *words, member(value, name)?)))?;
        let is_network = words == "a network" && name != "SourcePrefixListId";
        let network = is_network.then(|| scalar_text(source.kind)?.parse::<IpNet>().ok()).flatten();
        let port = |name| text_at(value, &[name]).and_then(|text| text.parse::<i64>().ok());
        let protocol = text_at(value, &["IpProtocol"]).or_else(|| text_at(value, &["Protocol"])).unwrap_or("-1");
        Some(Self {
            protocol,
            from: port("FromPort"),
            to: port("ToPort"),
            source: network.map_or(Source::Other(words, source), |network| Source::Network(network.trunc())),
        })
    }

    /// Returns a rule for everything from a network.
    fn to(network: Value<'a>) -> Self {
        let parsed = scalar_text(network.kind).and_then(|text| text.parse::<IpNet>().ok());
        let source = parsed.map_or(Source::Other("a network", network), |parsed| Source::Network(parsed.trunc()));
        Self { protocol: "-1", from: None, to: None, source }
    }

    /// Tells whether the rule lets anyone in.
    pub(super) fn is_anywhere(&self) -> bool {
        matches!(&self.source, Source::Network(network) if network.prefix_len() == 0)
    }

    /// Tells whether everything that `other` lets in, this rule lets in too.
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

    /// Returns the rule in words, such as `tcp port 22 from 10.0.0.0/16`.
    pub(super) fn words(&self) -> String {
        let what = match (self.protocol, self.from, self.to) {
            ("-1", _, _) => "every protocol and port".to_owned(),
            (protocol, Some(from), Some(to)) if from == to => format!("{protocol} port {from}"),
            (protocol, Some(from), Some(to)) => format!("{protocol} ports {from}-{to}"),
            (protocol, _, _) => format!("{protocol}, every port"),
        };
        match &self.source {
            Source::Network(network) => format!("{what} from {network}"),
            Source::Other(words, value) => match scalar_text(value.kind) {
                Some(text) => format!("{what} from {text}"),
                None => format!("{what} from {words}"),
            },
        }
    }
}
