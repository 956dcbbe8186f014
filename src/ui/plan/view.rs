//! A plan sorted for reading: data loss first, then replacements, updates, additions, removals.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::properties::{Property, Told, causes, properties};
use super::value::plural;
use crate::cloudformation::{PolicyAction, ResourceChange};
use crate::plan::{Effect, Plan, ResourceEffect, ResourceImport, Risk, RiskKind, StackChange};

/// What a group of resources has in common, what matters most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    DataLoss,
    Import,
    Replace,
    Update,
    Add,
    Remove,
    ListedOnly,
}

impl Group {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::DataLoss => "DATA LOSS",
            Self::Import => "Imports, before everything else",
            Self::Replace => "Replacements",
            Self::Update => "Updates",
            Self::Add => "Additions",
            Self::Remove => "Removals",
            Self::ListedOnly => "Listed by CloudFormation, but nothing happens to them",
        }
    }
}

/// One resource of a plan.
#[derive(Debug)]
pub(super) struct Item<'p> {
    pub(super) group: Group,
    pub(super) logical_id: &'p str,
    pub(super) resource_type: &'p str,
    /// Two or three characters: `+`, `~`, `+/-`, ...
    pub(super) glyph: &'static str,
    /// What happens, in words.
    pub(super) verb: String,
    /// What causes it, where no property's line says so.
    pub(super) cause: String,
    pub(super) risks: Vec<&'p Risk>,
    pub(super) properties: Vec<Property<'p>>,
    /// Where CloudFormation's own list says something else.
    pub(super) remark: Option<String>,
}

/// How many resources each thing happens to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) import: usize,
    pub(super) add: usize,
    pub(super) update: usize,
    pub(super) replace: usize,
    pub(super) may_replace: usize,
    pub(super) remove: usize,
    /// Settings of the stack itself.
    pub(super) settings: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { import, add, update, replace, may_replace, remove, settings } = self;
        let first = if *import > 0 { format!("{import} to import, then ") } else { String::new() };
        write!(f, "Plan: {first}{add} to add, {update} to update, {replace} to replace, {may_replace} may replace, {remove} to remove")?;
        match settings {
            0 => f.write_str("."),
            count => write!(f, ", {} of the stack itself.", plural(*count, "setting")),
        }
    }
}

impl Counts {
    /// Returns the counts that are not zero, for a line among others: `1 to add, 2 to update`.
    pub(super) fn brief(&self) -> String {
        let Self { import, add, update, replace, may_replace, remove, settings } = self;
        let named = [
            (import, "to import"),
            (add, "to add"),
            (update, "to update"),
            (replace, "to replace"),
            (may_replace, "may replace"),
            (remove, "to remove"),
        ];
        let mut there: Vec<String> = named.iter().filter(|(count, _)| **count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if *settings > 0 {
            there.push(format!("{} of the stack itself", plural(*settings, "setting")));
        }
        if there.is_empty() { "no resource changes".to_owned() } else { there.join(", ") }
    }
}

/// A plan sorted for reading.
#[derive(Debug)]
pub(super) struct View<'p> {
    pub(super) plan: &'p Plan,
    /// By group, in each group in the order in which CloudFormation works.
    pub(super) items: Vec<Item<'p>>,
    /// Risks that belong to no resource of the plan, or to one that is not shown as data loss.
    pub(super) risks: Vec<&'p Risk>,
    pub(super) counts: Counts,
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
        for risk in &plan.risks {
            if let Some(id) = &risk.logical_resource_id {
                risks.entry(id).or_default().push(risk);
            }
        }
        let mut counts = Counts { import: plan.imports.len(), settings: plan.stack.len(), ..Counts::default() };
        let mut items: Vec<Item<'_>> = plan.imports.iter().map(imported).collect();
        for effect in &plan.effects {
            counts.count(effect);
            let change = changes.get(effect.logical_resource_id.as_str()).copied();
            let risks = risks.get(effect.logical_resource_id.as_str()).cloned().unwrap_or_default();
            items.push(item(plan, effect, change, risks));
        }
        items.sort_by_key(|item| item.group);
        let risks = plan.risks.iter().filter(|risk| risk.kind != RiskKind::DataLoss || risk.logical_resource_id.is_none()).collect();
        Self { plan, items, risks, counts }
    }

    /// Tells whether nothing at all differs.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.plan.outputs.is_empty()
            && self.plan.parameters.is_empty()
            && self.plan.ssm_parameters.is_empty()
            && self.plan.stack.is_empty()
            && self.risks.is_empty()
    }
}

impl Counts {
    fn count(&mut self, effect: &ResourceEffect) {
        match effect.effect {
            Effect::Untouched => {}
            Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => self.update += 1,
            Effect::Replaced if effect.possible => self.may_replace += 1,
            Effect::Replaced => self.replace += 1,
            Effect::Created => self.add += 1,
            Effect::Deleted | Effect::Retained => self.remove += 1,
        }
    }
}

