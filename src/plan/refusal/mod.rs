//! Refusals: changes that CloudFormation or a service's handler rejects, so that the update fails and is rolled back.
//!
//! Each file finds one kind of refusal in the changed resources. A refused change is neither an update nor a replacement: its effect is
//! [`Effect::Refused`].

mod collision;
mod macros;
mod no_update;
mod one_owner;
mod runtimes;
mod type_change;

use serde::{Deserialize, Serialize};

use super::certainty::Certainty;
use super::collision::Collision;
use super::compare::{ChangedResources, Comparison};
use super::effects::{Effect, ResourceEffect};
use super::identity::Conflict;
use super::redact::Secrets;

/// One refused change, or a request that is rejected as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Refusal {
    /// The kind of refusal.
    pub kind: RefusalKind,
    /// Whether the refusal is certain.
    pub certainty: Certainty,
    /// The rejected API action; absent if every action that takes the template is rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The resource whose change is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// The type of that resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The deployed type of the resource, if its type changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_type: Option<String>,
    /// The property whose change is refused, such as `/Properties/AvailabilityZone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The error's code, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The service's own words, where a source proves them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What is refused and why, in a full sentence.
    pub reason: String,
    /// How to reach the same goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The page that documents the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// The request does not acknowledge a required capability.
    Capabilities,
    /// The request does not allow a resource type of the template.
    ResourceTypes,
    /// `UpdateStack` rejects an update that changes nothing.
    NoChanges,
    /// A logical ID keeps its name and gets another resource type.
    TypeChange,
    /// The type's handler supports no update of the property.
    NoUpdateSupport,
    /// A size can only grow.
    Shrink,
    /// A resource can belong to one owner only, and its owner is replaced.
    OneOwner,
    /// A resource is created or updated while another one has its identity, such as its name.
    Collision,
    /// A Lambda function is created or updated with a runtime that Lambda no longer accepts.
    DeprecatedRuntime,
    /// The new template has an error with the new parameter values.
    TemplateError,
}

impl RefusalKind {
    /// Returns the kind's name, such as `type-change`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::ResourceTypes => "resource-types",
            Self::NoChanges => "no-changes",
            Self::TypeChange => "type-change",
            Self::NoUpdateSupport => "no-update-support",
            Self::Shrink => "shrink",
            Self::OneOwner => "one-owner",
            Self::Collision => "collision",
            Self::DeprecatedRuntime => "deprecated-runtime",
            Self::TemplateError => "template-error",
        }
    }
}

impl Refusal {
    /// Returns the refusal of a whole request.
    pub(super) fn request(kind: RefusalKind, code: &str, message: String) -> Self {
        Self {
            kind,
            certainty: Certainty::Certain,
            operation: None,
            logical_resource_id: None,
            resource_type: None,
            previous_type: None,
            path: None,
            code: Some(code.to_owned()),
            reason: format!("CloudFormation rejects the request: {message}"),
            message: Some(message),
            fix: None,
            source: None,
        }
    }

    /// Returns the refusal for an error of the new template, perhaps of a resource, with its type.
    pub fn template_error(resource: Option<(&str, &str)>, problem: &str, message: Option<String>, fix: Option<String>) -> Self {
        Self {
            kind: RefusalKind::TemplateError,
            certainty: Certainty::Certain,
            operation: None,
            logical_resource_id: resource.map(|(name, _)| name.to_owned()),
            resource_type: resource.map(|(_, resource_type)| resource_type.to_owned()),
            previous_type: None,
            path: None,
            code: None,
            message,
            reason: format!("{}.", problem.trim_end_matches('.')),
            fix: fix.map(|fix| format!("{}.", fix.trim_end_matches(['.', '?']))),
            source: None,
        }
    }

    /// Returns whether the update certainly fails. An update without changes does not fail: there is nothing to do.
    pub fn is_blocking(&self) -> bool {
        self.certainty.is_certain() && self.kind != RefusalKind::NoChanges
    }
}

/// The input of the searches, and the refusals that they found.
pub(super) struct Search<'s, 'p, 'a> {
    comparison: Comparison<'s, 'p, 'a>,
    changed: &'s ChangedResources<'p, 'a>,
    effects: &'s [ResourceEffect],
    found: Vec<Refusal>,
}

/// Returns every refusal of a change of a resource.
pub(super) fn refusals<'a>(
    comparison: Comparison<'_, '_, 'a>,
    changed: &ChangedResources<'_, 'a>,
    effects: &[ResourceEffect],
    conflicts: &[Conflict<'_, 'a>],
    collisions: &[Collision<'a>],
    secrets: &Secrets<'a>,
) -> Vec<Refusal> {
    let mut search = Search { comparison, changed, effects, found: Vec::new() };
    type_change::search(&mut search);
    no_update::search(&mut search);
    one_owner::search(&mut search, conflicts);
    collision::search(&mut search, collisions, secrets);
    runtimes::search(&mut search);
    macros::soften(comparison.context, &mut search.found);
    search.found
}

/// Marks the effects that certain refusals prevent.
pub(super) fn mark_refused(effects: &mut [ResourceEffect], refusals: &[Refusal]) {
    for refusal in refusals.iter().filter(|refusal| refusal.is_blocking()) {
        let Some(id) = &refusal.logical_resource_id else { continue };
        for effect in effects.iter_mut().filter(|effect| effect.logical_resource_id == *id) {
            effect.effect = Effect::Refused;
            effect.possible = false;
            effect.policy_action = None;
            effect.deletes_first = false;
            effect.rolls_instances = false;
            effect.stops_and_starts = false;
        }
    }
}

/// Returns the refusal of an update that changes nothing.
pub(super) fn no_changes() -> Refusal {
    let refusal = Refusal::request(RefusalKind::NoChanges, "ValidationError", "No updates are to be performed.".to_owned());
    Refusal { operation: Some("UpdateStack".to_owned()), ..refusal }
}
