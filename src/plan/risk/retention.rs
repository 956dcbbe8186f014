//! Shorter retention: logs, backups, versions and deleted resources that are kept for less time, and protections against deletion that are
//! turned off.
//!
//! Sources: the property descriptions below <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, also for the periods
//! that apply without the property.

use super::{RiskKind, Search};
use crate::cloudformation::{Attribute, PolicyAction};
use crate::evaluate::{Value, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::change_set::{deletion_policy, update_replace_policy};
use crate::plan::compare::{Difference, ModifiedResource};
use crate::plan::facts::Facts;
use crate::plan::values::{at, items, member, scalar_text};

/// What a period means without its property.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Absent {
    /// Kept forever.
    Forever,
    /// The service's default.
    Period(f64),
}

/// A property with a period: its name, the type whose property it is if the name alone is ambiguous, what applies without it, whether
/// zero means forever, and what is kept.
type Period = (&'static str, &'static str, Absent, bool, &'static str);

const PERIODS: &[Period] = &[
    ("AutomaticBackupRetentionDays", "", Absent::Period(30.0), false, "automatic backups"),
    ("AutomatedSnapshotRetentionPeriod", "", Absent::Period(1.0), false, "automated snapshots"),
    ("BackupRetentionPeriod", "", Absent::Period(1.0), false, "automated backups"),
    ("DeleteAfterDays", "", Absent::Forever, false, "recovery points"),
    ("FailureRetentionPeriod", "", Absent::Period(31.0), false, "failed runs"),
    ("MagneticStoreRetentionPeriodInDays", "", Absent::Period(73_000.0), false, "time series"),
    ("ManualSnapshotRetentionPeriod", "", Absent::Forever, false, "manual snapshots"),
    ("MemoryStoreRetentionPeriodInHours", "", Absent::Period(6.0), false, "time series in memory"),
    ("MessageRetentionPeriod", "AWS::SQS::Queue", Absent::Period(345_600.0), false, "messages"),
    ("MinRetentionDays", "", Absent::Period(0.0), false, "recovery points of a locked vault"),
    ("PendingWindowInDays", "AWS::KMS::Key", Absent::Period(30.0), false, "a key whose deletion is scheduled"),
    ("PendingWindowInDays", "AWS::KMS::ReplicaKey", Absent::Period(30.0), false, "a key whose deletion is scheduled"),
    ("PerformanceInsightsRetentionPeriod", "", Absent::Period(7.0), false, "performance data"),
    ("PreferredBackupRetentionPeriod", "", Absent::Period(1.0), false, "backups"),
    ("RecoveryPeriodInDays", "", Absent::Period(35.0), false, "points in time to restore"),
    ("RetentionDays", "AWS::Events::Archive", Absent::Forever, true, "archived events"),
    ("RetentionInDays", "", Absent::Forever, false, "log events"),
    ("RetentionPeriod", "AWS::CloudTrail::EventDataStore", Absent::Period(2557.0), false, "events"),
    ("RetentionPeriodHours", "", Absent::Period(24.0), false, "records"),
    ("SnapshotRetentionLimit", "", Absent::Period(0.0), false, "snapshots"),
    ("SnapshotRetentionPeriod", "", Absent::Period(0.0), false, "snapshots"),
    ("SuccessRetentionPeriod", "", Absent::Period(31.0), false, "successful runs"),
];

/// A property with a value that protects or keeps something: its name, the end of the type if the name alone is ambiguous, the value, and
/// the effect of leaving it.
const PROTECTIONS: &[(&str, &str, &str, &str)] = &[
    ("DeletionProtection", "", "true", "is no longer protected against deletion"),
    ("DeletionProtection", "::UserPool", "ACTIVE", "is no longer protected against deletion"),
    ("DeletionProtectionEnabled", "", "true", "is no longer protected against deletion"),
    ("DisableApiTermination", "", "true", "is no longer protected against termination"),
    ("TerminationProtected", "", "true", "is no longer protected against termination"),
    ("TerminationProtectionEnabled", "", "true", "is no longer protected against termination"),
    ("PointInTimeRecoveryEnabled", "", "true", "can no longer be restored to a point in time"),
    ("ContinuousBackups", "", "true", "has no continuous backups any more"),
    ("EnableContinuousBackup", "", "true", "has no continuous backups any more"),
    ("DeleteAutomatedBackups", "", "false", "loses its automated backups when it is deleted"),
    ("ObjectLockEnabled", "::Bucket", "true", "no longer locks new objects"),
];

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let mut notes: Vec<(Certainty, String, String, String)> = Vec::new();
    for modified in &search.changed.modified {
        if search.effects.iter().any(|effect| effect.logical_resource_id == modified.id && effect.effect == crate::plan::Effect::Refused) {
            continue;
        }
        let mut note = |certainty, path: String, reason: String| notes.push((certainty, modified.id.to_owned(), path, reason));
        for difference in modified.differences.iter().filter(|difference| difference.verdict.is_actual()) {
            if difference.property().is_some() {
                let Some(name) = difference.path.last() else { continue };
                leaves(modified, name, difference.path_text(), difference.before.as_ref(), difference.after.as_ref(), &mut note);
            }
            policies(modified, difference, &mut note);
        }
        special(modified, &mut note);
    }
    for (certainty, id, path, reason) in notes {
        search.note_with(certainty, RiskKind::RetentionShortened, Some(&id), Some(path), reason);
    }
}

