//! What a person should think twice about before saying yes.
//!
//! Each file looks for one kind of risk in what modified, and says each as a full sentence with the names in it.

mod collision;
mod data_loss;
mod export;
mod ingress;
mod interruption;
mod policy;
mod security;
mod switches;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::cloudformation::PolicyAction;
use crate::parameters::Provenance;
use crate::plan::compare::{ChangedResources, Comparison};
use crate::plan::effects::ResourceEffect;
use crate::plan::outputs::OutputChange;
use crate::plan::redact::Secrets;

/// One thing to think twice about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Risk {
    /// Which kind.
    pub kind: RiskKind,
    /// The resource, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// The property that causes it, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why, as one sentence.
    pub reason: String,
}

/// The kinds of risk that `--deny` takes, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskKind {
    /// A resource that holds data is deleted or replaced.
    DataLoss,
    /// Something stops serving for a while.
    Interruption,
    /// More can reach or do something than before.
    SecurityWidening,
    /// A replacement cannot succeed beside the resource it replaces.
    ReplacementCollision,
    /// A deployed value is dropped for the template's default.
    ParameterDefault,
    /// An output or export goes that others may import.
    ExportRemoved,
}

impl RiskKind {
    /// Every kind, the worst first.
    pub const ALL: [Self; 6] = [
        Self::DataLoss,
        Self::Interruption,
        Self::SecurityWidening,
        Self::ReplacementCollision,
        Self::ParameterDefault,
        Self::ExportRemoved,
    ];

    /// Returns the name that `--deny` takes, such as `data-loss`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::Interruption => "interruption",
            Self::SecurityWidening => "security-widening",
            Self::ReplacementCollision => "replacement-collision",
            Self::ParameterDefault => "parameter-default",
            Self::ExportRemoved => "export-removed",
        }
    }
}

/// What the searches look at, and the risks they found.
pub(super) struct Search<'s, 'p, 'a> {
    comparison: Comparison<'s, 'p, 'a>,
    changed: &'s ChangedResources<'p, 'a>,
    effects: &'s [ResourceEffect],
    secrets: &'s Secrets<'a>,
    found: Vec<Risk>,
    /// The same risks, to tell each once.
    told: FxHashSet<Risk>,
}

impl Search<'_, '_, '_> {
    fn note(&mut self, kind: RiskKind, id: Option<&str>, path: Option<String>, reason: String) {
        let reason = self.secrets.text(reason);
        let risk = Risk { kind, logical_resource_id: id.map(str::to_owned), path, reason };
        if self.told.insert(risk.clone()) {
            self.found.push(risk);
        }
    }
}

/// Returns every risk of carrying out what modified, worst kind first.
pub(super) fn risks<'a>(
    comparison: Comparison<'_, '_, 'a>,
    changed: &ChangedResources<'_, 'a>,
    effects: &[ResourceEffect],
    outputs: &[OutputChange],
    secrets: &Secrets<'a>,
) -> Vec<Risk> {
    let mut search = Search { comparison, changed, effects, secrets, found: Vec::new(), told: FxHashSet::default() };
    data_loss::search(&mut search);
    interruption::search(&mut search);
    security::search(&mut search);
    collision::search(&mut search);
    parameters(&mut search);
    export::search(&mut search, outputs);
    search.found.sort_by_key(|risk| risk.kind);
    search.found
}

/// A parameter that was set and that this update puts back at the template's default.
fn parameters(search: &mut Search<'_, '_, '_>) {
    let Some(before) = search.comparison.context.before else { return };
    for (name, parameter) in &search.comparison.context.after.parameters.parameters {
        let Some(old) = before.parameters.parameters.get(name) else { continue };
        if parameter.provenance == Provenance::Default && old.provenance != Provenance::Default && old.value != parameter.value {
            let hides = parameter.declaration.no_echo || old.declaration.no_echo;
            let show = |value: &Option<String>| match value {
                Some(value) if !hides => format!("`{value}`"),
                _ => "its secret value".to_owned(),
            };
            let reason = format!(
                "Parameter `{name}` falls back from {} to the template's default {}, since no value was given for it.",
                show(&old.value),
                if hides { "secret".to_owned() } else { show(&parameter.value) },
            );
            search.note(RiskKind::ParameterDefault, None, None, reason);
        }
    }
}

/// Tells whether an effect does away with the physical resource there is now.
fn deletes(effect: &ResourceEffect) -> bool {
    matches!(effect.policy_action, Some(PolicyAction::Delete | PolicyAction::ReplaceAndDelete))
}
