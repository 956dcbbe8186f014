//! A prediction beside the change set that CloudFormation made: where the two disagree, and where carrying it out would do more than was
//! approved.
//!
//! Both are pure comparisons of lists. What is known to be noise in CloudFormation's lists is passed over, and each piece of it is named
//! where that happens; everything else is told.

mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::values::{contexts, is_same_text, word};
use super::effects::Effect;
use super::result::Plan;
use crate::cloudformation::{Action, Attribute, Change, ChangeSet, PolicyAction, Replacement, ResourceChange, ResourceChangeDetail};

/// One thing in which a prediction and CloudFormation's own change set differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Disagreement {
    /// The resource.
    pub logical_resource_id: String,
    /// In what they differ.
    pub kind: DisagreementKind,
    /// The property's path or the attribute, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What was predicted; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<String>,
    /// What CloudFormation says; absent where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<String>,
}

/// In what a prediction and a change set differ.
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
    /// What becomes of the old physical resource differs.
    PolicyAction,
    /// The parts of the resource that change differ.
    Scope,
    /// What changes, or what causes it, differs.
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
            DisagreementKind::Unexpected => write!(f, "`{id}`: AWS lists {reported}, the prediction does not have it"),
            DisagreementKind::Missing => write!(f, "`{id}`: the prediction has {predicted}, AWS does not list it"),
            DisagreementKind::Action => write!(f, "`{id}`: predicted {predicted}, AWS says {reported}"),
            DisagreementKind::ResourceType => write!(f, "`{id}`: predicted as {predicted}, AWS says {reported}"),
            DisagreementKind::Replacement => write!(f, "`{id}`: replacement predicted {predicted}, AWS says {reported}"),
            DisagreementKind::PolicyAction => write!(f, "`{id}`: the old resource was predicted to go by {predicted}, AWS says {reported}"),
            DisagreementKind::Scope => write!(f, "`{id}`: scope predicted {predicted}, AWS says {reported}"),
            DisagreementKind::Detail => write!(f, "`{id}` {path}: detail predicted {predicted}, AWS says {reported}"),
            DisagreementKind::Value => write!(f, "`{id}` {path}: predicted {predicted}, AWS says {reported}"),
        }
    }
}

impl Plan {
    /// Returns the list that CloudFormation's one is to be held against: with property values, or without where it gives none.
    fn list_like(&self, reported: &[Change]) -> &ChangeSet {
        let has_values = reported.iter().any(|change| {
            let change = &change.resource_change;
            change.before_context.is_some()
                || change.after_context.is_some()
                || change.details.iter().any(|detail| detail.target.path.is_some())
        });
        if has_values || reported.is_empty() { &self.change_set } else { &self.change_set_without_values }
    }
}

/// Returns where a plan's prediction and the change set that CloudFormation made disagree, by logical ID.
///
/// `hide` takes secrets out of what CloudFormation reports.
pub fn disagreements(plan: &Plan, reported: &[Change], hide: &dyn Fn(String) -> String) -> Vec<Disagreement> {
    let predicted = &plan.list_like(reported).changes;
    let mut found = Vec::new();
    for change in reported {
        let change = &change.resource_change;
        match change_of(predicted, &change.logical_resource_id) {
            // A change of the stack's tags is told as one, with the resources it reaches.
            None if plan.retagged.contains(&change.logical_resource_id) && is_tags_only(change) => {}
            None => found.push(of(change, DisagreementKind::Unexpected, None, Some(what(change)))),
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
            found.push(of(change, DisagreementKind::Missing, Some(what(change)), None));
        }
    }
    found.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id).then(a.kind.cmp(&b.kind)));
    found
}

