//! A prepared change: the plan, and the target that executing it leads to.

use crate::apply::Target;
use crate::backend::{Backend, ResourceDrift};
use crate::cloudformation::ChangeSetOptions;
use crate::evaluate::Evaluation;
use crate::plan::redact::Secrets;
use crate::plan::saved::Before;
use crate::plan::{DesiredStack, ParameterChange, Plan, StackState, stack_changes};

use super::error::OperationError;

/// A change that can be shown and executed.
pub struct PreparedChange<'a> {
    /// What the change does.
    pub plan: Plan,
    /// What executing it leads to.
    pub target: Target,
    /// The new template, evaluated with the new parameters and the known state.
    pub after: Evaluation<'a>,
    /// The settings of the stack; `None` if it does not exist.
    pub present: Option<StackState>,
    /// The deployed stack as a saved plan records it; `None` if it does not exist.
    pub before: Option<Before>,
    /// The deployed resources: logical ID, type.
    pub deployed: Vec<(String, String)>,
    /// Every logical ID before and after.
    pub logical_ids: Vec<String>,
    /// Every logical ID that either template declares, also under a false condition.
    pub declared: Vec<String>,
    /// The drifted resources; `None` if drift was not detected.
    pub drift: Option<Vec<ResourceDrift>>,
    /// Secret values, which no view may show.
    pub(crate) secrets: Secrets<'a>,
}

/// The baseline that a plan was predicted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanBasis {
    /// The stack does not exist yet.
    NewStack,
    /// The deployed template.
    DeployedStack,
    /// The actual state of the resources.
    ActualState,
}

impl PreparedChange<'_> {
    /// Returns the baseline that the plan was predicted from.
    pub fn basis(&self) -> PlanBasis {
        match self.target.revision {
            Some(_) if self.plan.deployment_mode.is_some() => PlanBasis::ActualState,
            Some(_) => PlanBasis::DeployedStack,
            None => PlanBasis::NewStack,
        }
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        !self.plan.has_changes()
    }

    /// Checks that the resources of requested failures are in the template before or after the change.
    ///
    /// # Errors
    ///
    /// Returns the first resource that is in neither.
    pub fn check_resources<'n>(&self, logical_ids: impl IntoIterator<Item = &'n str>) -> Result<(), OperationError> {
        match logical_ids.into_iter().find(|name| !self.logical_ids.iter().any(|known| known == name)) {
            Some(name) => Err(OperationError::UnknownResource { logical_id: name.to_owned(), known: self.logical_ids.clone() }),
            None => Ok(()),
        }
    }

    /// Returns the changed parameters that executing the change does not store.
    ///
    /// CloudFormation performs no update if no resource, output or tag changes, and then keeps the deployed values of all parameters.
    /// Sources: "No updates to perform" in
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>, and for parameters
    /// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2027> and
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/20271>.
    pub fn parameters_not_stored(&self) -> Vec<&ParameterChange> {
        let is_value = |change: &&ParameterChange| change.before.is_some() && change.after.is_some();
        if self.plan.needs_update() { Vec::new() } else { self.plan.parameters.iter().filter(is_value).collect() }
    }

    /// Adds changed settings of the stack itself to the plan, once the target's options and settings are final.
    ///
    /// # Errors
    ///
    /// Returns an error if the stack policy cannot be read.
    pub fn compare_stack_settings(&mut self, backend: &dyn Backend) -> Result<(), OperationError> {
        let present = self.present_settings(backend, self.target.settings.stack_policy.is_some())?;
        // The embedded backend sends no notifications, watches no alarms and assumes no role.
        let options = if backend.capabilities().supports_stack_options { self.target.options.clone() } else { ChangeSetOptions::default() };
        let wanted = DesiredStack { tags: &self.target.tags, options: &options, settings: &self.target.settings };
        let changes = stack_changes(&present, &wanted);
        self.plan.add_stack_changes(changes, self.deployed.iter().map(|(id, kind)| (id.as_str(), kind.as_str())));
        self.target.approved = Some(self.plan.clone());
        Ok(())
    }

    /// Returns the settings of the deployed stack, with its policy if requested.
    ///
    /// # Errors
    ///
    /// Returns an error if the stack policy cannot be read.
    pub(super) fn present_settings(&self, backend: &dyn Backend, with_policy: bool) -> Result<StackState, OperationError> {
        let mut present = self.present.clone().unwrap_or_default();
        if self.present.is_some() && with_policy {
            present.stack_policy = backend.stack_policy(&self.target.stack)?;
        }
        Ok(present)
    }
}
