//! The local backend: the contract of every backend, and its own features.
#![allow(clippy::unwrap_used, clippy::panic)]

mod planned;

use std::sync::atomic::AtomicBool;

use rackform::apply::{ApplyHint, Observer, Outcome, apply, resume};
use rackform::backend::local::{CountingClock, FailOn, LocalBackend, LocalOptions};
use rackform::backend::{Backend, BackendError, BackendHint, DeleteOptions, StackResource};

use crate::backend::{self, EventRecorder, NETWORK, physical_id, put, target};
use rackform::cloudformation::StackEvent;

fn options(fail_on: &[&str]) -> LocalOptions {
    let fail_on = fail_on.iter().map(|text| text.parse::<FailOn>().unwrap()).collect();
    LocalOptions { clock: Box::new(CountingClock::default()), fail_on, ..LocalOptions::new("us-east-1") }
}

fn in_memory() -> LocalBackend {
    LocalBackend::in_memory(options(&[])).unwrap()
}

backend::contract_tests!(Some(in_memory()) =>
    a_parameter_is_toggled_on_and_off,
    an_unchanged_template_changes_nothing,
    a_replacement_propagates_and_the_old_resource_is_deleted,
    deleting_the_change_set_of_a_new_stack_deletes_the_stack,
    a_plan_for_another_revision_is_refused,
    a_protected_stack_is_not_deleted,
    a_cancelled_update_is_rolled_back,
    a_noecho_value_is_never_returned,
    an_import_change_set_contains_only_imports,
    an_import_precedes_the_update,
);

/// Returns the parts of resources that a rollback must restore.
fn essence(resources: &[StackResource]) -> Vec<(String, String, serde_json::Value)> {
    resources.iter().map(|resource| (resource.logical_id.clone(), resource.physical_id.clone(), resource.properties.clone())).collect()
}

#[test]
fn a_failed_update_is_rolled_back_and_names_the_first_failure() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path(), options(&[])).unwrap();
    put(&backend, "rack", NETWORK, &[]);
    let before = backend.list_resources("rack").unwrap();
    drop(backend);
    let backend = LocalBackend::open(directory.path(), options(&["Target:create"])).unwrap();
    let (outcome, recorder) = put(&backend, "rack", NETWORK, &[("Cache", "Yes"), ("Zone", "us-east-1b")]);
    let Outcome::RolledBack { status, root_cause: Some(cause) } = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        (status.as_str(), cause.event.logical_id.as_str(), cause.event.status.as_str()),
        ("UPDATE_ROLLBACK_COMPLETE", "Target", "CREATE_FAILED")
    );
    let stack_events: Vec<String> = recorder.lines().into_iter().filter(|line| line.starts_with("rack ")).collect();
    assert_eq!(
        stack_events,
        [
            "rack UPDATE_IN_PROGRESS",
            "rack UPDATE_ROLLBACK_IN_PROGRESS",
            "rack UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "rack UPDATE_ROLLBACK_COMPLETE"
        ]
    );
    assert_eq!(essence(&backend.list_resources("rack").unwrap()), essence(&before));
    assert_eq!(backend.describe_stack("rack").unwrap().unwrap().parameters.get("Cache").unwrap().as_deref(), Some("No"));
    // And it can be updated again.
    drop(backend);
    let backend = LocalBackend::open(directory.path(), options(&[])).unwrap();
    let (outcome, _) = put(&backend, "rack", NETWORK, &[("Cache", "Yes")]);
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
}

