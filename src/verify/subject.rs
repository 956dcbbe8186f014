//! The stack that is looked at: its template under its parameters, with all that the backend knows of it.

use indexmap::IndexMap;

use crate::apply::Target;
use crate::backend::{Backend, BackendError, ParameterInput, StackDescription, StackName, deployed_state};
use crate::diagnostic::{Diagnostics, Source};
use crate::evaluate::{Evaluation, State, evaluate};
use crate::parameters::{ParameterOverride, ParameterOverrides, ParameterSet, Provenance};
use crate::template::{Arena, Template};

/// Why there is nothing to look at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The backend refused or could not be asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The stack's template or parameters cannot be evaluated.
    #[error("the stack's template cannot be evaluated")]
    Template(#[source] Diagnostics),
}

/// A stack, and what it is, or is to be, made of.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The stack.
    pub stack: StackName,
    /// The template's text; `None` is the deployed one.
    pub template: Option<String>,
    /// The parameters; one that is left out, or says so, has its deployed value.
    pub parameters: IndexMap<String, ParameterInput>,
    /// Physical IDs of resources that are imported first, by logical ID.
    pub imported: IndexMap<String, String>,
}

impl Subject {
    /// Returns a stack as it is deployed.
    pub fn deployed(stack: &str) -> Self {
        Self { stack: stack.to_owned(), template: None, parameters: IndexMap::new(), imported: IndexMap::new() }
    }

    /// Calls with the meaning of the subject's template in the deployed stack.
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
        self.under(Some(&stack), &state, |evaluation| work(evaluation, &stack))
    }

    /// Calls with the meaning of the subject's template in the stack as it is, or under what is known where there is none yet.
    ///
    /// # Errors
    ///
    /// Returns that the template cannot be evaluated, that the backend cannot be asked, or what the work returns.
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
            return self.under(None, &known, |evaluation| work(evaluation, stack.as_ref()));
        };
        let mut state = deployed_state(backend, deployed)?;
        state.physical_ids.extend(imported);
        self.under(Some(deployed), &state, |evaluation| work(evaluation, Some(deployed)))
    }

    /// Calls with the meaning of the subject's template under a state.
    fn under<T>(
        &self,
        stack: Option<&StackDescription>,
        state: &State,
        work: impl FnOnce(&Evaluation<'_>) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let text = self.template.clone().or_else(|| stack.map(|stack| stack.template.clone())).unwrap_or_default();
        let (source, arena) = (Source::new("template", text), Arena::new());
        let template = Template::read(&source, &arena).map_err(VerifyError::Template)?;
        let mut given = ParameterOverrides::default();
        let deployed = stack.map(|stack| &stack.parameters);
        for (name, text) in deployed.into_iter().flatten().filter(|(name, _)| template.parameters.contains(name)) {
            given.values.insert(name.clone(), ParameterOverride { text: text.clone(), provenance: Provenance::Deployed, span: None });
        }
        for (name, input) in &self.parameters {
            if let ParameterInput::Value(text) = input {
                given
                    .values
                    .insert(name.clone(), ParameterOverride { text: Some(text.clone()), provenance: Provenance::Deployed, span: None });
            }
        }
        let parameters = ParameterSet::resolve(&template, &given).map_err(VerifyError::Template)?;
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
