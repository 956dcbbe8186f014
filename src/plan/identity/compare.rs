//! Comparison of what two resources claim: the values of the properties of one identity.

use ipnet::IpNet;

use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::compare::{ChangeCertainty, Comparison};
use crate::plan::facts::Facts;
use crate::plan::values::{items, member, scalar_text};
use crate::schema::{Identity, Match};

/// The values of each part of an identity; a part with `*` has one for each item, an absent part none.
pub(super) type Claim<'a> = Vec<Vec<Value<'a>>>;

/// Returns what a resource with these properties claims, or `None` if it lacks a required part.
fn claim<'a>(identity: &Identity, properties: &Value<'a>) -> Option<Claim<'a>> {
    let of_part = |part: &crate::schema::Part| {
        let mut values = Vec::new();
        collect(*properties, &mut part.path.split('/'), &mut values);
        (part.is_optional || !values.is_empty()).then_some(values)
    };
    identity.parts.iter().map(of_part).collect()
}

/// A type whose list has items that can also be resources of their own.
pub(super) struct Container {
    pub(super) resource_type: &'static str,
    list: &'static str,
    pub(super) item_type: &'static str,
    /// The properties of an item that name what it is in: the properties of the container with the same name, or the container itself.
    inherited: &'static [&'static str],
    is_owner: bool,
}

/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordsetgroup.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
pub(super) const CONTAINERS: [Container; 3] = [
    Container {
        resource_type: "AWS::Route53::RecordSetGroup",
        list: "RecordSets",
        item_type: "AWS::Route53::RecordSet",
        inherited: &["HostedZoneId", "HostedZoneName"],
        is_owner: false,
    },
    Container {
        resource_type: "AWS::EC2::SecurityGroup",
        list: "SecurityGroupIngress",
        item_type: "AWS::EC2::SecurityGroupIngress",
        inherited: &["GroupId"],
        is_owner: true,
    },
    Container {
        resource_type: "AWS::EC2::SecurityGroup",
        list: "SecurityGroupEgress",
        item_type: "AWS::EC2::SecurityGroupEgress",
        inherited: &["GroupId"],
        is_owner: true,
    },
];

/// Returns what a resource claims as a type: its own claim, or those of the items in its list.
pub(super) fn claims<'a>(identity: &Identity, as_type: &str, resource: &Resource<'a>) -> Vec<Claim<'a>> {
    if resource.resource_type == as_type {
        return claim(identity, &resource.properties).into_iter().collect();
    }
    let is_of = |container: &&Container| container.resource_type == resource.resource_type && container.item_type == as_type;
    let Some(container) = CONTAINERS.iter().find(is_of) else { return Vec::new() };
    let list = member(&resource.properties, container.list);
    list.iter().flat_map(items).filter_map(|item| item_claim(identity, container, resource, item)).collect()
}

fn item_claim<'a>(identity: &Identity, container: &Container, resource: &Resource<'a>, item: &Value<'a>) -> Option<Claim<'a>> {
    let itself = Value { kind: ValueKind::Unknown(Residual::Ref(resource.entry.name)), ..resource.properties };
    let of_part = |part: &crate::schema::Part| {
        let mut values = Vec::new();
        if !container.inherited.contains(&part.path) {
            collect(*item, &mut part.path.split('/'), &mut values);
        } else if container.is_owner {
            values.push(itself);
        } else {
            values.extend(member(&resource.properties, part.path).or_else(|| member(item, part.path)));
        }
        (part.is_optional || !values.is_empty()).then_some(values)
    };
    identity.parts.iter().map(of_part).collect()
}

fn collect<'a>(value: Value<'a>, path: &mut dyn Iterator<Item = &'static str>, found: &mut Vec<Value<'a>>) {
    match path.next() {
        None => found.push(value),
        Some("*") => {
            let rest: Vec<&'static str> = path.collect();
            match value.kind {
                ValueKind::List(items) => items.iter().for_each(|item| collect(*item, &mut rest.iter().copied(), found)),
                // A list that only the update knows.
                ValueKind::Unknown(_) if rest.is_empty() => found.push(value),
                _ => {}
            }
        }
        Some(name) => {
            if let Some(value) = member(&value, name) {
                collect(value, path, found);
            }
        }
    }
}

