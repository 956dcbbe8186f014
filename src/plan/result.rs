//! What planning returns.

use serde::{Deserialize, Serialize};

use super::effects::{Effect, ResourceEffect};
use super::import::ResourceImport;
use super::outputs::OutputChange;
use super::parameters::{ParameterChange, SsmParameterChange};
use super::refusal::{Refusal, RefusalKind};
use super::risk::Risk;
use super::stack::{StackChange, StackSetting};
use super::unknown::Unknown;
use crate::cloudformation::{Capability, ChangeSet, DeploymentMode};
use crate::schema;

/// The version of a [`Plan`]'s JSON, which `docs/plan.schema.json` describes.
pub const FORMAT_VERSION: u32 = 2;

/// The changes from one evaluated template to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    #[serde(rename = "format_version")]
    pub format_version: u32,
    /// How the update treats drift. Without a mode, CloudFormation ignores drift, and a drifted property keeps its actual value unless
    /// the template changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_mode: Option<DeploymentMode>,
    /// AWS's list with property values.
    pub change_set: ChangeSet,
    /// AWS's list without property values. It has more entries for attributes of resources that are updated in place.
    #[serde(skip)]
    pub change_set_without_values: ChangeSet,
    /// What executing the plan does, in CloudFormation's order, cleanup last. An untouched resource is included only if AWS lists it.
    pub effects: Vec<ResourceEffect>,
    /// The risks, worst kind first.
    pub risks: Vec<Risk>,
    /// Parameters whose value differs.
    pub parameters: Vec<ParameterChange>,
    /// SSM parameters with the same name as before, whose value in Parameter Store differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ssm_parameters: Vec<SsmParameterChange>,
    /// Outputs that differ.
    pub outputs: Vec<OutputChange>,
    /// Settings of the stack itself that differ: tags, protection, policy. [`Plan::add_stack_changes`] adds them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<StackChange>,
    /// The logical IDs of deployed resources to which CloudFormation propagates changed stack tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retagged: Vec<String>,
    /// The capabilities that a request with the new template must acknowledge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Capability>,
    /// The capabilities that the old template did not require.
    #[serde(skip)]
    pub new_capabilities: Vec<Capability>,
    /// The changes that CloudFormation or a service refuses, so that the update fails, regardless of its capabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
    /// What the plan cannot know, such as the output of a macro whose input differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<Unknown>,
    /// Existing resources that a separate operation imports before the update.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ResourceImport>,
}

impl Plan {
    /// Returns a plan that changes nothing but what this change set lists.
    pub(super) fn of_change_set(change_set: ChangeSet) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            deployment_mode: None,
            change_set_without_values: change_set.clone(),
            change_set,
            effects: Vec::new(),
            risks: Vec::new(),
            parameters: Vec::new(),
            ssm_parameters: Vec::new(),
            outputs: Vec::new(),
            stack: Vec::new(),
            retagged: Vec::new(),
            capabilities: Vec::new(),
            new_capabilities: Vec::new(),
            refusals: Vec::new(),
            unknowns: Vec::new(),
            imports: Vec::new(),
        }
    }

    /// Returns whether executing the plan changes anything.
    ///
    /// A changed parameter that nothing uses is no change: CloudFormation answers that no updates are to be performed.
    pub fn has_changes(&self) -> bool {
        !self.stack.is_empty() || self.changes_resources_or_outputs()
    }

    pub(super) fn changes_resources_or_outputs(&self) -> bool {
        let Self {
            format_version: _,
            deployment_mode: _,
            change_set,
            change_set_without_values,
            effects,
            risks: _,
            parameters: _,
            ssm_parameters: _,
            outputs,
            stack: _,
            retagged: _,
            capabilities: _,
            new_capabilities: _,
            refusals: _,
            unknowns,
            imports,
        } = self;
        let is_touched = |effect: &ResourceEffect| effect.effect != Effect::Untouched;
        !change_set.changes.is_empty()
            || !change_set_without_values.changes.is_empty()
            || effects.iter().any(is_touched)
            || !outputs.is_empty()
            || !imports.is_empty()
            || !unknowns.is_empty()
    }

    /// Returns whether the update certainly fails.
    pub fn is_refused(&self) -> bool {
        self.refusals.iter().any(Refusal::is_blocking)
    }

    /// Adds refusals.
    pub fn refuse(&mut self, refusals: impl IntoIterator<Item = Refusal>) {
        self.refusals.extend(refusals);
    }

    /// Returns whether the update certainly fails for another reason than an error of the template.
    pub fn is_refused_beside_errors(&self) -> bool {
        self.refusals.iter().any(|refusal| refusal.is_blocking() && refusal.kind != RefusalKind::TemplateError)
    }

    /// Returns how many imports, creations, updates and deletions of resources the plan contains; a replacement counts twice.
    pub fn steps(&self) -> usize {
        let steps = |effect: &ResourceEffect| match effect.effect {
            Effect::Untouched | Effect::Refused => 0,
            Effect::Replaced => 2,
            Effect::UpdatedInPlace | Effect::UpdatedWithInterruption | Effect::Created | Effect::Deleted | Effect::Retained => 1,
        };
        self.effects.iter().map(steps).sum::<usize>() + self.imports.len()
    }

    /// Adds changed settings of the stack itself. `deployed` yields the logical ID and type of its resources; those with tags get changed
    /// stack tags.
    pub fn add_stack_changes<'d>(&mut self, changes: Vec<StackChange>, deployed: impl Iterator<Item = (&'d str, &'d str)>) {
        self.stack = changes;
        self.retagged.clear();
        if !self.stack.iter().any(|change| change.setting == StackSetting::Tag) {
            return;
        }
        let is_removed = |id: &str| {
            let removes = |effect: Effect| matches!(effect, Effect::Deleted | Effect::Retained);
            self.effects.iter().any(|effect| effect.logical_resource_id == id && removes(effect.effect))
        };
        let has_tags = |kind: &str| schema::resource_type(kind).is_some_and(|facts| facts.tag_property().is_some());
        self.retagged = deployed.filter(|(id, kind)| has_tags(kind) && !is_removed(id)).map(|(id, _)| id.to_owned()).collect();
        self.retagged.sort();
    }

    /// Returns whether executing the plan requires a stack update, rather than only calls that set something beside it.
    pub fn needs_update(&self) -> bool {
        self.stack.iter().any(|change| change.setting.needs_update()) || self.changes_resources_or_outputs()
    }
}
