//! Stack refactorings: loads the stacks, checks the mappings, and plans what changes with them and afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::deployed::{DeployedStack, known_state};
use super::error::OperationError;
use super::input::{evaluate_template, read_template};
use super::note::Note;
use super::prepare::{desired_template, merge_parameters, prepare_loaded};
use super::request::ChangeRequest;
use super::ssm_parameters::resolve_ssm_parameters;
use super::target::PreparedChange;
use crate::apply::RefactorTarget;
use crate::backend::{Backend, BackendError, RefactorRequest, StackDefinition};
use crate::cloudformation::{ChangeSetOptions, ResourceLocation, ResourceMapping};
use crate::diagnostic::Source;
use crate::evaluate::State;
use crate::refactor::{Proposal, RefactorStack, RefactoredStack, propose, refactor};
use crate::template::{Arena, Node};

/// A resource that moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PlannedMove {
    /// Its place before and afterwards.
    #[serde(flatten)]
    pub mapping: ResourceMapping,
    /// The type.
    pub resource_type: String,
    /// The physical ID, which it keeps.
    pub physical_resource_id: String,
    /// How many references in the template follow it.
    pub references: usize,
}

/// A stack refactoring that can be shown and executed.
pub struct PreparedRefactor<'a> {
    /// The resources that move.
    pub moves: Vec<PlannedMove>,
    /// The names of the stacks that it creates.
    pub new_stacks: Vec<String>,
    /// What executing it leads to; without mappings there is nothing to do.
    pub target: RefactorTarget,
    /// The first stack as it is afterwards.
    stack: DeployedStack<'a>,
}

/// Prepares a stack refactoring; `stack` takes part in any case.
///
/// A mapping that was executed already is skipped, so that a second run has nothing to do.
///
/// # Errors
///
/// Returns every reason why the refactoring is impossible, or an error if the backend fails.
pub fn prepare_refactor<'a>(
    stack: &str,
    wanted: &[ResourceMapping],
    options: ChangeSetOptions,
    backend: &dyn Backend,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedRefactor<'a>, OperationError> {
    let locations = wanted.iter().flat_map(|mapping| [&mapping.source, &mapping.destination]);
    let others: BTreeSet<&str> = locations.map(|location| location.stack_name.as_str()).filter(|name| *name != stack).collect();
    let names = std::iter::once(stack).chain(others);
    let mut stacks: Vec<(&str, Option<DeployedStack<'a>>)> = Vec::new();
    for name in names {
        let loaded = if name == stack || wanted.iter().any(|mapping| mapping.source.stack_name == name) {
            Some(DeployedStack::load_existing(backend, name, arena)?)
        } else {
            DeployedStack::load(backend, name, arena)?
        };
        if let Some(status) = loaded.as_ref().map(|loaded| loaded.description.status).filter(|status| !status.is_updatable()) {
            return Err(BackendError::WrongStatus { stack: name.to_owned(), status, operation: "refactor" }.into());
        }
        stacks.push((name, loaded));
    }
    let mappings = without_done(wanted, &stacks, notes);
    let is_involved = |name: &str| {
        name == stack || mappings.iter().any(|mapping| mapping.source.stack_name == name || mapping.destination.stack_name == name)
    };
    stacks.retain(|(name, _)| is_involved(name));
    let refactored = apply_mappings(&stacks, &mappings, backend)?;
    for after in &refactored {
        for (entry, old) in &after.mentions {
            notes(Note::MentionsOldName { stack: after.name.clone(), entry: entry.clone(), old: old.clone() });
        }
    }
    let moves = planned_moves(&stacks, &mappings, &refactored);
    let physical_ids = physical_ids(&stacks, &mappings);
    let revisions = stacks.iter().filter_map(|(name, stack)| Some(((*name).to_owned(), stack.as_ref()?.description.revision.clone())));
    let request = RefactorRequest { stacks: definitions(&stacks, &refactored), mappings: mappings.clone(), options };
    let target = RefactorTarget { request, revisions: revisions.collect(), physical_ids };
    let new_stacks = target.request.stacks.iter().filter(|stack| stack.is_new).map(|stack| stack.name.clone()).collect();
    // Evaluating the result finds references that only an evaluation resolves.
    let mut first = None;
    for ((name, loaded), after) in stacks.into_iter().zip(&refactored) {
        let Some(loaded) = loaded else { continue };
        let is_first = name == stack;
        let loaded = as_refactored(loaded, after, &mappings, arena)?;
        loaded.evaluate(arena, &mut |_| {})?;
        if is_first {
            first = Some(loaded);
        }
    }
    let stack = first.ok_or_else(|| OperationError::StackNotFound { stack: stack.to_owned() })?;
    Ok(PreparedRefactor { moves, new_stacks, target, stack })
}

