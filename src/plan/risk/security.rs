//! Changes that widen access: traffic, policies, public access, encryption turned off.

use super::attachments::ATTACHED_TO;
use super::switches::unsafe_values;
use super::{RiskKind, Search, access, escalation, policy, traffic};
use crate::evaluate::{Residual, Resource, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::compare::ChangeCertainty;
use crate::plan::context::PlanningContext;
use crate::plan::values::{items, member, scalar_text, text_at};

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let mut notes: Vec<(&str, String, String, Certainty)> = Vec::new();
    let context = search.comparison.context;
    for resource in &search.changed.added {
        added(context, resource, &mut |path, reason| notes.push((resource.entry.name, path, reason, Certainty::Certain)));
    }
    let changed = search.changed;
    if !(changed.added.is_empty() && changed.modified.is_empty() && changed.removed.is_empty()) {
        notes.extend(traffic::opened(search).into_iter().map(|opened| (opened.id, opened.path, opened.reason, opened.certainty)));
        notes.extend(access::wider(search).into_iter().map(|wider| (wider.id, wider.path, wider.reason, wider.certainty)));
    }
    for modified in &search.changed.modified {
        for difference in modified.differences.iter().filter(|difference| difference.verdict.is_actual()) {
            let certainty = Certainty::possible_if(difference.verdict.actual == ChangeCertainty::Possible);
            let mut note = |path, reason| notes.push((modified.id, path, reason, certainty));
            unsafe_values(modified, difference, &mut note);
        }
    }
    for (id, path, reason, certainty) in notes {
        search.note_with(certainty, RiskKind::SecurityWidening, Some(id), Some(path), reason);
    }
}

type Note<'n> = dyn FnMut(String, String) + 'n;

/// Reports a new resource that is open to everyone.
fn added(context: &PlanningContext<'_, '_>, resource: &Resource<'_>, note: &mut Note<'_>) {
    let id = resource.entry.name;
    // What is attached to something that exists already is compared with what that had.
    let is_compared = is_attached_to_existing(context, resource);
    for (path, document) in policy::documents(resource) {
        if let Some(grants) = policy::open_to_all(&document) {
            note(path, format!("A policy of `{id}` allows {grants}."));
        } else if let Some(action) = escalation::granted(&document).filter(|_| !is_compared) {
            note(path, format!("A policy of `{id}` allows `{action}` on every resource, with which it can get any permission."));
        }
    }
    let attached = member(&resource.properties, "ManagedPolicyArns").filter(|_| resource.resource_type.starts_with("AWS::IAM::"));
    for (index, arn) in attached.iter().flat_map(items).enumerate() {
        let managed = scalar_text(arn.kind).and_then(|arn| arn.rsplit_once(":iam::aws:policy/")).map(|(_, name)| name);
        let grants = match managed {
            Some("AdministratorAccess") => "every action on every resource",
            Some("IAMFullAccess") => "`iam:*` on every resource, with which it can get any permission",
            _ => continue,
        };
        note(format!("/Properties/ManagedPolicyArns/{index}"), format!("A policy of `{id}` allows {grants}."));
    }
    if let Some((path, access)) = public_access(resource) {
        note(path.to_owned(), format!("`{id}` {access}."));
    }
}

/// Returns whether a policy is attached to a role, user or group that the deployed template has.
fn is_attached_to_existing(context: &PlanningContext<'_, '_>, resource: &Resource<'_>) -> bool {
    let lists = ATTACHED_TO.iter().filter_map(|name| member(&resource.properties, name));
    let mut owners = lists.flat_map(|list| items(&list).to_vec());
    resource.resource_type.starts_with("AWS::IAM::")
        && owners.any(|owner| match owner.kind {
            ValueKind::Unknown(Residual::Ref(id)) => context.resource_before(id).is_some(),
            _ => true,
        })
}

/// Returns the property that makes a resource public, and the access that it gives.
fn public_access(resource: &Resource<'_>) -> Option<(&'static str, &'static str)> {
    let text = |name| text_at(&resource.properties, &[name]);
    let is_restricted = |names: [&str; 3]| names.iter().any(|name| member(&resource.properties, name).is_some());
    match resource.resource_type {
        "AWS::Lambda::Permission" if text("Principal") == Some("*") && !is_restricted(["SourceArn", "SourceAccount", "PrincipalOrgID"]) => {
            Some(("/Properties/Principal", "allows everyone to invoke the function"))
        }
        "AWS::Lambda::Url" if text("AuthType") == Some("NONE") => {
            Some(("/Properties/AuthType", "allows everyone to call the function by its URL"))
        }
        _ if text("PubliclyAccessible") == Some("true") => Some(("/Properties/PubliclyAccessible", "is reachable from the internet")),
        _ => None,
    }
}