#[test]
fn a_failed_creation_leaves_a_stack_that_can_only_be_deleted() {
    let backend = LocalBackend::in_memory(options(&["Subnet"])).unwrap();
    let (outcome, recorder) = put(&backend, "rack", NETWORK, &[]);
    let Outcome::RolledBack { status, root_cause: Some(cause) } = outcome else { panic!("{outcome:?}") };
    assert_eq!((status.as_str(), cause.event.logical_id.as_str()), ("ROLLBACK_COMPLETE", "Subnet"));
    assert!(recorder.lines().contains(&"Vpc DELETE_COMPLETE".to_owned()), "{:#?}", recorder.lines());
    assert_eq!(backend.list_resources("rack").unwrap(), []);
    let error =
        apply(&backend, &target(&backend, "rack", NETWORK, &[]), &mut EventRecorder::default(), &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("ROLLBACK_COMPLETE"), "{error}");
    let hint = ApplyHint::Backend(BackendHint::RecoverOrDelete);
    assert_eq!(error.hint(), Some(hint), "{error:?}");
    let stack = backend.describe_stack("rack").unwrap().unwrap();
    let outcome =
        rackform::apply::delete(&backend, &stack, &DeleteOptions::default(), &mut EventRecorder::default(), &AtomicBool::new(false))
            .unwrap();
    assert!(matches!(outcome, Outcome::Deleted { .. }));
}

#[test]
fn a_failed_deletion_keeps_dependencies_and_can_be_retried() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path(), options(&["Subnet:delete"])).unwrap();
    put(&backend, "rack", NETWORK, &[]);
    let stack = backend.describe_stack("rack").unwrap().unwrap();
    let outcome =
        rackform::apply::delete(&backend, &stack, &DeleteOptions::default(), &mut EventRecorder::default(), &AtomicBool::new(false))
            .unwrap();
    let Outcome::Failed { status, root_cause: Some(cause), .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((status.as_str(), cause.event.logical_id.as_str()), ("DELETE_FAILED", "Subnet"));
    let left: Vec<String> = backend.list_resources("rack").unwrap().into_iter().map(|resource| resource.logical_id).collect();
    assert_eq!(left, ["Subnet", "Vpc"]);
    drop(backend);
    let backend = LocalBackend::open(directory.path(), options(&[])).unwrap();
    let stack = backend.describe_stack("rack").unwrap().unwrap();
    let outcome =
        rackform::apply::delete(&backend, &stack, &DeleteOptions::default(), &mut EventRecorder::default(), &AtomicBool::new(false))
            .unwrap();
    assert!(matches!(outcome, Outcome::Deleted { .. }), "{outcome:?}");
}

#[test]
fn retained_resources_stay_in_the_account_and_keep_their_names() {
    let template = |policy: &str| {
        format!(
            r#"{{"Parameters": {{"On": {{"Type": "String", "Default": "Yes"}}}}, "Conditions": {{"IsOn": {{"Fn::Equals": [{{"Ref": "On"}}, "Yes"]}}}},
            "Resources": {{
              "Log": {{"Type": "AWS::Logs::LogGroup"}},
              "Bucket": {{"Type": "AWS::S3::Bucket", "Condition": "IsOn", "DeletionPolicy": "{policy}", "Properties": {{"BucketName": "rack-settings"}}}}}}}}"#
        )
    };
    let backend = in_memory();
    put(&backend, "rack", &template("Retain"), &[]);
    let (_, recorder) = put(&backend, "rack", &template("Retain"), &[("On", "No")]);
    assert!(recorder.lines().contains(&"Bucket DELETE_SKIPPED".to_owned()), "{:#?}", recorder.lines());
    let retained = backend.retained_resources().unwrap();
    assert_eq!(retained.iter().map(|resource| resource.physical_id.as_str()).collect::<Vec<_>>(), ["rack-settings"]);
    let (outcome, _) = put(&backend, "rack", &template("Retain"), &[("On", "Yes")]);
    let Outcome::RolledBack { root_cause: Some(cause), .. } = outcome else { panic!("{outcome:?}") };
    assert!(cause.event.status_reason.unwrap().contains("rack-settings already exists"));
}

