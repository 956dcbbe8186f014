//! Resources that claim the same identity at the same time.
//!
//! CloudFormation creates and updates first and deletes at the end. So a new resource meets every old one that has its identity, such as
//! the same name or the same zone, name and type of a DNS record: the resource that it replaces, one whose logical ID was renamed, or one
//! that stays. Takes the changed resources and the identities of their types; returns [`Conflict`]s. Names are compared by value, and
//! expressions by what they refer to: expressions that differ count as different unless both values are known.

mod compare;

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

use self::compare::{CONTAINERS, Claim, claims, may_adopt, shared};
use super::change_set::{deletion_policy, update_replace_policy};
use super::compare::{ChangeCertainty, ChangedResources, Comparison, Outcome};
use super::facts::Facts;
use crate::cloudformation::PolicyAction;
use crate::evaluate::{ConditionValue, Resource, Value};
use crate::schema::{Identity, OnCreate};

/// How a resource comes to have an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Its logical ID is new.
    Added,
    /// It replaces the resource with its logical ID.
    Replaced,
    /// It is updated in place.
    Updated,
}

/// What happens to the resource that has the identity now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The cleanup at the end of the update deletes it.
    Deleted,
    /// It leaves the stack and remains in the account.
    Retained,
    /// It stays as it is.
    Stays,
    /// It gives the identity up in the same update, before or after the other resource takes it.
    Changes,
}

/// Two resources with the same identity.
pub(super) struct Conflict<'p, 'a> {
    /// The identity.
    pub(super) identity: Identity,
    /// The parts of the identity that the resources set, with the value where it is known.
    pub(super) parts: Vec<(&'static str, Option<&'a str>)>,
    /// The resource that gets the identity.
    pub(super) new: &'p Resource<'a>,
    /// How it gets the identity.
    pub(super) arrival: Arrival,
    /// The resource that has it.
    pub(super) old: &'p Resource<'a>,
    /// What happens to that.
    pub(super) fate: Fate,
    /// Whether the conflict depends on something that only the update shows.
    pub(super) is_possible: bool,
}

impl Conflict<'_, '_> {
    /// Returns whether the resource conflicts with the one that it replaces.
    pub(super) fn is_with_itself(&self) -> bool {
        self.new.entry.name == self.old.entry.name
    }
}

/// The most pairs of resources that are compared. A stack has at most 500 resources; this keeps any other input within time.
const MAX_PAIRS: usize = 600_000;

/// The most conflicts that are found; a template with more of them has something else wrong.
const MAX_CONFLICTS: usize = 1_000;

/// Returns every pair of a resource that gets an identity and one that has it; each pair once.
pub(super) fn conflicts<'p, 'a>(comparison: Comparison<'_, 'p, 'a>, changed: &ChangedResources<'p, 'a>) -> Vec<Conflict<'p, 'a>> {
    let Some(before) = comparison.context.before else { return Vec::new() };
    let mut arrivals: IndexMap<&str, Vec<(&'p Resource<'a>, Arrival, bool)>> = IndexMap::new();
    let mut arrive = |resource: &'p Resource<'a>, arrival: Arrival, is_possible: bool| {
        for as_type in types(resource) {
            arrivals.entry(as_type).or_default().push((resource, arrival, is_possible));
        }
    };
    for added in &changed.added {
        arrive(added, Arrival::Added, is_conditional(added));
    }
    for modified in changed.modified.iter().filter(|modified| modified.before.resource_type == modified.after.resource_type) {
        let (arrival, is_possible) = match comparison.verdicts.outcome(modified.id).actual {
            Outcome::Replaced => (Arrival::Replaced, false),
            Outcome::MayReplace => (Arrival::Replaced, true),
            Outcome::Updated => (Arrival::Updated, false),
            Outcome::MayUpdate => (Arrival::Updated, true),
            Outcome::Untouched | Outcome::Added => continue,
        };
        arrive(modified.after, arrival, is_possible);
    }
    if arrivals.is_empty() {
        return Vec::new();
    }
    let mut present: FxHashMap<&str, Vec<&'p Resource<'a>>> = FxHashMap::default();
    for old in before.resources.values() {
        for as_type in types(old).filter(|as_type| arrivals.contains_key(as_type)) {
            present.entry(as_type).or_default().push(old);
        }
    }
    let mut search = Search { comparison, found: Vec::new(), pairs: FxHashSet::default(), budget: MAX_PAIRS };
    for (resource_type, new) in &arrivals {
        let Some(old) = present.get(resource_type) else { continue };
        for identity in Facts::of(resource_type).identities() {
            search.identity(&identity, resource_type, new, old);
        }
    }
    search.found
}

/// Returns the type of a resource, and the types of the items that it contains.
fn types<'a>(resource: &Resource<'a>) -> impl Iterator<Item = &'a str> {
    let own = resource.resource_type;
    std::iter::once(own)
        .chain(CONTAINERS.iter().filter(move |container| container.resource_type == own).map(|container| container.item_type))
}

fn is_conditional(resource: &Resource<'_>) -> bool {
    matches!(resource.condition, Some((_, ConditionValue::Unknown)))
}

