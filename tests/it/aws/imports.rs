//! Imports on CloudFormation, with responses in the format of the API reference: the endpoint does not support change sets of type
//! `IMPORT`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::super::program::Bench;
use super::wire::{RecordedRequest, Wire, refusal, success};

const ID: &str = "fs-0123456789abcdef0";
const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1";
const SET: &str = "set Cache=Yes --import Files=fs-0123456789abcdef0 --yes --no-preflight";

const TEMPLATE: &str = r#"{"Parameters": {"Cache": {"Type": "String", "Default": "No"}, "Token": {"Type": "String", "NoEcho": true, "Default": ""}},
  "Conditions": {"CacheOn": {"Fn::Equals": [{"Ref": "Cache"}, "Yes"]}},
  "Resources": {
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Files": {"Type": "AWS::EFS::FileSystem", "Condition": "CacheOn", "Properties": {"Encrypted": true,
      "FileSystemTags": [{"Key": "queue", "Value": {"Ref": "Queue"}}]}}},
  "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}}}"#;

/// The responses of the account.
#[derive(Clone, Copy)]
struct Account {
    /// The response of EFS about the file system: a status and a body.
    file_system: (u16, &'static str),
    /// An additional change that CloudFormation lists.
    more: &'static str,
    /// Whether the import fails.
    fails: bool,
}

const ENCRYPTED: &str = r#"{"FileSystems": [{"FileSystemId": "fs-0123456789abcdef0", "OwnerId": "111122223333", "CreationToken": "t", "CreationTime": 1,
  "LifeCycleState": "available", "NumberOfMountTargets": 0, "SizeInBytes": {"Value": 6144}, "PerformanceMode": "generalPurpose", "Encrypted": true,
  "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/own", "ThroughputMode": "bursting", "Tags": []}]}"#;

impl Default for Account {
    fn default() -> Self {
        Self { file_system: (200, ENCRYPTED), more: "", fails: false }
    }
}

/// The current state of the account.
#[derive(Default)]
struct AccountState {
    /// The created change sets: type and template.
    made: Vec<(String, String)>,
    /// The number of executed change sets.
    executed: usize,
    is_there: bool,
}

const IMPORTED: [(&str, &str); 3] = [("jobs", "IMPORT_IN_PROGRESS"), ("Files", "IMPORT_COMPLETE"), ("jobs", "IMPORT_COMPLETE")];
const UPDATED: [(&str, &str); 3] = [("jobs", "UPDATE_IN_PROGRESS"), ("Files", "UPDATE_COMPLETE"), ("jobs", "UPDATE_COMPLETE")];
const FAILED: [(&str, &str); 4] = [
    ("jobs", "IMPORT_IN_PROGRESS"),
    ("Files", "IMPORT_FAILED"),
    ("jobs", "IMPORT_ROLLBACK_IN_PROGRESS"),
    ("jobs", "IMPORT_ROLLBACK_COMPLETE"),
];

impl Account {
    fn serve(self) -> Wire {
        let state = Mutex::new(AccountState::default());
        Wire::new(move |request| self.answer(request, &mut state.lock().unwrap()))
    }

    fn events(&self, state: &AccountState) -> Vec<(&'static str, &'static str)> {
        let mut events = vec![("jobs", "CREATE_COMPLETE")];
        if state.executed > 0 {
            events.extend(if self.fails { FAILED.as_slice() } else { IMPORTED.as_slice() });
        }
        if state.executed > 1 {
            events.extend(UPDATED);
        }
        events
    }

