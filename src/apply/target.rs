//! What a plan asks for.

use indexmap::IndexMap;

use crate::backend::{ParameterInput, StackName};
use crate::parameters::{ParameterSet, Provenance};
use crate::plan::saved::{SavedParameter, SavedPlan};

/// What a stack is to become, with no choices left.
#[derive(Clone, Debug)]
pub struct Target {
    /// The stack.
    pub stack: StackName,
    /// The revision that the plan was made for; `None` when there was no stack.
    pub revision: Option<String>,
    /// The text of the template.
    pub template: String,
    /// Every declared parameter.
    pub parameters: IndexMap<String, ParameterInput>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
}

impl Target {
    /// Returns what a backend is told of parameters: deployed values stay where they are, others go with the request.
    pub fn inputs(parameters: &ParameterSet<'_>) -> IndexMap<String, ParameterInput> {
        let input = |provenance: Provenance, value: &Option<String>| match (provenance, value) {
            (Provenance::Deployed, _) | (_, None) => ParameterInput::UsePrevious,
            (_, Some(value)) => ParameterInput::Value(value.clone()),
        };
        parameters.parameters.iter().map(|(name, parameter)| ((*name).to_owned(), input(parameter.provenance, &parameter.value))).collect()
    }
}

impl From<SavedPlan> for Target {
    fn from(plan: SavedPlan) -> Self {
        let input = |saved| match saved {
            SavedParameter::Value(value) => ParameterInput::Value(value),
            SavedParameter::UsePreviousValue => ParameterInput::UsePrevious,
        };
        Self {
            stack: plan.stack_name,
            revision: plan.revision,
            template: plan.template,
            parameters: plan.parameters.into_iter().map(|(name, saved)| (name, input(saved))).collect(),
            tags: plan.tags,
        }
    }
}
