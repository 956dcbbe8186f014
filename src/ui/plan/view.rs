//! A plan sorted for readers: data loss first, then imports, replacements, updates, additions, removals.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::counts::Counts;
use super::properties::{Causes, Property, ShownCauses, properties};
use super::value::plural;
use crate::cloudformation::{PolicyAction, ResourceChange};
use crate::plan::{Certainty, Effect, Plan, Refusal, RefusalKind, ResourceEffect, ResourceImport, Risk, RiskKind, StackChange};
use crate::text::Pairs;

/// The groups of resources, most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Refused,
    DataLoss,
    PossibleDataLoss,
    Import,
    Replace,
    Update,
    NewRevision,
    Add,
    Remove,
    ListedOnly,
}

impl Group {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Refused => "Refused",
            Self::DataLoss => "DATA LOSS",
            Self::PossibleDataLoss => "Possible loss of data",
            Self::Import => "Imports, before the update",
            Self::Replace => "Replacements",
            Self::Update => "Updates",
            Self::NewRevision => "New revisions",
            Self::Add => "Additions",
            Self::Remove => "Removals",
            Self::ListedOnly => "Listed by CloudFormation, but not changed",
        }
    }
}

/// One resource of a plan.
#[derive(Debug)]
pub(super) struct Item<'p> {
    pub(super) group: Group,
    pub(super) logical_id: &'p str,
    pub(super) resource_type: &'p str,
    /// Whether the effect is possible rather than certain.
    pub(super) is_possible: bool,
    /// Whether the resource is deleted rather than replaced.
    pub(super) is_deleted: bool,
    /// Two or three characters: `+`, `~`, `+/-`, ...
    pub(super) glyph: &'static str,
    /// The effect, such as `update, no interruption`.
    pub(super) verb: String,
    /// The causes, if no property is shown.
    pub(super) cause: String,
    pub(super) risks: Vec<&'p Risk>,
    pub(super) properties: Vec<Property<'p>>,
    /// The difference from CloudFormation's own list, or a remark on an import.
    pub(super) remark: Option<String>,
}

/// A plan sorted for readers.
#[derive(Debug)]
pub(super) struct View<'p> {
    pub(super) plan: &'p Plan,
    /// Sorted by group; in each group in CloudFormation's order.
    pub(super) items: Vec<Item<'p>>,
    /// The refused changes, except that `UpdateStack` rejects an update without changes.
    pub(super) refusals: Vec<&'p Refusal>,
    /// The risks that access becomes wider, certain ones first.
    pub(super) widening: Vec<&'p Risk>,
    /// The other risks, except data loss of a resource, which is shown with the resource.
    pub(super) risks: Vec<&'p Risk>,
    pub(super) counts: Counts,
    /// What comparisons of lists and lines may still look at.
    pub(super) pairs: Pairs,
}

impl<'p> View<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let changes: FxHashMap<&str, &ResourceChange> = plan
            .change_set
            .changes
            .iter()
            .map(|change| (change.resource_change.logical_resource_id.as_str(), &change.resource_change))
            .collect();
        let mut risks: FxHashMap<&str, Vec<&Risk>> = FxHashMap::default();
        let shown = || plan.risks.iter().filter(|risk| !is_told_as_refusal(plan, risk));
        for risk in shown() {
            if let (Some(id), true) = (&risk.logical_resource_id, risk.kind != RiskKind::SecurityWidening) {
                risks.entry(id).or_default().push(risk);
            }
        }
        let pairs = Pairs::default();
        let mut counts =
            Counts { import: plan.imports.len(), settings: plan.stack.len(), unknown: plan.unknowns.len(), ..Counts::default() };
        let mut items: Vec<Item<'_>> = plan.imports.iter().map(imported).collect();
        for effect in &plan.effects {
            let change = changes.get(effect.logical_resource_id.as_str()).copied();
            let risks = risks.get(effect.logical_resource_id.as_str()).cloned().unwrap_or_default();
            let item = item(plan, effect, change, risks, &pairs);
            count(&mut counts, effect, &item);
            items.push(item);
        }
        items.sort_by_key(|item| item.group);
        let is_of_item = |risk: &Risk| risk.kind == RiskKind::DataLoss && risk.logical_resource_id.is_some();
        let (mut widening, others): (Vec<&Risk>, Vec<&Risk>) = shown().partition(|risk| risk.kind == RiskKind::SecurityWidening);
        widening.sort_by_key(|risk| (risk.certainty, !mentions_privilege(&risk.reason)));
        let risks = others.into_iter().filter(|risk| !is_of_item(risk)).collect();
        let refusals = plan.refusals.iter().filter(|refusal| refusal.kind != RefusalKind::NoChanges).collect();
        Self { plan, items, refusals, widening, risks, counts, pairs }
    }

    /// Returns whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.plan.outputs.is_empty()
            && self.plan.parameters.is_empty()
            && self.plan.ssm_parameters.is_empty()
            && self.plan.stack.is_empty()
            && self.risks.is_empty()
            && self.refusals.is_empty()
            && self.widening.is_empty()
            && self.plan.unknowns.is_empty()
    }
}

