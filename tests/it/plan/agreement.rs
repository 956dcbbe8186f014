//! Comparison of a prediction with a change set of AWS.

use rackform::cloudformation::{Action, Attribute, Change, PolicyAction, Replacement};
use rackform::plan::{DisagreementKind, Plan, disagreements, missing_changes, unapproved_changes};
use serde_json::{Value, json};

use super::plan_parameter;

fn template() -> Value {
    json!({"Parameters": {"P": {"Type": "String"}}, "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "P"}}},
        "Named": {"Type": "AWS::SNS::Topic", "UpdateReplacePolicy": "Retain", "Properties": {"TopicName": {"Fn::Sub": "t-${P}"}}},
        "Other": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "still"}}}})
}

fn planned() -> (Plan, Vec<Change>) {
    let plan = plan_parameter(&template(), "30", "60");
    let listed = plan.change_set.changes.clone();
    (plan, listed)
}

fn kinds(plan: &Plan, reported: &[Change]) -> Vec<(String, DisagreementKind)> {
    disagreements(plan, reported, &|text| text).into_iter().map(|found| (found.logical_resource_id, found.kind)).collect()
}

fn change<'c>(changes: &'c mut [Change], id: &str) -> &'c mut Change {
    changes.iter_mut().find(|change| change.resource_change.logical_resource_id == id).unwrap()
}

fn of(json: Value) -> Change {
    serde_json::from_value(json!({"Type": "Resource", "ResourceChange": json})).unwrap()
}

#[test]
fn equal_lists_agree_in_any_order() {
    let (plan, mut reported) = planned();
    reported.reverse();
    for change in &mut reported {
        change.resource_change.details.reverse();
    }
    assert_eq!(kinds(&plan, &reported), []);
    assert!(unapproved_changes(&plan, &reported, false).is_empty() && missing_changes(&plan, &reported).is_empty());
    let mut bare = plan.change_set_without_values.changes.clone();
    bare.reverse();
    assert_eq!(kinds(&plan, &bare), [], "a list without values is compared with the prediction without values");
}

#[test]
fn every_difference_is_reported_with_its_kind() {
    let (plan, listed) = planned();
    let missing: Vec<Change> = listed.iter().filter(|change| change.resource_change.logical_resource_id != "Named").cloned().collect();
    assert_eq!(kinds(&plan, &missing), [("Named".into(), DisagreementKind::Missing)]);
    assert_eq!(missing_changes(&plan, &missing), ["Named"]);
    assert!(unapproved_changes(&plan, &missing, false).is_empty(), "a missing change needs no approval");

    let mut reported = listed.clone();
    change(&mut reported, "Queue").resource_change.replacement = Some(Replacement::Conditional);
    change(&mut reported, "Queue").resource_change.details[0].target.after_value = Some("61".into());
    change(&mut reported, "Named").resource_change.details.pop();
    let kinds_found = kinds(&plan, &reported);
    let expected = [("Named", DisagreementKind::Detail), ("Queue", DisagreementKind::Replacement), ("Queue", DisagreementKind::Value)];
    assert_eq!(kinds_found, expected.map(|(id, kind)| (id.to_owned(), kind)));
}

#[test]
fn other_resources_removals_replacements_and_deletions_are_unapproved() {
    let (plan, listed) = planned();
    let more = |change_it: &dyn Fn(&mut Vec<Change>)| {
        let mut reported = listed.clone();
        change_it(&mut reported);
        unapproved_changes(&plan, &reported, false).into_iter().map(|found| (found.logical_resource_id, found.kind)).collect::<Vec<_>>()
    };
    let removed = of(json!({"Action": "Remove", "LogicalResourceId": "Other", "ResourceType": "AWS::SNS::Topic"}));
    assert_eq!(more(&|reported| reported.push(removed.clone())), [("Other".into(), DisagreementKind::Unexpected)]);
    let removal = |reported: &mut Vec<Change>| change(reported, "Queue").resource_change.action = Action::Remove;
    assert_eq!(more(&removal), [("Queue".into(), DisagreementKind::Action)]);
    let replaced = |reported: &mut Vec<Change>| change(reported, "Queue").resource_change.replacement = Some(Replacement::True);
    assert_eq!(more(&replaced), [("Queue".into(), DisagreementKind::Replacement)]);
    let deleted =
        |reported: &mut Vec<Change>| change(reported, "Named").resource_change.policy_action = Some(PolicyAction::ReplaceAndDelete);
    assert_eq!(more(&deleted), [("Named".into(), DisagreementKind::PolicyAction)], "the plan keeps the old topic");
    let in_place = |reported: &mut Vec<Change>| change(reported, "Named").resource_change.replacement = Some(Replacement::False);
    assert_eq!(more(&in_place), [], "the approval of a replacement includes an update in place");
}

#[test]
fn propagated_stack_tags_need_no_approval() {
    let (plan, mut reported) = planned();
    let mut tagged = change(&mut reported, "Queue").clone();
    tagged.resource_change.logical_resource_id = "Other".to_owned();
    tagged.resource_change.scope = vec![Attribute::Tags];
    reported.push(tagged);
    assert!(unapproved_changes(&plan, &reported, true).is_empty());
    assert_eq!(unapproved_changes(&plan, &reported, false).len(), 1, "without changed stack tags the resource is unexpected");
}
