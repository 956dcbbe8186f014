//! The deployed stack: its template, parameters and the known state of its resources.

use super::error::OperationError;
use super::input::{evaluate_template, read_template};
use super::note::Note;
use crate::backend::{Backend, StackDescription, add_attributes_of_outputs, deployed_parameters, deployed_state};
use crate::diagnostic::Source;
use crate::evaluate::{Evaluation, State};
use crate::parameters::ParameterOverrides;
use crate::plan::StackState;
use crate::template::{Arena, Template};

/// A deployed stack.
pub struct DeployedStack<'a> {
    /// The description from the backend.
    pub description: StackDescription,
    /// Its template.
    pub template: &'a Template<'a>,
    /// Its parameters; `NoEcho` ones without their value.
    pub parameters: ParameterOverrides,
    /// What is known of its resources.
    pub state: &'a State,
}

impl<'a> DeployedStack<'a> {
    /// Loads a stack; returns `None` if it does not exist or has no resources yet (`REVIEW_IN_PROGRESS`).
    ///
    /// # Errors
    ///
    /// Returns an error if the backend cannot be reached or the template cannot be read.
    pub fn load(backend: &dyn Backend, stack: &str, arena: &'a Arena) -> Result<Option<Self>, OperationError> {
        let Some(description) = backend.describe_stack(stack)?.filter(|stack| !stack.status.is_review()) else { return Ok(None) };
        let template = read_template(arena, Source::new(format!("{stack} (deployed)"), description.template.clone()))?;
        let parameters = deployed_parameters(&description);
        let mut state = deployed_state(backend, &description)?;
        add_attributes_of_outputs(&mut state, template, &description.outputs);
        Ok(Some(Self { description, template, parameters, state: arena.bump().alloc(state) }))
    }

    /// Evaluates the deployed template with the deployed parameters.
    ///
    /// # Errors
    ///
    /// Returns every error of the template and its parameters.
    pub fn evaluate(&self, arena: &'a Arena, notes: &mut dyn FnMut(Note)) -> Result<Evaluation<'a>, OperationError> {
        evaluate_template(arena, self.template, &self.parameters, self.state, notes)
    }
}

/// Returns the settings of a stack beside its template and parameters. The stack policy is read separately.
pub fn stack_state(stack: &StackDescription) -> StackState {
    StackState {
        tags: stack.tags.clone(),
        termination_protection: stack.termination_protection,
        stack_policy: None,
        role_arn: stack.role_arn.clone(),
        notification_topics: stack.notification_topics.clone(),
        rollback_alarms: stack.rollback_alarms.clone(),
        rollback_monitoring_minutes: stack.rollback_monitoring_minutes,
    }
}
