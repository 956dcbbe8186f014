//! Changes that let more in: ingress, policies, public access, encryption turned off.

use ipnet::IpNet;

use super::policy;
use super::{RiskKind, Search};
use crate::evaluate::{Resource, Value};
use crate::plan::difference::Difference;
use crate::plan::values::{items, member, same, scalar_text, text_at};
use crate::plan::world::Motion;

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let mut notes: Vec<(&str, Option<String>, String)> = Vec::new();
    for resource in &search.spread.added {
        added(resource, &mut |path, reason| notes.push((resource.entry.name, path, reason)));
    }
    for moved in &search.spread.moved {
        let mut note = |path, reason| notes.push((moved.id, path, reason));
        modified(moved.id, moved.before, moved.after, &mut note);
        for difference in moved.differences.iter().filter(|difference| difference.seen.real != Motion::Still) {
            switched(moved.id, difference, &mut note);
        }
    }
    for (id, path, reason) in notes {
        search.note(RiskKind::SecurityWidening, Some(id), path, reason);
    }
}

type Note<'n> = dyn FnMut(Option<String>, String) + 'n;

/// A new resource is only worth a word when it is open to anyone.
fn added(resource: &Resource<'_>, note: &mut Note<'_>) {
    let id = resource.entry.name;
    for (path, rule) in ingress(resource).into_iter().filter(|(_, rule)| rule.is_anywhere()) {
        note(Some(path), format!("`{id}` lets anyone in: {}.", rule.words()));
    }
    for (path, document) in policy::documents(resource) {
        for words in policy::open_to_all(&document) {
            note(Some(path.clone()), format!("A policy of `{id}` allows {words}."));
        }
    }
}

fn modified<'a>(id: &str, before: &Resource<'a>, after: &Resource<'a>, note: &mut Note<'_>) {
    let old: Vec<Rule<'_>> = ingress(before).into_iter().map(|(_, rule)| rule).collect();
    for (path, rule) in ingress(after) {
        if old.iter().any(|old| old.covers(&rule)) {
            continue;
        }
        let wider = old.iter().find(|old| rule.covers(old));
        let reason = match wider {
            Some(old) => format!("Ingress of `{id}` opens wider: {} in place of {}.", rule.words(), old.words()),
            None if rule.is_anywhere() => format!("`{id}` lets anyone in: {}.", rule.words()),
            None => format!("Ingress of `{id}` opens to more: {}.", rule.words()),
        };
        note(Some(path), reason);
    }
    let old = policy::documents(before);
    for (path, document) in policy::documents(after) {
        let old: Vec<Value<'a>> = old.iter().map(|(_, document)| *document).collect();
        if !old.iter().any(|old| same(old, &document)) {
            for words in policy::new_grants(&old, &document) {
                note(Some(path.clone()), format!("A policy of `{id}` now also allows {words}."));
            }
        }
    }
    for arn in managed_policies(after) {
        if !managed_policies(before).contains(&arn) && (arn.ends_with("FullAccess") || arn.ends_with("/AdministratorAccess")) {
            note(Some("/Properties/ManagedPolicyArns".to_owned()), format!("`{id}` now also has the managed policy {arn}."));
        }
    }
}

fn managed_policies<'a>(resource: &Resource<'a>) -> Vec<&'a str> {
    let list = member(&resource.properties, "ManagedPolicyArns");
    list.iter().flat_map(items).filter_map(|value| scalar_text(value.kind)).collect()
}

/// Properties that are one switch: their name, the value that is safe, and what turning it means.
const SWITCHES: &[(&str, bool, &str)] = &[
    ("BlockPublicAcls", true, "no longer blocks public access"),
    ("BlockPublicPolicy", true, "no longer blocks public access"),
    ("IgnorePublicAcls", true, "no longer blocks public access"),
    ("RestrictPublicBuckets", true, "no longer blocks public access"),
    ("PubliclyAccessible", false, "becomes reachable from the internet"),
    ("AssociatePublicIpAddress", false, "gets public addresses"),
    ("MapPublicIpOnLaunch", false, "gives public addresses to what starts in it"),
    ("EndpointPublicAccess", false, "becomes reachable from the internet"),
    ("Encrypted", true, "is no longer encrypted"),
    ("StorageEncrypted", true, "is no longer encrypted"),
    ("SSEEnabled", true, "is no longer encrypted"),
    ("AtRestEncryptionEnabled", true, "is no longer encrypted at rest"),
    ("TransitEncryptionEnabled", true, "no longer encrypts what goes over the network"),
    ("TransitEncryption", true, "no longer encrypts what goes over the network"),
    ("ScanOnPush", true, "no longer scans images"),
];

