//! Secondary indexes of DynamoDB tables: one update can create or delete one global index, and an index itself cannot change.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>

use super::{ChangeCertainty, replacement_by_others};
use crate::evaluate::{Value, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::compare::{Comparison, ModifiedResource};
use crate::plan::refusal::{Refusal, RefusalKind};
use crate::plan::values::{member, scalar_text};

const SOURCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html";
const TOO_MANY: &str = "Cannot perform more than one GSI creation or deletion in a single update";
const TOO_MANY_SOURCE: &str = "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/881";
const CHANGED: &str = "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. \
                       You can create a new GSI with a different name.";
const CHANGED_SOURCE: &str = "https://github.com/aws-amplify/amplify-cli/issues/11384";

/// How the indexes of a list change.
#[derive(Default)]
struct Changes<'a> {
    created: usize,
    deleted: usize,
    /// The name of an index whose keys or projection change, and how certain that is.
    modified: Option<(&'a str, ChangeCertainty)>,
    /// Whether a list or a name is unknown.
    is_unknown: bool,
}

pub(super) fn refusal<'a>(comparison: Comparison<'_, '_, 'a>, modified: &ModifiedResource<'_, 'a>) -> Option<Refusal> {
    if !matches!(modified.after.resource_type, "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable") {
        return None;
    }
    let changes = |property: &str| {
        let [before, after] = [modified.before, modified.after].map(|resource| member(&resource.properties, property));
        let touches =
            modified.differences.iter().any(|difference| difference.property() == Some(property) && difference.verdict.is_actual());
        touches.then(|| changes(comparison, before, after))
    };
    let replaced = replacement_by_others(modified, |difference| {
        matches!(difference.property(), Some("GlobalSecondaryIndexes" | "LocalSecondaryIndexes"))
    });
    if replaced == ChangeCertainty::Certain {
        return None;
    }
    let (id, resource_type) = (modified.id, modified.after.resource_type);
    let refused = |property: &str, certainty: ChangeCertainty, reason: String, fix: &str, message: Option<&str>, source: &str| Refusal {
        kind: RefusalKind::NoUpdateSupport,
        certainty: Certainty::possible_if(certainty != ChangeCertainty::Certain || replaced != ChangeCertainty::Unchanged),
        operation: None,
        logical_resource_id: Some(id.to_owned()),
        resource_type: Some(resource_type.to_owned()),
        previous_type: None,
        path: Some(format!("/Properties/{property}")),
        code: None,
        message: message.map(str::to_owned),
        reason: format!("`{id}` ({resource_type}) {reason}."),
        fix: Some(fix.to_owned()),
        source: Some(source.to_owned()),
    };
    const GLOBAL: &str = "GlobalSecondaryIndexes";
    const LOCAL: &str = "LocalSecondaryIndexes";
    if let Some(global) = changes(GLOBAL) {
        if let Some((name, certainty)) = global.modified {
            let reason = format!("changes the keys or the projection of its global index `{name}`, which cannot change");
            let fix = "create an index with another name in one update, and delete this one in the next";
            return Some(refused(GLOBAL, certainty, reason, fix, Some(CHANGED), CHANGED_SOURCE));
        }
        let count = global.created + global.deleted;
        if count > 1 || global.is_unknown {
            let certainty = if count > 1 { ChangeCertainty::Certain } else { ChangeCertainty::Possible };
            let what = match (global.is_unknown, global.created, global.deleted) {
                (true, ..) if count <= 1 => "may create or delete more than one global index".to_owned(),
                (_, created, 0) => format!("creates {created} global indexes"),
                (_, 0, deleted) => format!("deletes {deleted} global indexes"),
                (_, created, deleted) => format!("creates {created} and deletes {deleted} global indexes"),
            };
            let reason = format!("{what}, but one update can create or delete only one");
            return Some(refused(
                GLOBAL,
                certainty,
                reason,
                "create and delete the indexes one by one, each in an update of its own",
                Some(TOO_MANY),
                TOO_MANY_SOURCE,
            ));
        }
    }
    changes(LOCAL).map(|_| {
        let reason = "changes its local indexes, which a table has from its creation on; the update fails or replaces the table".to_owned();
        refused(LOCAL, ChangeCertainty::Possible, reason, "create a new table under another logical ID and copy the data", None, SOURCE)
    })
}

fn changes<'a>(comparison: Comparison<'_, '_, 'a>, before: Option<Value<'a>>, after: Option<Value<'a>>) -> Changes<'a> {
    let mut changes = Changes::default();
    let list = |value: Option<Value<'a>>| match value.map(|value| value.kind) {
        None => Some([].as_slice()),
        Some(ValueKind::List(items)) => Some(items),
        Some(_) => None,
    };
    let (Some(old), Some(new)) = (list(before), list(after)) else { return Changes { is_unknown: true, ..changes } };
    let name = |index: &Value<'a>| member(index, "IndexName").and_then(|name| scalar_text(name.kind));
    changes.is_unknown = old.iter().chain(new).any(|index| name(index).is_none());
    if changes.is_unknown {
        // Indexes are not paired by unknown names; only their number is certain.
        changes.created = new.len().saturating_sub(old.len());
        changes.deleted = old.len().saturating_sub(new.len());
        return changes;
    }
    changes.created = new.iter().filter(|index| !old.iter().any(|other| name(other) == name(index))).count();
    for index in old {
        let Some(peer) = new.iter().find(|peer| name(peer) == name(index)) else {
            changes.deleted += 1;
            continue;
        };
        let certainty = ["KeySchema", "Projection"].into_iter().map(|part| match (member(index, part), member(peer, part)) {
            (Some(old), Some(new)) => comparison.compare(&old, &new).actual,
            (None, None) => ChangeCertainty::Unchanged,
            _ => ChangeCertainty::Certain,
        });
        let certainty = certainty.max().unwrap_or_default();
        if certainty > changes.modified.map_or(ChangeCertainty::Unchanged, |(_, certainty)| certainty) {
            changes.modified = name(index).map(|name| (name, certainty));
        }
    }
    changes
}
