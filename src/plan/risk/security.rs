//! Changes that widen access: ingress, policies, public access, encryption turned off.

use serde_json::Value as Json;

use super::ingress::{Rule, group_of, ingress};
use super::switches::unsafe_values;
use super::{RiskKind, Search, policy};
use crate::evaluate::Resource;
use crate::plan::compare::Outcome;
use crate::plan::values::{items, member, scalar_text, text_at};

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let mut notes: Vec<(&str, Option<String>, String)> = Vec::new();
    for resource in &search.changed.added {
        // A separate rule resource widens an existing group. With a new group, only a rule that allows everyone is reported.
        let is_new_group = |id: Option<&str>| id.is_some_and(|id| search.comparison.verdicts.outcome(id).reported == Outcome::Added);
        let widens = group_of(resource).is_some_and(|group| !is_new_group(group)) && search.comparison.context.before.is_some();
        added(resource, widens, &mut |path, reason| notes.push((resource.entry.name, path, reason)));
    }
    for resource in &search.changed.removed {
        removed(search, resource, &mut |path, reason| notes.push((resource.entry.name, path, reason)));
    }
    for modified in &search.changed.modified {
        let mut note = |path, reason| notes.push((modified.id, path, reason));
        modification(modified.id, modified.before, modified.after, &mut note);
        for difference in modified.differences.iter().filter(|difference| difference.verdict.is_actual()) {
            unsafe_values(modified.id, modified.after.resource_type, difference, &mut |path, reason| note(Some(path), reason));
        }
    }
    for (id, path, reason) in notes {
        search.note(RiskKind::SecurityWidening, Some(id), path, reason);
    }
}

type Note<'n> = dyn FnMut(Option<String>, String) + 'n;

/// Reports a new resource that is open to everyone, or that widens an existing group.
fn added(resource: &Resource<'_>, widens: bool, note: &mut Note<'_>) {
    let id = resource.entry.name;
    for (path, rule) in ingress(resource) {
        if rule.is_anywhere() {
            note(Some(path), format!("`{id}` allows ingress from everywhere: {}.", rule.summary()));
        } else if widens {
            note(Some(path), format!("`{id}` adds ingress to an existing group: {}.", rule.summary()));
        }
    }
    for (path, document) in policy::documents(resource) {
        for grant in policy::open_to_all(&document) {
            note(Some(path.clone()), format!("A policy of `{id}` allows {grant}."));
        }
    }
    if let Some((path, access)) = public_access(resource) {
        note(Some(path.to_owned()), format!("`{id}` {access}."));
    }
}

/// Reports the denials of a removed policy, unless the resources that it applies to are removed, too.
fn removed(search: &Search<'_, '_, '_>, resource: &Resource<'_>, note: &mut Note<'_>) {
    let id = resource.entry.name;
    let remains = |needed: &str| search.comparison.context.resource_after(needed).is_some();
    let mut needs = search.comparison.context.before.into_iter().flat_map(|before| before.needs(id)).peekable();
    if needs.peek().is_some() && !needs.any(remains) {
        return;
    }
    let documents = policy::documents(resource);
    let old: Vec<Json> = documents.iter().map(|(_, document)| document.clone()).collect();
    let new: Vec<Json> = search.changed.added.iter().flat_map(|added| policy::documents(added)).map(|(_, document)| document).collect();
    for denial in policy::lost_denials(&old, &new) {
        let path = documents.first().map(|(path, _)| path.clone());
        note(path, format!("`{id}`, which denies {denial}, is removed."));
    }
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

fn modification(id: &str, before: &Resource<'_>, after: &Resource<'_>, note: &mut Note<'_>) {
    let old: Vec<Rule<'_>> = ingress(before).into_iter().map(|(_, rule)| rule).collect();
    for (path, rule) in ingress(after) {
        if old.iter().any(|old| old.covers(&rule)) {
            continue;
        }
        let wider = old.iter().find(|old| rule.covers(old));
        let reason = match wider {
            Some(old) => format!("Ingress of `{id}` becomes wider: {} instead of {}.", rule.summary(), old.summary()),
            None if rule.is_anywhere() => format!("`{id}` allows ingress from everywhere: {}.", rule.summary()),
            None => format!("`{id}` allows additional ingress: {}.", rule.summary()),
        };
        note(Some(path), reason);
    }
    policies(id, before, after, note);
    for arn in managed_policies(after) {
        if !managed_policies(before).contains(&arn) && (arn.ends_with("FullAccess") || arn.ends_with("/AdministratorAccess")) {
            note(Some("/Properties/ManagedPolicyArns".to_owned()), format!("`{id}` gets the managed policy {arn}."));
        }
    }
    if let (None, Some((path, access))) = (public_access(before), public_access(after))
        && path == "/Properties/Principal"
    {
        note(Some(path.to_owned()), format!("`{id}` now {access}."));
    }
}

fn policies(id: &str, before: &Resource<'_>, after: &Resource<'_>, note: &mut Note<'_>) {
    let (old, new) = (policy::documents(before), policy::documents(after));
    let contents = |documents: &[(String, Json)]| documents.iter().map(|(_, document)| document.clone()).collect::<Vec<_>>();
    let (known, now) = (contents(&old), contents(&new));
    for (path, document) in new.iter().filter(|(_, document)| !known.contains(document)) {
        for grant in policy::new_grants(&known, document) {
            note(Some(path.clone()), format!("A policy of `{id}` now also allows {grant}."));
        }
    }
    if known != now {
        for denial in policy::lost_denials(&known, &now) {
            let path = new.first().or(old.first()).map(|(path, _)| path.clone());
            note(path, format!("A policy of `{id}` no longer denies {denial}."));
        }
    }
}

fn managed_policies<'a>(resource: &Resource<'a>) -> Vec<&'a str> {
    let list = member(&resource.properties, "ManagedPolicyArns");
    list.iter().flat_map(items).filter_map(|value| scalar_text(value.kind)).collect()
}
