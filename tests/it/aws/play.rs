//! An emulated CloudFormation with a script: a stack whose events appear poll by poll.

use std::sync::{Arc, Mutex};

use super::server::{Server, refusal, success};

/// The ID of the stack.
pub const STACK_ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1";

/// The actions that start the operation.
const STARTS: [&str; 5] = ["ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "CancelUpdateStack", "RollbackStack"];

/// One event: logical ID, status, reason.
pub type Line = (&'static str, &'static str, &'static str);

/// A script of an operation.
#[derive(Clone, Default)]
pub struct Play {
    /// Events before the operation, oldest first.
    pub before: Vec<Line>,
    /// The new events of each poll.
    pub looks: Vec<Vec<Line>>,
    /// Whether the operation is in progress from the start.
    pub under_way: bool,
    /// The stack's template.
    pub template: &'static str,
    /// The events of nested stacks, by a part of their ID.
    pub nested: Vec<(&'static str, Vec<Line>)>,
    /// Resources: logical ID, type, status.
    pub resources: Vec<(&'static str, &'static str, &'static str)>,
    /// The ID of the operation, which every event has; empty for an endpoint without operation IDs.
    pub operation: &'static str,
    /// The pages of `DescribeEvents`: the `<member>` elements of each.
    pub described: Vec<String>,
}

struct Stage {
    play: Play,
    begun: bool,
    look: usize,
}

impl Play {
    /// Starts a server.
    pub fn serve(self) -> Server {
        self.serve_with(|_, _| None)
    }

    /// Starts a server; `instead` may replace a response, and gets the action and the number of polls.
    pub fn serve_with(self, instead: impl Fn(&str, usize) -> Option<(u16, String)> + Send + Sync + 'static) -> Server {
        let begun = self.under_way;
        let stage = Arc::new(Mutex::new(Stage { play: self, begun, look: 0 }));
        Server::new(move |action, body| {
            let mut stage = stage.lock().unwrap();
            if action == "DescribeStackEvents" && stage.begun && !body.contains("NextToken") {
                stage.look += 1;
            }
            instead(action, stage.look).unwrap_or_else(|| stage.answer(action, body))
        })
    }
}

impl Stage {
    fn shown(&self) -> Vec<Line> {
        let shown = if self.begun { self.play.looks.iter().take(self.look).flatten().copied().collect() } else { Vec::new() };
        [self.play.before.clone(), shown].concat()
    }

    fn answer(&mut self, action: &str, body: &str) -> (u16, String) {
        if STARTS.contains(&action) {
            self.begun = true;
            return success(action, "");
        }
        match action {
            "DescribeStacks" => self.stack(action, body),
            "GetTemplate" => success(action, &format!("<TemplateBody>{}</TemplateBody>", escaped(self.play.template))),
            "DescribeStackEvents" => {
                let nested = self.play.nested.iter().find(|(word, _)| body.contains(word)).map(|(_, events)| events.clone());
                let (status, text) = events(action, body, &nested.unwrap_or_else(|| self.shown()));
                let operation = format!("</EventId><OperationId>{}</OperationId>", self.play.operation);
                (status, if self.play.operation.is_empty() { text } else { text.replace("</EventId>", &operation) })
            }
            "ListStackResources" => {
                let member = |(name, kind, status): &(&str, &str, &str)| {
                    format!(
                        "<member><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>id-{name}</PhysicalResourceId>\
                         <ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus>\
                         <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member>"
                    )
                };
                let members: String = self.play.resources.iter().map(member).collect();
                success(action, &format!("<StackResourceSummaries>{members}</StackResourceSummaries>"))
            }
            "ListExports" => success(action, "<Exports/>"),
            "DescribeEvents" if !self.play.described.is_empty() => described(action, body, &self.play.described),
            other => refusal("InvalidAction", &format!("unexpected request: {other}")),
        }
    }

    fn stack(&self, action: &str, body: &str) -> (u16, String) {
        let shown = self.shown();
        let status = shown.iter().rfind(|(name, _, _)| *name == "jobs").map_or("CREATE_COMPLETE", |(_, status, _)| *status);
        if status == "DELETE_COMPLETE" && !body.contains("arn") {
            return refusal("ValidationError", "Stack with id jobs does not exist");
        }
        success(
            action,
            &format!(
                "<Stacks><member><StackName>jobs</StackName><StackId>{STACK_ID}</StackId><StackStatus>{status}</StackStatus>\
                 <CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
            ),
        )
    }
}

/// Returns a page of events as CloudFormation does: the latest first, 100 per page.
fn events(action: &str, body: &str, lines: &[Line]) -> (u16, String) {
    let token = body.split('&').find_map(|pair| pair.strip_prefix("NextToken="));
    let from: usize = token.map_or(0, |token| token.parse().unwrap());
    let mut members = String::new();
    for (number, (name, status, reason)) in lines.iter().enumerate().rev().skip(from).take(100) {
        let (kind, id) = match *name {
            "jobs" => ("AWS::CloudFormation::Stack", STACK_ID.to_owned()),
            name if name.starts_with("jobs-") => ("AWS::CloudFormation::Stack", STACK_ID.replace("jobs/1", &format!("{name}/2"))),
            name if name.starts_with("Nested") => ("AWS::CloudFormation::Stack", STACK_ID.replace("jobs/1", &format!("jobs-{name}-1X/2"))),
            name => ("AWS::SQS::Queue", format!("id-{name}")),
        };
        let (reason, hook) = match reason.strip_prefix("hook: ") {
            Some(reason) => ("", hook(reason)),
            None => (*reason, String::new()),
        };
        members.push_str(&format!(
            "<member><EventId>e{number}-{name}</EventId><StackName>jobs</StackName><StackId>{STACK_ID}</StackId>\
             <LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>{id}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
             <Timestamp>2026-01-02T{:02}:{:02}:{:02}Z</Timestamp><ResourceStatus>{status}</ResourceStatus>\
             <ResourceStatusReason>{}</ResourceStatusReason>{hook}</member>",
            number / 3600,
            number / 60 % 60,
            number % 60,
            escaped(reason),
        ));
    }
    let next = if lines.len() > from + 100 { format!("<NextToken>{}</NextToken>", from + 100) } else { String::new() };
    success(action, &format!("<StackEvents>{members}</StackEvents>{next}"))
}

/// The ID of the invocation of every hook.
pub const INVOCATION: &str = "59ef501c-0ac4-47c0-a193-0000000000aa";

/// Returns the fields of a failed hook.
fn hook(reason: &str) -> String {
    format!(
        "<HookType>Example::Queues::Guard</HookType><HookStatus>HOOK_COMPLETE_FAILED</HookStatus><HookStatusReason>{reason}</HookStatusReason>\
         <HookInvocationPoint>PRE_PROVISION</HookInvocationPoint><HookInvocationId>{INVOCATION}</HookInvocationId>\
         <HookFailureMode>FAIL</HookFailureMode>"
    )
}

/// Returns a page of the events of an operation.
pub fn described(action: &str, body: &str, pages: &[String]) -> (u16, String) {
    let token = body.split('&').find_map(|pair| pair.strip_prefix("NextToken="));
    let page: usize = token.map_or(0, |token| token.parse().unwrap());
    let next = if page + 1 < pages.len() { format!("<NextToken>{}</NextToken>", page + 1) } else { String::new() };
    success(action, &format!("<OperationEvents>{}</OperationEvents>{next}", pages[page]))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
