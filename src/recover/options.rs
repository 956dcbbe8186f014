//! The recovery options for each status.

use super::{Blocker, RecoveryAction, RecoveryOption, StackSnapshot};
use crate::backend::StackResource;
use crate::cloudformation::{StackEvent, StackStatus};

/// Returns the recovery options, the best first.
pub(super) fn options(snapshot: StackSnapshot<'_>, operation: &[StackEvent], blockers: &[Blocker]) -> Vec<RecoveryOption> {
    match snapshot.stack.status {
        StackStatus::RollbackComplete => vec![delete(
            snapshot,
            "the creation failed and was rolled back; CloudFormation supports only the deletion of such a stack",
            "deletes the stack; the next deployment creates it again",
        )],
        StackStatus::CreateFailed | StackStatus::RollbackFailed => vec![delete(
            snapshot,
            "the creation failed, and the stack can neither be updated nor rolled back further",
            "deletes the stack with the created resources; the next deployment creates it again",
        )],
        StackStatus::UpdateFailed => vec![
            RecoveryOption {
                action: RecoveryAction::Rollback,
                why: "the update failed, and was configured not to roll back".to_owned(),
                does: "rolls the update back; the stack is then in its previous state".to_owned(),
                loses: Some("resources that the update created are deleted".to_owned()),
                data_loss: Vec::new(),
            },
            delete_as_last_resort(snapshot),
        ],
        StackStatus::UpdateRollbackFailed => update_rollback_failed(snapshot, blockers),
        StackStatus::ImportRollbackFailed => import_rollback_failed(snapshot, blockers),
        StackStatus::DeleteFailed => delete_failed(snapshot, blockers),
        StackStatus::ReviewInProgress => vec![RecoveryOption {
            loses: None,
            data_loss: Vec::new(),
            ..delete(
                snapshot,
                "only a change set exists, which was not executed: an interrupted run or dry run left it behind",
                "deletes the change set and its stack, which has no resources; the next deployment works without that, too",
            )
        }],
        status if status.is_in_progress() => in_progress(snapshot, operation),
        _ => Vec::new(),
    }
}

fn update_rollback_failed(snapshot: StackSnapshot<'_>, blockers: &[Blocker]) -> Vec<RecoveryOption> {
    let names: Vec<&str> = blockers.iter().map(|blocker| blocker.logical_id.as_str()).collect();
    let mut options = vec![RecoveryOption {
        action: RecoveryAction::Continue { skip: Vec::new() },
        why: format!("the rollback of the update failed{}; after the cause is fixed, CloudFormation can complete it", at(&names)),
        does: "continues the rollback; the stack is then in its previous state and can be updated".to_owned(),
        loses: None,
        data_loss: Vec::new(),
    }];
    if !names.is_empty() {
        options.push(RecoveryOption {
            action: RecoveryAction::Continue { skip: names.iter().map(|name| (*name).to_owned()).collect() },
            why: "the cause cannot be fixed, for example because the resource was deleted outside CloudFormation".to_owned(),
            does: format!("continues the rollback and skips {}", names.join(", ")),
            loses: Some(format!(
                "CloudFormation then assumes that the template describes {}, which may be wrong: correct this before the next update",
                names.join(", ")
            )),
            data_loss: Vec::new(),
        });
    }
    options.push(delete_as_last_resort(snapshot));
    options
}

/// CloudFormation documents for this status only that the rollback failed for at least one resource, and that some imported resources may
/// be in the stack; it documents no call that continues the rollback of an import.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html> and
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
fn import_rollback_failed(snapshot: StackSnapshot<'_>, blockers: &[Blocker]) -> Vec<RecoveryOption> {
    let names: Vec<String> = blockers.iter().map(|blocker| format!("{} ({})", blocker.logical_id, blocker.physical_id)).collect();
    vec![
        RecoveryOption {
            action: RecoveryAction::Continue { skip: Vec::new() },
            why: format!("an import failed, and its rollback failed{}; after the cause is fixed, the rollback may continue", at(&names)),
            does: "requests CloudFormation to continue the rollback; imported resources stay in the account, outside the stack. CloudFormation \
                   documents this call only for updates: if it refuses, nothing has changed"
                .to_owned(),
            loses: None,
            data_loss: Vec::new(),
        },
        delete(
            snapshot,
            "CloudFormation refuses to continue, and the stack can be created again: resources that its DeletionPolicy retains can be \
             imported into the new one",
            "deletes the stack with its resources; resources to import stay in the account, because an import sets `DeletionPolicy: Retain`, \
             and so do all other resources with that policy",
        ),
    ]
}

