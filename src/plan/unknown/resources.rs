//! Resources whose content only AWS knows: of SAM, of modules, of nested stacks, and of types without a published schema.

use super::inputs::Inputs;
use super::{Unknown, UnknownKind};
use crate::evaluate::Resource;
use crate::plan::compare::ChangedResources;
use crate::plan::context::PlanningContext;
use crate::plan::facts::Facts;
use crate::plan::values::{Reference, each_reference};

/// Attributes of a resource beside its properties that SAM reads.
///
/// Sources: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-connector-embedded.html>,
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
const SERVERLESS_ATTRIBUTES: [&str; 2] = ["Connectors", "IgnoreGlobals"];

/// Returns the attribute that SAM reads and that differs.
fn serverless_attribute<'a>(
    context: &PlanningContext<'_, 'a>,
    inputs: &Inputs<'_, '_, 'a>,
    resource: &Resource<'a>,
) -> Option<&'static str> {
    let before = context.before?.resources.get(resource.entry.name).map(|before| before.entry.body);
    SERVERLESS_ATTRIBUTES.into_iter().find(|attribute| {
        match (before.and_then(|before| before.get(attribute)), resource.entry.body.get(attribute)) {
            (Some(before), Some(after)) => inputs.differ(before, after),
            (None, None) => false,
            _ => true,
        }
    })
}

pub(super) fn search<'a>(
    context: &PlanningContext<'_, 'a>,
    inputs: &Inputs<'_, '_, 'a>,
    changed: &ChangedResources<'_, 'a>,
    found: &mut Vec<Unknown>,
) {
    for resource in context.after.resources.values() {
        let modified = changed.modified(resource.entry.name);
        let is_new = context.resource_before(resource.entry.name).is_none();
        let is_touched = is_new || modified.is_some();
        let differs = modified
            .is_some_and(|modified| !modified.differences.is_empty() || modified.before.resource_type != modified.after.resource_type);
        let serverless_before = modified.is_some_and(|modified| Facts::of(modified.before.resource_type).is_serverless());
        if serverless_before && !Facts::of(resource.resource_type).is_serverless() {
            let reason = format!(
                "`{}` was expanded by SAM on AWS before and is a plain {} now; every resource generated for it may change.",
                resource.entry.name, resource.resource_type
            );
            found.push(of_resource(UnknownKind::Serverless, resource, reason));
        } else if let Some((kind, reason)) = is_touched.then(|| unknown(context, resource, is_new, differs)).flatten() {
            // A nested stack counts as touched in every update. The type of any other untouched resource needs no lookup.
            found.push(of_resource(kind, resource, reason));
        } else if let Some(attribute) = serverless_attribute(context, inputs, resource) {
            let reason =
                format!("`{attribute}` of `{}` differs, and SAM expands it on AWS; what it generates may change.", resource.entry.name);
            found.push(of_resource(UnknownKind::Serverless, resource, reason));
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
        } else if facts.is_unknown() {
            let reason = format!("`{id}` is removed, and its type {name} has no published schema; whether it holds data is unknown.");
            found.push(of_resource(UnknownKind::NoSchema, resource, reason));
        }
    }
}

/// Returns the resources that read an attribute of another one.
fn readers(context: &PlanningContext<'_, '_>, id: &str) -> Vec<String> {
    let reads = |resource: &Resource<'_>| {
        let mut found = false;
        each_reference(&resource.properties, &mut |reference| found |= matches!(reference, Reference::Attribute(owner, _) if owner == id));
        found
    };
    context.after.resources.values().filter(|resource| reads(resource)).map(|resource| format!("`{}`", resource.entry.name)).collect()
}

fn unknown(context: &PlanningContext<'_, '_>, resource: &Resource<'_>, is_new: bool, differs: bool) -> Option<(UnknownKind, String)> {
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
            let readers = readers(context, id);
            let outputs = match readers.as_slice() {
                [] => String::new(),
                readers => format!(", and with it what reads its outputs: {}", readers.join(", ")),
            };
            let reason = format!(
                "CloudFormation inspects the nested stack `{id}` in every update and lists it as `Automatic`; its template was not read. \
                 Nothing that this template passes to it differs, but if the file at its `TemplateURL` does, anything in it may \
                 change{outputs}."
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
