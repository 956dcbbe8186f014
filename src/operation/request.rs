//! The request of a caller: the stack, its desired state, and the baseline of the plan.

use indexmap::IndexMap;

use crate::diagnostic::{Source, Span};
use crate::evaluate::State;
use crate::parameters::ParameterOverrides;
use crate::plan::ImportRequest;
use crate::verify::Inspector;

/// A change of a stack.
pub struct ChangeRequest<'r> {
    /// The stack.
    pub stack: &'r str,
    /// The desired state of the stack.
    pub desired: Desired,
    /// Parameter values that override those of the rack and deployed ones.
    pub overrides: &'r ParameterOverrides,
    /// The baseline of the plan.
    pub baseline: Baseline,
    /// Existing resources to import first.
    pub import: Option<ExistingResources<'r>>,
    /// What is known while the stack does not exist: pseudo parameters above all.
    pub offline_state: State,
    /// The role that CloudFormation assumes.
    pub cloudformation_role_arn: Option<String>,
}

/// The desired state of a stack.
pub enum Desired {
    /// The rack of `rack.yaml`: its template, parameters and tags.
    Rack(Box<DesiredRack>),
    /// Another template; parameters without a new value keep the deployed one.
    Template(Source),
    /// The deployed template.
    Unchanged,
}

/// The rack of `rack.yaml`.
pub struct DesiredRack {
    /// The template.
    pub source: Source,
    /// The parameters.
    pub parameters: ParameterOverrides,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// Logical IDs that no plan may remove or replace, with their positions in `rack.yaml`.
    pub protected: Vec<(String, Source, Span)>,
}

/// The baseline of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The deployed template, as CloudFormation does by default.
    Template,
    /// The actual state of the resources: the change also reverts drift.
    ActualState,
}

impl Baseline {
    /// Returns the baseline of a plan that reverts drift, or of one that does not.
    pub fn reverting_drift(is_reverting: bool) -> Self {
        if is_reverting { Self::ActualState } else { Self::Template }
    }
}

/// Existing resources to import into the stack.
#[derive(Clone, Copy)]
pub struct ExistingResources<'r> {
    /// The resources, at least one.
    pub resources: &'r [ImportRequest],
    /// Reads the resources where they are.
    pub inspector: &'r dyn Inspector,
}