    fn answer(&self, request: &RecordedRequest, state: &mut AccountState) -> (u16, String) {
        let action = request.action.as_str();
        let events = self.events(state);
        match action {
            "" if request.head.contains("trentservice.describekey") => {
                let key = r#"{"KeyMetadata": {"KeyId": "own", "Arn": "arn:aws:kms:eu-west-1:111122223333:key/own", "KeyManager": "AWS"}}"#;
                (200, key.to_owned())
            }
            "" if request.path.contains("lifecycle-configuration") => (200, r#"{"LifecyclePolicies": []}"#.to_owned()),
            "" if request.path.contains("/file-systems") => (self.file_system.0, self.file_system.1.to_owned()),
            "" => (403, r#"{"__type": "AccessDeniedException", "message": "no"}"#.to_owned()),
            "GetCallerIdentity" => {
                success(action, "<Arn>arn:aws:iam::111122223333:user/ci</Arn><UserId>A</UserId><Account>111122223333</Account>")
            }
            "DescribeStacks" => {
                let status = events.iter().rfind(|(name, _)| *name == "jobs").unwrap().1;
                let cache = if state.executed > 1 { "Yes" } else { "No" };
                success(
                    action,
                    &format!(
                        "<Stacks><member><StackName>jobs</StackName><StackId>{STACK}</StackId><StackStatus>{status}</StackStatus>\
                         <CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters><member><ParameterKey>Cache</ParameterKey>\
                         <ParameterValue>{cache}</ParameterValue></member><member><ParameterKey>Token</ParameterKey>\
                         <ParameterValue>****</ParameterValue></member></Parameters><Tags><member><Key>team</Key><Value>build</Value></member></Tags>\
                         </member></Stacks>"
                    ),
                )
            }
            "GetTemplate" => {
                let body = state.executed.checked_sub(1).map_or(TEMPLATE, |last| state.made[last].1.as_str());
                success(action, &format!("<TemplateBody>{}</TemplateBody>", body.replace('&', "&amp;").replace('<', "&lt;")))
            }
            "DescribeStackEvents" => {
                let member = |(number, (name, status)): (usize, &(&str, &str))| {
                    let (kind, id) = if *name == "jobs" { ("AWS::CloudFormation::Stack", STACK) } else { ("AWS::EFS::FileSystem", ID) };
                    format!(
                        "<member><EventId>e{number}</EventId><StackId>{STACK}</StackId><StackName>jobs</StackName>\
                         <LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>{id}</PhysicalResourceId>\
                         <ResourceType>{kind}</ResourceType><Timestamp>2026-01-02T03:04:{number:02}Z</Timestamp>\
                         <ResourceStatus>{status}</ResourceStatus></member>"
                    )
                };
                let members: String = events.iter().enumerate().rev().map(member).collect();
                success(action, &format!("<StackEvents>{members}</StackEvents>"))
            }
            "ListStackResources" => {
                let member = |name: &str, kind: &str, id: &str| {
                    format!(
                        "<member><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>{id}</PhysicalResourceId>\
                         <ResourceType>{kind}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                         <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member>"
                    )
                };
                let mut members = member("Queue", "AWS::SQS::Queue", "https://queue/1");
                if state.executed > 0 && !self.fails {
                    members.push_str(&member("Files", "AWS::EFS::FileSystem", ID));
                }
                success(action, &format!("<StackResourceSummaries>{members}</StackResourceSummaries>"))
            }
            "ListExports" => success(action, "<Exports/>"),
            "ListChangeSets" => success(action, "<Summaries/>"),
            "CreateChangeSet" => {
                state.made.push((request.field("ChangeSetType").unwrap(), request.field("TemplateBody").unwrap()));
                state.is_there = true;
                success(action, &format!("<Id>{}</Id><StackId>{STACK}</StackId>", change_set(state)))
            }
            "DescribeChangeSet" => self.change_set(action, state),
            "DeleteChangeSet" if state.is_there => {
                state.is_there = false;
                success(action, "")
            }
            "DescribeChangeSetHooks" | "DeleteChangeSet" => refusal("ChangeSetNotFound", "ChangeSet does not exist"),
            "ExecuteChangeSet" => {
                state.executed += 1;
                state.is_there = false;
                success(action, "")
            }
            other => refusal("InvalidAction", other),
        }
    }

    fn change_set(&self, action: &str, state: &AccountState) -> (u16, String) {
        let Some((kind, _)) = state.made.last().filter(|_| state.is_there) else {
            return refusal("ChangeSetNotFound", "ChangeSet does not exist");
        };
        let change = if kind == "IMPORT" {
            format!(
                "<member><Type>Resource</Type><ResourceChange><Action>Import</Action><LogicalResourceId>Files</LogicalResourceId>\
                 <PhysicalResourceId>{ID}</PhysicalResourceId><ResourceType>AWS::EFS::FileSystem</ResourceType><Scope/><Details/>\
                 </ResourceChange></member>{}",
                self.more
            )
        } else {
            format!(
                "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Files</LogicalResourceId>\
                 <PhysicalResourceId>{ID}</PhysicalResourceId><ResourceType>AWS::EFS::FileSystem</ResourceType><Replacement>False</Replacement>\
                 <Scope><member>DeletionPolicy</member><member>Metadata</member></Scope><Details/></ResourceChange></member>"
            )
        };
        success(
            action,
            &format!(
                "<ChangeSetName>x</ChangeSetName><ChangeSetId>{}</ChangeSetId><StackId>{STACK}</StackId><Status>CREATE_COMPLETE</Status>\
                 <ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{change}</Changes>",
                change_set(state)
            ),
        )
    }
}

fn change_set(state: &AccountState) -> String {
    format!("arn:aws:cloudformation:eu-west-1:111122223333:changeSet/x/{}", state.made.len())
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: jobs.json\n").file("jobs.json", TEMPLATE);
    bench
}

#[test]
fn an_import_request_has_all_fields_and_the_update_follows() {
    let wire = Account::default().serve();
    let role = "arn:aws:iam::111122223333:role/cloudformation";
    let run = wire.run(&bench(), &format!("{SET} --cloudformation-role-arn {role}"));
    assert!(run.stderr.contains("imported: Files (fs-0123456789abcdef0); starting the update"), "{run}");
    assert!(run.stdout.contains("IMPORT_COMPLETE") || run.stderr.contains("IMPORT_COMPLETE"), "{run}");
    assert!(run.stderr.contains("jobs is UPDATE_COMPLETE"), "{run}");
    let made = wire.all("CreateChangeSet");
    assert_eq!(made.len(), 2, "{:?}", wire.actions());

    let mut fields: BTreeMap<String, String> = made[0]
        .body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, _)| (name.to_owned(), made[0].field(name).unwrap()))
        .collect();
    assert!(fields.remove("ClientToken").is_some_and(|token| token.starts_with("rackform-")));
    assert!(fields.remove("ChangeSetName").is_some_and(|name| name.starts_with("rackform-")));
    let template: serde_json::Value = serde_json::from_str(&fields.remove("TemplateBody").unwrap()).unwrap();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("Action", "CreateChangeSet"),
            ("Capabilities", ""),
            ("ChangeSetType", "IMPORT"),
            ("Parameters.member.1.ParameterKey", "Cache"),
            ("Parameters.member.1.UsePreviousValue", "true"),
            ("Parameters.member.2.ParameterKey", "Token"),
            ("Parameters.member.2.UsePreviousValue", "true"),
            ("ResourcesToImport.member.1.LogicalResourceId", "Files"),
            ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "FileSystemId"),
            ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", ID),
            ("ResourcesToImport.member.1.ResourceType", "AWS::EFS::FileSystem"),
            ("RoleARN", role),
            ("StackName", "jobs"),
            ("Version", "2010-05-15"),
        ],
        "the stack's tags are unchanged"
    );
    let mut expected: serde_json::Value = serde_json::from_str(TEMPLATE).unwrap();
    let definition = serde_json::to_string(&expected["Resources"]["Files"]).unwrap();
    expected["Resources"]["Files"] = serde_json::json!({
        "Type": "AWS::EFS::FileSystem", "DeletionPolicy": "Retain", "Metadata": {"RackformDefinition": definition},
        "Properties": {"Encrypted": true, "FileSystemTags": [{"Key": "queue", "Value": "https://queue/1"}]},
    });
    assert_eq!(template, expected, "the deployed template plus the imported resource");

    assert_eq!(made[1].field("ChangeSetType").as_deref(), Some("UPDATE"));
    assert_eq!(made[1].field("TemplateBody").as_deref(), Some(TEMPLATE));
    assert_eq!((made[1].field("Tags.member.1.Key").as_deref(), made[1].field("RoleARN").as_deref()), (Some("team"), Some(role)));
    assert_eq!(wire.all("ExecuteChangeSet").len(), 2);
}