struct Search<'v, 'p, 'a> {
    comparison: Comparison<'v, 'p, 'a>,
    found: Vec<Conflict<'p, 'a>>,
    /// The logical IDs of the pairs found, the new one first, and whether the identity is something attached, which is refused.
    pairs: FxHashSet<(&'a str, &'a str, bool)>,
    budget: usize,
}

impl<'p, 'a> Search<'_, 'p, 'a> {
    fn identity(&mut self, identity: &Identity, as_type: &str, new: &[(&'p Resource<'a>, Arrival, bool)], old: &[&'p Resource<'a>]) {
        let claims_of = |resource: &'p Resource<'a>| claims(identity, as_type, resource).into_iter().map(move |claim| (resource, claim));
        let old: Vec<(&'p Resource<'a>, Claim<'a>)> = old.iter().flat_map(|resource| claims_of(resource)).collect();
        let mut own: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (index, (resource, _)) in old.iter().enumerate() {
            own.entry(resource.entry.name).or_default().push(index);
        }
        let wanted =
            new.iter().flat_map(|(new, arrival, may_arrive)| claims_of(new).map(move |(new, claim)| (new, claim, arrival, may_arrive)));
        for (resource, wanted, arrival, may_arrive) in wanted {
            let before = own.get(resource.entry.name).map(Vec::as_slice).unwrap_or_default();
            let Some(left) = self.budget.checked_sub(before.len()) else { return };
            self.budget = left;
            if *arrival == Arrival::Updated && before.iter().any(|index| self.is_kept(&old[*index].1, &wanted)) {
                continue;
            }
            for (other, present) in &old {
                let Some(left) = self.budget.checked_sub(1).filter(|_| self.found.len() < MAX_CONFLICTS) else { return };
                self.budget = left;
                let is_itself = other.entry.name == resource.entry.name;
                if is_itself && (*arrival != Arrival::Replaced || Facts::of(resource.resource_type).deletes_first()) {
                    continue;
                }
                let Some((parts, certainty)) = shared(self.comparison, identity, present, &wanted) else { continue };
                if !self.pairs.insert((resource.entry.name, other.entry.name, identity.attaches.is_some())) {
                    continue;
                }
                let (fate, is_uncertain) =
                    if is_itself { (own_fate(resource), false) } else { self.fate(identity, as_type, other, present) };
                // What depends on the other resource waits until that has given the identity up.
                if fate == Fate::Changes && self.comparison.context.after.needs(resource.entry.name).any(|id| id == other.entry.name) {
                    continue;
                }
                let adopts = may_adopt(resource.resource_type, as_type);
                let mut identity = identity.clone();
                if adopts {
                    identity.on_create = OnCreate::FailsOrOverwrites;
                }
                self.found.push(Conflict {
                    identity,
                    parts,
                    new: resource,
                    arrival: *arrival,
                    old: other,
                    fate,
                    is_possible: adopts || *may_arrive || is_uncertain || is_conditional(other) || certainty != ChangeCertainty::Certain,
                });
            }
        }
    }

    /// Returns whether an update in place claims nothing that its resource did not have.
    fn is_kept(&self, old: &Claim<'a>, new: &Claim<'a>) -> bool {
        let is_unchanged = |(old, new): (&Value<'a>, &Value<'a>)| self.comparison.compare(old, new).actual == ChangeCertainty::Unchanged;
        old.iter().zip(new).all(|(old, new)| old.len() == new.len() && old.iter().zip(new).all(is_unchanged))
    }

    fn is_same(&self, identity: &Identity, old: &Claim<'a>, new: &Claim<'a>) -> bool {
        matches!(shared(self.comparison, identity, old, new), Some((_, ChangeCertainty::Certain)))
    }

    /// Returns what happens to a resource that another one conflicts with, and whether that is uncertain.
    fn fate(&self, identity: &Identity, as_type: &str, old: &Resource<'a>, present: &Claim<'a>) -> (Fate, bool) {
        let Some(after) = self.comparison.context.resource_after(old.entry.name) else {
            let is_retained = deletion_policy(old) == PolicyAction::Retain;
            return (if is_retained { Fate::Retained } else { Fate::Deleted }, false);
        };
        match self.comparison.verdicts.outcome(old.entry.name).actual {
            Outcome::Untouched => (Fate::Stays, false),
            Outcome::Replaced | Outcome::MayReplace => {
                let is_first = Facts::of(old.resource_type).deletes_first();
                (own_fate(after), is_first || self.comparison.verdicts.outcome(old.entry.name).actual == Outcome::MayReplace)
            }
            _ if claims(identity, as_type, after).iter().any(|future| self.is_same(identity, present, future)) => (Fate::Stays, false),
            _ => (Fate::Changes, true),
        }
    }
}

/// Returns what happens to the resource that a new one replaces.
fn own_fate(after: &Resource<'_>) -> Fate {
    if update_replace_policy(after) == PolicyAction::ReplaceAndRetain { Fate::Retained } else { Fate::Deleted }
}
