//! Drift: differences between the actual resources and the deployed template.

use super::deployed::DeployedStack;
use super::error::OperationError;
use super::note::Note;
use super::request::Baseline;
use crate::backend::{Backend, BackendError, PropertyDifference, ResourceDrift};
use crate::cloudformation::{DifferenceType, ResourceDriftStatus};
use crate::evaluate::Taint;
use crate::plan::{DriftedResource, PropertyDrift};
use crate::secret::MASKED;
use crate::template::Template;

/// Detects drift for a plan that starts from the actual state; returns `None` for one that starts from the template.
///
/// # Errors
///
/// Returns an error if the backend cannot detect drift.
pub fn detect(
    baseline: Baseline,
    backend: &dyn Backend,
    deployed: Option<&DeployedStack<'_>>,
    notes: &mut dyn FnMut(Note),
) -> Result<Option<Vec<ResourceDrift>>, OperationError> {
    match (baseline, deployed) {
        (Baseline::Template, _) => Ok(None),
        (Baseline::ActualState, None) => Ok(Some(Vec::new())),
        (Baseline::ActualState, Some(deployed)) => detect_drifted(backend, deployed, notes).map(Some),
    }
}

/// Returns the drifted resources, with secrets masked.
fn detect_drifted(
    backend: &dyn Backend,
    deployed: &DeployedStack<'_>,
    notes: &mut dyn FnMut(Note),
) -> Result<Vec<ResourceDrift>, OperationError> {
    notes(if backend.capabilities().detects_drift { Note::DetectingDrift } else { Note::DriftImpossible });
    let mut drifts = backend.detect_drift(&deployed.description.id)?;
    let not_checked: Vec<String> =
        drifts.iter().filter(|drift| !drift.is_checked()).map(|drift| drift.logical_resource_id.clone()).collect();
    if !not_checked.is_empty() {
        notes(Note::DriftNotChecked { logical_ids: not_checked });
    }
    drifts.retain(ResourceDrift::is_drifted);
    hide_secrets(&mut drifts, deployed.template);
    Ok(drifts)
}

/// Returns the drift status of every resource by logical ID, with secrets masked; resources that cannot be compared are `NOT_CHECKED`.
///
/// # Errors
///
/// Returns an error if an operation is in progress, or if the backend cannot detect drift.
pub fn detect_all(
    backend: &dyn Backend,
    deployed: &DeployedStack<'_>,
    notes: &mut dyn FnMut(Note),
) -> Result<Vec<ResourceDrift>, OperationError> {
    let description = &deployed.description;
    if description.status.is_in_progress() {
        let (stack, status) = (description.name.clone(), description.status);
        return Err(BackendError::WrongStatus { stack, status, operation: "compare" }.into());
    }
    notes(Note::DetectingDrift);
    let mut drifts = backend.detect_drift(&description.id)?;
    // CloudFormation does not list resources that it cannot compare.
    for resource in backend.list_resources(&description.id)? {
        if !drifts.iter().any(|drift| drift.logical_resource_id == resource.logical_id) {
            drifts.push(ResourceDrift {
                logical_resource_id: resource.logical_id,
                physical_resource_id: resource.physical_id,
                resource_type: resource.resource_type,
                status: ResourceDriftStatus::NotChecked,
                status_reason: None,
                differences: Vec::new(),
            });
        }
    }
    drifts.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id));
    hide_secrets(&mut drifts, deployed.template);
    Ok(drifts)
}

/// Returns the actual resources in the planner's form.
pub fn actual_resources(drifts: &[ResourceDrift]) -> Vec<DriftedResource> {
    let difference = |difference: &PropertyDifference| {
        // `REMOVE`: the property is in the template and not in the actual resource.
        let actual = (difference.kind != DifferenceType::Remove).then_some(difference.actual.as_str());
        PropertyDrift::new(&difference.path, actual)
    };
    let resource = |drift: &ResourceDrift| DriftedResource {
        logical_resource_id: drift.logical_resource_id.clone(),
        differences: (drift.status != ResourceDriftStatus::Deleted).then(|| drift.differences.iter().map(difference).collect()),
    };
    drifts.iter().map(resource).collect()
}

/// Masks both values of a property that depends on a `NoEcho` parameter, and the physical ID of a resource that is named by one.
///
/// CloudFormation returns these values in plain text, and the secret itself is not known here.
pub fn hide_secrets(drifts: &mut [ResourceDrift], template: &Template<'_>) {
    let taint = Taint::of_template(template);
    for drift in drifts {
        if taint.resource(&drift.logical_resource_id) {
            MASKED.clone_into(&mut drift.physical_resource_id);
        }
        let declared = template.resources.get(drift.logical_resource_id.as_str()).and_then(|entry| entry.body.get("Properties"));
        for difference in &mut drift.differences {
            let property = declared.and_then(|properties| properties.get(difference.property()));
            if property.is_some_and(|property| taint.node(property)) {
                for value in [&mut difference.expected, &mut difference.actual] {
                    MASKED.clone_into(value);
                }
            }
        }
    }
}
