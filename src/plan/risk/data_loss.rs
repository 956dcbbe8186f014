//! Stateful resources that are deleted or replaced.

use super::{RiskKind, Search, deletes};
use crate::plan::certainty::Certainty;
use crate::plan::effects::{CauseSource, Effect, ResourceEffect};
use crate::plan::facts::Facts;
use crate::plan::values::member;

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    for effect in search.effects {
        // If the type changes, the lost data is that of the old type.
        let modified = search.changed.modified(&effect.logical_resource_id);
        let resource_type = modified.map_or(effect.resource_type.as_str(), |modified| modified.before.resource_type);
        let Some(data) = Facts::of(resource_type).holds_data() else { continue };
        if !deletes(effect) || is_cluster_member(search, &effect.logical_resource_id, resource_type) {
            continue;
        }
        let is_replaced = effect.effect == Effect::Replaced;
        let path = is_replaced.then(|| effect.causes.first().and_then(|cause| cause.path.clone())).flatten();
        let (verb, loses) = match (is_replaced, effect.possible) {
            (true, false) => ("is replaced", "loses"),
            (true, true) => ("may be replaced", "would lose"),
            (false, false) => ("is deleted", "loses"),
            (false, true) => ("may be deleted", "would lose"),
        };
        if effect.stops_and_starts {
            let reason = format!(
                "`{}` ({resource_type}) may lose {data}{}: instance store volumes lose their data, and an instance with an instance store root \
                 device is replaced; EBS volumes keep theirs.",
                effect.logical_resource_id,
                because(effect, path.as_deref()),
            );
            search.note_with(Certainty::Possible, RiskKind::DataLoss, Some(&effect.logical_resource_id), path, reason);
            continue;
        }
        let policy = if is_replaced { "UpdateReplacePolicy" } else { "DeletionPolicy" };
        let reason = format!(
            "`{}` ({resource_type}) {verb}{}, which {loses} {data}; `{policy}: Retain` would keep {}.",
            effect.logical_resource_id,
            because(effect, path.as_deref()),
            if is_replaced { "the old one" } else { "it" },
        );
        search.note_with(Certainty::possible_if(effect.possible), RiskKind::DataLoss, Some(&effect.logical_resource_id), path, reason);
    }
}

/// Returns whether a database instance belongs to a cluster, which has the data.
///
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html>
fn is_cluster_member(search: &Search<'_, '_, '_>, id: &str, resource_type: &str) -> bool {
    let before = search.comparison.context.resource_before(id);
    resource_type == "AWS::RDS::DBInstance" && before.is_some_and(|before| member(&before.properties, "DBClusterIdentifier").is_some())
}

/// Returns a property's path as a reader writes it: `Roles.0` for `/Properties/Roles/0`.
fn dotted(path: &str) -> String {
    let below = path.strip_prefix("/Properties/").or_else(|| path.strip_prefix('/')).unwrap_or(path);
    below.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect::<Vec<_>>().join(".")
}

/// Returns the causes as a clause, such as `` because `KmsKeyId` changes (parameter Key)``.
pub(super) fn because(effect: &ResourceEffect, path: Option<&str>) -> String {
    let named = effect.causes.iter().filter(|cause| path.is_none() || cause.path.as_deref() == path);
    let sources: Vec<String> = named
        .filter_map(|cause| match &cause.source {
            CauseSource::Parameter(name) => Some(format!("parameter `{name}`")),
            CauseSource::Condition(name) => Some(format!("condition `{name}`")),
            CauseSource::Resource(name) => Some(format!("resource `{name}`")),
            CauseSource::Attribute(name) => Some(format!("attribute `{name}`")),
            CauseSource::Template | CauseSource::Drift => None,
        })
        .collect();
    let sources = if sources.is_empty() { String::new() } else { format!(" ({})", sources.join(", ")) };
    match path {
        Some(path) => format!(" because `{}` changes{sources}", dotted(path)),
        None => sources,
    }
}
