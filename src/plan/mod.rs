//! The plan of an update: the change set that AWS would list, what executing it really does, and the risks.
//!
//! Takes [`Evaluation`]s of the old and the new template with what is known about the deployed stack; returns a [`Plan`], which is data.
//! Planning is pure: no clock, no network, no file, no randomness. The same input gives the same plan. Showing a plan is left to
//! [`ui`](crate::ui), executing it to [`apply`](crate::apply); [`saved`] keeps one in a file.
//!
//! `context` holds the inputs. `compare` visits resources in dependency order and finds the differences and verdicts. From these,
//! `change_set` builds AWS's list, `effects` what the update does and why, `risk` the warnings. `import` plans imports, `agreement`
//! compares a plan with the change set that AWS made. `docs/design/planning.md` describes how well this predicts AWS, and where it reports
//! more.

mod agreement;
mod attributes;
mod certainty;
mod change_set;
mod collision;
mod compare;
mod context;
mod drift;
mod effects;
mod expression;
mod facts;
mod generated;
mod identity;
mod import;
mod limits;
mod macros;
mod outputs;
mod parameters;
pub(crate) mod redact;
mod refusal;
mod renames;
mod request;
mod result;
mod risk;
pub mod saved;
mod stack;
mod unknown;
mod values;

pub use agreement::{Disagreement, DisagreementKind, disagreements, missing_changes, unapproved_changes};
pub use certainty::Certainty;
pub use drift::{DriftedResource, PropertyDrift};
pub use effects::{Cause, CauseSource, Effect, ResourceEffect};
pub use import::{
    DEFINITION_KEY, ImportProblem, ImportRequest, ImportStep, ResolvedImports, ResourceImport, import_step, resolve_imports,
    without_import_metadata,
};
pub use outputs::OutputChange;
pub use parameters::{ParameterChange, SsmParameterChange};
pub use refusal::{Refusal, RefusalKind};
pub use renames::{RenameOffer, rename_offers};
pub use request::{Request, required_capabilities};
pub use result::{FORMAT_VERSION, Plan};
pub use risk::{Risk, RiskKind};
pub use stack::{DesiredStack, StackChange, StackSetting, StackState, stack_changes};
pub use unknown::{Unknown, UnknownKind};

use indexmap::IndexMap;

use self::change_set::ChangeSetBuilder;
use self::compare::Comparison;
use self::context::PlanningContext;
use self::drift::Drift;
use self::limits::Limits;
use crate::cloudformation::DeploymentMode;
use crate::diagnostic::Diagnostics;
use crate::evaluate::{Evaluation, State, evaluate};
use crate::template::Arena;

/// Plans an update of a deployed stack.
///
/// Physical IDs and attributes of the deployed resources are taken from the evaluations' states.
///
/// # Errors
///
/// Returns an error if the update changes more than a plan may list.
pub fn plan(before: &Evaluation<'_>, after: &Evaluation<'_>) -> Result<Plan, Diagnostics> {
    plan_from(Some(before), after, None)
}

/// Plans an update of a deployed stack that also reverts drift.
///
/// # Errors
///
/// As [`plan`].
pub fn plan_reverting_drift(before: &Evaluation<'_>, after: &Evaluation<'_>, drifted: &[DriftedResource]) -> Result<Plan, Diagnostics> {
    let plan = plan_from(Some(before), after, Some(drifted).filter(|drifted| !drifted.is_empty()))?;
    Ok(Plan { deployment_mode: Some(DeploymentMode::RevertDrift), ..plan })
}

/// Plans the creation of a stack: every resource is added.
///
/// # Errors
///
/// As [`plan`].
pub fn plan_first(after: &Evaluation<'_>) -> Result<Plan, Diagnostics> {
    plan_from(None, after, None)
}

fn plan_from(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, drifted: Option<&[DriftedResource]>) -> Result<Plan, Diagnostics> {
    let arena = Arena::new();
    let deployed = before.map(|before| before.state);
    // Drift is applied to a copy of the evaluation.
    let state_before = |state: &State| without_resources(state).or_else(|| drifted.map(|_| state.clone()));
    let states = [deployed.and_then(state_before), without_resources(after.state)];
    let [mut old, new] = [before.zip(states[0].as_ref()), Some(after).zip(states[1].as_ref())].map(|pair| reevaluate(pair, &arena));
    let new = new.as_ref().unwrap_or(after);
    let previous = drifted.and_then(|_| reevaluate(before.zip(states[0].as_ref()), &arena));
    if let (Some(old), Some(drifted)) = (&mut old, drifted) {
        drift::apply(old, new, drifted, &arena);
    }
    let drift = previous.as_ref().zip(drifted).map(|(previous, resources)| Drift { previous, resources });
    let limits = Limits::default();
    plan_expressions(&PlanningContext::new(old.as_ref().or(before), new, [deployed, Some(after.state)], drift, &arena, &limits))
}

/// Returns a state without its resources, or `None` where it has none.
fn without_resources(state: &State) -> Option<State> {
    let has_none = state.physical_ids.is_empty() && state.attributes.is_empty();
    (!has_none).then(|| State { physical_ids: IndexMap::new(), attributes: IndexMap::new(), ..state.clone() })
}

/// Evaluates a template again with another state, so that references to resources stay references.
///
/// An evaluation with physical IDs replaces references by them. Whether a value changes shows only in what it refers to.
fn reevaluate<'a>(pair: Option<(&Evaluation<'a>, &'a State)>, arena: &'a Arena) -> Option<Evaluation<'a>> {
    let (evaluation, state) = pair?;
    evaluate(evaluation.template, evaluation.parameters, state, arena).ok()
}

fn plan_expressions(context: &PlanningContext<'_, '_>) -> Result<Plan, Diagnostics> {
    let (before, after) = (context.before, context.after);
    let within_limits = || context.limits.problem(after.template.source).map_or(Ok(()), |problem| Err(Diagnostics::from(problem)));
    let secrets = redact::Secrets::of(before, after);
    let (changed, verdicts) = compare::propagate(context);
    within_limits()?;
    let comparison = Comparison { context, verdicts: &verdicts };
    let outputs = outputs::output_changes(comparison, &secrets);
    let mut effects = effects::effects(comparison, &changed);
    within_limits()?;
    let conflicts = identity::conflicts(comparison, &changed);
    let collisions = collision::collisions(comparison, &effects, &conflicts);
    let refusals = refusal::refusals(comparison, &changed, &effects, &conflicts, &collisions, &secrets);
    refusal::mark_refused(&mut effects, &refusals);
    let risks = risk::risks(comparison, &changed, &effects, &outputs, &collisions, &secrets);
    let builder = ChangeSetBuilder { comparison, changed: &changed, secrets: &secrets };
    let [with_values, without_values] = [true, false].map(|with_values| builder.build(with_values, !outputs.is_empty()));
    within_limits()?;
    let capabilities = required_capabilities(after.template);
    let acknowledged = before.map_or_else(|| capabilities.clone(), |before| required_capabilities(before.template));
    let mut plan = Plan {
        change_set_without_values: without_values,
        effects,
        risks,
        parameters: parameters::parameter_changes(before, after),
        ssm_parameters: parameters::ssm_parameter_changes(before, after),
        new_capabilities: capabilities.iter().copied().filter(|needed| !acknowledged.contains(needed)).collect(),
        capabilities,
        refusals,
        unknowns: unknown::unknowns(context, &changed),
        ..Plan::of_change_set(with_values)
    };
    plan.outputs = outputs;
    if before.is_some() && !plan.has_changes() {
        plan.refusals.push(refusal::no_changes());
    }
    Ok(plan)
}
