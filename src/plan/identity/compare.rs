//! Comparison of what two resources claim: the values of the properties of one identity.

use ipnet::IpNet;

use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::compare::{ChangeCertainty, Comparison};
use crate::plan::facts::Facts;
use crate::plan::values::{items, member, scalar_text};
use crate::schema::{Identity, Match, Part};

/// The values of each part of an identity; a part with `*` has one for each item, an absent part none.
pub(super) type Claim<'a> = Vec<Vec<Value<'a>>>;

/// Returns what a resource with these properties claims, or `None` if it lacks a required part.
fn claim<'a>(identity: &Identity, properties: &Value<'a>) -> Option<Claim<'a>> {
    complete(identity, |part| {
        let mut values = Vec::new();
        collect(*properties, &mut part.path.split('/'), &mut values);
        values
    })
}

/// Returns the values of every part, or `None` if a required one is absent. Of two alternatives, one is enough.
fn complete<'a>(identity: &Identity, of_part: impl Fn(&Part) -> Vec<Value<'a>>) -> Option<Claim<'a>> {
    let found: Claim<'a> = identity.parts.iter().map(of_part).collect();
    let is_set = |index: usize| found.get(index).is_some_and(|values| !values.is_empty());
    let has_alternative = |index: usize| identity.parts.get(index).is_some_and(|part| part.is_alternative);
    let is_present = |(index, part): (usize, &Part)| {
        part.is_optional
            || is_set(index)
            || (has_alternative(index + 1) && is_set(index + 1))
            || (part.is_alternative && index.checked_sub(1).is_some_and(is_set))
    };
    identity.parts.iter().enumerate().all(is_present).then_some(found)
}

/// A type whose list has items that can also be resources of their own.
pub(super) struct Container {
    pub(super) resource_type: &'static str,
    list: &'static str,
    pub(super) item_type: &'static str,
    /// The properties of an item that name what it is in: the properties of the container with the same name, or the container itself.
    inherited: &'static [&'static str],
    is_owner: bool,
    /// Whether the container takes an item that exists already for its own, at least while it is created.
    pub(super) may_adopt: bool,
}

