//! Comparison of a plan with the change set that CloudFormation created: where the two disagree, and where executing the change set would
//! do more than was approved.
//!
//! Both are pure comparisons of lists. Known noise in CloudFormation's lists is ignored, each kind with a comment that starts with "Noise";
//! every other difference is reported.

mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::values::{contexts, is_same_text, wire_name};
use super::effects::Effect;
use super::result::Plan;
use crate::cloudformation::{Action, Attribute, Change, ChangeSet, PolicyAction, Replacement, ResourceChange, ResourceChangeDetail};

/// One difference between a prediction and CloudFormation's own change set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Disagreement {
    /// The resource.
    pub logical_resource_id: String,
    /// The kind of difference.
    pub kind: DisagreementKind,
    /// The property's path or the attribute, if the difference is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The prediction; absent if nothing was predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<String>,
    /// What CloudFormation reports; absent if it reports nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<String>,
}

/// The kinds of difference between a prediction and a change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisagreementKind {
    /// CloudFormation lists a resource that was not predicted.
    Unexpected,
    /// CloudFormation does not list a resource that was predicted.
    Missing,
    /// The action differs.
    Action,
    /// The resource type differs.
    ResourceType,
    /// Whether the resource is replaced differs.
    Replacement,
    /// The policy action for the old physical resource differs.
    PolicyAction,
    /// The parts of the resource that change differ.
    Scope,
    /// A changed property or attribute, or the cause of its change, differs.
    Detail,
    /// A value before or after differs.
    Value,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.logical_resource_id;
        let path = self.path.as_deref().unwrap_or_default();
        let (predicted, reported) = (self.predicted.as_deref().unwrap_or("nothing"), self.reported.as_deref().unwrap_or("nothing"));
        match self.kind {
            DisagreementKind::Unexpected => write!(f, "`{id}`: AWS lists {reported}, which was not predicted"),
            DisagreementKind::Missing => write!(f, "`{id}`: predicted {predicted}, which AWS does not list"),
            DisagreementKind::Action => write!(f, "`{id}`: predicted {predicted}, AWS reports {reported}"),
            DisagreementKind::ResourceType => write!(f, "`{id}`: resource type predicted {predicted}, AWS reports {reported}"),
            DisagreementKind::Replacement => write!(f, "`{id}`: replacement predicted {predicted}, AWS reports {reported}"),
            DisagreementKind::PolicyAction => write!(f, "`{id}`: policy action predicted {predicted}, AWS reports {reported}"),
            DisagreementKind::Scope => write!(f, "`{id}`: scope predicted {predicted}, AWS reports {reported}"),
            DisagreementKind::Detail => write!(f, "`{id}` {path}: detail predicted {predicted}, AWS reports {reported}"),
            DisagreementKind::Value => write!(f, "`{id}` {path}: predicted {predicted}, AWS reports {reported}"),
        }
    }
}

impl Plan {
    /// Returns the predicted list to compare with CloudFormation's: with property values if CloudFormation's list has them.
    fn comparable_change_set(&self, reported: &[Change]) -> &ChangeSet {
        let has_values = reported.iter().any(|change| {
            let change = &change.resource_change;
            change.before_context.is_some()
                || change.after_context.is_some()
                || change.details.iter().any(|detail| detail.target.path.is_some())
        });
        if has_values || reported.is_empty() { &self.change_set } else { &self.change_set_without_values }
    }
}

/// Returns the differences between a plan's prediction and the change set that CloudFormation created, by logical ID.
///
/// `hide` masks secrets in what CloudFormation reports.
pub fn disagreements(plan: &Plan, reported: &[Change], hide: &dyn Fn(String) -> String) -> Vec<Disagreement> {
    let predicted = &plan.comparable_change_set(reported).changes;
    let mut found = Vec::new();
    for change in reported {
        let change = &change.resource_change;
        match change_of(predicted, &change.logical_resource_id) {
            // The plan lists a change of stack tags once, with the resources that get them.
            None if plan.retagged.contains(&change.logical_resource_id) && is_tags_only(change) => {}
            None => found.push(disagreement(change, DisagreementKind::Unexpected, None, Some(summary(change)))),
            Some(expected) if plan.retagged.contains(&change.logical_resource_id) => {
                let reported = &without_tags(expected, change);
                Comparison { expected, reported, hide, found: &mut found }.all();
            }
            Some(expected) => Comparison { expected, reported: change, hide, found: &mut found }.all(),
        }
    }
    for change in predicted {
        let change = &change.resource_change;
        if change_of(reported, &change.logical_resource_id).is_none() {
            found.push(disagreement(change, DisagreementKind::Missing, Some(summary(change)), None));
        }
    }
    found.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id).then(a.kind.cmp(&b.kind)));
    found
}