fn item<'p>(plan: &Plan, effect: &'p ResourceEffect, change: Option<&'p ResourceChange>, risks: Vec<&'p Risk>, pairs: &Pairs) -> Item<'p> {
    // If no parameter changes, the template causes everything, so that the cause is not worth showing.
    let shown = if plan.parameters.is_empty() && plan.ssm_parameters.is_empty() { ShownCauses::ExceptTemplate } else { ShownCauses::All };
    let causes = Causes::of(effect, shown);
    let id = effect.logical_resource_id.as_str();
    let loss = risks.iter().filter(|risk| risk.kind == RiskKind::DataLoss).map(|risk| risk.certainty).min();
    let (group, glyph) = match effect.effect {
        Effect::Refused => (Group::Refused, " x "),
        Effect::Replaced if effect.possible => (Group::Replace, " ? "),
        Effect::Replaced if effect.deletes_first => (Group::Replace, "-/+"),
        Effect::Replaced => (Group::Replace, "+/-"),
        Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => (Group::Update, " ~ "),
        Effect::Created => (Group::Add, " + "),
        Effect::Deleted | Effect::Retained => (Group::Remove, " - "),
        Effect::Untouched => (Group::ListedOnly, "   "),
    };
    let mut properties = match (effect.effect, change) {
        (Effect::Created | Effect::Deleted | Effect::Retained | Effect::Untouched, _) | (_, None) => Vec::new(),
        (_, Some(change)) => {
            let mut properties = properties(change, &causes, pairs);
            // The definition that an import stores in the metadata is internal.
            let is_import_metadata = |property: &Property<'_>| {
                property.name.starts_with("Metadata")
                    && property.before.as_deref().is_some_and(|before| before.contains(crate::plan::DEFINITION_KEY))
            };
            properties.retain(|property| !is_import_metadata(property));
            properties
        }
    };
    let group = match loss {
        Some(Certainty::Certain) => Group::DataLoss,
        Some(Certainty::Possible) => Group::PossibleDataLoss,
        None if is_new_revision(effect, change) && risks.is_empty() => Group::NewRevision,
        None => group,
    };
    if matches!(group, Group::NewRevision | Group::Refused) {
        // A revision is always made anew, and a refused change replaces nothing.
        for property in &mut properties {
            property.note = property.note.replacen("requires replacement", "", 1).replace("  ", " ").trim().to_owned();
        }
    }
    Item {
        group,
        logical_id: id,
        resource_type: &effect.resource_type,
        is_possible: effect.possible,
        is_deleted: matches!(effect.effect, Effect::Deleted | Effect::Retained),
        glyph,
        verb: verb(plan, effect),
        cause: if properties.is_empty() && effect.effect != Effect::Untouched { causes.of_effect().join(", ") } else { String::new() },
        risks,
        properties,
        remark: effect.differs_from_list.clone(),
    }
}

