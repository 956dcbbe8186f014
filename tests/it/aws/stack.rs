//! The stack `jobs` in an account with canned responses, and a change set that each test chooses.

use std::sync::Mutex;

use super::super::program::Bench;
use super::wire::{RecordedRequest, Wire, refusal, success};
use super::{TEMPLATE, deployed};

/// An account: the responses about the change set.
#[derive(Clone)]
pub struct Account {
    /// The `<member>` elements of its changes.
    pub changes: String,
    pub status: &'static str,
    pub reason: &'static str,
    /// The responses to `ExecuteChangeSet`, in order; the last one repeats. Status 0 closes the connection.
    pub executions: Vec<(u16, &'static str)>,
    /// The execution status of the change set after a request to execute it.
    pub executed: &'static str,
    /// Whether the stack does not exist yet.
    pub is_new: bool,
    /// Additional resources, as `<member>` elements.
    pub resources: &'static str,
    /// Whether rackform's template bucket exists.
    pub has_bucket: bool,
    /// The pages of `DescribeEvents`, as `<member>` elements; without one, the endpoint does not support the action.
    pub described: Vec<String>,
    /// The pages of `ListHookResults`, as `<member>` elements; without one, the endpoint does not support the action.
    pub hooks: Vec<String>,
    /// The error code of `ListHookResults` and `GetHookResult`.
    pub hooks_refusal: &'static str,
    /// The error code of `DescribeEvents`.
    pub described_refusal: &'static str,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            changes: modified("False", ""),
            status: "CREATE_COMPLETE",
            reason: "",
            executions: vec![(200, "")],
            executed: "EXECUTE_IN_PROGRESS",
            is_new: false,
            resources: "",
            has_bucket: false,
            described: Vec::new(),
            hooks: Vec::new(),
            hooks_refusal: "",
            described_refusal: "",
        }
    }
}

/// The current state of the account.
#[derive(Default)]
struct AccountState {
    change_set: Option<String>,
    is_executed: bool,
    is_stack: bool,
}

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1";

