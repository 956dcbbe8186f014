//! The stack to verify: its template, evaluated with its parameters and the known state of its resources.

use indexmap::IndexMap;

use crate::apply::Target;
use crate::backend::{Backend, BackendError, ParameterInput, StackDescription, StackName, deployed_parameters, deployed_state};
use crate::diagnostic::{Diagnostics, Source};
use crate::evaluate::{Evaluation, State, evaluate};
use crate::parameters::ParameterSet;
use crate::template::{Arena, Template};

/// Why a stack cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The backend failed or refused the request.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The template or parameters of the stack cannot be evaluated.
    #[error("the stack's template cannot be evaluated")]
    Template(#[source] Diagnostics),
}

/// A stack with its current or its desired template and parameters.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The stack.
    pub stack: StackName,
    /// The text of the template; `None` is the deployed template.
    pub template: Option<String>,
    /// The parameters; a missing one, or one with the previous value, has its deployed value.
    pub parameters: IndexMap<String, ParameterInput>,
    /// The physical IDs of resources that are imported first, by logical ID.
    pub imported: IndexMap<String, String>,
}

impl Subject {
    /// Returns a stack with its deployed template and parameters.
    pub fn deployed(stack: &str) -> Self {
        Self { stack: stack.to_owned(), template: None, parameters: IndexMap::new(), imported: IndexMap::new() }
    }

    /// Calls `work` with the evaluated template of the deployed stack.
    pub(super) fn deployed_evaluated<T>(
        &self,
        backend: &dyn Backend,
        work: impl FnOnce(&Evaluation<'_>, &StackDescription) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let stack = backend
            .describe_stack(&self.stack)?
            .filter(|stack| !stack.status.is_review())
            .ok_or_else(|| BackendError::StackNotFound { stack: self.stack.clone() })?;
        let state = deployed_state(backend, &stack)?;
        self.evaluated_in(Some(&stack), &state, |evaluation| work(evaluation, &stack))
    }

    /// Calls `work` with the evaluated template, in the state of the deployed stack, or in the state `known` if the stack does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the template cannot be evaluated, if the backend fails, or if `work` fails.
    pub fn evaluated<T>(
        &self,
        backend: &dyn Backend,
        known: &State,
        work: impl FnOnce(&Evaluation<'_>, Option<&StackDescription>) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let stack = backend.describe_stack(&self.stack)?;
        let imported = self.imported.iter().map(|(logical_id, physical_id)| (logical_id.clone(), physical_id.clone()));
        let Some(deployed) = stack.as_ref().filter(|stack| !stack.status.is_review()) else {
            let mut known = known.clone();
            known.physical_ids.extend(imported);
            return self.evaluated_in(None, &known, |evaluation| work(evaluation, stack.as_ref()));
        };
        let mut state = deployed_state(backend, deployed)?;
        state.physical_ids.extend(imported);
        self.evaluated_in(Some(deployed), &state, |evaluation| work(evaluation, Some(deployed)))
    }

    /// Calls `work` with the template evaluated in a state.
    fn evaluated_in<T>(
        &self,
        stack: Option<&StackDescription>,
        state: &State,
        work: impl FnOnce(&Evaluation<'_>) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let text = self.template.clone().or_else(|| stack.map(|stack| stack.template.clone())).unwrap_or_default();
        let (source, arena) = (Source::new("template", text), Arena::new());
        let template = Template::read(&source, &arena).map_err(VerifyError::Template)?;
        let mut values = stack.map(deployed_parameters).unwrap_or_default();
        values.values.retain(|name, _| template.parameters.contains(name));
        for (name, input) in &self.parameters {
            if let ParameterInput::Value(text) = input {
                values.add_deployed(name, Some(text.clone()));
            }
        }
        let parameters = ParameterSet::resolve(&template, &values).map_err(VerifyError::Template)?;
        let evaluation = evaluate(&template, &parameters, state, &arena).map_err(VerifyError::Template)?;
        work(&evaluation)
    }
}

impl From<&Target> for Subject {
    fn from(target: &Target) -> Self {
        Self {
            stack: target.stack.clone(),
            template: Some(target.template.clone()),
            parameters: target.parameters.clone(),
            imported: target.imported(),
        }
    }
}
