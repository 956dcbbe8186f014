//! Two evaluated templates in, one plan out: the change set AWS would list, what executing it really does, and the risks.
//!
//! Takes [`Evaluation`]s of the old and the new template with what is known of the deployed stack, gives a [`Plan`], which is
//! data. Planning is pure: no clock, no network, no file, no randomness, inputs untouched, same input same plan. Showing a plan is
//! for [`ui`](crate::ui), keeping one for later is [`saved`], carrying one out is for [`apply`](crate::apply).
//!
//! The road through the files: `world` holds both sides and where each resource stands; `spread` visits resources in
//! dependency order and finds each one's `difference`s; `list` turns them into AWS's change set, `effects` into what
//! happens, `risk` into warnings. How well that predicts AWS, and where it says more, is in `docs/design/planning.md`.

mod agreement;
mod attributes;
mod cause;
mod difference;
mod document;
mod drift;
mod effect;
mod effects;
mod facts;
mod import;
mod list;
mod order;
mod outputs;
pub(crate) mod redact;
mod render;
mod request;
mod risk;
pub mod saved;
mod spread;
mod stack;
mod values;
mod world;

pub use agreement::{Disagreement, DisagreementKind, disagreements, excess, shortfall};
pub use drift::{LiveDifference, LiveResource};
pub use effect::{Cause, CauseSource, Effect, ResourceEffect};
pub use import::{Asked, AskedImport, DEFINITION, ImportProblem, ImportStep, ResourceImport, ask, restored, step};
pub use request::{Refusal, Request, required_capabilities};
pub use risk::{Risk, RiskKind};
pub use stack::{StackChange, StackSetting, StackState, WantedStack, stack_changes};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::cloudformation::{Capability, ChangeSet, DeploymentMode};
use crate::evaluate::{Evaluation, State, evaluate};
use crate::template::Arena;

/// The version of the JSON that a [`Plan`] is written as; `docs/plan.schema.json` describes it.
pub const FORMAT_VERSION: u32 = 1;

/// Everything there is to say about going from one evaluated template to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    #[serde(rename = "format_version")]
    pub format_version: u32,
    /// How drift is gone about; without one, CloudFormation does not look at drift, and leaves what drifted as it is unless the template
    /// changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_mode: Option<DeploymentMode>,
    /// What AWS would list, with property values.
    pub change_set: ChangeSet,
    /// What AWS would list without property values: it has more on attributes of resources that are updated in place.
    #[serde(skip)]
    pub change_set_without_values: ChangeSet,
    /// What executing it does, in the order CloudFormation does it, clean-up last. An untouched resource is here only where
    /// AWS lists it.
    pub effects: Vec<ResourceEffect>,
    /// What to think twice about, worst first.
    pub risks: Vec<Risk>,
    /// Parameters whose value differs.
    pub parameters: Vec<ParameterChange>,
    /// Parameters that name the same place in Parameter Store as before, which holds something else now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stored: Vec<StoredChange>,
    /// Outputs that differ.
    pub outputs: Vec<OutputChange>,
    /// What differs of the stack itself: tags, protection, policy and such. Whoever knows the deployed stack adds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<StackChange>,
    /// Deployed resources, by logical ID, that CloudFormation gives changed tags of the stack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retagged: Vec<String>,
    /// What the request must acknowledge, by CloudFormation's look at the new template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Capability>,
    /// Which of these the old template did not need.
    #[serde(skip)]
    pub new_capabilities: Vec<Capability>,
    /// How CloudFormation would refuse the update, whatever it acknowledges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
    /// Existing resources that are taken into the stack before anything else, by an operation of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ResourceImport>,
}

/// A parameter whose value differs; `NoEcho` values are `****` on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterChange {
    /// The parameter.
    pub name: String,
    /// The value before, absent when it was not declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after, absent when it is no longer declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether it only may differ: the value before is a secret that only the deployed stack knows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub possible: bool,
}

/// A parameter whose place in Parameter Store holds something else than when the stack was last updated; `NoEcho` values are `****`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredChange {
    /// The parameter.
    pub name: String,
    /// The name in Parameter Store.
    pub stored_under: String,
    /// What it held.
    pub before: String,
    /// What it holds, which an update takes.
    pub after: String,
}

/// An output that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputChange {
    /// The output.
    pub name: String,
    /// The value before, absent when it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// The value after, absent when it is gone; [`KNOWN_AFTER_APPLY`](crate::cloudformation::KNOWN_AFTER_APPLY) where only executing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// The export's name, where it has one on either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
}

impl Plan {
    /// Tells whether carrying the plan out does anything.
    ///
    /// A parameter that nothing uses is no change to CloudFormation, which then answers that no updates are to be performed.
    pub fn has_changes(&self) -> bool {
        !self.stack.is_empty() || self.changes_resources_or_outputs()
    }