/// Returns the change of the timeout from 45 to 90 seconds, as `DescribeChangeSet` lists it with property values.
pub fn modified(replacement: &str, more: &str) -> String {
    let target = "<Target><Attribute>Properties</Attribute><Name>VisibilityTimeout</Name><RequiresRecreation>Never</RequiresRecreation>\
        <Path>/Properties/VisibilityTimeout</Path><BeforeValue>45</BeforeValue><AfterValue>90</AfterValue>\
        <AttributeChangeType>Modify</AttributeChangeType></Target>";
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Queue</LogicalResourceId>\
         <PhysicalResourceId>https://queue/1</PhysicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
         <Replacement>{replacement}</Replacement><Scope><member>Properties</member></Scope><Details>\
         <member>{target}<Evaluation>Static</Evaluation><ChangeSource>ParameterReference</ChangeSource><CausingEntity>Seconds</CausingEntity></member>\
         <member>{target}<Evaluation>Dynamic</Evaluation><ChangeSource>DirectModification</ChangeSource></member></Details>\
         <BeforeContext>{{\"Properties\":{{\"VisibilityTimeout\":\"45\"}}}}</BeforeContext>\
         <AfterContext>{{\"Properties\":{{\"VisibilityTimeout\":\"90\"}}}}</AfterContext></ResourceChange></member>{more}"
    )
}

impl Account {
    pub fn serve(self) -> Wire {
        let state = Mutex::new(AccountState { is_stack: !self.is_new, ..AccountState::default() });
        Wire::new(move |request| self.answer(request, &mut state.lock().unwrap()))
    }

    fn answer(&self, request: &RecordedRequest, state: &mut AccountState) -> (u16, String) {
        let action = request.action.as_str();
        match action {
            "" => self.bucket(request),
            "GetCallerIdentity" => {
                success(action, "<Arn>arn:aws:iam::111122223333:user/ci</Arn><UserId>A</UserId><Account>111122223333</Account>")
            }
            "DescribeStacks" if !state.is_stack => refusal("ValidationError", "Stack with id jobs does not exist"),
            "DescribeStacks" if self.is_new => success(
                action,
                &format!(
                    "<Stacks><member><StackName>jobs</StackName><StackId>{STACK}</StackId><StackStatus>REVIEW_IN_PROGRESS</StackStatus>\
                     <CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
                ),
            ),
            "CreateChangeSet" => {
                state.change_set = request.field("ChangeSetName");
                state.is_stack = true;
                success(action, &format!("<Id>{}</Id><StackId>{STACK}</StackId>", id(state)))
            }
            "DescribeChangeSet" if state.change_set.is_none() => refusal("ChangeSetNotFound", "ChangeSet does not exist"),
            "DescribeChangeSet" => {
                let execution = match (state.is_executed, self.status) {
                    (true, _) => self.executed,
                    (false, "FAILED") => "UNAVAILABLE",
                    _ => "AVAILABLE",
                };
                success(
                    action,
                    &format!(
                        "<ChangeSetName>{}</ChangeSetName><ChangeSetId>{}</ChangeSetId><StackId>{STACK}</StackId><Status>{}</Status>\
                         <StatusReason>{}</StatusReason><ExecutionStatus>{execution}</ExecutionStatus><Changes>{}</Changes>",
                        state.change_set.as_deref().unwrap_or_default(),
                        id(state),
                        self.status,
                        self.reason,
                        if self.status == "FAILED" { "" } else { &self.changes },
                    ),
                )
            }
            "ListChangeSets" => {
                let summary =
                    |name: &String| format!("<member><ChangeSetName>{name}</ChangeSetName><Status>CREATE_COMPLETE</Status></member>");
                success(action, &format!("<Summaries>{}</Summaries>", state.change_set.iter().map(summary).collect::<String>()))
            }
            "DeleteChangeSet" => {
                let name = request.field("ChangeSetName").unwrap();
                let exists = state.change_set.as_ref().is_some_and(|open| *open == name || name.contains(&format!("/{open}/")));
                if exists {
                    state.change_set = None;
                    success(action, "")
                } else {
                    refusal("ChangeSetNotFound", "ChangeSet does not exist")
                }
            }
            "DeleteStack" => {
                state.is_stack = false;
                success(action, "")
            }
            "ExecuteChangeSet" => {
                state.is_executed = true;
                match self.executions[request.earlier.min(self.executions.len() - 1)] {
                    (200, _) => success(action, ""),
                    (0, _) => (0, String::new()),
                    (_, code) => refusal(code, "the change set cannot be executed"),
                }
            }
            "DescribeStackEvents" if state.is_executed && self.executed != "OBSOLETE" => {
                let (status, text) = deployed(action, "");
                let event = |id: &str, second: u32, status: &str| {
                    format!(
                        "<member><EventId>{id}</EventId><StackName>jobs</StackName><StackId>{STACK}</StackId><LogicalResourceId>jobs</LogicalResourceId>\
                         <ResourceType>AWS::CloudFormation::Stack</ResourceType><PhysicalResourceId>{STACK}</PhysicalResourceId>\
                         <Timestamp>2026-01-02T03:05:0{second}Z</Timestamp><ResourceStatus>{status}</ResourceStatus></member>"
                    )
                };
                let latest = format!("<StackEvents>{}{}", event("e4", 1, "UPDATE_COMPLETE"), event("e3", 0, "UPDATE_IN_PROGRESS"));
                (status, text.replace("<StackEvents>", &latest))
            }
            "ListStackResources" => {
                let (status, text) = deployed(action, "");
                (status, text.replace("</StackResourceSummaries>", &format!("{}</StackResourceSummaries>", self.resources)))
            }
            "DescribeEvents" if !self.described_refusal.is_empty() => refusal(self.described_refusal, "User is not authorized to do this"),
            "DescribeEvents" if !self.described.is_empty() => super::play::described(action, &request.body, &self.described),
            "ListHookResults" | "GetHookResult" if !self.hooks_refusal.is_empty() => refusal(self.hooks_refusal, "User is not authorized"),
            "ListHookResults" if !self.hooks.is_empty() => super::hooks::listed(&request.body, &self.hooks),
            "GetHookResult" if !self.hooks.is_empty() => super::hooks::result(&request.field("HookResultId").unwrap()),
            "GetStackPolicy" | "SetStackPolicy" | "UpdateTerminationProtection" => success(action, ""),
            _ => deployed(action, ""),
        }
    }

    /// Returns the response of S3, or of Parameter Store, which has every parameter.
    fn bucket(&self, request: &RecordedRequest) -> (u16, String) {
        if request.head.contains("amazonssm.getparameters") {
            let names: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            let parameter = |name: &serde_json::Value| serde_json::json!({ "Name": name, "Value": "ami-0c2023a1b2c3d4e5f" });
            let parameters: Vec<_> = names["Names"].as_array().unwrap().iter().map(parameter).collect();
            return (200, serde_json::json!({ "Parameters": parameters }).to_string());
        }
        match request.method.as_str() {
            "HEAD" if !self.has_bucket => (404, String::new()),
            _ => (200, String::new()),
        }
    }
}

fn id(state: &AccountState) -> String {
    let name = state.change_set.as_deref().unwrap_or_default();
    format!("arn:aws:cloudformation:eu-west-1:111122223333:changeSet/{name}/0a1b2c3d")
}

/// Returns a rack whose template is the deployed one.
pub fn bench(more: &str) -> Bench {
    let bench = Bench::new();
    bench
        .file("queue.json", TEMPLATE)
        .file("rack.yaml", format!("name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: queue.json\n{more}"));
    bench
}