#[test]
fn a_custom_named_resource_cannot_be_replaced() {
    let template = |path: &str| {
        format!(
            r#"{{"Resources": {{"Role": {{"Type": "AWS::IAM::Role",
            "Properties": {{"RoleName": "builder", "Path": "{path}", "AssumeRolePolicyDocument": {{}}}}}}}}}}"#
        )
    };
    let backend = in_memory();
    put(&backend, "rack", &template("/"), &[]);
    let (outcome, _) = put(&backend, "rack", &template("/builds/"), &[]);
    let Outcome::RolledBack { root_cause: Some(cause), .. } = outcome else { panic!("{outcome:?}") };
    assert!(cause.event.status_reason.unwrap().contains("Rename builder and update the stack again"));
}

#[test]
fn two_mount_targets_in_one_zone_conflict() {
    let template = r#"{"Resources": {
      "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
      "A": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a"}},
      "B": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"}},
      "Files": {"Type": "AWS::EFS::FileSystem", "Properties": {}},
      "TargetA": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": {"Ref": "A"}, "SecurityGroups": []}},
      "TargetB": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": {"Ref": "B"}, "SecurityGroups": []}}}}"#;
    let (outcome, _) = put(&in_memory(), "rack", template, &[]);
    let Outcome::RolledBack { root_cause: Some(cause), .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(cause.event.logical_id, "TargetB");
    assert!(cause.event.status_reason.unwrap().contains("mount target already exists in this AZ"));
}

#[test]
fn an_export_in_use_cannot_be_deleted_or_changed() {
    let exporting = |value: &str| {
        format!(
            r#"{{"Resources": {{"Log": {{"Type": "AWS::Logs::LogGroup", "Properties": {{"LogGroupName": "{value}"}}}}}},
            "Outputs": {{"Log": {{"Value": {{"Ref": "Log"}}, "Export": {{"Name": "shared-log"}}}}}}}}"#
        )
    };
    let importing = r#"{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "Description": {"Fn::ImportValue": "shared-log"}}}}}"#;
    let backend = in_memory();
    let (outcome, _) = put(&backend, "user", importing, &[]);
    let Outcome::RolledBack { root_cause: Some(cause), .. } = outcome else { panic!("{outcome:?}") };
    assert!(cause.event.status_reason.unwrap().contains("No export named shared-log found"));
    let stack = backend.describe_stack("user").unwrap().unwrap();
    rackform::apply::delete(&backend, &stack, &DeleteOptions::default(), &mut EventRecorder::default(), &AtomicBool::new(false)).unwrap();

    put(&backend, "base", &exporting("a"), &[]);
    put(&backend, "user", importing, &[]);
    let role = backend.list_resources("user").unwrap().remove(0);
    assert_eq!(role.properties.get("Description").unwrap(), "a");
    let (outcome, _) = put(&backend, "base", &exporting("b"), &[]);
    let Outcome::RolledBack { root_cause: Some(cause), .. } = outcome else { panic!("{outcome:?}") };
    assert!(cause.event.status_reason.unwrap().contains("Export shared-log cannot be updated as it is in use by user"));
    assert!(matches!(backend.delete_stack("base", &DeleteOptions::default()), Err(BackendError::ExportInUse { .. })));
}

#[test]
fn task_definition_revisions_are_counted() {
    let template = |cpu: &str| {
        format!(
            r#"{{"Resources": {{"Task": {{"Type": "AWS::ECS::TaskDefinition", "Properties": {{"Family": "build", "Cpu": "{cpu}"}}}}}},
            "Outputs": {{"Task": {{"Value": {{"Ref": "Task"}}}}}}}}"#
        )
    };
    let backend = in_memory();
    put(&backend, "rack", &template("256"), &[]);
    put(&backend, "rack", &template("512"), &[]);
    let task = physical_id(&backend, "rack", "Task").unwrap();
    assert_eq!(task, "arn:aws:ecs:us-east-1:000000000000:task-definition/build:2");
    assert_eq!(backend.describe_stack("rack").unwrap().unwrap().outputs.get("Task"), Some(&task));
}

