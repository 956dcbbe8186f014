//! The import that precedes an update.

use serde::{Deserialize, Serialize};

use super::resource::ResourceImport;
use crate::cloudformation::{Action, Change, ChangeSet, ChangeSetStatus, ResourceChange};
use crate::plan::certainty::Certainty;
use crate::plan::effects::Effect;
use crate::plan::result::Plan;
use crate::plan::risk::{Risk, RiskKind};

/// The first of the two operations: the resources to import, and the template that imports them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportStep {
    /// The resources to import.
    pub resources: Vec<ResourceImport>,
    /// The deployed template with these resources added as they are.
    pub template: String,
    /// The stack's parameters, all of which keep their value.
    pub parameters: Vec<String>,
}

impl ImportStep {
    /// Returns the expected change set of CloudFormation: these imports and nothing else.
    pub fn plan(&self) -> Plan {
        let change = |import: &ResourceImport| {
            let mut change = ResourceChange::new(Action::Import, &import.logical_resource_id, &import.resource_type);
            change.physical_resource_id = import.physical_id().map(str::to_owned);
            Change::resource(change)
        };
        let mut changes: Vec<Change> = self.resources.iter().map(change).collect();
        changes.sort_by(|a, b| a.resource_change.logical_resource_id.cmp(&b.resource_change.logical_resource_id));
        let change_set = ChangeSet { status: ChangeSetStatus::CreateComplete, status_reason: None, changes };
        Plan { imports: self.resources.clone(), ..Plan::of_change_set(change_set) }
    }
}

impl Plan {
    /// Adds the import that precedes the update, and reports what the update would do to an imported resource.
    ///
    /// A resource that is imported and then replaced is lost to the rack regardless of its policies, so that is data loss.
    #[must_use]
    pub fn with_imports(mut self, step: &ImportStep) -> Self {
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
            let mut unique: Vec<&str> = Vec::new();
            for name in names {
                if !unique.contains(&name) {
                    unique.push(name);
                }
            }
            let differs = match unique.as_slice() {
                [] => "it differs from the template".to_owned(),
                [name] => format!("its {name} differs from the template"),
                names => format!("its {} differ from the template", names.join(", ")),
            };
            let may = if effect.possible { "then may be" } else { "then be" };
            self.risks.retain(|risk| !(risk.kind == RiskKind::DataLoss && risk.logical_resource_id.as_deref() == Some(id.as_str())));
            self.risks.insert(
                0,
                Risk {
                    kind: RiskKind::DataLoss,
                    certainty: Certainty::possible_if(effect.possible),
                    logical_resource_id: Some(id.clone()),
                    path: None,
                    reason: format!(
                        "`{id}`: {} would be imported and {may} REPLACED by a new, empty resource, because {differs}: the rack would lose its \
                         data. Import it with a template and parameters that match it.",
                        import.identifier()
                    ),
                },
            );
        }
        self
    }
}
