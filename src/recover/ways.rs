//! Which ways lead out of which status.

use super::{Blocker, Proposal, Situation, Way};
use crate::cloudformation::{StackEvent, StackStatus};

/// Returns the ways out, the best first.
pub(super) fn out(situation: Situation<'_>, operation: &[StackEvent], blockers: &[Blocker]) -> Vec<Proposal> {
    let stack = situation.stack;
    match stack.status {
        StackStatus::RollbackComplete => vec![delete(
            situation,
            "its creation failed and was undone, and CloudFormation lets such a stack only be deleted",
            "deletes the stack; `rackform apply` then creates it anew",
            held(situation),
        )],
        StackStatus::CreateFailed | StackStatus::RollbackFailed => vec![delete(
            situation,
            "its creation failed, and it can neither be updated nor rolled back any further",
            "deletes the stack with what was created; `rackform apply` then creates it anew",
            held(situation),
        )],
        StackStatus::UpdateFailed => vec![
            Proposal {
                way: Way::Rollback,
                why: "its update was told to stop where it fails".to_owned(),
                does: "undoes what the update did; the stack is then as it was before".to_owned(),
                loses: Some("resources that the update created are deleted".to_owned()),
                command: "rackform recover --yes".to_owned(),
            },
            delete_anyway(situation),
        ],
        StackStatus::UpdateRollbackFailed => update_rollback_failed(situation, blockers),
        StackStatus::ImportRollbackFailed => import_rollback_failed(situation, blockers),
        StackStatus::DeleteFailed => delete_failed(situation, blockers),
        StackStatus::ReviewInProgress => vec![delete(
            situation,
            "only a change set exists, which nobody executed: what an interrupted run or a dry run left behind",
            "deletes the change set's stack, which holds nothing; `rackform apply` does without that, too",
            None,
        )],
        _ if stack.status.is_in_progress() => in_progress(situation, operation),
        _ => Vec::new(),
    }
}

fn update_rollback_failed(situation: Situation<'_>, blockers: &[Blocker]) -> Vec<Proposal> {
    let names: Vec<&str> = blockers.iter().map(|blocker| blocker.logical_id.as_str()).collect();
    let at = if names.is_empty() { String::new() } else { format!(" at {}", names.join(", ")) };
    let mut proposals = vec![Proposal {
        way: Way::Continue { skip: Vec::new() },
        why: format!("undoing the update stopped{at}; once the reason is out of the way, CloudFormation finishes it"),
        does: "goes on undoing the update; the stack is then as it was before, and can be updated".to_owned(),
        loses: None,
        command: "rackform recover --yes".to_owned(),
    }];
    if !names.is_empty() {
        let flags: Vec<String> = names.iter().map(|name| format!("--skip {name}")).collect();
        proposals.push(Proposal {
            way: Way::Continue { skip: names.iter().map(|name| (*name).to_owned()).collect() },
            why: "the reason cannot be put out of the way, such as a resource that somebody deleted by hand".to_owned(),
            does: format!("goes on undoing the update, and takes {} for undone as {}", names.join(", "), if names.len() == 1 { "it is" } else { "they are" }),
            loses: Some(format!(
                "CloudFormation believes {} to be what the template says, which may be wrong: put that right by hand before the next update",
                names.join(", ")
            )),
            command: format!("rackform recover {} --yes", flags.join(" ")),
        });
    }
    proposals.push(delete_anyway(situation));
    proposals
}

/// What CloudFormation documents of this status is that letting go failed for at least one resource, and that some may be in the stack; of the
/// calls that go on with a rollback, none is documented for it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html> and
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
fn import_rollback_failed(situation: Situation<'_>, blockers: &[Blocker]) -> Vec<Proposal> {
    let names: Vec<String> = blockers.iter().map(|blocker| format!("{} ({})", blocker.logical_id, blocker.physical_id)).collect();
    let at = if names.is_empty() { String::new() } else { format!(" at {}", names.join(", ")) };
    vec![
        Proposal {
            way: Way::Continue { skip: Vec::new() },
            why: format!(
                "an import failed, and letting go of what it had taken in stopped{at}; with the reason out of the way it may go on"
            ),
            does:
                "asks CloudFormation to go on undoing the import; what was imported stays in the account, out of the stack. CloudFormation \
                   documents that call for failed updates: if it refuses, nothing has changed"
                    .to_owned(),
            loses: None,
            command: "rackform recover --yes".to_owned(),
        },
        Proposal {
            command: format!("rackform recover --choose delete --yes{}", leave(situation, &[])),
            ..delete(
                situation,
                "going on is refused, and the stack can be made anew: what its DeletionPolicy keeps can be imported into the new one",
                "deletes the stack with what is in it; what was to be imported stays in the account, since an import gives it \
                 `DeletionPolicy: Retain`, and so does everything else whose policy says so",
                held(situation),
            )
        },
    ]
}