fn delete_failed(snapshot: StackSnapshot<'_>, blockers: &[Blocker]) -> Vec<RecoveryOption> {
    let names: Vec<&str> = blockers.iter().map(|blocker| blocker.logical_id.as_str()).collect();
    let reason = format!("the deletion failed{}; after the cause is fixed, deleting again completes it", at(&names));
    let mut options = vec![delete(snapshot, &reason, "deletes the rest of the stack")];
    if !names.is_empty() {
        let left: Vec<String> = blockers.iter().map(|blocker| format!("{} ({})", blocker.logical_id, blocker.physical_id)).collect();
        options.push(RecoveryOption {
            action: RecoveryAction::Delete { retain: names.iter().map(|name| (*name).to_owned()).collect() },
            why: "the cause cannot be fixed, or the resource should be kept".to_owned(),
            does: format!("deletes the stack and retains {}", names.join(", ")),
            loses: Some(format!("resources that stay in the account, outside any stack: {}", left.join(", "))),
            data_loss: data_loss(snapshot, &names),
        });
        options.push(RecoveryOption {
            action: RecoveryAction::ForceDelete,
            why: "the stack has to go, whatever becomes of the resources that cannot be deleted".to_owned(),
            does: "deletes the stack; CloudFormation tries again to delete its resources, and leaves those that fail again \
                   (FORCE_DELETE_STACK)"
                .to_owned(),
            loses: Some(format!(
                "the stack's record of what it leaves behind: such resources stay in the account, outside any stack, and go on costing \
                 until you delete them: {}",
                left.join(", ")
            )),
            // CloudFormation may succeed in deleting them this time.
            data_loss: data_loss(snapshot, &[]),
        });
    }
    options
}

fn in_progress(snapshot: StackSnapshot<'_>, operation: &[StackEvent]) -> Vec<RecoveryOption> {
    let status = snapshot.stack.status;
    let since = operation.first().map(|event| format!(" since {}", event.timestamp)).unwrap_or_default();
    let mut resources: Vec<&str> = Vec::new();
    for event in operation.iter().filter(|event| !event.is_of_stack()) {
        resources.retain(|name| *name != event.logical_id);
        if event.status.is_in_progress() {
            resources.push(&event.logical_id);
        }
    }
    let with = if resources.is_empty() { String::new() } else { format!(", with {} in progress", resources.join(", ")) };
    let mut options = vec![RecoveryOption {
        action: RecoveryAction::Wait,
        why: format!("the stack is in {status}{since}{with}: the operation may still complete"),
        does: "follows the operation to its end and shows its outcome".to_owned(),
        loses: None,
        data_loss: Vec::new(),
    }];
    let reason = "the operation waits for an event that cannot occur, or is no longer needed";
    match status {
        StackStatus::UpdateInProgress => options.push(RecoveryOption {
            action: RecoveryAction::Cancel,
            why: reason.to_owned(),
            does: "cancels the update, which rolls it back".to_owned(),
            loses: Some("resources that the update created are deleted".to_owned()),
            data_loss: Vec::new(),
        }),
        StackStatus::CreateInProgress => options.push(delete(
            snapshot,
            reason,
            "deletes the stack with the resources created so far; the next deployment creates it again",
        )),
        _ => {}
    }
    options
}

fn at<N: AsRef<str>>(names: &[N]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { String::new() } else { format!(" at {}", names.join(", ")) }
}

fn delete(snapshot: StackSnapshot<'_>, why: &str, does: &str) -> RecoveryOption {
    RecoveryOption {
        action: RecoveryAction::Delete { retain: Vec::new() },
        why: why.to_owned(),
        does: does.to_owned(),
        loses: loses(snapshot),
        data_loss: data_loss(snapshot, &[]),
    }
}

fn delete_as_last_resort(snapshot: StackSnapshot<'_>) -> RecoveryOption {
    delete(snapshot, "no other option works, and the stack is not needed", "deletes the stack with all its resources")
}

/// Returns the resources whose data a deletion destroys, without those that it retains.
fn data_loss(snapshot: StackSnapshot<'_>, retained: &[&str]) -> Vec<String> {
    let names = with_data(snapshot).into_iter().map(|(name, _)| name).filter(|name| !retained.contains(name));
    names.map(ToOwned::to_owned).collect()
}

/// Returns the existing resources that hold data, by logical ID, with the kind of data.
fn with_data(snapshot: StackSnapshot<'_>) -> Vec<(&str, &'static str)> {
    let stored_data = |resource: &StackResource| crate::schema::resource_type(&resource.resource_type)?.holds_data();
    let existing = snapshot.resources.iter().filter(|resource| exists(resource));
    existing.filter_map(|resource| Some((resource.logical_id.as_str(), stored_data(resource)?))).collect()
}

fn exists(resource: &StackResource) -> bool {
    !resource.status.is_gone() && !resource.physical_id.is_empty()
}

/// Returns what a deletion destroys.
fn loses(snapshot: StackSnapshot<'_>) -> Option<String> {
    let count = snapshot.resources.iter().filter(|resource| exists(resource)).count();
    let data: Vec<String> = with_data(snapshot).into_iter().map(|(name, what)| format!("{name} ({what})")).collect();
    let plural = if count == 1 { "" } else { "s" };
    match (count, data.as_slice()) {
        (0, _) => None,
        (count, []) => Some(format!("{count} resource{plural}, none of which holds data")),
        (count, data) => {
            Some(format!("{count} resource{plural}, and the data of {}: each deletion must be approved by name", data.join(", ")))
        }
    }
}