/// Properties whose removal turns protection off.
const PROTECTIONS: &[(&str, &str)] = &[
    ("PublicAccessBlockConfiguration", "no longer blocks public access"),
    ("BucketEncryption", "loses its own encryption settings"),
    ("EncryptionConfiguration", "loses its own encryption settings"),
    ("SSESpecification", "loses its own encryption settings"),
    ("KmsKeyId", "is no longer encrypted under its own key"),
    ("KmsMasterKeyId", "is no longer encrypted under its own key"),
];

fn switched(id: &str, difference: &Difference<'_>, note: &mut Note<'_>) {
    let Some(name) = difference.path.last() else { return };
    let path = difference.path_text();
    let text = |value: &Option<Value<'_>>| value.as_ref().and_then(|value| scalar_text(value.kind)).map(str::to_owned);
    let (old, new) = (text(&difference.before), text(&difference.after));
    let is_on = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("enabled"))
    };
    if let Some((_, safe, words)) = SWITCHES.iter().find(|(switch, _, _)| switch == name) {
        if is_on(&old) == *safe && is_on(&new) != *safe {
            note(Some(path), format!("`{id}` {words}: `{name}` goes from {} to {}.", shown(&old), shown(&new)));
        }
        return;
    }
    if difference.after.is_none()
        && let Some((_, words)) = PROTECTIONS.iter().find(|(property, _)| property == name)
    {
        note(Some(path), format!("`{id}` {words}: `{name}` is removed."));
        return;
    }
    let opens = match &**name {
        "AccessControl" => new.as_deref().is_some_and(|new| new.starts_with("Public")),
        "Scheme" => new.as_deref() == Some("internet-facing"),
        "AuthType" => new.as_deref() == Some("NONE"),
        _ => false,
    };
    if opens {
        note(Some(path), format!("`{id}` opens to the public: `{name}` goes from {} to {}.", shown(&old), shown(&new)));
    }
}

fn shown(value: &Option<String>) -> String {
    value.as_ref().map_or_else(|| "unset".to_owned(), |value| format!("`{value}`"))
}

/// One ingress rule.
#[derive(Clone, Debug)]
struct Rule<'a> {
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
    ("SourceSecurityGroupId", "another security group"),
    ("SourceSecurityGroupName", "another security group"),
    ("SourcePrefixListId", "a prefix list"),
];

/// Returns the ingress rules of a resource with their paths; a group's inline ones, or the one that it is.
fn ingress<'a>(resource: &Resource<'a>) -> Vec<(String, Rule<'a>)> {
    match resource.resource_type {
        "AWS::EC2::SecurityGroup" => {
            let Some(list) = member(&resource.properties, "SecurityGroupIngress") else { return Vec::new() };
            let rules = items(&list).iter().enumerate();
            rules.filter_map(|(index, rule)| Some((format!("/Properties/SecurityGroupIngress/{index}"), Rule::of(rule)?))).collect()
        }
        "AWS::EC2::SecurityGroupIngress" => {
            Rule::of(&resource.properties).map(|rule| ("/Properties".to_owned(), rule)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl<'a> Rule<'a> {
    fn of(value: &Value<'a>) -> Option<Self> {
        let (name, words, source) = SOURCES.iter().find_map(|(name, words)| Some((*name, *words, member(value, name)?)))?;
        let network = name.starts_with("Cidr").then(|| scalar_text(source.kind)?.parse::<IpNet>().ok()).flatten();
        let port = |name| text_at(value, &[name]).and_then(|text| text.parse::<i64>().ok());
        Some(Self {
            protocol: text_at(value, &["IpProtocol"]).unwrap_or("-1"),
            from: port("FromPort"),
            to: port("ToPort"),
            source: network.map_or(Source::Other(words, source), |network| Source::Network(network.trunc())),
        })
    }

    fn is_anywhere(&self) -> bool {
        matches!(&self.source, Source::Network(network) if network.prefix_len() == 0)
    }

    /// Tells whether everything that `other` lets in, this rule lets in too.
    fn covers(&self, other: &Self) -> bool {
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
            (Source::Other(_, own), Source::Other(_, other)) => same(own, other),
            _ => false,
        };
        protocol && ports && source
    }

    fn words(&self) -> String {
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
