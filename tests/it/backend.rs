//! The contract of every backend: functions over the trait, which run for each backend.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use rackform::apply::{Observer, Outcome, Target, apply, delete};
use rackform::backend::{Backend, BackendError, ChangeSetRequest, DeleteOptions, OperationState, ParameterInput};
use rackform::cloudformation::StackEvent;
use rackform::plan::{ImportStep, ResourceImport};

/// Makes each named function a test with its own backend; if `$open` returns none, it has reported why.
macro_rules! contract_tests {
    ($open:expr => $($test:ident),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                if let Some(backend) = $open {
                    crate::backend::$test(&backend);
                }
            }
        )+
    };
}
pub(crate) use contract_tests;

/// A network with a file system: resources to order, to update in place, to replace and to delete.
pub const NETWORK: &str = r#"{
  "Parameters": {
    "Zone": {"Type": "String", "Default": "us-east-1a"},
    "Cache": {"Type": "String", "Default": "No", "AllowedValues": ["Yes", "No"]},
    "Token": {"Type": "String", "Default": "", "NoEcho": true}
  },
  "Conditions": {"CacheOn": {"Fn::Equals": [{"Ref": "Cache"}, "Yes"]}, "InZoneA": {"Fn::Equals": [{"Ref": "Zone"}, "us-east-1a"]},
    "InZoneB": {"Fn::Equals": [{"Ref": "Zone"}, "us-east-1b"]}},
  "Resources": {
    "Target": {"Type": "AWS::EFS::MountTarget", "Condition": "CacheOn", "Properties": {
      "FileSystemId": {"Ref": "Files"}, "SubnetId": {"Ref": "Subnet"}, "SecurityGroups": [{"Fn::GetAtt": ["Group", "GroupId"]}]}},
    "Files": {"Type": "AWS::EFS::FileSystem", "Condition": "CacheOn", "Properties": {"Encrypted": true}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Fn::If": ["InZoneA", "10.0.0.0/24", {"Fn::If": ["InZoneB", "10.0.1.0/24", "10.0.2.0/24"]}]}, "AvailabilityZone": {"Ref": "Zone"}}},
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "all", "VpcId": {"Ref": "Vpc"},
      "Tags": [{"Key": "token", "Value": {"Ref": "Token"}}]}},
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
  },
  "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}}, "Files": {"Condition": "CacheOn", "Value": {"Ref": "Files"}}}
}"#;

/// Records events.
#[derive(Default)]
pub struct EventRecorder(pub Vec<StackEvent>);

impl Observer for EventRecorder {
    fn event(&mut self, event: &StackEvent) {
        self.0.push(event.clone());
    }
}

impl EventRecorder {
    /// Returns `LOGICAL_ID STATUS`, one for each event.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(|event| format!("{} {}", event.logical_id, event.status)).collect()
    }
}

/// Returns a target for the current stack that changes some parameters.
pub fn target(backend: &dyn Backend, stack: &str, template: &str, values: &[(&str, &str)]) -> Target {
    let deployed = backend.describe_stack(stack).unwrap();
    let mut parameters: IndexMap<String, ParameterInput> = IndexMap::new();
    if let Some(deployed) = &deployed {
        parameters.extend(deployed.parameters.keys().map(|name| (name.clone(), ParameterInput::UsePrevious)));
    }
    parameters.extend(values.iter().map(|(name, value)| ((*name).to_owned(), ParameterInput::Value((*value).to_owned()))));
    Target {
        stack: stack.to_owned(),
        revision: deployed.map(|stack| stack.revision),
        template: template.to_owned(),
        parameters,
        ..Target::default()
    }
}

/// Applies a template with some parameters; returns the outcome and the events.
pub fn put(backend: &dyn Backend, stack: &str, template: &str, values: &[(&str, &str)]) -> (Outcome, EventRecorder) {
    let mut recorder = EventRecorder::default();
    let outcome = apply(backend, &target(backend, stack, template, values), &mut recorder, &AtomicBool::new(false)).unwrap();
    (outcome, recorder)
}

/// Returns the physical ID of a resource.
pub fn physical_id(backend: &dyn Backend, stack: &str, logical_id: &str) -> Option<String> {
    let resources = backend.list_resources(stack).unwrap();
    resources.into_iter().find(|resource| resource.logical_id == logical_id).map(|resource| resource.physical_id)
}

fn status(backend: &dyn Backend, stack: &str) -> String {
    backend.describe_stack(stack).unwrap().map_or_else(|| "gone".to_owned(), |stack| stack.status.to_string())
}