/// Returns in what executing a change set would do more than the approved plan: another resource, another action, a replacement, a removal,
/// or the deletion of what was to be kept.
///
/// A change of the stack's tags reaches every resource that takes tags, which the plan tells as one: `tags_differ` lets these pass.
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
            // What a word that is not known here does, nobody can have approved unless it was listed.
            Action::Import | Action::Dynamic | Action::Other(_) => is_listed(change.action),
        };
        if !is_approved {
            let predicted = listed.iter().flatten().next().map(|change| what(change));
            let kind = if predicted.is_some() { DisagreementKind::Action } else { DisagreementKind::Unexpected };
            found.push(of(change, kind, predicted, Some(what(change))));
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
        // What may be replaced was approved to be.
        if change.action == Action::Modify && rank(change.replacement) > 0 && by_effect.max(by_list) == 0 {
            found.push(of(change, DisagreementKind::Replacement, Some("False".to_owned()), Some(replacement(change.replacement))));
        }
        let approved_policy =
            effect.and_then(|effect| effect.policy_action).or(listed.iter().flatten().find_map(|change| change.policy_action));
        if let Some(approved) = approved_policy
            && change.policy_action.is_some_and(deletes)
            && !deletes(approved)
        {
            let reported = change.policy_action.map(|policy| word(&policy));
            found.push(of(change, DisagreementKind::PolicyAction, Some(word(&approved)), reported));
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

fn of(change: &ResourceChange, kind: DisagreementKind, predicted: Option<String>, reported: Option<String>) -> Disagreement {
    Disagreement { logical_resource_id: change.logical_resource_id.clone(), kind, path: None, predicted, reported }
}

fn what(change: &ResourceChange) -> String {
    let replaces = match change.replacement {
        Some(Replacement::True) if change.action == Action::Modify => " with replacement",
        Some(Replacement::Conditional) => " with possible replacement",
        _ => "",
    };
    format!("{} {}{replaces}", word(&change.action), change.resource_type)
}

fn rank(replacement: Option<Replacement>) -> u8 {
    match replacement {
        None | Some(Replacement::False) => 0,
        // A word that is not known here may mean one.
        Some(Replacement::Conditional | Replacement::Other(_)) => 1,
        Some(Replacement::True) => 2,
    }
}

fn replacement(replacement: Option<Replacement>) -> String {
    replacement.map_or_else(|| "nothing".to_owned(), |replacement| word(&replacement))
}

fn deletes(policy: PolicyAction) -> bool {
    // A word that is not known here may delete.
    matches!(policy, PolicyAction::Delete | PolicyAction::ReplaceAndDelete | PolicyAction::Other(_))
}

/// Tells whether a change is about a resource's tags and nothing else.
fn is_tags_only(change: &ResourceChange) -> bool {
    change.action == Action::Modify
        && rank(change.replacement) == 0
        && !change.scope.is_empty()
        && change.scope.iter().all(|attribute| *attribute == Attribute::Tags)
}

/// Returns a reported change without the stack's tags, unless the resource's own tags were predicted to change.
fn without_tags(expected: &ResourceChange, reported: &ResourceChange) -> ResourceChange {
    let mut reported = reported.clone();
    if !expected.scope.contains(&Attribute::Tags) {
        reported.scope.retain(|attribute| *attribute != Attribute::Tags);
        reported.details.retain(|detail| detail.target.attribute != Attribute::Tags);
    }
    reported
}

/// One resource in both lists.
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
            self.note(DisagreementKind::Action, None, Some(what(expected)), Some(what(reported)));
            return;
        }
        if expected.resource_type != reported.resource_type {
            self.note(DisagreementKind::ResourceType, None, Some(expected.resource_type.clone()), Some(reported.resource_type.clone()));
        }
        // Noise: what is added says `Replacement: True` in updates and nothing in new stacks, and neither means anything.
        if expected.action == Action::Modify && rank(expected.replacement) != rank(reported.replacement) {
            self.note(
                DisagreementKind::Replacement,
                None,
                Some(replacement(expected.replacement)),
                Some(replacement(reported.replacement)),
            );
        }
        // Noise: without property values older answers have no policy action at all.
        if let (Some(policy), Some(said)) = (expected.policy_action, reported.policy_action)
            && policy != said
        {
            self.note(DisagreementKind::PolicyAction, None, Some(word(&policy)), Some(word(&said)));
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
            scope.iter().map(word).collect::<Vec<_>>().join(", ")
        };
        let (expected, reported) = (sorted(self.expected), sorted(self.reported));
        if expected != reported {
            self.note(DisagreementKind::Scope, None, Some(expected), Some(reported));
        }
    }

    /// Compares the details as a set: CloudFormation gives them in no order of its own.
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
                            self.note(DisagreementKind::Value, Some(place(detail)), Some(expected.clone()), Some(reported.clone()));
                        }
                    }
                }
                None => self.note(DisagreementKind::Detail, Some(place(detail)), Some(told(detail)), None),
            }
        }
        for detail in left {
            self.note(DisagreementKind::Detail, Some(place(detail)), None, Some(told(detail)));
        }
    }

    /// Compares the properties of what is new: nothing else lists its values.
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

/// What makes a detail the same one in both lists.
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

fn place(detail: &ResourceChangeDetail) -> String {
    let target = &detail.target;
    target.path.clone().unwrap_or_else(|| match &target.name {
        Some(name) => format!("/{}/{name}", word(&target.attribute)),
        None => format!("/{}", word(&target.attribute)),
    })
}

fn told(detail: &ResourceChangeDetail) -> String {
    let entity = detail.causing_entity.as_ref().map(|entity| format!(" {entity}")).unwrap_or_default();
    let [source, evaluation] = [word(&detail.change_source), word(&detail.evaluation)];
    format!("{source}{entity} ({evaluation}, recreation {})", word(&detail.target.requires_recreation))
}