/// Returns the changes of a change set that go beyond the approved plan: another resource, another action, a replacement, a removal, or the
/// deletion of a resource that the plan keeps.
///
/// CloudFormation propagates changed stack tags to every resource that supports tags, which the plan lists as one change: `tags_differ`
/// allows these.
pub fn unapproved_changes(approved: &Plan, reported: &[Change], tags_differ: bool) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for change in reported {
        let change = &change.resource_change;
        let id = &change.logical_resource_id;
        let effect = approved.effects.iter().find(|effect| effect.logical_resource_id == *id);
        let listed = [&approved.change_set, &approved.change_set_without_values].map(|list| change_of(&list.changes, id));
        let is_listed = |action| listed.iter().flatten().any(|change| change.action == action);
        if tags_differ && is_tags_only(change) {
            continue;
        }
        let expected = effect.map(|effect| effect.effect);
        let is_approved = match change.action {
            Action::Add => expected == Some(Effect::Created) || is_listed(Action::Add),
            Action::Remove => matches!(expected, Some(Effect::Deleted | Effect::Retained)) || is_listed(Action::Remove),
            Action::Modify => {
                let is_touched = |effect| !matches!(effect, Effect::Untouched | Effect::Created | Effect::Deleted | Effect::Retained);
                expected.is_some_and(is_touched) || is_listed(Action::Modify)
            }
            // Nothing happens to the resource.
            Action::SyncWithActual => true,
            // An action that this version does not know is approved only if the plan lists it.
            Action::Import | Action::Dynamic | Action::Other(_) => is_listed(change.action),
        };
        if !is_approved {
            let predicted = listed.iter().flatten().next().map(|change| summary(change));
            let kind = if predicted.is_some() { DisagreementKind::Action } else { DisagreementKind::Unexpected };
            found.push(disagreement(change, kind, predicted, Some(summary(change))));
            continue;
        }
        let by_effect = match effect {
            Some(effect) if effect.effect == Effect::Replaced => {
                if effect.possible {
                    1
                } else {
                    2
                }
            }
            _ => 0,
        };
        let by_list = listed.iter().flatten().map(|change| rank(change.replacement)).max().unwrap_or(0);
        // The approval of a possible replacement includes a certain one.
        if change.action == Action::Modify && rank(change.replacement) > 0 && by_effect.max(by_list) == 0 {
            found.push(disagreement(
                change,
                DisagreementKind::Replacement,
                Some("False".to_owned()),
                Some(replacement(change.replacement)),
            ));
        }
        let approved_policy =
            effect.and_then(|effect| effect.policy_action).or(listed.iter().flatten().find_map(|change| change.policy_action));
        if let Some(approved) = approved_policy
            && change.policy_action.is_some_and(deletes)
            && !deletes(approved)
        {
            let reported = change.policy_action.map(|policy| wire_name(&policy));
            found.push(disagreement(change, DisagreementKind::PolicyAction, Some(wire_name(&approved)), reported));
        }
    }
    found
}

/// Returns the resources that the approved plan lists and CloudFormation's change set does not.
pub fn missing_changes<'p>(approved: &'p Plan, reported: &[Change]) -> Vec<&'p str> {
    let ids = approved.change_set.changes.iter().map(|change| change.resource_change.logical_resource_id.as_str());
    ids.filter(|id| change_of(reported, id).is_none()).collect()
}

fn change_of<'c>(changes: &'c [Change], id: &str) -> Option<&'c ResourceChange> {
    changes.iter().map(|change| &change.resource_change).find(|change| change.logical_resource_id == id)
}

fn disagreement(change: &ResourceChange, kind: DisagreementKind, predicted: Option<String>, reported: Option<String>) -> Disagreement {
    Disagreement { logical_resource_id: change.logical_resource_id.clone(), kind, path: None, predicted, reported }
}

/// Returns a change in short, such as `Modify AWS::EFS::FileSystem with replacement`.
fn summary(change: &ResourceChange) -> String {
    let replaces = match change.replacement {
        Some(Replacement::True) if change.action == Action::Modify => " with replacement",
        Some(Replacement::Conditional) => " with possible replacement",
        _ => "",
    };
    format!("{} {}{replaces}", wire_name(&change.action), change.resource_type)
}

fn rank(replacement: Option<Replacement>) -> u8 {
    match replacement {
        None | Some(Replacement::False) => 0,
        // A value that this version does not know may be a replacement.
        Some(Replacement::Conditional | Replacement::Other(_)) => 1,
        Some(Replacement::True) => 2,
    }
}

fn replacement(replacement: Option<Replacement>) -> String {
    replacement.map_or_else(|| "nothing".to_owned(), |replacement| wire_name(&replacement))
}

fn deletes(policy: PolicyAction) -> bool {
    // A policy action that this version does not know may delete.
    matches!(policy, PolicyAction::Delete | PolicyAction::ReplaceAndDelete | PolicyAction::Other(_))
}

/// Returns whether a change affects only a resource's tags.
fn is_tags_only(change: &ResourceChange) -> bool {
    change.action == Action::Modify
        && rank(change.replacement) == 0
        && !change.scope.is_empty()
        && change.scope.iter().all(|attribute| *attribute == Attribute::Tags)
}

/// Returns a reported change without its tags, unless a change of the resource's own tags was predicted.
fn without_tags(expected: &ResourceChange, reported: &ResourceChange) -> ResourceChange {
    let mut reported = reported.clone();
    if !expected.scope.contains(&Attribute::Tags) {
        reported.scope.retain(|attribute| *attribute != Attribute::Tags);
        reported.details.retain(|detail| detail.target.attribute != Attribute::Tags);
    }
    reported
}

