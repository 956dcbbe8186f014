//! Shorter retention: logs, backups, versions and deleted resources that are kept for less time, and protections against deletion that are
//! turned off.
//!
//! Sources: the property descriptions below <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, also for the periods
//! that apply without the property.

use super::leaf::{self, Leaf};
use super::lifecycle::{self, Note};
use super::{RiskKind, Search};
use crate::cloudformation::{Attribute, PolicyAction};
use crate::evaluate::Value;
use crate::plan::certainty::Certainty;
use crate::plan::change_set::{deletion_policy, update_replace_policy};
use crate::plan::compare::{Difference, ModifiedResource};
use crate::plan::facts::Facts;
use crate::plan::values::{number, scalar_text};

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
                leaf::visit(modified, difference, &mut |leaf| {
                    period(leaf, &mut note);
                    protection(leaf, &mut note);
                });
            }
            policies(modified, difference, &mut note);
        }
        lifecycle::search(modified, &mut note);
    }
    for (certainty, id, path, reason) in notes {
        search.note_with(certainty, RiskKind::RetentionShortened, Some(&id), Some(path), reason);
    }
}

fn period(leaf: &Leaf<'_, '_>, note: &mut Note<'_>) {
    let Leaf { id, name, .. } = *leaf;
    let (before, after) = (leaf.before.as_ref(), leaf.after.as_ref());
    let is_of_type = |wanted: &str| wanted.is_empty() || wanted == leaf.resource_type;
    let Some((_, _, absent, zero_is_forever, what)) = PERIODS.iter().find(|(period, wanted, ..)| *period == name && is_of_type(wanted))
    else {
        return;
    };
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
            note(Certainty::Certain, leaf.path.clone(), reason);
        }
        (Some(_), Some(_)) => {}
        _ => {
            let reason = format!("`{id}` may keep {what} for less time: `{name}` changes, and a value is known only to AWS.");
            note(Certainty::Possible, leaf.path.clone(), reason);
        }
    }
}

fn protection(leaf: &Leaf<'_, '_>, note: &mut Note<'_>) {
    let Leaf { id, name, .. } = *leaf;
    let (before, after) = (leaf.before.as_ref(), leaf.after.as_ref());
    let is_of_type = |end: &str| end.is_empty() || leaf.resource_type.ends_with(end);
    // The longest end is the most specific row.
    let rows = PROTECTIONS.iter().filter(|(property, end, ..)| *property == name && is_of_type(end));
    let Some((.., safe, effect)) = rows.max_by_key(|(_, end, ..)| end.len()) else { return };
    let is_safe = |value: Option<&Value<'_>>| value.and_then(|value| scalar_text(value.kind)).map(|text| text == *safe);
    match (is_safe(before), is_safe(after)) {
        (Some(true), Some(false)) => note(Certainty::Certain, leaf.path.clone(), format!("`{id}` {effect}: `{name}` is no longer {safe}.")),
        (Some(true), None) if after.is_none() => {
            note(Certainty::Certain, leaf.path.clone(), format!("`{id}` {effect}: `{name}` is removed."));
        }
        (Some(true), None) => {
            note(Certainty::Possible, leaf.path.clone(), format!("`{id}` may change so that it {effect}: `{name}` is known only to AWS."));
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
