//! New access through policies: the old and the new policies of each role, bucket or the like are compared by meaning.

use rustc_hash::{FxHashMap, FxHashSet};

use super::attachments::{Aspect, Attached, Attachments, Name, Place, Subject, attachments, is_relevant};
use super::known_names::with_known_names;
use super::{Search, policy};
use crate::plan::certainty::Certainty;
use crate::plan::compare::ModifiedResource;
use crate::plan::values::{member, text_at};
use crate::policy::{Budget, Document, Kind, NewAccess, Source, compare_within};

/// The steps of all comparisons of an update. Further policies that differ may grant new access.
const STEPS: u64 = 20_000_000;

/// A risk of wider access: the resource, the path of the policy, the sentence, and whether it is certain.
pub(super) struct Wider<'a> {
    pub(super) id: &'a str,
    pub(super) path: String,
    pub(super) reason: String,
    pub(super) certainty: Certainty,
}

/// Returns the new access of an update, one item for each policy that grants it.
pub(super) fn wider<'a>(search: &Search<'_, '_, 'a>) -> Vec<Wider<'a>> {
    let Some(before) = search.comparison.context.before else { return Vec::new() };
    let modified = |modified: &ModifiedResource<'_, '_>| is_relevant(modified.before) || is_relevant(modified.after);
    let mut others = search.changed.added.iter().chain(&search.changed.removed);
    if !others.any(|resource| is_relevant(resource)) && !search.changed.modified.iter().any(modified) {
        return Vec::new();
    }
    let after = search.comparison.context.after;
    let (old, new) = (attachments(before), attachments(after));
    let mut update = Update { search, old, new, attached: FxHashSet::default(), budget: Budget::new(STEPS) };
    let identities = update.new.iter().filter(|(subject, _)| subject.aspect == Aspect::Identity && update.stays(subject));
    update.attached = identities.flat_map(|(_, attached)| attached.places.iter().map(|place| place.id)).collect();
    let subjects = update.new.keys().chain(update.old.keys().filter(|subject| !update.new.contains_key(*subject)));
    let mut found: Vec<Wider<'a>> = Vec::new();
    let mut indices: FxHashMap<(&'a str, String), usize> = FxHashMap::default();
    for subject in subjects.filter(|subject| update.is_compared(subject)) {
        for wider in update.compare(subject) {
            match indices.get(&(wider.id, wider.path.clone())) {
                Some(index) if wider.certainty < found[*index].certainty => found[*index] = wider,
                Some(_) => {}
                None => {
                    indices.insert((wider.id, wider.path.clone()), found.len());
                    found.push(wider);
                }
            }
        }
    }
    found
}

struct Update<'s, 'v, 'p, 'a> {
    search: &'s Search<'v, 'p, 'a>,
    old: Attachments<'a>,
    new: Attachments<'a>,
    /// The policies of identities that exist before and after the update.
    attached: FxHashSet<&'a str>,
    budget: Budget,
}