/// A resource that both lists contain.
struct Comparison<'c> {
    expected: &'c ResourceChange,
    reported: &'c ResourceChange,
    hide: &'c dyn Fn(String) -> String,
    found: &'c mut Vec<Disagreement>,
}

impl Comparison<'_> {
    fn all(&mut self) {
        let (expected, reported) = (self.expected, self.reported);
        if expected.action != reported.action {
            self.note(DisagreementKind::Action, None, Some(summary(expected)), Some(summary(reported)));
            return;
        }
        if expected.resource_type != reported.resource_type {
            self.note(DisagreementKind::ResourceType, None, Some(expected.resource_type.clone()), Some(reported.resource_type.clone()));
        }
        // Noise: an added resource has `Replacement: True` in an update and none in a new stack; neither has a meaning.
        if expected.action == Action::Modify && rank(expected.replacement) != rank(reported.replacement) {
            self.note(
                DisagreementKind::Replacement,
                None,
                Some(replacement(expected.replacement)),
                Some(replacement(reported.replacement)),
            );
        }
        // Noise: older responses without property values have no policy action.
        if let (Some(expected_policy), Some(reported_policy)) = (expected.policy_action, reported.policy_action)
            && expected_policy != reported_policy
        {
            self.note(DisagreementKind::PolicyAction, None, Some(wire_name(&expected_policy)), Some(wire_name(&reported_policy)));
        }
        if expected.action == Action::Modify {
            self.scope();
            self.details();
        }
        self.context();
    }

    fn note(&mut self, kind: DisagreementKind, path: Option<String>, predicted: Option<String>, reported: Option<String>) {
        let reported = reported.map(self.hide);
        self.found.push(Disagreement { logical_resource_id: self.reported.logical_resource_id.clone(), kind, path, predicted, reported });
    }

    fn scope(&mut self) {
        let sorted = |change: &ResourceChange| {
            let mut scope = change.scope.clone();
            scope.sort();
            scope.dedup();
            scope.iter().map(wire_name).collect::<Vec<_>>().join(", ")
        };
        let (expected, reported) = (sorted(self.expected), sorted(self.reported));
        if expected != reported {
            self.note(DisagreementKind::Scope, None, Some(expected), Some(reported));
        }
    }

    /// Compares the details as a set, because CloudFormation returns them in no defined order.
    fn details(&mut self) {
        let mut left: Vec<&ResourceChangeDetail> = self.reported.details.iter().collect();
        for detail in &self.expected.details {
            match left.iter().position(|other| key(other) == key(detail)) {
                Some(index) => {
                    let other = left.swap_remove(index);
                    let values = [
                        (&detail.target.before_value, &other.target.before_value),
                        (&detail.target.after_value, &other.target.after_value),
                    ];
                    for (expected, reported) in values {
                        if let (Some(expected), Some(reported)) = (expected, reported)
                            && !is_same_text(expected, reported)
                        {
                            self.note(DisagreementKind::Value, Some(target_path(detail)), Some(expected.clone()), Some(reported.clone()));
                        }
                    }
                }
                None => self.note(DisagreementKind::Detail, Some(target_path(detail)), Some(detail_summary(detail)), None),
            }
        }
        for detail in left {
            self.note(DisagreementKind::Detail, Some(target_path(detail)), None, Some(detail_summary(detail)));
        }
    }

    /// Compares the properties of an added resource, whose values only the context contains.
    fn context(&mut self) {
        if self.expected.action != Action::Add {
            return;
        }
        if let (Some(expected), Some(reported)) = (&self.expected.after_context, &self.reported.after_context) {
            let mut differences = Vec::new();
            contexts(expected, reported, &mut String::new(), &mut differences);
            for (path, expected, reported) in differences {
                self.note(DisagreementKind::Value, Some(path), expected, reported);
            }
        }
    }
}

/// Returns the key by which a detail is found in the other list.
fn key(detail: &ResourceChangeDetail) -> impl PartialEq {
    (
        detail.target.attribute,
        detail.target.name.clone(),
        detail.target.path.clone(),
        detail.evaluation,
        detail.change_source,
        detail.causing_entity.clone(),
    )
}

/// Returns the path that a detail is about; the attribute if it has no path.
fn target_path(detail: &ResourceChangeDetail) -> String {
    let target = &detail.target;
    target.path.clone().unwrap_or_else(|| match &target.name {
        Some(name) => format!("/{}/{name}", wire_name(&target.attribute)),
        None => format!("/{}", wire_name(&target.attribute)),
    })
}

/// Returns a detail in short, such as `ParameterReference Key (Static, recreation Always)`.
fn detail_summary(detail: &ResourceChangeDetail) -> String {
    let entity = detail.causing_entity.as_ref().map(|entity| format!(" {entity}")).unwrap_or_default();
    let [source, evaluation] = [wire_name(&detail.change_source), wire_name(&detail.evaluation)];
    format!("{source}{entity} ({evaluation}, recreation {})", wire_name(&detail.target.requires_recreation))
}
