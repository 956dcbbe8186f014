//! Resources that are taken into a stack before it is changed.
//!
//! CloudFormation's own rules make two operations of it: an import may hold imports and nothing else, so the deployed template comes first with
//! the imported resources alone added, as they are, and the update to what is wanted comes second. See `docs/design/import.md`.

mod ask;
mod template;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use ask::{Asked, AskedImport, ImportProblem, ask};
pub use template::{DEFINITION, restored, step};

use super::{Effect, Plan, Risk, RiskKind};
use crate::cloudformation::{Action, Change, ChangeSet, ChangeSetStatus, ResourceChange};

/// A resource that is taken into the stack, in the words of `ResourceToImport`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceToImport.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceImport {
    /// Always `Import`.
    pub action: Action,
    /// What it is called in the template.
    pub logical_resource_id: String,
    /// The type.
    pub resource_type: String,
    /// Which one it is: its primary identifier, property by property.
    pub resource_identifier: IndexMap<String, String>,
    /// Whether its properties were looked at and held against the template's; what differs is in the update that follows.
    pub compared: bool,
    /// Why they were not, where something kept them from being looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared_because: Option<String>,
    /// Properties that only the update gives it, since they rest on what only that makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl ResourceImport {
    /// Returns what `Ref` of it gives, which is the identifier where that is one property.
    pub fn physical_id(&self) -> Option<&str> {
        match self.resource_identifier.as_slice() {
            one if one.len() == 1 => one.get_index(0).map(|(_, value)| value.as_str()),
            _ => None,
        }
    }

    /// Returns the identifier as a person reads it: `fs-0123`, or `ApiId=a, StageName=b`.
    pub fn identifier(&self) -> String {
        match self.physical_id() {
            Some(id) => id.to_owned(),
            None => self.resource_identifier.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", "),
        }
    }
}

/// The first of the two operations: what is taken in, and the template that does it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportStep {
    /// What is taken in.
    pub resources: Vec<ResourceImport>,
    /// The deployed template with these resources in it, as they are.
    pub template: String,
    /// The stack's parameters, all of which keep their value.
    pub parameters: Vec<String>,
}

impl ImportStep {
    /// Returns what CloudFormation is expected to list: these imports and nothing else.
    pub fn plan(&self) -> Plan {
        let change = |import: &ResourceImport| {
            let mut change = ResourceChange::new(Action::Import, &import.logical_resource_id, &import.resource_type);
            change.physical_resource_id = import.physical_id().map(str::to_owned);
            Change::resource(change)
        };
        let mut changes: Vec<Change> = self.resources.iter().map(change).collect();
        changes.sort_by(|a, b| a.resource_change.logical_resource_id.cmp(&b.resource_change.logical_resource_id));
        let change_set = ChangeSet { status: ChangeSetStatus::CreateComplete, status_reason: None, changes };
        Plan {
            stack: Vec::new(),
            retagged: Vec::new(),
            format_version: super::FORMAT_VERSION,
            change_set_without_values: change_set.clone(),
            change_set,
            effects: Vec::new(),
            risks: Vec::new(),
            parameters: Vec::new(),
            outputs: Vec::new(),
            capabilities: Vec::new(),
            new_capabilities: Vec::new(),
            refusals: Vec::new(),
            deployment_mode: None,
            stored: Vec::new(),
            imports: self.resources.clone(),
        }
    }
}

impl Plan {
    /// Takes in what is imported before the rest of the plan is carried out, and warns of what the rest would then do to it.
    ///
    /// A resource that is imported only to be replaced is lost to the rack whatever its policies say, so that is data loss.
    #[must_use]
    pub fn after_imports(mut self, step: &ImportStep) -> Self {
        self.imports.clone_from(&step.resources);
        for import in step.resources.iter().rev() {
            let id = &import.logical_resource_id;
            let Some(effect) = self.effects.iter().find(|effect| effect.logical_resource_id == *id && effect.effect == Effect::Replaced)
            else {
                continue;
            };
            let names: Vec<&str> = effect
                .causes
                .iter()
                .filter_map(|cause| cause.path.as_deref()?.strip_prefix("/Properties/"))
                .map(|path| path.split('/').next().unwrap_or(path))
                .collect();
            let mut seen: Vec<&str> = Vec::new();
            names.iter().for_each(|name| {
                if !seen.contains(name) {
                    seen.push(name)
                }
            });
            let differs = match seen.as_slice() {
                [] => "it is not what the template says".to_owned(),
                [name] => format!("its {name} is not what the template says"),
                names => format!("its {} are not what the template says", names.join(", ")),
            };
            let may = if effect.possible { "may at once be" } else { "would at once be" };
            self.risks.retain(|risk| !(risk.kind == RiskKind::DataLoss && risk.logical_resource_id.as_deref() == Some(id.as_str())));
            self.risks.insert(
                0,
                Risk {
                    kind: RiskKind::DataLoss,
                    logical_resource_id: Some(id.clone()),
                    path: None,
                    reason: format!(
                        "`{id}`: {} would be imported, and {may} REPLACED by a new, empty one, since {differs}: the rack would lose what is in it. \
                         Import it under a template and parameters that fit what it is.",
                        import.identifier()
                    ),
                },
            );
        }
        self
    }
}