/// A stack is created in the order of its dependencies, toggled on and off, and deleted.
pub fn a_parameter_is_toggled_on_and_off(backend: &dyn Backend) {
    let (outcome, recorder) = put(backend, "rack", NETWORK, &[]);
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    let lines = recorder.lines();
    assert_eq!(lines.first().unwrap(), "rack CREATE_IN_PROGRESS");
    assert_eq!(lines.last().unwrap(), "rack CREATE_COMPLETE");
    let place = |line: &str| lines.iter().position(|other| other == line).unwrap_or_else(|| panic!("no {line} in {lines:#?}"));
    assert!(place("Vpc CREATE_COMPLETE") < place("Subnet CREATE_IN_PROGRESS"));
    let (subnet, vpc) = (physical_id(backend, "rack", "Subnet"), physical_id(backend, "rack", "Vpc"));
    assert_eq!(physical_id(backend, "rack", "Files"), None);

    let (outcome, recorder) = put(backend, "rack", NETWORK, &[("Cache", "Yes")]);
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    let lines = recorder.lines();
    assert!(!lines.iter().any(|line| line.starts_with("Subnet ") || line.starts_with("Vpc ")), "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "rack UPDATE_COMPLETE");
    let files = physical_id(backend, "rack", "Files").unwrap();
    let described = backend.describe_stack("rack").unwrap().unwrap();
    assert_eq!(described.outputs.get("Files"), Some(&files));
    assert_eq!(described.parameters.get("Cache").unwrap().as_deref(), Some("Yes"));

    let (_, recorder) = put(backend, "rack", NETWORK, &[("Cache", "No")]);
    let lines = recorder.lines();
    let place = |line: &str| lines.iter().position(|other| other == line).unwrap_or_else(|| panic!("no {line} in {lines:#?}"));
    assert!(place("rack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") < place("Target DELETE_IN_PROGRESS"));
    assert!(place("Target DELETE_COMPLETE") < place("Files DELETE_IN_PROGRESS"), "what mounts goes before what is mounted");
    assert_eq!(physical_id(backend, "rack", "Files"), None);
    assert_eq!((physical_id(backend, "rack", "Subnet"), physical_id(backend, "rack", "Vpc")), (subnet, vpc));

    let stack = backend.describe_stack("rack").unwrap().unwrap();
    let mut recorder = EventRecorder::default();
    let outcome = delete(backend, &stack, &DeleteOptions::default(), &mut recorder, &AtomicBool::new(false)).unwrap();
    assert_eq!(outcome, Outcome::Deleted { retained: Vec::new() });
    assert_eq!(recorder.lines().last().unwrap(), "rack DELETE_COMPLETE");
    assert_eq!(status(backend, "rack"), "gone");
}

/// Applying the same again changes nothing, emits no event and is not a failure.
pub fn an_unchanged_template_changes_nothing(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[]);
    let before = backend.describe_stack("rack").unwrap();
    let (outcome, recorder) = put(backend, "rack", NETWORK, &[]);
    assert!(matches!(outcome, Outcome::Unchanged { .. }), "{outcome:?}");
    assert_eq!(recorder.lines(), Vec::<String>::new());
    assert_eq!(backend.describe_stack("rack").unwrap(), before);
}

/// A replaced resource gets a new physical ID, its dependants follow, and the clean-up deletes the old one.
pub fn a_replacement_propagates_and_the_old_resource_is_deleted(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[("Cache", "Yes")]);
    let (subnet, target, files) = ["Subnet", "Target", "Files"].map(|name| physical_id(backend, "rack", name).unwrap()).into();
    let (outcome, recorder) = put(backend, "rack", NETWORK, &[("Zone", "us-east-1b")]);
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    assert_ne!(physical_id(backend, "rack", "Subnet").unwrap(), subnet);
    assert_ne!(physical_id(backend, "rack", "Target").unwrap(), target);
    assert_eq!(physical_id(backend, "rack", "Files").unwrap(), files);
    let old: Vec<&str> = recorder
        .0
        .iter()
        .filter(|event| event.status.as_str() == "DELETE_COMPLETE")
        .filter_map(|event| event.physical_id.as_deref())
        .collect();
    assert_eq!(old, [target.as_str(), subnet.as_str()]);
    let replacing = recorder.0.iter().find(|event| event.logical_id == "Subnet").unwrap();
    assert_eq!(
        replacing.status_reason.as_deref(),
        Some("Requested update requires the creation of a new physical resource; hence creating one.")
    );
}

