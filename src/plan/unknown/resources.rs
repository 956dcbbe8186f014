//! Resources whose content only AWS knows: of SAM, of modules, of nested stacks, and of types without a published schema.

use super::{Unknown, UnknownKind};
use crate::evaluate::Resource;
use crate::plan::compare::ChangedResources;
use crate::plan::context::PlanningContext;
use crate::plan::facts::Facts;

pub(super) fn search(context: &PlanningContext<'_, '_>, changed: &ChangedResources<'_, '_>, found: &mut Vec<Unknown>) {
    for resource in context.after.resources.values() {
        let modified = changed.modified(resource.entry.name);
        let is_new = context.resource_before(resource.entry.name).is_none();
        let differs = modified.is_some_and(|modified| !modified.differences.is_empty());
        if let Some((kind, reason)) = unknown(resource, is_new, differs) {
            found.push(of_resource(kind, resource, reason));
        }
    }
    for resource in &changed.removed {
        let facts = Facts::of(resource.resource_type);
        let (id, name) = (resource.entry.name, resource.resource_type);
        if facts.is_module() {
            let reason = format!("`{id}` ({name}) is removed, and the resources of the module are known to AWS only.");
            found.push(of_resource(UnknownKind::Module, resource, reason));
        } else if facts.is_serverless() {
            let reason = format!("`{id}` ({name}) is removed, and what SAM generated for it is known to AWS only.");
            found.push(of_resource(UnknownKind::Serverless, resource, reason));
        }
    }
}

fn unknown(resource: &Resource<'_>, is_new: bool, differs: bool) -> Option<(UnknownKind, String)> {
    let facts = Facts::of(resource.resource_type);
    let (id, name) = (resource.entry.name, resource.resource_type);
    Some(match (is_new, differs) {
        (true, _) if facts.is_nested_stack() => {
            (UnknownKind::NestedStack, format!("`{id}` is a new nested stack, whose template was not read; what it creates is unknown."))
        }
        (true, _) if facts.is_module() => {
            (UnknownKind::Module, format!("`{id}` ({name}) is new, and the resources of the module are known to AWS only."))
        }
        (true, _) if facts.is_serverless() => {
            (UnknownKind::Serverless, format!("`{id}` ({name}) is new, and what SAM generates for it is known to AWS only."))
        }
        (true, _) => return None,
        (false, true) if facts.is_nested_stack() => {
            let reason = format!("the nested stack `{id}` differs, and its template was not read; anything in it may change.");
            (UnknownKind::NestedStack, reason)
        }
        (false, false) if facts.is_nested_stack() => {
            let reason = format!(
                "CloudFormation inspects the nested stack `{id}` in every update and lists it as `Automatic`; its template was not read, so \
                 anything in it may change."
            );
            (UnknownKind::NestedStack, reason)
        }
        (false, false) => return None,
        (false, true) if facts.is_module() => (
            UnknownKind::Module,
            format!("`{id}` ({name}) differs, and the resources of the module are known to AWS only; they may change."),
        ),
        (false, true) if facts.is_serverless() => (
            UnknownKind::Serverless,
            format!("`{id}` ({name}) differs, and SAM expands it on AWS; every resource generated for it may change."),
        ),
        (false, true) if facts.is_unknown() => (
            UnknownKind::NoSchema,
            format!("`{id}` has the type {name}, which has no published schema; whether the change replaces it is unknown."),
        ),
        (false, true) => return None,
    })
}

fn of_resource(kind: UnknownKind, resource: &Resource<'_>, reason: String) -> Unknown {
    Unknown {
        kind,
        logical_resource_id: Some(resource.entry.name.to_owned()),
        resource_type: Some(resource.resource_type.to_owned()),
        path: None,
        name: None,
        reason,
    }
}