/// Removes the mappings that were executed already.
fn without_done(
    wanted: &[ResourceMapping],
    stacks: &[(&str, Option<DeployedStack<'_>>)],
    notes: &mut dyn FnMut(Note),
) -> Vec<ResourceMapping> {
    let exists = |location: &ResourceLocation| {
        let template = stacks.iter().find(|(name, _)| *name == location.stack_name).and_then(|(_, stack)| stack.as_ref());
        template.is_some_and(|stack| stack.template.resources.contains(&location.logical_resource_id))
    };
    let mut mappings = wanted.to_vec();
    mappings.retain(|mapping| {
        let is_done = !exists(&mapping.source) && exists(&mapping.destination);
        if is_done {
            notes(Note::AlreadyRefactored { destination: mapping.destination.clone() });
        }
        !is_done
    });
    mappings
}

fn apply_mappings(
    stacks: &[(&str, Option<DeployedStack<'_>>)],
    mappings: &[ResourceMapping],
    backend: &dyn Backend,
) -> Result<Vec<RefactoredStack>, OperationError> {
    let none = indexmap::IndexMap::new();
    let mut parts = Vec::new();
    for (name, stack) in stacks {
        parts.push(RefactorStack {
            name,
            template: stack.as_ref().map(|stack| stack.template),
            parameters: stack.as_ref().map_or(&none, |stack| &stack.description.parameters),
            has_policy: match stack {
                Some(_) if !mappings.is_empty() => backend.stack_policy(name)?.is_some(),
                _ => false,
            },
        });
    }
    Ok(refactor(&parts, mappings)?)
}

fn definitions(stacks: &[(&str, Option<DeployedStack<'_>>)], refactored: &[RefactoredStack]) -> Vec<StackDefinition> {
    let definition = |((_, stack), after): (&(&str, Option<DeployedStack<'_>>), &RefactoredStack)| StackDefinition {
        name: after.name.clone(),
        template: after.template.clone(),
        is_new: stack.is_none(),
    };
    stacks.iter().zip(refactored).map(definition).collect()
}

fn planned_moves(
    stacks: &[(&str, Option<DeployedStack<'_>>)],
    mappings: &[ResourceMapping],
    refactored: &[RefactoredStack],
) -> Vec<PlannedMove> {
    let planned = |mapping: &ResourceMapping| {
        let (stack, old) = (&mapping.source.stack_name, &mapping.source.logical_resource_id);
        let loaded = stacks.iter().find(|(name, _)| name == stack).and_then(|(_, loaded)| loaded.as_ref());
        let body = loaded.and_then(|loaded| loaded.template.resources.get(old)).map(|entry| entry.body);
        let references = refactored.iter().find(|after| after.name == *stack).and_then(|after| after.references.get(old));
        PlannedMove {
            mapping: mapping.clone(),
            resource_type: body.and_then(|body| body.get("Type")).and_then(Node::as_str).unwrap_or_default().to_owned(),
            physical_resource_id: loaded.and_then(|loaded| loaded.state.physical_ids.get(old)).cloned().unwrap_or_default(),
            references: references.copied().unwrap_or_default(),
        }
    };
    mappings.iter().map(planned).collect()
}

/// Returns the physical ID of each resource afterwards.
fn physical_ids(stacks: &[(&str, Option<DeployedStack<'_>>)], mappings: &[ResourceMapping]) -> BTreeMap<ResourceLocation, String> {
    let mut ids = BTreeMap::new();
    for (name, stack) in stacks {
        for (logical_id, physical_id) in stack.iter().flat_map(|stack| &stack.state.physical_ids) {
            let place = ResourceLocation::new(*name, logical_id.as_str());
            let moved = mappings.iter().find(|mapping| mapping.source == place);
            ids.insert(moved.map_or(place, |mapping| mapping.destination.clone()), physical_id.clone());
        }
    }
    ids
}

/// Returns a stack as it is after the refactoring.
fn as_refactored<'a>(
    mut stack: DeployedStack<'a>,
    after: &RefactoredStack,
    mappings: &[ResourceMapping],
    arena: &'a Arena,
) -> Result<DeployedStack<'a>, OperationError> {
    stack.state = arena.bump().alloc(renamed_state(stack.state, &after.name, mappings));
    stack.template = read_template(arena, Source::new(format!("{} (refactored)", after.name), after.template.as_str()))?;
    stack.description.template.clone_from(&after.template);
    Ok(stack)
}

/// Returns a stack's state under the new logical IDs. What is known of a resource from another stack stays unknown.
fn renamed_state(state: &State, stack: &str, mappings: &[ResourceMapping]) -> State {
    let new_name = |old: &str| {
        let moved = mappings.iter().find(|mapping| mapping.source.stack_name == stack && mapping.source.logical_resource_id == old);
        match moved {
            Some(mapping) => mapping.is_rename().then(|| mapping.destination.logical_resource_id.clone()),
            None => Some(old.to_owned()),
        }
    };
    State {
        physical_ids: state.physical_ids.iter().filter_map(|(old, id)| Some((new_name(old)?, id.clone()))).collect(),
        attributes: state.attributes.iter().filter_map(|(old, values)| Some((new_name(old)?, values.clone()))).collect(),
        ..state.clone()
    }
}

/// Plans the update that leads from the refactored stack to the desired state.
///
/// # Errors
///
/// Returns every error of the desired template and its parameters, or an error if the backend fails.
pub fn plan_after_refactor<'a>(
    prepared: &PreparedRefactor<'a>,
    request: &ChangeRequest<'_>,
    backend: &dyn Backend,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedChange<'a>, OperationError> {
    prepare_loaded(request, Some(&prepared.stack), backend, arena, notes)
}

/// Proposes the mappings of resources that only have another logical ID in the desired template.
///
/// A found mapping may make further resources equal, those that refer to it; so the comparison is repeated with it.
///
/// # Errors
///
/// Returns every error of the desired template and its parameters, or an error if the backend fails.
pub fn propose_refactor(
    request: &ChangeRequest<'_>,
    backend: &dyn Backend,
    arena: &Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<Proposal, OperationError> {
    let deployed = DeployedStack::load_existing(backend, request.stack, arena)?;
    let template = desired_template(request, Some(&deployed), arena)?;
    let overrides = merge_parameters(request, Some(&deployed));
    let state = known_state(backend, template, Some(&deployed), &request.offline_state, arena, notes)?;
    let after_state = resolve_ssm_parameters(backend, template, &overrides, state, arena, notes)?.after;
    let mut mappings: Vec<ResourceMapping> = Vec::new();
    loop {
        let renamed: &State = arena.bump().alloc(renamed_state(after_state, request.stack, &mappings));
        let desired = evaluate_template(arena, template, &overrides, renamed, &mut |_| {})?;
        let stacks = [(
            request.stack,
            Some(DeployedStack { description: deployed.description.clone(), parameters: deployed.parameters.clone(), ..deployed }),
        )];
        let refactored = apply_mappings(&stacks, &mappings, backend)?;
        let [(_, Some(stack))] = stacks else { return Ok(Proposal::default()) };
        let Some(after) = refactored.first() else { return Ok(Proposal::default()) };
        let before = as_refactored(stack, after, &mappings, arena)?.evaluate(arena, &mut |_| {})?;
        let found = propose(request.stack, &before, &desired);
        if found.mappings.is_empty() {
            return Ok(Proposal { mappings, ambiguous: found.ambiguous });
        }
        mappings.extend(found.mappings);
    }
}