/// A deleted change set of a new stack leaves nothing behind.
pub fn deleting_the_change_set_of_a_new_stack_deletes_the_stack(backend: &dyn Backend) {
    let request =
        ChangeSetRequest { stack: "ghost".to_owned(), name: "dry-run".to_owned(), template: NETWORK.to_owned(), ..Default::default() };
    backend.create_change_set(&request).unwrap();
    assert_eq!(status(backend, "ghost"), "REVIEW_IN_PROGRESS");
    let described = backend.describe_change_set("ghost", "dry-run").unwrap();
    let added: Vec<&str> = described.changes.iter().map(|change| change.resource_change.logical_resource_id.as_str()).collect();
    assert_eq!(added, ["Group", "Subnet", "Vpc"]);
    backend.delete_change_set("ghost", "dry-run").unwrap();
    assert_eq!(status(backend, "ghost"), "gone");
}

/// A plan is refused after the stack changed, with the reason.
pub fn a_plan_for_another_revision_is_refused(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[]);
    let stale = target(backend, "rack", NETWORK, &[("Cache", "Yes")]);
    put(backend, "rack", NETWORK, &[("Zone", "us-east-1b")]);
    let error = apply(backend, &stale, &mut EventRecorder::default(), &AtomicBool::new(false)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("changed after the plan was made") && text.contains("UPDATE_COMPLETE") && text.contains("Subnet"), "{text}");
    assert!(error.may_succeed_later());
}

/// A stack with termination protection cannot be deleted until the protection is off.
pub fn a_protected_stack_is_not_deleted(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[]);
    backend.set_termination_protection("rack", true).unwrap();
    assert!(matches!(backend.delete_stack("rack", &DeleteOptions::default()), Err(BackendError::TerminationProtection { .. })));
    backend.set_termination_protection("rack", false).unwrap();
    backend.delete_stack("rack", &DeleteOptions::default()).unwrap();
    while backend.advance("rack").unwrap() == OperationState::Running {}
    assert_eq!(status(backend, "rack"), "gone");
}

/// A cancelled update is rolled back.
pub fn a_cancelled_update_is_rolled_back(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[]);
    let before = backend.list_resources("rack").unwrap();
    let wanted = target(backend, "rack", NETWORK, &[("Zone", "us-east-1b"), ("Cache", "Yes")]);
    let request = ChangeSetRequest {
        stack: wanted.stack,
        name: "cancelled".to_owned(),
        template: wanted.template,
        parameters: wanted.parameters,
        ..Default::default()
    };
    backend.create_change_set(&request).unwrap();
    backend.execute_change_set("rack", "cancelled").unwrap();
    for _ in 0..4 {
        assert_eq!(backend.advance("rack").unwrap(), OperationState::Running);
    }
    backend.cancel_update("rack").unwrap();
    while backend.advance("rack").unwrap() == OperationState::Running {}
    assert_eq!(status(backend, "rack"), "UPDATE_ROLLBACK_COMPLETE");
    let names = |resources: &[rackform::backend::StackResource]| -> Vec<(String, String, serde_json::Value)> {
        resources.iter().map(|r| (r.logical_id.clone(), r.physical_id.clone(), r.properties.clone())).collect()
    };
    assert_eq!(names(&backend.list_resources("rack").unwrap()), names(&before));
}

/// A secret is in no description and no event.
pub fn a_noecho_value_is_never_returned(backend: &dyn Backend) {
    let (_, recorder) = put(backend, "rack", NETWORK, &[("Token", "hunter2-hunter2")]);
    let described = backend.describe_stack("rack").unwrap().unwrap();
    assert_eq!(described.parameters.get("Token"), Some(&None));
    let everything = format!("{described:?} {:?} {:?}", backend.list_resources("rack").unwrap(), recorder.0);
    let group = backend.list_resources("rack").unwrap().into_iter().find(|resource| resource.logical_id == "Group").unwrap();
    assert!(group.properties.is_null() || group.properties.to_string().contains("****"), "{group:?}");
    assert!(!everything.contains("hunter2"), "{everything}");
    // The backend keeps it: the next update uses it.
    let (outcome, _) = put(backend, "rack", NETWORK, &[]);
    assert!(matches!(outcome, Outcome::Unchanged { .. }), "{outcome:?}");
}

/// Returns the import of a file system as `Files`, and a template with it and the resources of [`NETWORK`].
fn import_of(physical_id: &str, policy: bool) -> (ResourceImport, String) {
    let import = serde_json::json!({
        "Action": "Import", "LogicalResourceId": "Files", "ResourceType": "AWS::EFS::FileSystem",
        "ResourceIdentifier": {"FileSystemId": physical_id}, "Compared": false,
    });
    let mut template: serde_json::Value = serde_json::from_str(NETWORK).unwrap();
    let mut body = serde_json::json!({"Type": "AWS::EFS::FileSystem", "Properties": {"Encrypted": true}});
    if policy {
        body["DeletionPolicy"] = "Retain".into();
    }
    template["Resources"]["Files"] = body;
    (serde_json::from_value(import).unwrap(), template.to_string())
}