    fn changes_resources_or_outputs(&self) -> bool {
        let Self {
            format_version: _,
            deployment_mode: _,
            change_set,
            change_set_without_values,
            effects,
            risks: _,
            parameters: _,
            stored: _,
            outputs,
            stack: _,
            retagged: _,
            capabilities: _,
            new_capabilities: _,
            refusals: _,
            imports,
        } = self;
        let is_touched = |effect: &ResourceEffect| effect.effect != Effect::Untouched;
        !change_set.changes.is_empty()
            || !change_set_without_values.changes.is_empty()
            || effects.iter().any(is_touched)
            || !outputs.is_empty()
            || !imports.is_empty()
    }

    /// Returns how many imports, creations, updates and deletions of a resource carrying the plan out takes; a replacement is two.
    pub fn steps(&self) -> usize {
        let steps = |effect: &ResourceEffect| match effect.effect {
            Effect::Untouched => 0,
            Effect::Replaced => 2,
            Effect::UpdatedInPlace | Effect::UpdatedWithInterruption | Effect::Created | Effect::Deleted | Effect::Retained => 1,
        };
        self.effects.iter().map(steps).sum::<usize>() + self.imports.len()
    }
}

/// Plans an update of a deployed stack.
///
/// What is known of the deployed resources (physical IDs and attributes) is taken from the evaluations' states.
pub fn plan(before: &Evaluation<'_>, after: &Evaluation<'_>) -> Plan {
    plan_from(Some(before), after, None)
}

/// Plans an update of a deployed stack that brings what drifted in line with the template: BEFORE is what is really there.
pub fn plan_reverting_drift(before: &Evaluation<'_>, after: &Evaluation<'_>, live: &[LiveResource]) -> Plan {
    let plan = plan_from(Some(before), after, Some(live).filter(|live| !live.is_empty()));
    Plan { deployment_mode: Some(DeploymentMode::RevertDrift), ..plan }
}

/// Plans the first deployment: everything is added.
pub fn plan_first(after: &Evaluation<'_>) -> Plan {
    plan_from(None, after, None)
}

fn plan_from(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, live: Option<&[LiveResource]>) -> Plan {
    let arena = Arena::new();
    let deployed = before.map(|before| before.state);
    // What is really there is put into an evaluation of its own.
    let bare_before = |state: &State| without_resources(state).or_else(|| live.map(|_| state.clone()));
    let bare = [deployed.and_then(bare_before), without_resources(after.state)];
    let [mut old, new] = [before.zip(bare[0].as_ref()), Some(after).zip(bare[1].as_ref())].map(|pair| again(pair, &arena));
    let new = new.as_ref().unwrap_or(after);
    let previous = live.and_then(|_| again(before.zip(bare[0].as_ref()), &arena));
    if let (Some(old), Some(live)) = (&mut old, live) {
        drift::put_in(old, new, live, &arena);
    }
    let drift = previous.as_ref().zip(live).map(|(previous, live)| drift::Drift { previous, live });
    plan_expressions(old.as_ref().or(before), new, [deployed, Some(after.state)], drift)
}

/// Returns a state without what it tells of resources, or `None` when it tells nothing of them.
fn without_resources(state: &State) -> Option<State> {
    let is_bare = state.physical_ids.is_empty() && state.attributes.is_empty();
    (!is_bare).then(|| State { physical_ids: IndexMap::new(), attributes: IndexMap::new(), ..state.clone() })
}

/// Evaluates once more, so that references to resources stay references.
///
/// An evaluation that knows physical IDs has put them in; whether a value moves shows only while it still says what it refers to.
fn again<'a>(pair: Option<(&Evaluation<'a>, &'a State)>, arena: &'a Arena) -> Option<Evaluation<'a>> {
    let (evaluation, state) = pair?;
    evaluate(evaluation.template, evaluation.parameters, state, arena).ok()
}

fn plan_expressions<'a>(
    before: Option<&Evaluation<'a>>,
    after: &Evaluation<'a>,
    states: [Option<&State>; 2],
    drift: Option<drift::Drift<'_, 'a>>,
) -> Plan {
    let secrets = redact::Secrets::of(before, after);
    let mut world = world::World::new(before, after, states, drift);
    let spread = spread::spread(&mut world);
    let parameters = outputs::parameters(before, after, &secrets);
    let outputs = outputs::outputs(&world, &secrets);
    let effects = effects::effects(&world, &spread);
    let risks = risk::risks(&world, &spread, &effects, &outputs, &secrets);
    let lister = list::Lister { world: &world, spread: &spread, secrets: &secrets };
    let capabilities = required_capabilities(after.template);
    let known = before.map_or_else(|| capabilities.clone(), |before| required_capabilities(before.template));
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        deployment_mode: None,
        change_set: lister.change_set(true, !outputs.is_empty()),
        change_set_without_values: lister.change_set(false, !outputs.is_empty()),
        effects,
        risks,
        parameters,
        stored: outputs::stored(before, after, &secrets),
        outputs,
        new_capabilities: capabilities.iter().copied().filter(|needed| !known.contains(needed)).collect(),
        capabilities,
        refusals: Vec::new(),
        imports: Vec::new(),
        stack: Vec::new(),
        retagged: Vec::new(),
    };
    plan.refusals = request::refusals(before, &spread, &plan);
    plan
}