#[test]
fn the_same_history_gives_the_same_output() {
    let history = || {
        let backend = in_memory();
        put(&backend, "rack", NETWORK, &[]);
        put(&backend, "rack", NETWORK, &[("Cache", "Yes"), ("Zone", "us-east-1c")]);
        (backend.events_since("rack", None).unwrap(), backend.list_resources("rack").unwrap())
    };
    assert_eq!(history(), history());
}

#[test]
fn events_are_paged_and_ordered() {
    let backend = in_memory();
    for zone in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        put(&backend, "rack", NETWORK, &[("Zone", zone), ("Cache", "Yes")]);
    }
    let all = backend.events_since("rack", None).unwrap();
    assert!(all.len() > 100, "{}", all.len());
    assert!(all.is_sorted_by_key(|event| event.id.clone()));
    let first = backend.list_events("rack", None).unwrap();
    assert!(first.more && first.events.len() == 100);
    let second = backend.list_events("rack", Some(&first.events[99].id)).unwrap();
    assert_eq!(second.events.first(), all.get(100));
}

/// Drops the backend after this many events, like a killed process.
struct StopAfter<'a> {
    events: usize,
    stop: &'a AtomicBool,
}

impl Observer for StopAfter<'_> {
    fn event(&mut self, _: &StackEvent) {
        self.events = self.events.saturating_sub(1);
        if self.events == 0 {
            self.stop.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
}

#[test]
fn an_operation_is_resumed_from_every_step_in_another_process() {
    let whole = in_memory();
    put(&whole, "rack", NETWORK, &[("Cache", "Yes")]);
    put(&whole, "rack", NETWORK, &[("Zone", "us-east-1b")]);
    let expected = (essence(&whole.list_resources("rack").unwrap()), whole.events_since("rack", None).unwrap().len());
    for events in 1.. {
        let directory = tempfile::tempdir().unwrap();
        let open = || LocalBackend::open(directory.path(), options(&[])).unwrap();
        put(&open(), "rack", NETWORK, &[("Cache", "Yes")]);
        let stop = AtomicBool::new(false);
        let backend = open();
        let wanted = target(&backend, "rack", NETWORK, &[("Zone", "us-east-1b")]);
        let outcome = apply(&backend, &wanted, &mut StopAfter { events, stop: &stop }, &stop).unwrap();
        drop(backend);
        let backend = open();
        let interrupted = matches!(outcome, Outcome::Interrupted { .. });
        if interrupted {
            let stack = backend.describe_stack("rack").unwrap().unwrap();
            assert!(stack.status.is_in_progress(), "{}", stack.status);
            let outcome = resume(&backend, &stack, &mut EventRecorder::default(), &AtomicBool::new(false)).unwrap();
            assert!(matches!(outcome, Outcome::Complete { .. }), "after {events} events: {outcome:?}");
        }
        let found = (essence(&backend.list_resources("rack").unwrap()), backend.events_since("rack", None).unwrap().len());
        assert_eq!(found, expected, "after {events} events");
        if !interrupted {
            assert!(events > 10, "the update was over after {events} events");
            break;
        }
    }
}

#[test]
fn a_second_process_is_refused_with_the_id_of_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let _first = LocalBackend::open(directory.path(), options(&[])).unwrap();
    let Err(error) = LocalBackend::open(directory.path(), options(&[])) else { panic!("two writers") };
    assert!(error.to_string().contains(&format!("in use by process {}", std::process::id())), "{error}");
}

#[cfg(unix)]
#[test]
fn the_store_is_readable_only_by_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let _backend = LocalBackend::open(&state, options(&[])).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("state.redb")), 0o600);
}

#[test]
fn reading_creates_no_store() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let backend = LocalBackend::open_existing(&state, options(&[])).unwrap();
    assert_eq!(backend.list_stacks().unwrap(), []);
    assert!(!state.exists());
}