type SharedParts<'a> = Vec<(&'static str, Option<&'a str>)>;

/// Returns the parts with their values if the two claims are the same, and how certain that is.
pub(super) fn shared<'a>(
    comparison: Comparison<'_, '_, 'a>,
    identity: &Identity,
    old: &Claim<'a>,
    new: &Claim<'a>,
) -> Option<(SharedParts<'a>, ChangeCertainty)> {
    let mut parts = Vec::new();
    let mut certainty = ChangeCertainty::Certain;
    for (part, (old, new)) in identity.parts.iter().zip(old.iter().zip(new)) {
        if old.is_empty() && new.is_empty() {
            continue;
        }
        let pairs = new.iter().flat_map(|new| old.iter().map(move |old| (old, new)));
        let (value, best) = pairs
            .map(|(old, new)| (new, equality(comparison, part.by, old, new)))
            .max_by(|(_, one), (_, other)| one.cmp(other).then(std::cmp::Ordering::Greater))?;
        if best == ChangeCertainty::Unchanged {
            return None;
        }
        certainty = certainty.min(best);
        parts.push((part.path, scalar_text(value.kind)));
    }
    Some((parts, certainty))
}

/// Returns a `Ref` for an attribute that has the same value: the identifier of the resource.
fn by_ref<'a>(comparison: Comparison<'_, '_, 'a>, value: &Value<'a>) -> Value<'a> {
    let ValueKind::Unknown(Residual::GetAtt(id, attribute)) = value.kind else { return *value };
    let find = |id| comparison.context.resource_after(id).or_else(|| comparison.context.resource_before(id));
    let is_identifier = find(id).is_some_and(|resource| {
        (resource.resource_type == "AWS::EC2::SecurityGroup" && attribute == "GroupId")
            || Facts::of(resource.resource_type).identifier() == Some(attribute)
    });
    if is_identifier { Value { kind: ValueKind::Unknown(Residual::Ref(id)), ..*value } } else { *value }
}

/// Returns how certain it is that two values are the same after the update; `Unchanged` means that they are not.
fn equality<'a>(comparison: Comparison<'_, '_, 'a>, by: Match, old: &Value<'a>, new: &Value<'a>) -> ChangeCertainty {
    if let (Some(old), Some(new)) = (scalar_text(old.kind), scalar_text(new.kind)) {
        let is_same = match by {
            Match::Text => old == new,
            Match::DomainName => old.strip_suffix('.').unwrap_or(old).eq_ignore_ascii_case(new.strip_suffix('.').unwrap_or(new)),
            Match::Network => old == new || overlaps(old, new),
            Match::Protocol => protocol(old) == protocol(new),
        };
        return if is_same { ChangeCertainty::Certain } else { ChangeCertainty::Unchanged };
    }
    match comparison.compare(&by_ref(comparison, old), &by_ref(comparison, new)).actual {
        ChangeCertainty::Unchanged => ChangeCertainty::Certain,
        ChangeCertainty::Possible => ChangeCertainty::Possible,
        ChangeCertainty::Certain => ChangeCertainty::Unchanged,
    }
}

/// Returns the number of a protocol, as EC2 accepts it in place of the name.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
fn protocol(text: &str) -> &str {
    match text {
        "icmp" => "1",
        "tcp" => "6",
        "udp" => "17",
        "icmpv6" => "58",
        other => other,
    }
}

fn overlaps(one: &str, other: &str) -> bool {
    match (one.parse::<IpNet>(), other.parse::<IpNet>()) {
        (Ok(one), Ok(other)) => one.contains(&other.network()) || other.contains(&one.network()),
        _ => false,
    }
}
