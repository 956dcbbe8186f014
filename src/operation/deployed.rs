//! The deployed stack: its template, parameters and the known state of its resources.

use super::error::OperationError;
use super::input::{evaluate_template, read_template};
use super::note::Note;
use crate::backend::{Backend, StackDescription, add_attributes_of_outputs, deployed_parameters, deployed_state, exports, imports};
use crate::diagnostic::Source;
use crate::evaluate::{Evaluation, State};
use crate::parameters::ParameterOverrides;
use crate::plan::StackState;
use crate::plan::saved::Before;
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

    /// Loads a stack that must exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the stack does not exist, if the backend cannot be reached, or if the template cannot be read.
    pub fn load_existing(backend: &dyn Backend, stack: &str, arena: &'a Arena) -> Result<Self, OperationError> {
        Self::load(backend, stack, arena)?.ok_or_else(|| OperationError::StackNotFound { stack: stack.to_owned() })
    }

    /// Returns what a saved plan records of the stack.
    pub fn before(&self) -> Before {
        let StackDescription { id, template, parameters, .. } = &self.description;
        Before::of(id, template, parameters)
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

/// Returns the settings of a stack other than its template and parameters. The stack policy is read separately.
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

/// Returns what is known when `template` is deployed: the state of the stack, or of the account while the stack does not exist.
///
/// # Errors
///
/// Returns an error if the backend cannot be reached.
pub fn known_state<'a>(
    backend: &dyn Backend,
    template: &Template<'_>,
    deployed: Option<&DeployedStack<'a>>,
    offline_state: &State,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<&'a State, OperationError> {
    let needs_exports = imports(template.source.text());
    let state = match deployed {
        // The deployed template imports nothing, so the exports were not read yet.
        Some(deployed) if needs_exports && !imports(&deployed.description.template) => {
            State { exports: exports(backend)?, ..deployed.state.clone() }
        }
        Some(deployed) => return Ok(deployed.state),
        None => {
            let mut state = offline_state.clone();
            state.pseudo.insert("AWS::Region".to_owned(), backend.region().into());
            match backend.identity() {
                Ok(identity) => drop(state.pseudo.insert("AWS::AccountId".to_owned(), identity.account.into())),
                Err(error) => {
                    notes(Note::AccountUnknown { error });
                    state.pseudo.shift_remove("AWS::AccountId");
                }
            }
            if needs_exports {
                state.exports = exports(backend)?;
            }
            state
        }
    };
    Ok(arena.bump().alloc(state))
}