type Note<'n> = dyn FnMut(Certainty, String, String) + 'n;

/// Visits the scalars of a value before and after, by name.
fn leaves<'a>(
    modified: &ModifiedResource<'_, 'a>,
    name: &str,
    path: String,
    before: Option<&Value<'a>>,
    after: Option<&Value<'a>>,
    note: &mut Note<'_>,
) {
    let members = |value: Option<&Value<'a>>| match value.map(|value| value.kind) {
        Some(ValueKind::Map(members)) => members,
        _ => &[],
    };
    let (old, new) = (members(before), members(after));
    if old.is_empty() && new.is_empty() {
        period(modified, name, &path, before, after, note);
        protection(modified, name, &path, before, after, note);
        return;
    }
    let mut names: Vec<&str> = old.iter().chain(new).map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of = |members: &'a [(&'a str, Value<'a>)]| members.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        leaves(modified, name, format!("{path}/{name}"), of(old), of(new), note);
    }
}

/// Returns a number; `None` if it is known only to AWS.
fn number(value: &Value<'_>) -> Option<f64> {
    scalar_text(value.kind).and_then(|text| text.trim().parse().ok())
}

fn period(
    modified: &ModifiedResource<'_, '_>,
    name: &str,
    path: &str,
    before: Option<&Value<'_>>,
    after: Option<&Value<'_>>,
    note: &mut Note<'_>,
) {
    let resource_type = modified.after.resource_type;
    let is_of_type = |wanted: &str| wanted.is_empty() || wanted == resource_type;
    let Some((_, _, absent, zero_is_forever, what)) = PERIODS.iter().find(|(period, wanted, ..)| *period == name && is_of_type(wanted))
    else {
        return;
    };
    let id = modified.id;
    let length = |value: Option<&Value<'_>>| -> Option<f64> {
        match (value, absent) {
            (None, Absent::Forever) => Some(f64::INFINITY),
            (None, Absent::Period(period)) => Some(*period),
            (Some(value), _) => number(value).map(|number| {
                let is_forever = number < 0.0 || (*zero_is_forever && number == 0.0);
                if is_forever { f64::INFINITY } else { number }
            }),
        }
    };
    let shown = |value: Option<&Value<'_>>, length: f64| match value {
        Some(value) => scalar_text(value.kind).unwrap_or_default().to_owned(),
        None if length.is_infinite() => "unlimited".to_owned(),
        None => format!("the default {length}"),
    };
    match (length(before), length(after)) {
        (Some(old), Some(new)) if new < old => {
            let reason =
                format!("`{id}` keeps {what} for less time: `{name}` changes from {} to {}.", shown(before, old), shown(after, new));
            note(Certainty::Certain, path.to_owned(), reason);
        }
        (Some(_), Some(_)) => {}
        _ => {
            let reason = format!("`{id}` may keep {what} for less time: `{name}` changes, and a value is known only to AWS.");
            note(Certainty::Possible, path.to_owned(), reason);
        }
    }
}