fn delete_failed(situation: Situation<'_>, blockers: &[Blocker]) -> Vec<Proposal> {
    let names: Vec<&str> = blockers.iter().map(|blocker| blocker.logical_id.as_str()).collect();
    let at = if names.is_empty() { String::new() } else { format!(" at {}", names.join(", ")) };
    let mut proposals = vec![delete(
        situation,
        &format!("deleting it stopped{at}; once the reason is out of the way, deleting again finishes it"),
        "deletes what is left of the stack",
        held(situation),
    )];
    if !names.is_empty() {
        let flags: Vec<String> = names.iter().map(|name| format!("--retain {name}")).collect();
        let left: Vec<String> = blockers.iter().map(|blocker| format!("{} ({})", blocker.logical_id, blocker.physical_id)).collect();
        proposals.push(Proposal {
            way: Way::Delete { retain: names.iter().map(|name| (*name).to_owned()).collect() },
            why: "the reason cannot be put out of the way, or the resource is to be kept".to_owned(),
            does: format!("deletes the stack and lets {} go", names.join(", ")),
            loses: Some(format!(
                "{} in the account, out of any stack's care: {}",
                if left.len() == 1 { "it stays" } else { "they stay" },
                left.join(", ")
            )),
            command: format!("rackform recover {} --yes{}", flags.join(" "), leave(situation, &names)),
        });
    }
    proposals
}

fn in_progress(situation: Situation<'_>, operation: &[StackEvent]) -> Vec<Proposal> {
    let status = situation.stack.status;
    let began = operation.first().map(|event| format!(" since {}", event.timestamp)).unwrap_or_default();
    let mut doing: Vec<&str> = Vec::new();
    for event in operation.iter().filter(|event| !event.is_of_stack()) {
        doing.retain(|name| *name != event.logical_id);
        if event.status.is_in_progress() {
            doing.push(&event.logical_id);
        }
    }
    let at = if doing.is_empty() { String::new() } else { format!(", with {} in work", doing.join(", ")) };
    let mut proposals = vec![Proposal {
        way: Way::Wait,
        why: format!("it is {status}{began}{at}: it may well come to its end"),
        does: "follows it to its end and says how it ended".to_owned(),
        loses: None,
        command: "rackform recover --yes".to_owned(),
    }];
    match status {
        StackStatus::UpdateInProgress => proposals.push(Proposal {
            way: Way::Cancel,
            why: "it waits for something that will not happen, or is not wanted any more".to_owned(),
            does: "cancels the update, which undoes what it did so far".to_owned(),
            loses: Some("resources that the update created are deleted".to_owned()),
            command: "rackform recover --choose cancel --yes".to_owned(),
        }),
        StackStatus::CreateInProgress => proposals.push(Proposal {
            command: format!("rackform recover --choose delete --yes{}", leave(situation, &[])),
            ..delete(
                situation,
                "it waits for something that will not happen, or is not wanted any more",
                "deletes the stack with what was created so far; `rackform apply` then creates it anew",
                held(situation),
            )
        }),
        _ => {}
    }
    proposals
}

/// Returns the flags that let go of the data which a deletion takes along: without them it is denied.
fn leave(situation: Situation<'_>, retained: &[&str]) -> String {
    let names = with_data(situation).into_iter().map(|(name, _)| name).filter(|name| !retained.contains(name));
    names.map(|name| format!(" --allow-data-loss {name}")).collect()
}

fn delete(situation: Situation<'_>, why: &str, does: &str, loses: Option<String>) -> Proposal {
    Proposal {
        way: Way::Delete { retain: Vec::new() },
        why: why.to_owned(),
        does: does.to_owned(),
        command: format!("rackform recover --yes{}", if loses.is_some() { leave(situation, &[]) } else { String::new() }),
        loses,
    }
}

fn delete_anyway(situation: Situation<'_>) -> Proposal {
    Proposal {
        command: format!("rackform recover --choose delete --yes{}", leave(situation, &[])),
        ..delete(situation, "nothing else helps, and the stack is not needed", "deletes the stack and everything in it", held(situation))
    }
}

/// Returns the resources that are there and hold data, by logical ID, with what they hold.
fn with_data(situation: Situation<'_>) -> Vec<(&str, &'static str)> {
    let holds = |resource: &crate::backend::StackResource| crate::schema::resource_type(&resource.resource_type)?.holds_data();
    let there = situation.resources.iter().filter(|resource| is_there(resource));
    there.filter_map(|resource| Some((resource.logical_id.as_str(), holds(resource)?))).collect()
}

fn is_there(resource: &crate::backend::StackResource) -> bool {
    !resource.status.is_gone() && !resource.physical_id.is_empty()
}

/// Returns what a deletion takes along.
fn held(situation: Situation<'_>) -> Option<String> {
    let count = situation.resources.iter().filter(|resource| is_there(resource)).count();
    let data: Vec<String> = with_data(situation).into_iter().map(|(name, what)| format!("{name} ({what})")).collect();
    match (count, data.as_slice()) {
        (0, _) => None,
        (count, []) => Some(format!("{count} resource{}, none of which holds data", if count == 1 { "" } else { "s" })),
        (count, data) => Some(format!(
            "{count} resource{}, and data with {}: each that is deleted has to be named with --allow-data-loss",
            if count == 1 { "" } else { "s" },
            data.join(", ")
        )),
    }
}
