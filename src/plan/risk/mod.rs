//! The risks of a plan, for review before it is approved.
//!
//! Each file finds one kind of risk in the changed resources and explains each risk in full sentences with the names in it.

mod access;
mod attachments;
mod data_loss;
mod escalation;
mod export;
mod ingress;
mod interruption;
mod known_names;
mod leaf;
mod lifecycle;
mod parameters;
mod policy;
mod retention;
mod security;
mod switches;
mod traffic;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::cloudformation::PolicyAction;
use crate::plan::certainty::Certainty;
use crate::plan::collision::Collision;
use crate::plan::compare::{ChangedResources, Comparison};
use crate::plan::effects::ResourceEffect;
use crate::plan::outputs::OutputChange;
use crate::plan::redact::Secrets;

/// One risk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Risk {
    /// The kind of risk.
    pub kind: RiskKind,
    /// Whether the risk is certain.
    pub certainty: Certainty,
    /// The resource, if the risk is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// The property that causes the risk, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The explanation, with the fix if there is one.
    pub reason: String,
}

/// The kinds of risk that can be denied, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskKind {
    /// A resource that holds data is deleted or replaced.
    DataLoss,
    /// A resource is unavailable for some time.
    Interruption,
    /// Access or permissions become wider, or a protection is turned off.
    SecurityWidening,
    /// Backups, logs or deleted resources are kept for less time, or a protection against deletion is turned off.
    RetentionShortened,
    /// A resource is created or updated while another one has its identity, such as its name.
    ReplacementCollision,
    /// A deployed parameter value is reset to the template's default, or lost because the parameter was renamed.
    ParameterDefault,
    /// An export is removed or renamed that other stacks may import.
    ExportRemoved,
    /// An output without an export is removed that scripts or a parent stack may read.
    OutputRemoved,
}

impl RiskKind {
    /// Every kind, worst first.
    pub const ALL: [Self; 8] = [
        Self::DataLoss,
        Self::Interruption,
        Self::SecurityWidening,
        Self::RetentionShortened,
        Self::ReplacementCollision,
        Self::ParameterDefault,
        Self::ExportRemoved,
        Self::OutputRemoved,
    ];

    /// Returns whether explanations of this kind quote values of properties.
    fn quotes_values(self) -> bool {
        matches!(self, Self::SecurityWidening | Self::RetentionShortened | Self::ReplacementCollision | Self::ExportRemoved)
    }

    /// Returns an explanation that quotes no values, for a risk whose values depend on a secret.
    fn without_values(self, id: Option<&str>) -> String {
        let what = match self {
            Self::DataLoss => "may lose data",
            Self::Interruption => "is unavailable for some time",
            Self::SecurityWidening => "allows more access, or is protected less",
            Self::RetentionShortened => "keeps data for less time, or is protected less against deletion",
            Self::ReplacementCollision => "collides with the resource that it replaces, or with another one",
            Self::ParameterDefault => "is reset to its default",
            Self::ExportRemoved => "is no longer exported under its name",
            Self::OutputRemoved => "is removed",
        };
        let subject = id.map_or_else(|| "A part of the stack".to_owned(), |id| format!("`{id}`"));
        format!("{subject} {what}; the values depend on a NoEcho parameter and are not shown.")
    }

    /// Returns the kind's name, such as `data-loss`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::Interruption => "interruption",
            Self::SecurityWidening => "security-widening",
            Self::RetentionShortened => "retention-shortened",
            Self::ReplacementCollision => "replacement-collision",
            Self::ParameterDefault => "parameter-default",
            Self::ExportRemoved => "export-removed",
            Self::OutputRemoved => "output-removed",
        }
    }
}

/// The input of the searches, and the risks that they found.
pub(super) struct Search<'s, 'p, 'a> {
    comparison: Comparison<'s, 'p, 'a>,
    changed: &'s ChangedResources<'p, 'a>,
    effects: &'s [ResourceEffect],
    secrets: &'s Secrets<'a>,
    found: Vec<Risk>,
    /// The same risks, to report each only once.
    reported: FxHashSet<Risk>,
}

impl Search<'_, '_, '_> {
    /// Adds a risk that certainly exists.
    fn note(&mut self, kind: RiskKind, id: Option<&str>, path: Option<String>, reason: String) {
        self.note_with(Certainty::Certain, kind, id, path, reason);
    }

    fn note_with(&mut self, certainty: Certainty, kind: RiskKind, id: Option<&str>, path: Option<String>, reason: String) {
        // Whether a sentence quotes a short secret is not searched for: the result would depend on the secret.
        let is_hidden = kind.quotes_values() && self.secrets.has_short(id);
        let reason = if is_hidden { kind.without_values(id) } else { self.secrets.text(reason) };
        let risk = Risk { kind, certainty, logical_resource_id: id.map(str::to_owned), path, reason };
        if self.reported.insert(risk.clone()) {
            self.found.push(risk);
        }
    }
}

/// Returns every risk of the changes, worst kind first, and in each kind the certain ones first.
pub(super) fn risks<'a>(
    comparison: Comparison<'_, '_, 'a>,
    changed: &ChangedResources<'_, 'a>,
    effects: &[ResourceEffect],
    outputs: &[OutputChange],
    collisions: &[Collision<'a>],
    secrets: &Secrets<'a>,
) -> Vec<Risk> {
    let mut search = Search { comparison, changed, effects, secrets, found: Vec::new(), reported: FxHashSet::default() };
    data_loss::search(&mut search);
    interruption::search(&mut search);
    security::search(&mut search);
    retention::search(&mut search);
    for collision in collisions {
        let id = Some(collision.logical_id);
        search.note_with(collision.certainty, RiskKind::ReplacementCollision, id, collision.path.clone(), collision.reason());
    }
    parameters::search(&mut search);
    export::search(&mut search, outputs);
    search.found.sort_by_key(|risk| (risk.kind, risk.certainty));
    search.found
}

/// Returns whether an effect deletes the present physical resource.
fn deletes(effect: &ResourceEffect) -> bool {
    matches!(effect.policy_action, Some(PolicyAction::Delete | PolicyAction::ReplaceAndDelete))
}
