//! What is kept for less time without a single property that shows it: lifecycle rules, versioning, backup policies, attributes of load
//! balancers.

use crate::evaluate::Value;
use crate::plan::certainty::Certainty;
use crate::plan::compare::ModifiedResource;
use crate::plan::values::{at, items, member, number, scalar_text};

/// Called with the certainty, the path and the reason of a risk.
pub(super) type Note<'n> = dyn FnMut(Certainty, String, String) + 'n;

/// Finds such changes of one resource.
pub(super) fn search(modified: &ModifiedResource<'_, '_>, note: &mut Note<'_>) {
    let (before, after, id) = (&modified.before.properties, &modified.after.properties, modified.id);
    let text = |value: &Value<'_>, path: &[&str]| at(value, path).and_then(|value| scalar_text(value.kind).map(str::to_owned));
    match modified.after.resource_type {
        "AWS::S3::Bucket" => {
            if text(before, &["VersioningConfiguration", "Status"]).as_deref() == Some("Enabled")
                && text(after, &["VersioningConfiguration", "Status"]).as_deref() != Some("Enabled")
            {
                let path = "/Properties/VersioningConfiguration/Status";
                note(Certainty::Certain, path.to_owned(), format!("`{id}` keeps no old versions of new objects: versioning is suspended."));
            }
            bucket_lifecycle(modified, note);
        }
        "AWS::EFS::FileSystem"
            if text(before, &["BackupPolicy", "Status"]).as_deref() == Some("ENABLED")
                && text(after, &["BackupPolicy", "Status"]).as_deref() != Some("ENABLED") =>
        {
            let path = "/Properties/BackupPolicy/Status";
            note(Certainty::Certain, path.to_owned(), format!("`{id}` is no longer backed up automatically."));
        }
        "AWS::ECR::Repository" => image_lifecycle(modified, note),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            let protects = |value: &Value<'_>| {
                let attributes = member(value, "LoadBalancerAttributes");
                attributes.iter().flat_map(items).any(|attribute| {
                    text(attribute, &["Key"]).as_deref() == Some("deletion_protection.enabled")
                        && text(attribute, &["Value"]).as_deref() == Some("true")
                })
            };
            if protects(before) && !protects(after) {
                let path = "/Properties/LoadBalancerAttributes";
                note(Certainty::Certain, path.to_owned(), format!("`{id}` is no longer protected against deletion."));
            }
        }
        _ => {}
    }
}

/// Finds lifecycle rules of a bucket that delete objects or versions that no rule deleted before, or earlier than before.
fn bucket_lifecycle(modified: &ModifiedResource<'_, '_>, note: &mut Note<'_>) {
    const DAYS: [&[&str]; 4] = [
        &["ExpirationInDays"],
        &["NoncurrentVersionExpirationInDays"],
        &["NoncurrentVersionExpiration", "NoncurrentDays"],
        &["ExpirationDate"],
    ];
    let has_versions = at(&modified.before.properties, &["VersioningConfiguration", "Status"]).is_some();
    const SCOPE: [&str; 4] = ["Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    let enabled = |value: &Value<'_>| at(value, &["Status"]).and_then(|status| scalar_text(status.kind).map(|text| text == "Enabled"));
    // A rule without a scope covers every object.
    let covers = |old: &Value<'_>, new: &Value<'_>| {
        SCOPE.iter().all(|name| match (member(old, name), member(new, name)) {
            (None, _) => true,
            (Some(old), Some(new)) => old.same(&new),
            (Some(_), None) => false,
        })
    };
    let old = at(&modified.before.properties, &["LifecycleConfiguration", "Rules"]);
    let new = at(&modified.after.properties, &["LifecycleConfiguration", "Rules"]);
    for rule in new.iter().flat_map(items).filter(|rule| enabled(rule) != Some(false)) {
        for path in DAYS {
            // A bucket without versioning has no old versions.
            let is_of_versions = path.len() > 1 || path[0].starts_with("Noncurrent");
            if is_of_versions && !has_versions {
                continue;
            }
            let Some(limit) = at(rule, path) else { continue };
            let days = number(&limit);
            let is_known = |old_rule: &&Value<'_>| {
                enabled(old_rule) == Some(true)
                    && covers(old_rule, rule)
                    && at(old_rule, path).is_some_and(|old| match (number(&old), days) {
                        (Some(old), Some(new)) => old <= new,
                        _ => old.same(&limit),
                    })
            };
            if old.iter().flat_map(items).any(|old_rule| is_known(&old_rule)) {
                continue;
            }
            let what = if is_of_versions { "old versions of objects" } else { "objects" };
            let certainty = Certainty::possible_if(enabled(rule).is_none());
            let shown = scalar_text(limit.kind).map_or_else(
                || "a time known only to AWS".to_owned(),
                |text| match days {
                    Some(_) => format!("{text} days"),
                    None => text.to_owned(),
                },
            );
            let reason =
                format!("`{}` deletes {what} after {shown}, earlier than before: a lifecycle rule is new or shorter.", modified.id);
            note(certainty, "/Properties/LifecycleConfiguration/Rules".to_owned(), reason);
        }
    }
}

/// Finds a lifecycle policy of a repository that expires or archives images that none did before, or earlier than before.
fn image_lifecycle(modified: &ModifiedResource<'_, '_>, note: &mut Note<'_>) {
    const PATH: &str = "/Properties/LifecyclePolicy/LifecyclePolicyText";
    const NAMES: [&str; 2] = ["LifecyclePolicy", "LifecyclePolicyText"];
    let (old, new) = (at(&modified.before.properties, &NAMES), at(&modified.after.properties, &NAMES));
    let Some(new) = new else { return };
    if old.is_some_and(|old| old.same(&new)) {
        return;
    }
    let id = modified.id;
    let parsed = |value: &Value<'_>| scalar_text(value.kind).and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let Some(new) = parsed(&new) else {
        return note(Certainty::Possible, PATH.to_owned(), format!("`{id}` may expire images earlier: its lifecycle policy changes."));
    };
    let old = old.and_then(|old| parsed(&old));
    let rules = |policy: &serde_json::Value| policy.get("rules").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let old_rules = old.as_ref().map(rules).unwrap_or_default();
    let mut reported = [false; 2];
    for rule in rules(&new) {
        let count = |rule: &serde_json::Value| rule.pointer("/selection/countNumber").and_then(serde_json::Value::as_f64);
        // Two rules are alike if they select the same images in the same unit.
        let scope = |rule: &serde_json::Value| {
            let mut selection = rule.get("selection").cloned().unwrap_or_default();
            if let Some(members) = selection.as_object_mut() {
                members.remove("countNumber");
            }
            selection
        };
        let archives = |rule: &serde_json::Value| rule.pointer("/action/type").and_then(serde_json::Value::as_str) == Some("transition");
        // Images that expired before cannot be archived later; those that were archived can now expire.
        let is_known =
            |old: &serde_json::Value| scope(old) == scope(&rule) && count(old) <= count(&rule) && (archives(&rule) || !archives(old));
        let is_reported = &mut reported[usize::from(archives(&rule))];
        if !*is_reported && !old_rules.iter().any(is_known) {
            *is_reported = true;
            let effect = if archives(&rule) { "archives images that could be pulled before" } else { "expires images that it kept before" };
            note(Certainty::Certain, PATH.to_owned(), format!("`{id}` {effect}: a lifecycle rule is new or shorter."));
        }
    }
}