/// Returns the item of an import, with remarks on what was not compared or left out.
fn imported(import: &ResourceImport) -> Item<'_> {
    let mut remarks = Vec::new();
    if let Some(reason) = &import.not_compared_because {
        remarks.push(format!("not compared with the template ({reason}); run `rackform drift` after the import"));
    }
    if !import.left_out.is_empty() {
        remarks.push(format!("the update sets {}", import.left_out.join(", ")));
    }
    Item {
        group: Group::Import,
        logical_id: &import.logical_resource_id,
        resource_type: &import.resource_type,
        is_possible: false,
        is_deleted: false,
        glyph: " < ",
        verb: format!("import {}", import.identifier()),
        cause: String::new(),
        risks: Vec::new(),
        properties: Vec::new(),
        remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
    }
}

/// Returns whether a risk says the same as a refusal of the plan.
fn is_told_as_refusal(plan: &Plan, risk: &Risk) -> bool {
    let is_same = |refusal: &Refusal| refusal.kind == RefusalKind::Collision && refusal.logical_resource_id == risk.logical_resource_id;
    risk.kind == RiskKind::ReplacementCollision && risk.certainty.is_certain() && plan.refusals.iter().any(is_same)
}

/// Returns whether wider access concerns permissions themselves, or everything: an operator reads that first.
fn mentions_privilege(reason: &str) -> bool {
    ["`iam:", "`sts:", "`kms:", "`*`", "0.0.0.0/0", "::/0"].iter().any(|mark| reason.contains(mark))
}

/// Counts one resource. A new revision is no replacement that anyone notices.
fn count(counts: &mut Counts, effect: &ResourceEffect, item: &Item<'_>) {
    match effect.effect {
        _ if item.group == Group::NewRevision => counts.new_revision += 1,
        Effect::Untouched => {}
        Effect::Refused => counts.refused += 1,
        Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => counts.update += 1,
        Effect::Replaced if effect.possible => counts.may_replace += 1,
        Effect::Replaced => counts.replace += 1,
        Effect::Created => counts.add += 1,
        Effect::Deleted | Effect::Retained => counts.remove += 1,
    }
}

/// Returns whether a change only makes a new revision of something that keeps its old ones, and that nothing but its users run.
fn is_new_revision(effect: &ResourceEffect, change: Option<&ResourceChange>) -> bool {
    let only = |names: &[&str]| {
        let property = |detail: &crate::cloudformation::ResourceChangeDetail| {
            let path = detail.target.path.as_deref().unwrap_or_default();
            names.iter().any(|name| path.strip_prefix("/Properties/").and_then(|rest| rest.split('/').next()) == Some(*name))
        };
        change.is_some_and(|change| !change.details.is_empty() && change.details.iter().all(property))
    };
    match (effect.resource_type.as_str(), effect.effect) {
        (
            "AWS::ECS::TaskDefinition" | "AWS::Lambda::Version" | "AWS::Lambda::LayerVersion" | "AWS::ApiGateway::Deployment",
            Effect::Replaced,
        ) => true,
        ("AWS::Batch::JobDefinition", Effect::Replaced | Effect::UpdatedInPlace) => true,
        ("AWS::EC2::LaunchTemplate", Effect::UpdatedInPlace) => only(&["LaunchTemplateData", "VersionDescription"]),
        ("AWS::Lambda::Function", Effect::UpdatedInPlace) => only(&["Code"]),
        _ => false,
    }
}