fn protection(
    modified: &ModifiedResource<'_, '_>,
    name: &str,
    path: &str,
    before: Option<&Value<'_>>,
    after: Option<&Value<'_>>,
    note: &mut Note<'_>,
) {
    let is_of_type = |end: &str| end.is_empty() || modified.after.resource_type.ends_with(end);
    // The longest end is the most specific row.
    let rows = PROTECTIONS.iter().filter(|(property, end, ..)| *property == name && is_of_type(end));
    let Some((.., safe, effect)) = rows.max_by_key(|(_, end, ..)| end.len()) else { return };
    let is_safe = |value: Option<&Value<'_>>| value.and_then(|value| scalar_text(value.kind)).map(|text| text == *safe);
    let id = modified.id;
    match (is_safe(before), is_safe(after)) {
        (Some(true), Some(false)) => note(Certainty::Certain, path.to_owned(), format!("`{id}` {effect}: `{name}` is no longer {safe}.")),
        (Some(true), None) if after.is_none() => {
            note(Certainty::Certain, path.to_owned(), format!("`{id}` {effect}: `{name}` is removed."));
        }
        (Some(true), None) => {
            note(Certainty::Possible, path.to_owned(), format!("`{id}` may change so that it {effect}: `{name}` is known only to AWS."));
        }
        _ => {}
    }
}

/// Finds a deletion policy that keeps less of a resource with data.
fn policies(modified: &ModifiedResource<'_, '_>, difference: &Difference<'_>, note: &mut Note<'_>) {
    let (before, after) = (modified.before, modified.after);
    if Facts::of(before.resource_type).holds_data().is_none() {
        return;
    }
    let strength = |action: PolicyAction| match action {
        PolicyAction::Retain | PolicyAction::ReplaceAndRetain => 2,
        PolicyAction::Snapshot | PolicyAction::ReplaceAndSnapshot => 1,
        PolicyAction::Delete | PolicyAction::ReplaceAndDelete | PolicyAction::Other(_) => 0,
    };
    let (name, old, new) = match difference.attribute {
        Attribute::DeletionPolicy => ("DeletionPolicy", deletion_policy(before), deletion_policy(after)),
        Attribute::UpdateReplacePolicy => ("UpdateReplacePolicy", update_replace_policy(before), update_replace_policy(after)),
        _ => return,
    };
    if strength(new) < strength(old) {
        let when = if name == "DeletionPolicy" { "it leaves the stack" } else { "it is replaced" };
        let id = modified.id;
        let kept = if strength(old) == 2 { "is no longer kept" } else { "leaves no snapshot any more" };
        note(Certainty::Certain, format!("/{name}"), format!("`{id}` ({}) {kept} when {when}: `{name}` changes.", before.resource_type));
    }
}

/// Finds what single properties do not show: lifecycle rules, versioning, backup policies, attributes of load balancers.
fn special(modified: &ModifiedResource<'_, '_>, note: &mut Note<'_>) {
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

/// Finds a lifecycle policy of a repository that expires images that none expired before, or earlier than before.
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
        let is_known = |old: &serde_json::Value| scope(old) == scope(&rule) && count(old) <= count(&rule);
        if !old_rules.iter().any(is_known) {
            note(
                Certainty::Certain,
                PATH.to_owned(),
                format!("`{id}` expires images that it kept before: a lifecycle rule is new or shorter."),
            );
            return;
        }
    }
}