impl<'a> Update<'_, '_, '_, 'a> {
    fn is_before(&self, id: &str) -> bool {
        self.search.comparison.context.resource_before(id).is_some()
    }

    fn is_after(&self, id: &str) -> bool {
        self.search.comparison.context.resource_after(id).is_some()
    }

    /// Returns whether the subject exists before and after the update.
    fn stays(&self, subject: &Subject<'_>) -> bool {
        match subject.name {
            Name::Resource(id) => self.is_before(id) && self.is_after(id),
            Name::Other(_) => true,
        }
    }

    fn is_compared(&self, subject: &Subject<'a>) -> bool {
        match (subject.aspect, &subject.name) {
            _ if !self.stays(subject) => false,
            // Where a policy is attached, it counts together with the others.
            (Aspect::Policy, Name::Resource(id)) => !self.attached.contains(id),
            // A new boundary narrows. A removed one is reported as a property.
            (Aspect::Boundary, _) => self.old.contains_key(subject) && self.new.contains_key(subject),
            _ => true,
        }
    }

    fn compare(&self, subject: &Subject<'a>) -> Vec<Wider<'a>> {
        let none = Attached::default();
        let old = self.old.get(subject).unwrap_or(&none);
        let new = self.new.get(subject).unwrap_or(&none);
        if old.documents == new.documents {
            return Vec::new();
        }
        let kind = match (subject.aspect, &subject.name) {
            _ if [old, new].iter().any(|attached| attached.kind() == Kind::Resource) => Kind::Resource,
            (Aspect::Identity, Name::Resource(_)) => Kind::WholeIdentity,
            _ => Kind::Identity,
        };
        let context = self.search.comparison.context;
        let [old_documents, new_documents] = [old, new].map(|attached| with_known_names(context, &attached.documents));
        let found = compare_within(&self.budget, kind, &old_documents, &new_documents).into_iter();
        found.filter_map(|access| self.worded(subject, &access, old, new)).collect()
    }

    fn worded(&self, subject: &Subject<'a>, access: &NewAccess, old: &Attached<'a>, new: &Attached<'a>) -> Option<Wider<'a>> {
        let certainty = Certainty::possible_if(!access.is_certain);
        if let (Aspect::Boundary, Name::Resource(id)) = (subject.aspect, &subject.name) {
            let verb = if access.is_certain { "now allows" } else { "may now allow" };
            let reason = format!("The permissions boundary of `{id}` {verb} {}.", access.text);
            return Some(Wider { id, path: "/Properties/PermissionsBoundary".to_owned(), reason, certainty });
        }
        let (place, reason) = match access.source {
            Source::Allowed(index) => {
                let (place, document) = (&new.places[index], &new.documents[index]);
                if !self.is_before(place.id) && (is_open(document) || self.is_trigger(place)) {
                    return None;
                }
                (place, granted(place, document, access))
            }
            Source::NoLongerDenied(index) => {
                let place = &old.places[index];
                let reason = match self.is_after(place.id) {
                    true => format!("A policy of `{}` no longer denies {}.", place.id, access.text),
                    false => format!("`{}`, which denies {}, is removed.", place.id, access.text),
                };
                (place, reason)
            }
        };
        Some(Wider { id: place.id, path: place.path.clone(), reason, certainty })
    }

    /// Returns whether a new permission only lets a service or one source invoke a function, as every trigger needs.
    fn is_trigger(&self, place: &Place<'_>) -> bool {
        let resource = self.search.comparison.context.resource_after(place.id);
        resource.filter(|resource| resource.resource_type == "AWS::Lambda::Permission").is_some_and(|resource| {
            let restrictions = ["SourceArn", "SourceAccount", "PrincipalOrgID"];
            let is_restricted = restrictions.iter().any(|name| member(&resource.properties, name).is_some());
            // A permission for everyone is reported for every new resource.
            let is_service = |principal: &str| principal == "*" || principal.contains(".amazonaws.com");
            is_restricted || text_at(&resource.properties, &["Principal"]).is_some_and(is_service)
        })
    }
}

/// Returns whether a new policy is open to everyone, which is reported for every new resource.
fn is_open(document: &Document) -> bool {
    matches!(document, Document::Policy(json) if policy::open_to_all(json).is_some())
}

fn granted(place: &Place<'_>, document: &Document, access: &NewAccess) -> String {
    let (id, text) = (place.id, &access.text);
    let verb = if access.is_certain { "now allows" } else { "may now allow" };
    match document {
        Document::Managed(_) if place.path.starts_with("/Properties/ManagedPolicyArns") => {
            format!("A new managed policy of `{id}` {verb} {text}.")
        }
        Document::Managed(_) => format!("A new group of `{id}` {verb} {text}."),
        Document::Policy(_) if place.path == "/Properties" => format!("`{id}` {verb} {text}."),
        Document::Policy(_) => format!("A policy of `{id}` {verb} {text}."),
    }
}