fn item<'p>(plan: &Plan, effect: &'p ResourceEffect, change: Option<&'p ResourceChange>, risks: Vec<&'p Risk>) -> Item<'p> {
    // Where no parameter changes, all there is comes of the template, and saying so on each line says nothing.
    let told = if plan.parameters.is_empty() && plan.ssm_parameters.is_empty() { Told::NotTheTemplate } else { Told::All };
    let id = effect.logical_resource_id.as_str();
    let loses_data = risks.iter().any(|risk| risk.kind == RiskKind::DataLoss);
    let (group, glyph) = match effect.effect {
        Effect::Replaced if effect.possible => (Group::Replace, " ? "),
        Effect::Replaced if effect.deletes_first => (Group::Replace, "-/+"),
        Effect::Replaced => (Group::Replace, "+/-"),
        Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => (Group::Update, " ~ "),
        Effect::Created => (Group::Add, " + "),
        Effect::Deleted | Effect::Retained => (Group::Remove, " - "),
        Effect::Untouched => (Group::ListedOnly, "   "),
    };
    let properties = match (effect.effect, change) {
        (Effect::Created | Effect::Deleted | Effect::Retained | Effect::Untouched, _) | (_, None) => Vec::new(),
        (_, Some(change)) => {
            let mut properties = properties(change, effect, told);
            // What an import put there to be found again says nothing to a reader.
            let is_mark = |property: &Property<'_>| {
                property.name.starts_with("Metadata")
                    && property.before.as_deref().is_some_and(|before| before.contains(crate::plan::DEFINITION_KEY))
            };
            properties.retain(|property| !is_mark(property));
            properties
        }
    };
    Item {
        group: if loses_data { Group::DataLoss } else { group },
        logical_id: id,
        resource_type: &effect.resource_type,
        glyph,
        verb: verb(effect),
        cause: if properties.is_empty() && effect.effect != Effect::Untouched {
            causes(effect, None, told).join(", ")
        } else {
            String::new()
        },
        risks,
        properties,
        remark: effect.differs_from_list.clone(),
    }
}

/// Returns what is imported, and how much of it is known.
fn imported(import: &ResourceImport) -> Item<'_> {
    let mut remarks = Vec::new();
    if let Some(reason) = &import.not_compared_because {
        remarks.push(format!("what it is was not held against the template ({reason}): `rackform drift` does it once it is imported"));
    }
    if !import.left_out.is_empty() {
        remarks.push(format!("{} it gets by the update", import.left_out.join(", ")));
    }
    Item {
        group: Group::Import,
        logical_id: &import.logical_resource_id,
        resource_type: &import.resource_type,
        glyph: " < ",
        verb: format!("import {}", import.identifier()),
        cause: String::new(),
        risks: Vec::new(),
        properties: Vec::new(),
        remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
    }
}

fn verb(effect: &ResourceEffect) -> String {
    let verb = match (effect.effect, effect.policy_action) {
        (Effect::Replaced, Some(PolicyAction::ReplaceAndRetain)) => "replace, the old one stays in the account",
        (Effect::Replaced, Some(PolicyAction::ReplaceAndSnapshot)) => "replace, a snapshot of the old one is kept",
        (Effect::Replaced, _) if effect.deletes_first => "replace, the old one is deleted first",
        (Effect::Replaced, _) => "replace",
        (Effect::UpdatedInPlace, _) => "update, no interruption",
        (Effect::UpdatedWithInterruption, _) => "update, with interruption",
        (Effect::Created, _) => "add",
        (Effect::Deleted, Some(PolicyAction::Snapshot)) => "remove, a snapshot is kept",
        (Effect::Deleted, _) => "remove",
        (Effect::Retained, _) => "leaves the stack, stays in the account",
        (Effect::Untouched, _) => "untouched",
    };
    let instances = if effect.rolls_instances { "; its instances are replaced, a few at a time" } else { "" };
    if effect.possible { format!("may {verb}{instances}") } else { format!("{verb}{instances}") }
}

/// Returns that values cannot be compared, and what that means for the plan.
pub(super) fn uncompared(plan: &Plan) -> Option<String> {
    let names: Vec<String> =
        plan.parameters.iter().filter(|parameter| parameter.possible).map(|parameter| format!("`{}`", parameter.name)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "the deployed value of {}, as NoEcho, cannot be read and compared: if the new one is the same, what it reaches does not change.",
            names.join(", ")
        )
    })
}

/// Returns what the update must acknowledge that the template before did not need.
pub(super) fn acknowledgement(plan: &Plan) -> Option<String> {
    let names: Vec<&str> = plan.new_capabilities.iter().map(|capability| capability.name()).collect();
    (!names.is_empty()).then(|| format!("Needs {}, which the template before did not.", names.join(" and ")))
}

/// Returns what differs of the stack itself, as properties of it.
pub(super) fn settings<'p>(plan: &'p Plan) -> Vec<Property<'p>> {
    let property = |change: &'p StackChange| Property {
        name: change.name(),
        before: change.before.as_deref().map(Cow::Borrowed),
        after: change.after.as_deref().map(Cow::Borrowed),
        note: String::new(),
    };
    plan.stack.iter().map(property).collect()
}

/// Returns which resources a change of the stack's tags reaches.
pub(super) fn retagged(plan: &Plan) -> Option<String> {
    let reached = &plan.retagged;
    (!reached.is_empty()).then(|| {
        format!("CloudFormation gives changed tags of the stack to {} too: {}", plural(reached.len(), "resource"), reached.join(", "))
    })
}