/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordsetgroup.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>. A group with a duplicate
/// rule was created, with `InvalidPermission.Duplicate` as the reason of `CREATE_COMPLETE`:
/// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1532>
pub(super) const CONTAINERS: [Container; 3] = [
    Container {
        resource_type: "AWS::Route53::RecordSetGroup",
        list: "RecordSets",
        item_type: "AWS::Route53::RecordSet",
        inherited: &["HostedZoneId", "HostedZoneName"],
        is_owner: false,
        may_adopt: false,
    },
    Container {
        resource_type: "AWS::EC2::SecurityGroup",
        list: "SecurityGroupIngress",
        item_type: "AWS::EC2::SecurityGroupIngress",
        inherited: &["GroupId"],
        is_owner: true,
        may_adopt: true,
    },
    Container {
        resource_type: "AWS::EC2::SecurityGroup",
        list: "SecurityGroupEgress",
        item_type: "AWS::EC2::SecurityGroupEgress",
        inherited: &["GroupId"],
        is_owner: true,
        may_adopt: true,
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

/// Returns whether a resource holds items of a type and may adopt one that exists already.
pub(super) fn may_adopt(resource_type: &str, as_type: &str) -> bool {
    resource_type != as_type
        && CONTAINERS
            .iter()
            .any(|container| container.resource_type == resource_type && container.item_type == as_type && container.may_adopt)
}

fn item_claim<'a>(identity: &Identity, container: &Container, resource: &Resource<'a>, item: &Value<'a>) -> Option<Claim<'a>> {
    let itself = Value { kind: ValueKind::Unknown(Residual::Ref(resource.entry.name)), ..resource.properties };
    complete(identity, |part| {
        let mut values = Vec::new();
        if !container.inherited.contains(&part.path) {
            collect(*item, &mut part.path.split('/'), &mut values);
        } else if container.is_owner {
            values.push(itself);
        } else {
            values.extend(member(&resource.properties, part.path).or_else(|| member(item, part.path)));
        }
        values
    })
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
    for (index, part) in identity.parts.iter().enumerate() {
        let (old_values, new_values) = (old.get(index)?, new.get(index)?);
        if old_values.is_empty() && new_values.is_empty() {
            continue;
        }
        if old_values.is_empty() != new_values.is_empty()
            && let Some(other) = other_way(identity, old, new, index)
        {
            // The pair is judged once, at the first of the two parts.
            if part.is_alternative {
                continue;
            }
            let (by_id, by_name) = if new_values.is_empty() { (old_values, new.get(other)?) } else { (new_values, old.get(other)?) };
            let best = named_in_two_ways(comparison, by_id.first()?, by_name.first()?);
            if best == ChangeCertainty::Unchanged {
                return None;
            }
            certainty = certainty.min(best);
            let (path, value) =
                if new_values.is_empty() { (identity.parts.get(other)?.path, by_name.first()?) } else { (part.path, by_id.first()?) };
            parts.push((path, scalar_text(value.kind)));
            continue;
        }
        let pairs = new_values.iter().flat_map(|new| old_values.iter().map(move |old| (old, new)));
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

/// Returns the other part of a pair of alternatives, if one claim sets only this part and the other claim only the other one.
fn other_way<'a>(identity: &Identity, old: &Claim<'a>, new: &Claim<'a>, index: usize) -> Option<usize> {
    let is_alternative = |index: usize| identity.parts.get(index).is_some_and(|part| part.is_alternative);
    let other = if is_alternative(index) { index.checked_sub(1)? } else { Some(index + 1).filter(|next| is_alternative(*next))? };
    let sets = |claim: &Claim<'a>, index: usize| claim.get(index).is_some_and(|values| !values.is_empty());
    (sets(old, index) != sets(new, index) && sets(old, other) != sets(new, other) && sets(old, index) != sets(old, other)).then_some(other)
}

/// Returns how certain it is that an ID and a name belong to the same thing: known only for a resource of the template that sets its name.
fn named_in_two_ways<'a>(comparison: Comparison<'_, '_, 'a>, by_id: &Value<'a>, by_name: &Value<'a>) -> ChangeCertainty {
    let ValueKind::Unknown(Residual::Ref(id)) = by_ref(comparison, by_id).kind else { return ChangeCertainty::Possible };
    let context = comparison.context;
    let Some(resource) = context.resource_after(id).or_else(|| context.resource_before(id)) else { return ChangeCertainty::Possible };
    let (property, by) = match resource.resource_type {
        "AWS::Route53::HostedZone" => ("Name", Match::DomainName),
        "AWS::EC2::SecurityGroup" => ("GroupName", Match::Text),
        _ => return ChangeCertainty::Possible,
    };
    match member(&resource.properties, property) {
        Some(name) => equality(comparison, by, &name, by_name),
        None => ChangeCertainty::Possible,
    }
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
    let (old, new) = (by_ref(comparison, old), by_ref(comparison, new));
    match comparison.compare(&old, &new).actual {
        ChangeCertainty::Unchanged => ChangeCertainty::Certain,
        ChangeCertainty::Possible => ChangeCertainty::Possible,
        // An ARN and a name can both identify the same resource.
        ChangeCertainty::Certain if !old.same(&new) && owner(&old).is_some() && owner(&old) == owner(&new) => ChangeCertainty::Possible,
        ChangeCertainty::Certain => ChangeCertainty::Unchanged,
    }
}

/// Returns the logical ID of the resource that a value identifies.
fn owner<'a>(value: &Value<'a>) -> Option<&'a str> {
    match value.kind {
        ValueKind::Unknown(Residual::Ref(id)) => Some(id),
        ValueKind::Unknown(Residual::GetAtt(id, attribute)) if attribute.ends_with("Arn") || attribute.ends_with("Id") => Some(id),
        _ => None,
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
