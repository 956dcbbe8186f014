//! Changes that let more in: ingress, policies, public access, encryption turned off.

use serde_json::Value as Json;

use super::ingress::{Rule, group_of, ingress};
use super::switches::switched;
use super::{RiskKind, Search, policy};
use crate::evaluate::Resource;
use crate::plan::compare::Outcome;
use crate::plan::values::{items, member, scalar_text, text_at};

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let mut notes: Vec<(&str, Option<String>, String)> = Vec::new();
    for resource in &search.changed.added {
        // A rule of its own widens a group that is there already; with a new group, only what is open to anyone is worth a word.
        let is_new = |id: Option<&str>| id.is_some_and(|id| search.comparison.verdicts.outcome(id).reported == Outcome::Added);
        let widens = group_of(resource).is_some_and(|group| !is_new(group)) && search.comparison.context.before.is_some();
        added(resource, widens, &mut |path, reason| notes.push((resource.entry.name, path, reason)));
    }
    for resource in &search.changed.removed {
        removed(search, resource, &mut |path, reason| notes.push((resource.entry.name, path, reason)));
    }
    for modified in &search.changed.modified {
        let mut note = |path, reason| notes.push((modified.id, path, reason));
        modification(modified.id, modified.before, modified.after, &mut note);
        for difference in modified.differences.iter().filter(|difference| difference.verdict.is_actual()) {
            switched(modified.id, modified.after.resource_type, difference, &mut |path, reason| note(Some(path), reason));
        }
    }
    for (id, path, reason) in notes {
        search.note(RiskKind::SecurityWidening, Some(id), path, reason);
    }
}

type Note<'n> = dyn FnMut(Option<String>, String) + 'n;

/// A new resource is only worth a word when it is open to anyone.
fn added(resource: &Resource<'_>, widens: bool, note: &mut Note<'_>) {
    let id = resource.entry.name;
    for (path, rule) in ingress(resource) {
        if rule.is_anywhere() {
            note(Some(path), format!("`{id}` lets anyone in: {}.", rule.words()));
        } else if widens {
            note(Some(path), format!("`{id}` opens a group to more: {}.", rule.words()));
        }
    }
    for (path, document) in policy::documents(resource) {
        for words in policy::open_to_all(&document) {
            note(Some(path.clone()), format!("A policy of `{id}` allows {words}."));
        }
    }
    if let Some((path, words)) = open_door(resource) {
        note(Some(path.to_owned()), format!("`{id}` {words}."));
    }
}

/// A policy that goes takes along what it denied, unless what it was for goes too.
fn removed(search: &Search<'_, '_, '_>, resource: &Resource<'_>, note: &mut Note<'_>) {
    let id = resource.entry.name;
    let stays = |needed: &str| search.comparison.context.resource_after(needed).is_some();
    let mut needs = search.comparison.context.before.into_iter().flat_map(|before| before.needs(id)).peekable();
    if needs.peek().is_some() && !needs.any(stays) {
        return;
    }
    let documents = policy::documents(resource);
    let old: Vec<Json> = documents.iter().map(|(_, document)| document.clone()).collect();
    let new: Vec<Json> = search.changed.added.iter().flat_map(|added| policy::documents(added)).map(|(_, document)| document).collect();
    for words in policy::lost_denials(&old, &new) {
        let path = documents.first().map(|(path, _)| path.clone());
        note(path, format!("`{id}` goes, and with it that it denies {words}."));
    }
}

/// Returns how a resource is open to anyone by itself.
fn open_door(resource: &Resource<'_>) -> Option<(&'static str, &'static str)> {
    let says = |name| text_at(&resource.properties, &[name]);
    let is_bound = |names: [&str; 3]| names.iter().any(|name| member(&resource.properties, name).is_some());
    match resource.resource_type {
        "AWS::Lambda::Permission" if says("Principal") == Some("*") && !is_bound(["SourceArn", "SourceAccount", "PrincipalOrgID"]) => {
            Some(("/Properties/Principal", "lets anyone invoke the function"))
        }
        "AWS::Lambda::Url" if says("AuthType") == Some("NONE") => {
            Some(("/Properties/AuthType", "lets anyone call the function by its URL"))
        }
        _ if says("PubliclyAccessible") == Some("true") => Some(("/Properties/PubliclyAccessible", "is reachable from the internet")),
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
            Some(old) => format!("Ingress of `{id}` opens wider: {} in place of {}.", rule.words(), old.words()),
            None if rule.is_anywhere() => format!("`{id}` lets anyone in: {}.", rule.words()),
            None => format!("Ingress of `{id}` opens to more: {}.", rule.words()),
        };
        note(Some(path), reason);
    }
    policies(id, before, after, note);
    for arn in managed_policies(after) {
        if !managed_policies(before).contains(&arn) && (arn.ends_with("FullAccess") || arn.ends_with("/AdministratorAccess")) {
            note(Some("/Properties/ManagedPolicyArns".to_owned()), format!("`{id}` now also has the managed policy {arn}."));
        }
    }
    if let (None, Some((path, words))) = (open_door(before), open_door(after))
        && path == "/Properties/Principal"
    {
        note(Some(path.to_owned()), format!("`{id}` now {words}."));
    }
}

fn policies(id: &str, before: &Resource<'_>, after: &Resource<'_>, note: &mut Note<'_>) {
    let (old, new) = (policy::documents(before), policy::documents(after));
    let only = |documents: &[(String, Json)]| documents.iter().map(|(_, document)| document.clone()).collect::<Vec<_>>();
    let (known, now) = (only(&old), only(&new));
    for (path, document) in new.iter().filter(|(_, document)| !known.contains(document)) {
        for words in policy::new_grants(&known, document) {
            note(Some(path.clone()), format!("A policy of `{id}` now also allows {words}."));
        }
    }
    if known != now {
        for words in policy::lost_denials(&known, &now) {
            let path = new.first().or(old.first()).map(|(path, _)| path.clone());
            note(path, format!("A policy of `{id}` no longer denies {words}."));
        }
    }
}

fn managed_policies<'a>(resource: &Resource<'a>) -> Vec<&'a str> {
    let list = member(&resource.properties, "ManagedPolicyArns");
    list.iter().flat_map(items).filter_map(|value| scalar_text(value.kind)).collect()
}