/// An import with other changes is refused; a valid one does nothing else.
pub fn an_import_change_set_contains_only_imports(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[]);
    let (import, template) = import_of("fs-0123456789abcdef0", true);
    let before = backend.describe_stack("rack").unwrap().unwrap();
    let asked = |template: &str, import: &ResourceImport, values: &[(&str, &str)]| {
        let request = target(backend, "rack", template, values).request();
        backend.create_change_set(&ChangeSetRequest { imports: vec![import.clone()], name: "import".to_owned(), ..request })
    };
    let refusal = |result: Result<String, BackendError>| result.unwrap_err().to_string();
    let other = refusal(asked(&template, &import, &[("Zone", "us-east-1b")]));
    assert!(other.contains("Subnet") && other.contains("not being imported"), "{other}");
    let outputs = refusal(asked(&template.replace("\"Outputs\":{", "\"Outputs\":{\"More\":{\"Value\":\"x\"},"), &import, &[]));
    assert!(outputs.contains("you cannot modify or add [Outputs]"), "{outputs}");
    let unprotected = refusal(asked(&import_of("fs-1", false).1, &import, &[]));
    assert!(unprotected.contains("Files") && unprotected.contains("DeletionPolicy"), "{unprotected}");
    let there = ResourceImport { logical_resource_id: "Vpc".to_owned(), resource_type: "AWS::EC2::VPC".to_owned(), ..import.clone() };
    assert!(refusal(asked(&template, &there, &[])).contains("already in a stack"));
    assert_eq!(backend.describe_stack("rack").unwrap().unwrap(), before, "a refusal changes nothing");

    let id = asked(&template, &import, &[]).unwrap();
    let described = backend.describe_change_set("rack", &id).unwrap();
    let changes: Vec<String> = described.changes.iter().map(|change| format!("{:?}", change.resource_change.action)).collect();
    assert_eq!(changes, ["Import"], "{described:?}");
    assert_eq!(described.changes[0].resource_change.physical_resource_id.as_deref(), Some("fs-0123456789abcdef0"));
    backend.delete_change_set("rack", &id).unwrap();
}

/// An imported resource is in the stack before the update starts, is unchanged, and cannot be imported by another stack.
pub fn an_import_precedes_the_update(backend: &dyn Backend) {
    put(backend, "rack", NETWORK, &[]);
    let (import, template) = import_of("fs-0123456789abcdef0", true);
    let step = ImportStep { resources: vec![import], template, parameters: ["Zone", "Cache", "Token"].map(str::to_owned).to_vec() };
    let wanted = Target { import: Some(step), ..target(backend, "rack", NETWORK, &[("Cache", "Yes")]) };
    let mut recorder = EventRecorder::default();
    let outcome = apply(backend, &wanted, &mut recorder, &AtomicBool::new(false)).unwrap();
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    let lines = recorder.lines();
    let place = |line: &str| lines.iter().position(|other| other == line).unwrap_or_else(|| panic!("no {line} in {lines:#?}"));
    assert_eq!(lines.first().unwrap(), "rack IMPORT_IN_PROGRESS");
    assert!(place("Files IMPORT_IN_PROGRESS") < place("Files IMPORT_COMPLETE"));
    assert!(place("Files IMPORT_COMPLETE") < place("rack IMPORT_COMPLETE"));
    assert!(place("rack IMPORT_COMPLETE") < place("rack UPDATE_IN_PROGRESS"));
    assert!(!lines.iter().any(|line| line.starts_with("Files CREATE")), "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "rack UPDATE_COMPLETE");
    assert_eq!(physical_id(backend, "rack", "Files").as_deref(), Some("fs-0123456789abcdef0"));
    let described = backend.describe_stack("rack").unwrap().unwrap();
    assert_eq!((described.template.as_str(), described.parameters["Cache"].as_deref()), (NETWORK, Some("Yes")));

    // The plan was made for the stack as it was.
    let again = apply(backend, &wanted, &mut EventRecorder::default(), &AtomicBool::new(false));
    assert!(matches!(again, Err(rackform::apply::ApplyError::StackChanged { .. })), "{again:?}");
    put(backend, "other", NETWORK, &[]);
    let taken = Target { import: wanted.import.clone(), ..target(backend, "other", NETWORK, &[("Cache", "Yes")]) };
    let outcome = apply(backend, &taken, &mut recorder, &AtomicBool::new(false)).unwrap();
    assert!(matches!(&outcome, Outcome::RolledBack { status, .. } if status.as_str() == "IMPORT_ROLLBACK_COMPLETE"), "{outcome:?}");
    assert_eq!(physical_id(backend, "other", "Files"), None);
    assert_eq!(physical_id(backend, "rack", "Files").as_deref(), Some("fs-0123456789abcdef0"));
}
