//! Saved plans: written from a prepared change, and prepared again for execution.

use indexmap::IndexMap;

use super::deployed::{DeployedStack, known_state, stack_state};
use super::error::{OperationError, SavedPlanMismatch};
use super::input::{evaluate_template, read_template, with_values};
use super::note::Note;
use super::target::PreparedChange;
use crate::apply::{self, Target};
use crate::backend::Backend;
use crate::diagnostic::Source;
use crate::evaluate::State;
use crate::plan::redact::Secrets;
use crate::plan::saved::{SavedParameter, SavedPlan};
use crate::template::Arena;

/// Returns a prepared change as a plan to save.
pub fn saved_plan(backend: &dyn Backend, change: PreparedChange<'_>, parameters: IndexMap<String, SavedParameter>) -> SavedPlan {
    let target = change.target;
    SavedPlan {
        stack_name: target.stack,
        backend: backend.name().to_owned(),
        region: backend.region(),
        account: backend.identity().ok().map(|identity| identity.account),
        revision: target.revision,
        template: target.template,
        parameters,
        tags: target.tags,
        options: target.options,
        settings: target.settings,
        import: target.import,
        plan: change.plan,
    }
}

/// Prepares a saved plan for execution.
///
/// # Errors
///
/// Returns an error if the plan was made for another backend, region or account, or if the stack changed since.
pub fn prepare_saved_plan<'a>(
    saved: SavedPlan,
    backend: &dyn Backend,
    offline_state: &State,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedChange<'a>, OperationError> {
    check_location(&saved, backend)?;
    let template = read_template(arena, Source::new("plan", saved.template.clone()))?;
    let mut logical_ids: Vec<String> = template.resources.iter().map(|entry| entry.name.to_owned()).collect();
    let deployed = DeployedStack::load(backend, &saved.stack_name, arena)?;
    if let Some(deployed) = &deployed {
        logical_ids.extend(deployed.template.resources.iter().map(|entry| entry.name.to_owned()));
    }
    // The resources that a change of tags reaches were recorded when the plan was made.
    let types: IndexMap<&str, &str> =
        template.resources.iter().filter_map(|entry| Some((entry.name, entry.body.get("Type")?.as_str()?))).collect();
    let retagged = saved.plan.retagged.iter().filter_map(|id| Some((id.clone(), (*types.get(id.as_str())?).to_owned()))).collect();
    let (plan, target) = (saved.plan.clone(), Target::from(saved));
    apply::check_revision(backend, &target)?;
    let state = with_imports(known_state(backend, template, deployed.as_ref(), offline_state, arena, notes)?, &target, arena);
    let parameters = deployed.as_ref().map(|deployed| deployed.parameters.clone()).unwrap_or_default();
    let after = evaluate_template(arena, template, &with_values(parameters, &target.parameters), state, notes)?;
    Ok(PreparedChange {
        plan,
        target,
        after,
        present: deployed.map(|deployed| stack_state(&deployed.description)),
        deployed: retagged,
        logical_ids,
        drift: None,
        secrets: Secrets::default(),
    })
}

/// Adds the physical IDs of the resources that are imported first.
fn with_imports<'a>(state: &'a State, target: &Target, arena: &'a Arena) -> &'a State {
    let imported = target.imported();
    if imported.is_empty() {
        return state;
    }
    let mut state = state.clone();
    state.physical_ids.extend(imported);
    arena.bump().alloc(state)
}

fn check_location(saved: &SavedPlan, backend: &dyn Backend) -> Result<(), SavedPlanMismatch> {
    let region = backend.region();
    if saved.backend != backend.name() || saved.region != region {
        return Err(SavedPlanMismatch::Location {
            planned_backend: saved.backend.clone(),
            planned_region: saved.region.clone(),
            actual_backend: backend.name().to_owned(),
            actual_region: region,
        });
    }
    match (&saved.account, backend.identity()) {
        (Some(planned), Ok(identity)) if *planned != identity.account => {
            Err(SavedPlanMismatch::Account { planned: planned.clone(), actual: identity.account })
        }
        _ => Ok(()),
    }
}