fn verb(plan: &Plan, effect: &ResourceEffect) -> String {
    let changed_type = plan.refusals.iter().filter(|refusal| refusal.kind == RefusalKind::TypeChange);
    let before = changed_type
        .filter(|refusal| refusal.logical_resource_id.as_ref() == Some(&effect.logical_resource_id))
        .find_map(|refusal| refusal.previous_type.as_deref());
    if let Some(before) = before {
        let may_be = if effect.effect == Effect::Refused { "" } else { "may be " };
        return format!("{may_be}refused: its type changes from {before}");
    }
    if effect.stops_and_starts {
        return "stop and start; replaced if instance-store backed".to_owned();
    }
    let verb = match (effect.effect, effect.policy_action) {
        (Effect::Replaced, Some(PolicyAction::ReplaceAndRetain)) => "replace, keep the old resource in the account",
        (Effect::Replaced, Some(PolicyAction::ReplaceAndSnapshot)) => "replace, keep a snapshot of the old resource",
        (Effect::Replaced, _) if effect.deletes_first => "replace, delete the old resource first",
        (Effect::Replaced, _) if is_new_revision(effect, None) => "new revision",
        (Effect::Replaced, _) => "replace",
        (Effect::UpdatedInPlace, _) => "update, no interruption",
        (Effect::UpdatedWithInterruption, _) => "update, with interruption",
        (Effect::Created, _) => "add",
        (Effect::Deleted, Some(PolicyAction::Snapshot)) => "remove, keep a snapshot",
        (Effect::Deleted, _) => "remove",
        (Effect::Retained, _) => "remove from the stack, keep in the account",
        (Effect::Untouched, _) => "untouched",
        (Effect::Refused, _) => "refused",
    };
    let instances = if effect.rolls_instances { "; its instances are replaced in batches" } else { "" };
    if effect.possible { format!("may {verb}{instances}") } else { format!("{verb}{instances}") }
}

/// Returns the headline for the resources whose data is lost, or may be lost.
pub(super) fn data_loss(items: &[Item<'_>]) -> String {
    let possible = items.iter().filter(|item| item.is_possible).count();
    let certain = items.len() - possible;
    let number = |count, one, many| if count == 1 { one } else { many };
    let (is, its) = (number(certain, "is", "are"), number(items.len(), "its", "their"));
    let deleted = items.iter().filter(|item| item.is_deleted).count();
    let happens = match deleted {
        0 => "replaced",
        count if count == items.len() => "deleted",
        _ => "deleted or replaced",
    };
    match (certain, possible) {
        (0, _) => format!("{} may be {happens}, and {its} data would be lost", plural(possible, "stateful resource")),
        (_, 0) => format!("{} {is} {happens}, and {its} data is lost", plural(certain, "stateful resource")),
        (_, _) => format!("{} {is} {happens}, {possible} more may be, with loss of data", plural(certain, "stateful resource")),
    }
}

/// Returns a note about parameters whose values cannot be compared.
pub(super) fn uncompared(plan: &Plan) -> Option<String> {
    let names: Vec<String> =
        plan.parameters.iter().filter(|parameter| parameter.possible).map(|parameter| format!("`{}`", parameter.name)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "the deployed value of {} is NoEcho and cannot be compared; if the new value is the same, the changes that it causes do not happen.",
            names.join(", ")
        )
    })
}

/// Returns a line about capabilities that the update must acknowledge and the old template did not require.
pub(super) fn acknowledgement(plan: &Plan) -> Option<String> {
    let names: Vec<&str> = plan.new_capabilities.iter().map(|capability| capability.name()).collect();
    (!names.is_empty()).then(|| format!("Requires {}, unlike the deployed template.", names.join(" and ")))
}

/// Returns the changed settings of the stack itself.
pub(super) fn settings<'p>(plan: &'p Plan) -> Vec<Property<'p>> {
    let property = |change: &'p StackChange| Property {
        name: change.name(),
        before: change.before.as_deref().map(Cow::Borrowed),
        after: change.after.as_deref().map(Cow::Borrowed),
        note: String::new(),
    };
    plan.stack.iter().map(property).collect()
}

/// Returns a note about the resources that get changed stack tags.
pub(super) fn retagged(plan: &Plan) -> Option<String> {
    let reached = &plan.retagged;
    (!reached.is_empty()).then(|| {
        format!("CloudFormation also propagates the changed stack tags to {}: {}", plural(reached.len(), "resource"), reached.join(", "))
    })
}