#[test]
fn a_file_system_that_differs_from_the_template_is_not_imported() {
    let unencrypted: &'static str = Box::leak(ENCRYPTED.replace("\"Encrypted\": true", "\"Encrypted\": false").into_boxed_str());
    let wire = Account { file_system: (200, unencrypted), ..Account::default() }.serve();
    let run = wire.run(&bench(), SET);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stdout.contains("DATA LOSS") && run.stdout.contains("REPLACED"), "{run}");
    assert!(wire.all("CreateChangeSet").is_empty(), "{:?}", wire.actions());
}

#[test]
fn a_missing_file_system_is_reported_before_any_request() {
    let gone = r#"{"ErrorCode": "FileSystemNotFound", "Message": "File system 'fs-0123456789abcdef0' does not exist.", "__type": "FileSystemNotFound"}"#;
    let wire = Account { file_system: (404, gone), ..Account::default() }.serve();
    let run = wire.run(&bench(), SET);
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("`Files`: fs-0123456789abcdef0 does not exist in the account"), "{run}");
    assert!(wire.all("CreateChangeSet").is_empty(), "{:?}", wire.actions());
}

#[test]
fn an_import_that_exceeds_the_plan_is_deleted_and_no_update_starts() {
    let more = "<member><Type>Resource</Type><ResourceChange><Action>Remove</Action><LogicalResourceId>Queue</LogicalResourceId>\
        <ResourceType>AWS::SQS::Queue</ResourceType></ResourceChange></member>";
    let wire = Account { more, ..Account::default() }.serve();
    let run = wire.run(&bench(), SET);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("`Queue`: AWS lists Remove AWS::SQS::Queue") && run.stderr.contains("nothing was changed"), "{run}");
    assert!(wire.all("ExecuteChangeSet").is_empty() && !wire.all("DeleteChangeSet").is_empty(), "{:?}", wire.actions());
}

#[test]
fn a_failed_import_is_followed_to_its_end_and_no_update_starts() {
    let wire = Account { fails: true, ..Account::default() }.serve();
    let run = wire.run(&bench(), SET);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("first failure: Files IMPORT_FAILED"), "{run}");
    assert!(run.stderr.contains("the last import failed and was rolled back"), "{run}");
    assert_eq!((wire.all("CreateChangeSet").len(), wire.all("ExecuteChangeSet").len()), (1, 1), "{:?}", wire.actions());
}

#[test]
fn the_import_change_set_is_compared_with_the_import_only() {
    let wire = Account::default().serve();
    let run = wire.run(&bench(), "plan -p Cache=Yes --import Files=fs-0123456789abcdef0 --confirm-with-aws");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("only the import is compared with AWS"), "{run}");
    let made = wire.all("CreateChangeSet");
    assert_eq!((made.len(), made[0].field("ChangeSetType").as_deref()), (1, Some("IMPORT")));
    assert!(wire.all("ExecuteChangeSet").is_empty() && !wire.all("DeleteChangeSet").is_empty(), "{:?}", wire.actions());
}
