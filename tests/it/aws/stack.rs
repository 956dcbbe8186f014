//! The stack `jobs` in an account of canned answers, with a change set that tests choose.

use std::sync::Mutex;

use super::super::program::Bench;
use super::wire::{Asked, Wire, refusal, success};
use super::{TEMPLATE, deployed};

/// What the account answers about the change set.
#[derive(Clone)]
pub struct Account {
    /// The `<member>`s of its changes.
    pub changes: String,
    pub status: &'static str,
    pub reason: &'static str,
    /// Answers to `ExecuteChangeSet`, one after the other; the last one again and again. A status of nothing breaks the connection.
    pub executions: Vec<(u16, &'static str)>,
    /// What the change set says once it was asked to be executed.
    pub executed: &'static str,
    /// Whether there is a stack at all.
    pub is_new: bool,
    /// Resources beside the queue, as `<member>`s.
    pub resources: &'static str,
    /// Whether the bucket that rackform makes is there.
    pub has_bucket: bool,
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
        }
    }
}

/// Where things stand in the account.
#[derive(Default)]
struct Standing {
    change_set: Option<String>,
    is_executed: bool,
    is_stack: bool,
}

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1";

/// Returns the change of the queue from 45 to 90 seconds as `DescribeChangeSet` lists it with property values.
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
        let standing = Mutex::new(Standing { is_stack: !self.is_new, ..Standing::default() });
        Wire::new(move |asked| self.answer(asked, &mut standing.lock().unwrap()))
    }

    fn answer(&self, asked: &Asked, standing: &mut Standing) -> (u16, String) {
        let action = asked.action.as_str();
        match action {
            "" => self.bucket(asked),
            "GetCallerIdentity" => {
                success(action, "<Arn>arn:aws:iam::111122223333:user/ci</Arn><UserId>A</UserId><Account>111122223333</Account>")
            }
            "DescribeStacks" if !standing.is_stack => refusal("ValidationError", "Stack with id jobs does not exist"),
            "DescribeStacks" if self.is_new => success(
                action,
                &format!(
                    "<Stacks><member><StackName>jobs</StackName><StackId>{STACK}</StackId><StackStatus>REVIEW_IN_PROGRESS</StackStatus>\
                     <CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
                ),
            ),
            "CreateChangeSet" => {
                standing.change_set = asked.field("ChangeSetName");
                standing.is_stack = true;
                success(action, &format!("<Id>{}</Id><StackId>{STACK}</StackId>", id(standing)))
            }
            "DescribeChangeSet" if standing.change_set.is_none() => refusal("ChangeSetNotFound", "ChangeSet does not exist"),
            "DescribeChangeSet" => {
                let execution = match (standing.is_executed, self.status) {
                    (true, _) => self.executed,
                    (false, "FAILED") => "UNAVAILABLE",
                    _ => "AVAILABLE",
                };
                success(
                    action,
                    &format!(
                        "<ChangeSetName>{}</ChangeSetName><ChangeSetId>{}</ChangeSetId><StackId>{STACK}</StackId><Status>{}</Status>\
                         <StatusReason>{}</StatusReason><ExecutionStatus>{execution}</ExecutionStatus><Changes>{}</Changes>",
                        standing.change_set.as_deref().unwrap_or_default(),
                        id(standing),
                        self.status,
                        self.reason,
                        if self.status == "FAILED" { "" } else { &self.changes },
                    ),
                )
            }
            "ListChangeSets" => {
                let summary =
                    |name: &String| format!("<member><ChangeSetName>{name}</ChangeSetName><Status>CREATE_COMPLETE</Status></member>");
                success(action, &format!("<Summaries>{}</Summaries>", standing.change_set.iter().map(summary).collect::<String>()))
            }
            "DeleteChangeSet" => {
                let named = asked.field("ChangeSetName").unwrap();
                let is_there = standing.change_set.as_ref().is_some_and(|name| *name == named || named.contains(&format!("/{name}/")));
                if is_there {
                    standing.change_set = None;
                    success(action, "")
                } else {
                    refusal("ChangeSetNotFound", "ChangeSet does not exist")
                }
            }
            "DeleteStack" => {
                standing.is_stack = false;
                success(action, "")
            }
            "ExecuteChangeSet" => {
                standing.is_executed = true;
                match self.executions[asked.earlier.min(self.executions.len() - 1)] {
                    (200, _) => success(action, ""),
                    (0, _) => (0, String::new()),
                    (_, code) => refusal(code, "it cannot be executed"),
                }
            }
            "DescribeStackEvents" if standing.is_executed && self.executed != "OBSOLETE" => {
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
            "GetStackPolicy" | "SetStackPolicy" | "UpdateTerminationProtection" => success(action, ""),
            _ => deployed(action, ""),
        }
    }

    /// Answers as S3 does.
    fn bucket(&self, asked: &Asked) -> (u16, String) {
        match asked.method.as_str() {
            "HEAD" if !self.has_bucket => (404, String::new()),
            _ => (200, String::new()),
        }
    }
}

fn id(standing: &Standing) -> String {
    let name = standing.change_set.as_deref().unwrap_or_default();
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
